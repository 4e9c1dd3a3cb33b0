"""Outputs and state of a stack, of this release and of earlier ones."""

import pytest
from pydantic import ValidationError

from config.stack_state import NODE_KEYS, StackExport, StackOutputs

IDENTITY = {"nativeAddress": "0x1", "safeAddress": "0x2", "moduleAddress": "0x3"}


@pytest.mark.parametrize("outputs", [{}, {"pools": None, "identities": None, "nodes": None}])
def test_a_stack_before_its_first_update_has_no_outputs(outputs: dict[str, object]) -> None:
    read = StackOutputs.model_validate(outputs)
    assert (read.pools, read.identities, read.nodes) == ({}, {}, {})


def test_the_deployer_is_stored_under_its_first_name_and_may_be_missing() -> None:
    read = StackOutputs.model_validate({"identities": {"a": {**IDENTITY, "founder": "0x4"}, "b": IDENTITY}})
    assert (read.identities["a"].deployer, read.identities["b"].deployer) == ("0x4", None)


def test_an_identity_without_its_safe_is_an_error() -> None:
    with pytest.raises(ValidationError, match="safeAddress"):
        StackOutputs.model_validate({"identities": {"a": {"nativeAddress": "0x1", "moduleAddress": "0x3"}}})


@pytest.mark.parametrize("deployment", [{}, {"resources": None}, {"resources": []}])
def test_a_state_without_resources_has_no_outputs_of_any_type(deployment: dict[str, object]) -> None:
    assert StackExport.model_validate({"version": 3, "deployment": deployment}).outputs_by_type()[NODE_KEYS] == []


def test_resources_that_pulumi_is_about_to_delete_do_not_count() -> None:
    resources = [
        {"type": NODE_KEYS, "outputs": {"identity": "a"}, "urn": "urn:a"},
        {"type": NODE_KEYS, "outputs": {"identity": "old"}, "delete": True},
        {"type": NODE_KEYS, "outputs": None},
        {"type": "pulumi:pulumi:Stack"},
    ]
    by_type = StackExport.model_validate({"deployment": {"resources": resources}}).outputs_by_type()
    assert by_type == {NODE_KEYS: [{"identity": "a"}, {}], "pulumi:pulumi:Stack": [{}]}
