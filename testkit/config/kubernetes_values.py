"""Values that Kubernetes accepts and values that it refuses, by the field that they belong to.

The unit tests compare them with our rules, tests/cluster with the API server. The lists follow the readers' code:
robfig/cron v3 (parser.go), k8s.io/apimachinery (quantity.go, validation.go) and the validation of pods.
"""

from itertools import product
from typing import Any

from config.models.environment import LONGEST_VARIABLE

# The texts that robfig/cron accepts and refuses in each field, separated by blanks.
_FIELD_TEXTS = {
    "minute": (
        "0 59 * ? */15 0-30/5 5/20 0,15,30 07 1,,2 *,3",
        "60 -1 a 1- - 1/ 1/0 5-3 1-2-3 1/2/3 0x1 1.5 #",
    ),
    "hour": ("0 23 */6 8-18", "24 L 8-24"),
    "day": ("1 31 1,15 */2 ?", "0 32 L 15W"),
    "month": ("1 12 JAN jan-mar Dec */3", "0 13 January JAN-0 1#2"),
    "weekday": ("0 6 SUN mon-FRI MON,WED */7 1-5/2", "7 6,7 5-7 0-7 SAT-SUN MON#1 5L Sunday"),
}
_POSITIONS = list(_FIELD_TEXTS)


def _schedules(which: int) -> list[str]:
    """One schedule for each text, with `*` in the other fields."""
    return [
        " ".join(text if place == field else "*" for place in _POSITIONS)
        for field, texts in _FIELD_TEXTS.items()
        for text in texts[which].split()
    ]


GOOD_SCHEDULES = [
    *_schedules(0),
    "0 */6 * * *",
    "*/5 0-6 1,15 JUL MON",
    "  0   0 * * *  ",
    "+5 0 * * *",
    "@yearly",
    "@annually",
    "@monthly",
    "@weekly",
    "@daily",
    "@midnight",
    "@hourly",
    "@every 1h30m",
    "@every 1.5h",
    "@every 2562047h47m16s",
]
BAD_SCHEDULES = [
    *_schedules(1),
    "",
    "* * * *",
    "* * * * * *",
    "@",
    "@hour",
    "@Hourly",
    "@every",
    "@every 5",
    "@every 1d",
    "@every 2562047h48m",
    "@every 99999999h",
    "@reboot",
    "TZ=UTC 0 0 * * *",
    "CRON_TZ=Europe/Berlin 0 0 * * *",
    "TZ=UTC @hourly",
    "CRON_TZ=UTC",
    "never",
]

_NUMBERS = ["1", "0.5", ".5", "1.", "+1", "007", "10"]
_UNITS = ["", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "E3", "e-1"]
GOOD_QUANTITIES = [f"{number}{unit}" for number, unit in product(_NUMBERS, _UNITS)] + ["0", "1n", "1u", "1E", "0.1m"]
BAD_QUANTITIES = [
    *["-1", "-1Gi", "1 Gi", "1K", "1g", "1GB", "1gi", "4GiB", "1mi", "1i", "1e", "1e-", "1.1.1", "1,5", "--1"],
    *["", "x", "0x10", "1_000", "٣", "NaN", "Inf", "1+1"],
]  # fmt: skip

GOOD_VOLUME_SIZES = ["4Gi", "1Mi", "1.5Gi", "10G", "+4Gi", "1e9", "1Ti"]
BAD_VOLUME_SIZES = ["0", "0Gi", "-1Gi", "4GB", "4 Gi", "Gi4", "four"]

GOOD_RESOURCES: list[dict[str, Any]] = [
    {},
    {"requests": {"cpu": "500m"}, "limits": {"cpu": "0.5"}},
    {"requests": {"memory": "1Gi"}, "limits": {"memory": "1024Mi"}},
    {"requests": {"cpu": 1, "ephemeral-storage": "1Gi"}},
    {"limits": {"cpu": 0.5}},
    {"requests": {"example.com/gpu": "1"}, "limits": {"example.com/gpu": 1}},
    {"limits": {"example.com/gpu": "2"}},
    {"requests": {"cpu": "1"}, "limits": {"hugepages-2Mi": "4Mi", "cpu": "1"}},
]
BAD_RESOURCES: list[dict[str, Any]] = [
    {"requests": {"cpu": "2"}, "limits": {"cpu": "1500m"}},
    {"requests": {"memory": "2Gi"}, "limits": {"memory": "2G"}},
    {"requests": {"ephemeral-storage": "2Gi"}, "limits": {"ephemeral-storage": "1Gi"}},
    {"requests": {"cpu": "-1"}},
    {"limits": {"memory": "4GB"}},
    {"requests": {"gpu": "1"}},
    {"requests": {"storage": "1Gi"}},
    {"requests": {"pods": "1"}},
    {"requests": {"CPU": "1"}},
    {"requests": {"requests.cpu": "1"}},
    {"requests": {"example.com/": "1"}},
    {"requests": {"example.com/gpu": "1"}},
    {"requests": {"example.com/gpu": "1"}, "limits": {"example.com/gpu": "2"}},
    {"limits": {"example.com/gpu": "0.5"}},
    {"limits": {"hugepages-2Mi": "4Mi"}},
    {"limits": {"hugepages-2Mi": "3Mi", "cpu": "1"}},
    {"limits": {"hugepages-": "3Mi", "cpu": "1"}},
    {"request": {"cpu": "1"}},
    {"requests": ["cpu"]},
]

