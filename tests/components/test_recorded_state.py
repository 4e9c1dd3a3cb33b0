"""The program reads its own state; a file that is just being written is read again."""

from types import SimpleNamespace
from typing import Any

import pytest

from components import recorded_state
from components.recorded_state import StateUnreadable, read_recorded
from summary.recorded import RecordedObject

KEYS = {
    "type": "pulumi-python:dynamic/hoprd:NodeKeys",
    "outputs": {"identity": "core-1", "native_address": "0x1", "peer_id": "12D3"},
}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the engine answers, one call after the other; the last answer stays."""
    given: list[Any] = []

    def invoke(token: str, arguments: dict[str, str]) -> SimpleNamespace:
        assert token == "pulumi:pulumi:readStackResourceOutputs"
        answer = given.pop(0) if len(given) > 1 else given[0]
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(value=answer)

    monkeypatch.setattr(recorded_state, "invoke", invoke)
    monkeypatch.setattr(recorded_state, "_PAUSE_S", 0)
    return given


def test_a_state_that_is_just_being_written_is_read_again(answers: list[Any]) -> None:
    answers += [Exception("failed to load checkpoint: EOF")] * 5
    answers.append({"name": "test", "outputs": {"urn:pulumi:test::hoprd::keys::core-1-keys": KEYS}})
    assert read_recorded().keys["core-1"].native_address == "0x1"


def test_a_state_that_stays_unreadable_is_one_sentence(answers: list[Any]) -> None:
    answers.append(Exception("access denied"))
    with pytest.raises(StateUnreadable, match=r"the engine does not show the state of .*: access denied"):
        read_recorded()


@pytest.mark.parametrize("empty", [None, {"name": "test", "outputs": {}}])
def test_a_new_stack_has_an_empty_state(answers: list[Any], empty: Any) -> None:
    answers.append(empty)
    assert read_recorded().keys == {}


def test_objects_have_their_uid_and_pulumi_name_and_patches_are_left_out(answers: list[Any]) -> None:
    def urn(kind: str, name: str) -> str:
        return f"urn:pulumi:test::hoprd::{kind}::{name}"

    def object_(kind: str, **metadata: str) -> dict[str, Any]:
        return {"type": kind, "outputs": {"metadata": metadata, "data": {"KEY": "secret"}}}

    secret, namespace, patch = (
        "kubernetes:core/v1:Secret",
        "kubernetes:core/v1:Namespace",
        "kubernetes:apps/v1:DeploymentPatch",
    )
    outputs = {
        urn(secret, "core-wallet"): object_(secret, name="wallet", namespace="there", uid="1"),
        urn(namespace, "platform-namespace"): object_(namespace, name="there", uid="2"),
        urn(patch, "controller"): object_(patch, name="controller", namespace="ingress", uid="3"),
    }
    answers.append({"name": "test", "outputs": outputs})
    assert read_recorded().objects == (
        RecordedObject("Secret", "there", "wallet", "1", "core-wallet"),
        RecordedObject("Namespace", "", "there", "2", "platform-namespace"),
    )
