"""`verify` against a real chain, from the settings and outputs of a stack."""

from __future__ import annotations

import pytest

from config.stack_state import StackOutputs
from identity.errors import PreflightFailed
from identity.verification.verified_pool import VerifiedPool, verify_pool
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.factory_identities import create_with_factory
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import THIRD_PARTY, PoolOnChain
from testkit.chain.stack import POOL, settings_of_stack


def outputs_of(pool: PoolOnChain, **changes: str) -> StackOutputs:
    outputs = {
        "identities": {
            identity.name: {
                "nativeAddress": identity.node,
                "safeAddress": identity.safe,
                "moduleAddress": identity.module,
                "founder": identity.deployer,
                **changes,
            }
            for identity in pool.desired.identities
        }
    }
    return StackOutputs.model_validate(outputs)


def failing(verified: VerifiedPool) -> dict[str, set[str]]:
    return {
        identity.name: {point.key for point in identity.points if point.verdict == "fails"}
        for identity in verified.identities
        if identity.fails
    }


@pytest.fixture
def pool(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    pool = PoolOnChain.of(chain, ledger, 2)
    pool.apply()
    return pool


def test_a_provisioned_pool_has_no_failing_point(pool: PoolOnChain) -> None:
    verified = verify_pool(pool.client(), settings_of_stack(pool), POOL, outputs_of(pool))
    assert failing(verified) == {}
    assert [identity.safe for identity in verified.identities] == [one.safe for one in pool.desired.identities]


def test_outputs_with_another_safe_address_fail(pool: PoolOnChain) -> None:
    verified = verify_pool(pool.client(), settings_of_stack(pool), POOL, outputs_of(pool, safeAddress=THIRD_PARTY))
    assert failing(verified) == {"core-1": {"stack.addresses"}, "core-2": {"stack.addresses"}}


def test_the_deployer_in_the_state_identifies_the_safe_of_a_former_wallet(pool: PoolOnChain) -> None:
    """Long after a change of wallet only the state records the deployer of the Safe."""
    settings = settings_of_stack(pool)
    other_wallet = settings.wallet.model_copy(update={"address": THIRD_PARTY, "private_key": None})
    verified = verify_pool(pool.client(), settings.model_copy(update={"wallet": other_wallet}), POOL, outputs_of(pool))
    assert failing(verified) == {"core-1": {"safe.owners"}, "core-2": {"safe.owners"}}


def test_a_trusted_safe_is_verified_with_its_provenance(chain: DevelopmentChain, ledger: Ledger) -> None:
    pool = create_with_factory(PoolOnChain.of(chain, ledger, 2))
    pool.apply()
    trusted = {
        identity.name: {
            "identityFile": f"{{}} {identity.name}",
            "nativeAddress": identity.node,
            "safeAddress": identity.safe,
            "moduleAddress": identity.module,
            "trustExistingSafe": True,
        }
        for identity in pool.desired.identities
    }
    verified = verify_pool(pool.client(), settings_of_stack(pool, identities=trusted), POOL, outputs_of(pool))
    assert failing(verified) == {}
    for identity in verified.identities:
        assert identity.trusted
        assert identity.unproven == 0
        assert "provenance.operators" in {point.key for point in identity.points}


def test_missing_contracts_stop_the_verification(pool: PoolOnChain) -> None:
    settings = settings_of_stack(pool)
    contracts = settings.network.contracts.model_copy(update={"token": THIRD_PARTY})
    network = settings.network.model_copy(update={"contracts": contracts})
    with pytest.raises(PreflightFailed, match="there is no contract at"):
        verify_pool(pool.client(), settings.model_copy(update={"network": network}), POOL, outputs_of(pool))
