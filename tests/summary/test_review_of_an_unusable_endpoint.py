"""A run that needs the chain waits for an unusable endpoint once: in the review, not in the provider again."""

from collections.abc import Iterator
from typing import Any

import pytest

from config.models.chain import ChainSettings
from config.models.settings import Settings
from identity.chain import patience
from identity.consent import Consent
from identity.errors import RpcUnavailable
from summary.entries import Kind
from summary.recorded import Recorded
from summary.review import Review, Reviewer
from testkit.identity.endpoint import Answer, Endpoint, result, serving
from testkit.manifests import samples

POOLS = ("core", "other")
TRIES = 4
TARGETED = Consent(is_targeted=True)
STATE = {"nativeAddress": "0x1", "safeAddress": "0x2", "moduleAddress": "0x3"}
RECORDED = Recorded(pools={name: {"pool": name, "identities": {f"{name}-1": STATE}} for name in POOLS})


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """An endpoint that is asked four times before it is given up, without a pause."""

    def wait(self: patience.Patience, error: patience.Again) -> None:
        self.tries += 1
        if self.tries == TRIES or not self.left_s():
            raise error

    monkeypatch.setattr(patience.Patience, "wait", wait)
    with serving() as endpoint:
        yield endpoint


def review(endpoint: Endpoint, consent: Consent, *, is_preview: bool) -> Review:
    pools = {name: samples.POOL.model_copy(update={"size": 1}) for name in POOLS}
    chain = ChainSettings.model_validate({"rpcUrl": endpoint.url})
    settings: Settings = samples.settings(pools=pools, clusters={}).model_copy(update={"chain": chain})
    nodes: dict[str, dict[str, Any]] = {name: {f"{name}-1": None} for name in POOLS}
    return Reviewer(settings, RECORDED, nodes).review(consent, is_preview=is_preview)


@pytest.mark.parametrize("is_preview", [True, False])
@pytest.mark.parametrize("answer", [None, (502, b""), (429, b""), (200, b"<html>"), result(True), result(None)])
def test_the_run_ends_before_anything_is_registered(
    endpoint: Endpoint, answer: Answer | None, *, is_preview: bool
) -> None:
    endpoint.answers = [answer]
    with pytest.raises(RpcUnavailable, match=endpoint.url) as caught:
        review(endpoint, Consent(), is_preview=is_preview)
    assert len(endpoint.methods) == TRIES
    assert "\n" not in str(caught.value)


def test_a_targeted_run_may_not_need_the_chain_and_its_pools_share_the_patience(endpoint: Endpoint) -> None:
    endpoint.answers = [result(True)]
    summary = review(endpoint, TARGETED, is_preview=True).summary
    problems = [entry.text for entry in summary.entries if entry.kind is Kind.PROBLEM]
    assert len(problems) == len(POOLS)
    assert all("check chain.rpcUrl" in text for text in problems)
    assert len(endpoint.methods) == TRIES + 1