_HTTP = {"path": "/readyz", "port": 3001}
GOOD_PROBES: list[dict[str, Any]] = [
    {"httpGet": _HTTP},
    {"httpGet": {"port": "api"}},
    {"httpGet": {**_HTTP, "scheme": "HTTPS", "host": "example.org", "httpHeaders": [{"name": "X-A", "value": ""}]}},
    {"tcpSocket": {"port": 65535}},
    {"exec": {"command": ["true"]}},
    {"grpc": {"port": 1, "service": "health"}},
    {"httpGet": _HTTP, "initialDelaySeconds": 0, "periodSeconds": 2**31 - 1, "failureThreshold": 1},
    {"httpGet": _HTTP, "successThreshold": 1},
]
_BAD_PORTS = (0, -1, 65536, "3001", "a--b", "-a", "a-", "API", "a" * 16, "", 1.5)
BAD_PROBES: list[dict[str, Any]] = [
    {"httpGet": {"path": "/"}},
    *[{"httpGet": {**_HTTP, "port": port}} for port in _BAD_PORTS],
    {"httpGet": {**_HTTP, "scheme": "http"}},
    {"httpGet": {**_HTTP, "httpHeaders": [{"name": "X A", "value": "1"}]}},
    {"httpGet": {**_HTTP, "httpHeaders": {"X-A": "1"}}},
    {"httpGet": {**_HTTP, "method": "GET"}},
    {"httpGet": {**_HTTP, "path": 5}},
    {"httpGet": "/readyz"},
    {"httpGet": _HTTP, "tcpSocket": {"port": 1}},
    {"tcpSocket": {}},
    {"tcpSocket": {"port": 0}},
    {"exec": {}},
    {"exec": {"command": []}},
    {"exec": {"command": "true"}},
    {"exec": {"command": [1]}},
    {"grpc": {"port": "api"}},
    {"grpc": {"port": 0}},
    {"grpc": {"port": 1, "service": 1}},
    {"httpGet": _HTTP, "initialDelaySeconds": -1},
    {"httpGet": _HTTP, "periodSeconds": -1},
    {"httpGet": _HTTP, "periodSeconds": 2**31},
    {"httpGet": _HTTP, "timeoutSeconds": "5"},
    {"httpGet": _HTTP, "failureThreshold": 1.5},
    {"httpGet": _HTTP, "period": 5},
]  # fmt: skip
GOOD_READINESS_PROBES: list[dict[str, Any]] = [{"httpGet": _HTTP, "successThreshold": 3}]
BAD_READINESS_PROBES: list[dict[str, Any]] = [{"httpGet": _HTTP, "terminationGracePeriodSeconds": 30}]
GOOD_LIVENESS_PROBES: list[dict[str, Any]] = [{"httpGet": _HTTP, "terminationGracePeriodSeconds": 30}]
BAD_LIVENESS_PROBES: list[dict[str, Any]] = [
    {"httpGet": _HTTP, "successThreshold": 2},
    {"httpGet": _HTTP, "terminationGracePeriodSeconds": 0},
]


def _from(kind: str, **reference: object) -> dict[str, Any]:
    return {"name": "A", "valueFrom": {kind: reference}}


GOOD_VARIABLES: list[dict[str, Any]] = [
    *[{"name": name, "value": "1"} for name in ("A", "a.b-c", "_", ".a", "RUST_LOG")],
    {"name": "A", "value": ""},
    _from("secretKeyRef", name="my-secret", key="KEY.name_1"),
    _from("secretKeyRef", name="my-secret", key="k", optional=True),
    _from("configMapKeyRef", name="my.map", key="k"),
    _from("fieldRef", fieldPath="status.podIP"),
    _from("fieldRef", fieldPath="metadata.labels['app.kubernetes.io/name']", apiVersion="v1"),
    _from("fieldRef", fieldPath="metadata.annotations['A/b']".replace("A/", "example.com/")),
    _from("resourceFieldRef", resource="limits.memory", divisor="1Mi"),
    _from("resourceFieldRef", resource="requests.cpu", divisor="1m", containerName="hoprd"),
]
BAD_VARIABLES: list[dict[str, Any]] = [
    *[{"name": name, "value": "1"} for name in ("", "A=B", "Ä", "A\tB")],
    {"value": "1"},
    {"name": "A", "value": 1},
    {"name": "A", "value": True},
    {"name": "A", "valeu": "1"},
    {"name": "A", "value": "1", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    {"name": "A", "valueFrom": {}},
    {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}, "fieldRef": {"fieldPath": "metadata.uid"}}},
    _from("secretRef", name="s"),
    _from("secretKeyRef", name="s"),
    _from("secretKeyRef", name="My_Secret", key="k"),
    _from("secretKeyRef", name="a..b", key="k"),
    _from("secretKeyRef", name="s", key="a b"),
    _from("secretKeyRef", name="s", key=".."),
    _from("secretKeyRef", name="s", key="k" * 254),
    _from("secretKeyRef", name="s", key="k", optional="yes"),
    _from("secretKeyRef", name="s", key="k", namespace="other"),
    _from("configMapKeyRef", name="-a", key="k"),
    _from("fieldRef", fieldPath="status.phase"),
    _from("fieldRef", fieldPath="metadata.labels"),
    _from("fieldRef", fieldPath="metadata.labels['a b']"),
    _from("fieldRef", fieldPath="spec.nodeName['a']"),
    _from("fieldRef", fieldPath="metadata.name", apiVersion="v2"),
    _from("resourceFieldRef", resource="limits.gpu"),
    _from("resourceFieldRef", resource="memory"),
    _from("resourceFieldRef", resource="limits.cpu", divisor="1Mi"),
    _from("resourceFieldRef", resource="limits.memory", divisor="1m"),
]

