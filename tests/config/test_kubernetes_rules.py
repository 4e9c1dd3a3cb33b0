"""Our rules accept and refuse what Kubernetes does; tests/cluster/test_kubernetes_rules.py asks the API server."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from config.models.quantities import amount_of
from testkit.config.kubernetes_values import BAD_QUANTITIES, FIELDS
from testkit.config.sample import changed, problems


def _cases(which: int) -> list[Any]:
    return [pytest.param(path, value, id=f"{path}={value}") for path, lists in FIELDS.items() for value in lists[which]]


@pytest.mark.parametrize(("path", "value"), _cases(0))
def test_what_kubernetes_accepts_is_accepted(path: str, value: Any) -> None:
    assert problems(changed({path: value})) == []


@pytest.mark.parametrize(("path", "value"), _cases(1))
def test_what_kubernetes_refuses_is_refused_in_one_sentence(path: str, value: Any) -> None:
    found = problems(changed({path: value}))
    assert len(found) == 1
    assert found[0].startswith(path.replace("/", "."))
    assert "\n" not in found[0]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1", Fraction(1)),
        ("1.5Ki", Fraction(1536)),
        ("500m", Fraction(1, 2)),
        ("1e3", Fraction(1000)),
        ("1E", Fraction(10**18)),
        ("-2k", Fraction(-2000)),
        (".5", Fraction(1, 2)),
        ("2.", Fraction(2)),
    ],
)
def test_a_quantity_has_its_exact_value(text: str, amount: Fraction) -> None:
    assert amount_of(text) == amount


@pytest.mark.parametrize("text", [*(text for text in BAD_QUANTITIES if not text.startswith("-")), "8Ei", "1e99"])
def test_other_texts_are_no_quantities(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        amount_of(text)


@given(st.text(max_size=12))
def test_a_quantity_is_parsed_or_refused(text: str) -> None:
    try:
        amount_of(text)
    except PydanticCustomError:
        return
    assert text.isascii()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            {"platform/persistence/size": "4"},
            "platform.persistence.size: '4' is less than 1Mi; is the unit missing, such as Gi?, e.g. '4Gi'",
        ),
        (
            {"platform/ingress/annotations": {"kubernetes.io/ingress.class": "traefik"}},
            "platform.ingress.annotations: has kubernetes.io/ingress.class, which is not className ('nginx'); remove "
            "it",
        ),
        (
            {"platform/ingress/ports": {"min": 3000, "max": 4000}},
            "platform.ingress.ports: 3000 to 4000 contains 3001, the port of a node's API; choose a range without it",
        ),
        (
            {"clusters/edge/deployment/resources": {"requests": {"memory": "3Gi"}, "limits": {"memory": "2Gi"}}},
            "clusters.edge.deployment.resources: has requests.memory above limits.memory; lower the request or raise "
            "the limit, e.g. {requests: {cpu: 750m, memory: 512Mi}, limits: {memory: 2Gi}}",
        ),
    ],
)
def test_a_value_that_kubernetes_refuses_is_named_with_its_cause(change: dict[str, Any], problem: str) -> None:
    assert problems(changed(change)) == [problem]


def test_the_second_host_name_of_a_load_balancer_counts() -> None:
    domain = ".".join(["b" * 60] * 3 + ["b" * 55])  # 'edge-5.hoprd.<domain>' has exactly 253 characters
    assert problems(changed({"platform/ingress/dnsDomain": domain, "nodes": {}})) == []
    service = {"clusters/edge/service": {"type": "LoadBalancer"}}
    assert problems(changed({"platform/ingress/dnsDomain": domain, "nodes": {}, **service})) == [
        "platform.ingress.dnsDomain: the host name of node 'edge-5-p2p' would have 255 characters, at most 253 are "
        "allowed; shorten the domain, the namespace or the name of the node"
    ]


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        ("clusters/edge/config", "note: " + "ä" * 60_000, "has 120,006 bytes, at most 120,000 are allowed"),
        ("clusters/edge/deployment/env", [{"name": "A", "value": "x" * 120_001}], "has 'A' with 120,001 bytes"),
    ],
)
def test_what_no_process_can_get_as_a_variable_is_refused(path: str, value: Any, rule: str) -> None:
    """Linux limits a variable to 128 KiB, and Kubernetes accepts more."""
    (found,) = problems(changed({path: value}))
    assert rule in found
    assert len(found) < 250
