"""Normalization and comparison of values: pure functions."""

from __future__ import annotations

from typing import Any

import pytest

from standin.checkpoint import mark_secrets, prune
from standin.differences import changes, is_inside, parse_path
from standin.immutable_fields import immutable_fields
from standin.naming import AutonamingRule, with_name
from standin.normalization import normalize
from standin.properties import Secret, Unknown, from_struct, to_struct
from standin.quantities import canonical


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("1000m", "1"),
        ("0.5", "500m"),
        ("750m", "750m"),
        ("1.5", "1500m"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("512Mi", "512Mi"),
        ("1000", "1k"),
        ("1500M", "1500M"),
        ("0", "0"),
        ("0.1Gi", "107374182400m"),
        ("9Ei", "9Ei"),
        (".5", "500m"),
        ("+2", "2"),
        ("-0.5Gi", "-512Mi"),
        ("0.0000000001", "1n"),
        ("500u", "500u"),
        ("1e3", "1e3"),
        ("1K", "1K"),
        ("1ni", "1ni"),
        ("NaN", "NaN"),
        (" 1", " 1"),
        ("twelve", "twelve"),
    ],
)
def test_quantities_have_the_canonical_form_of_the_api_server(given: str, stored: str) -> None:
    assert canonical(given) == stored


@pytest.mark.parametrize(
    "value",
    [{}, {"a": [1, 2.5, "x", True, {"b": []}]}, {"s": Secret({"k": ["v"]})}, {"u": Unknown(), "l": [Unknown()]}],
)
def test_properties_survive_the_wire_format(value: dict[str, Any]) -> None:
    assert from_struct(to_struct(value)) == value


def test_secrets_are_in_clear_text_only_for_an_engine_that_does_not_accept_them() -> None:
    assert from_struct(to_struct({"a": Secret("x")}, keep_secrets=False)) == {"a": "x"}
    assert "x" not in repr(Secret("x"))


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("spec.replicas", ("spec", "replicas")),
        ("spec.ports[0].name", ("spec", "ports", 0, "name")),
        ('metadata.annotations["pulumi.com/skipAwait"]', ("metadata", "annotations", "pulumi.com/skipAwait")),
        ("spec.containers[*].image", ("spec", "containers", "*", "image")),
    ],
)
def test_property_paths_are_parsed(text: str, steps: tuple[str | int, ...]) -> None:
    assert parse_path(text) == steps


def test_an_ignored_path_includes_everything_below_it() -> None:
    assert is_inside(("spec", "containers", 3, "image"), parse_path("spec.containers[*]"))
    assert not is_inside(("spec",), parse_path("spec.containers"))


def test_only_real_changes_are_reported() -> None:
    old = {"a": 1, "b": {"c": "x", "d.e": "y"}, "l": [{"p": 1}, {"p": 2}], "gone": 1}
    new = {"a": 1.0, "b": {"c": "z", "d.e": "y", "f/g": "n"}, "l": [{"p": 1}, {"p": 3}, {"p": 4}]}

    found = {change.property_path: change.kind for change in changes(old, new, ())}

    assert found == {"b.c": "UPDATE", "b.f/g": "ADD", "l[1].p": "UPDATE", "l[2]": "ADD", "gone": "DELETE"}


def _kind(api_version: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, **fields}


@pytest.mark.parametrize(
    ("obj", "old", "new", "replaced"),
    [
        (_kind("v1", "Service"), {"spec": {"clusterIP": "None"}}, {"spec": {"clusterIP": "10.0.0.1"}}, True),
        (_kind("v1", "Service"), {"spec": {"type": "ClusterIP"}}, {"spec": {"type": "LoadBalancer"}}, False),
        (_kind("v1", "PersistentVolumeClaim"), {"spec": {"resources": 1}}, {"spec": {"resources": 2}}, False),
        (_kind("v1", "PersistentVolumeClaim"), {"spec": {"storageClassName": "a"}}, {"spec": {}}, True),
        (_kind("v1", "PersistentVolumeClaim"), {}, {"spec": {"storageClassName": "a"}}, True),
        (
            _kind("rbac.authorization.k8s.io/v1", "RoleBinding"),
            {"roleRef": {"name": "a"}},
            {"roleRef": {"name": "b"}},
            True,
        ),
        (_kind("batch/v1", "Job"), {"spec": {"template": {"a": 1}}}, {"spec": {"template": {"a": 2}}}, True),
        (_kind("batch/v1", "CronJob"), {"spec": {"schedule": "a"}}, {"spec": {"schedule": "b"}}, False),
        (
            _kind("v1", "Pod"),
            {"spec": {"containers": [{"image": "a"}]}},
            {"spec": {"containers": [{"image": "b"}]}},
            True,
        ),
        (_kind("hoprnet.org/v1alpha2", "Hoprd"), {"spec": {"version": "1"}}, {"spec": {"version": "2"}}, False),
        (_kind("hoprnet.org/v1alpha2", "Hoprd"), {"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}, True),
    ],
)
def test_a_change_that_the_api_server_rejects_is_a_replacement(
    obj: dict[str, Any], old: dict[str, Any], new: dict[str, Any], replaced: bool
) -> None:
    immutable = immutable_fields(obj, secrets_mutable=False, config_maps_mutable=False)

    assert [change.replace for change in changes(old, new, immutable)] == [replaced]


def test_the_data_of_config_maps_and_secrets_is_replaced_unless_configured_to_be_mutable() -> None:
    for kind in ("ConfigMap", "Secret"):
        fixed = immutable_fields(_kind("v1", kind), secrets_mutable=False, config_maps_mutable=False)
        mutable = immutable_fields(_kind("v1", kind), secrets_mutable=True, config_maps_mutable=True)
        frozen = immutable_fields(_kind("v1", kind, immutable=True), secrets_mutable=True, config_maps_mutable=True)

        assert [("data",) in fields for fields in (fixed, mutable, frozen)] == [True, False, True]


def test_string_data_becomes_data() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "data": {"a": "eA=="}, "stringData": {"b": "y"}}

    assert normalize(secret) == {"apiVersion": "v1", "kind": "Secret", "data": {"a": "eA==", "b": "eQ=="}}


def test_only_fields_of_the_inputs_count_in_the_live_object() -> None:
    live = {"spec": {"a": 1, "server": "default", "l": [{"x": 1, "y": 2}, {"x": 3}]}, "status": {}}
    shape = {"spec": {"a": 9, "empty": [], "l": [{"x": 8}]}}

    assert prune(live, shape, keep_empty=False) == {"spec": {"a": 1, "l": [{"x": 1}]}}
    assert prune(live, shape, keep_empty=True) == {"spec": {"a": 1, "empty": [], "l": [{"x": 1}]}}


def test_a_list_with_a_secret_entry_is_secret_as_a_whole() -> None:
    marked = mark_secrets({"spec": {"env": [{"v": "x"}], "image": "i"}}, {"spec": {"env": [{"v": Secret("x")}]}})

    assert marked == {"spec": {"env": Secret([{"v": "x"}]), "image": "i"}}


def test_the_engines_naming_rule_is_followed() -> None:
    named = with_name(
        {}, "urn:pulumi:s::p::kubernetes:core/v1:ConfigMap::c", b"", AutonamingRule(proposed_name="exact")
    )

    assert named["metadata"] == {"name": "exact", "annotations": {"pulumi.com/autonamed": "true"}}