GOOD_OBJECT_NAMES = ["a", "1a", "a.b", "a-b.c-d", "a" * 253]
BAD_OBJECT_NAMES = ["A", "a_b", "a..b", "a.-b", "a-.b", ".a", "a.", "-a", "a-", "a b", "ä", "a" * 254]
GOOD_NAMESPACES = ["a", "1-a", "2024", "a" * 63]
BAD_NAMESPACES = ["A", "a.b", "a_b", "-a", "a-", "a" * 64]
GOOD_ANNOTATIONS = ["a", "A", "a.b/c", "example.com/A_b.c-d", "Example.com/a", "a" * 63, f"{'a' * 253}/b"]
BAD_ANNOTATIONS = ["", "/a", "a/", "a/b/c", "a b", "-a", "a-", "ä", "a..b/c", "a" * 64, f"{'a' * 254}/b", "a_b/c"]
GOOD_DOMAINS = ["staging.hoprnet.link", "a.b", "1.com", "xn--a.org"]
BAD_DOMAINS = ["a..b", ".a.b", "a.b.", "A.b", "a_b.c", "-a.b", "a-.b", "*.a.b", "a b.c", "a.b:80", "https://a.b"]

_DEPLOYMENT = "clusters/edge/deployment"
_LIMITS = (
    [{"limits": {"cpu": text}} for text in GOOD_QUANTITIES],
    [{"limits": {"cpu": text}} for text in BAD_QUANTITIES],
)
_CONFIGURATION = "hopr: {}\nnote: "
GOOD_CONFIGURATIONS = ["hopr: {}", _CONFIGURATION + "x" * (LONGEST_VARIABLE - len(_CONFIGURATION))]
BAD_CONFIGURATIONS = [_CONFIGURATION + "x" * 2**20]

FIELDS: dict[str, tuple[list[Any], list[Any]]] = {
    "pools/core/funding/schedule": (GOOD_SCHEDULES, BAD_SCHEDULES),
    "pools/core/secretName": (GOOD_OBJECT_NAMES, BAD_OBJECT_NAMES),
    "platform/persistence/size": (GOOD_VOLUME_SIZES, BAD_VOLUME_SIZES),
    "platform/persistence/storageClass": (GOOD_OBJECT_NAMES, BAD_OBJECT_NAMES),
    "platform/namespace": (GOOD_NAMESPACES, BAD_NAMESPACES),
    "platform/ingress/className": (GOOD_OBJECT_NAMES, BAD_OBJECT_NAMES),
    "platform/ingress/dnsDomain": (GOOD_DOMAINS, BAD_DOMAINS),
    "platform/ingress/annotations": ([{key: ""} for key in GOOD_ANNOTATIONS], [{key: ""} for key in BAD_ANNOTATIONS]),
    "clusters/edge/config": (GOOD_CONFIGURATIONS, BAD_CONFIGURATIONS),
    f"{_DEPLOYMENT}/resources": (GOOD_RESOURCES + _LIMITS[0], BAD_RESOURCES + _LIMITS[1]),
    f"{_DEPLOYMENT}/env": ([[entry] for entry in GOOD_VARIABLES], [[entry] for entry in BAD_VARIABLES]),
    f"{_DEPLOYMENT}/readinessProbe": (GOOD_PROBES + GOOD_READINESS_PROBES, BAD_PROBES + BAD_READINESS_PROBES),
    f"{_DEPLOYMENT}/livenessProbe": (GOOD_PROBES + GOOD_LIVENESS_PROBES, BAD_PROBES + BAD_LIVENESS_PROBES),
    f"{_DEPLOYMENT}/startupProbe": (GOOD_PROBES, BAD_PROBES + BAD_LIVENESS_PROBES),
}
"""For each field of `testkit.config.sample`: values that Kubernetes accepts, and values that it refuses."""
