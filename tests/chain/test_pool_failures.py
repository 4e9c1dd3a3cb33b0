"""The innermost revert reason is reported, although Multicall3 and Safe hide it."""

from __future__ import annotations

from identity.chain.explain import reason_of_failure
from identity.evm.calls import Call, aggregate3_value, safe_execution
from identity.evm.contracts import MODULE, MULTICALL3
from identity.secrets.signers import LocalSigner
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import THIRD_PARTY, PoolOnChain
from testkit.protocol import ANNOUNCEMENTS_PERMISSIONS, target_word


def test_the_revert_reason_of_a_safe_in_a_batch_is_found(chain: DevelopmentChain, ledger: Ledger) -> None:
    pool = PoolOnChain.of(chain, ledger, 2, safe_wxhopr_wei=0, safe_wxhopr_minimum_wei=0)
    pool.apply()
    signer = LocalSigner(bytes(chain.wallet.key))
    first, second = pool.desired.identities
    repeated_scope = MODULE.encode(
        "scopeTargetToken", target_word(pool.desired.contracts.announcements, ANNOUNCEMENTS_PERMISSIONS)
    )
    batch = [
        Call(THIRD_PARTY, value_wei=5),
        safe_execution(first.safe, 100, 1, [Call(first.module, MODULE.encode("removeNode", first.node))], signer),
        safe_execution(second.safe, 100, 1, [Call(second.module, repeated_scope)], signer),
    ]
    call = Call(MULTICALL3, aggregate3_value(batch), 5)
    block = pool.client().latest_block()
    reason = reason_of_failure(pool.client(), pool.desired.wallet, call, block)
    assert reason == (
        "TargetIsScoped(): the module already has a rule for this target "
        f"(call 3 of 3, of {second.safe})"
    )  # fmt: skip


def test_a_used_safe_nonce_is_explained(chain: DevelopmentChain, ledger: Ledger) -> None:
    pool = PoolOnChain.of(chain, ledger, 1, safe_wxhopr_wei=0, safe_wxhopr_minimum_wei=0)
    pool.apply()
    (identity,) = pool.desired.identities
    stale = safe_execution(identity.safe, 100, 0, [Call(THIRD_PARTY)], LocalSigner(bytes(chain.wallet.key)))
    call = Call(MULTICALL3, aggregate3_value([stale]))
    reason = reason_of_failure(pool.client(), pool.desired.wallet, call, pool.client().latest_block())
    assert reason
    assert "GS026: the signature is not an owner's, or another transaction used the Safe's nonce first" in reason


def test_a_successful_call_has_no_revert_reason(chain: DevelopmentChain, ledger: Ledger) -> None:
    pool = PoolOnChain.of(chain, ledger, 1)
    call = Call(MULTICALL3, aggregate3_value([Call(THIRD_PARTY, value_wei=1)]), 1)
    assert reason_of_failure(pool.client(), pool.desired.wallet, call, pool.client().latest_block()) is None
