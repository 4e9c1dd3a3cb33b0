"""If one point of a usable identity is broken on a real chain, `verify` reports exactly that point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from devnet.chain_contracts.calls import encode_call
from identity.chain.client import Block, ChainClient, Log
from identity.errors import RpcRejected
from identity.evm.calls import Call
from identity.evm.contracts import SENTINEL
from identity.observation.desired import DesiredIdentity
from identity.observation.observe import observe
from identity.observation.points import Verdict
from identity.verification.verify import decommissioned, usable
from testkit.chain.decommissioned_pool import Decommission
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import NODE_XDAI_WEI, SAFE_WXHOPR_WEI, THIRD_PARTY, PoolOnChain
from testkit.protocol import ANNOUNCEMENTS_PERMISSIONS, target_word

_GUARD_SLOT = "0x4a204f620c8c5ccdca3fd54d003badd85ba500436a431f0cbda4f558c93c34c8"
_HANDLER_SLOT = "0x6c9a6c4a39284e37ed1cf53d337577d14212a4870fb976a4366c693b939918d5"


@pytest.fixture
def pool(chain: DevelopmentChain, ledger: Ledger) -> PoolOnChain:
    pool = PoolOnChain.of(chain, ledger, 1)
    pool.apply()
    return pool


def identity_of(pool: PoolOnChain) -> DesiredIdentity:
    return pool.desired.identities[0]


def failing(pool: PoolOnChain) -> set[str]:
    found = usable(pool.desired, identity_of(pool), pool.observe())
    return {point.key for point in found if point.verdict is Verdict.FAILS}


def call_to_safe(signature: str, *arguments: object) -> Callable[[PoolOnChain], None]:
    return lambda pool: pool.as_safe(
        identity_of(pool), Call(identity_of(pool).safe, encode_call(signature, *arguments))
    )


def call_to_module(signature: str, *arguments: object) -> Callable[[PoolOnChain], None]:
    return lambda pool: pool.as_safe(
        identity_of(pool), Call(identity_of(pool).module, encode_call(signature, *arguments))
    )


def _store(slot: str, value: str) -> Callable[[PoolOnChain], None]:
    """Write a storage slot, which only a delegate call of the Safe can do."""
    word = "0x" + value[2:].lower().rjust(64, "0")
    return lambda pool: pool.ledger.rpc.call("anvil_setStorageAt", identity_of(pool).safe, slot, word)


def _change_singleton(pool: PoolOnChain) -> None:
    """Deploy the same code at another address, so that the Safe still answers."""
    copy = "0x" + "6c" * 20
    code = pool.ledger.rpc.call("eth_getCode", "0x41675C099F32341bf84BFc5382aF534df5C7461a", "latest")
    pool.ledger.rpc.call("anvil_setCode", copy, code)
    _store("0x" + "00" * 32, copy)(pool)


def _disable_module(pool: PoolOnChain) -> None:
    call_to_safe("disableModule(address,address)", SENTINEL, identity_of(pool).module)(pool)


def _remove_node(pool: PoolOnChain) -> None:
    call_to_module("removeNode(address)", identity_of(pool).node)(pool)


def _revoke_announcements(pool: PoolOnChain) -> None:
    call_to_module("revokeTarget(address)", pool.desired.contracts.announcements)(pool)


def _change_permissions(pool: PoolOnChain) -> None:
    _revoke_announcements(pool)
    announcements = target_word(pool.desired.contracts.announcements, ANNOUNCEMENTS_PERMISSIONS)
    call_to_module("scopeTargetToken(uint256)", announcements ^ (1 << 88))(pool)


def _change_module_owner(pool: PoolOnChain) -> None:
    slots = range(8)  # the number of the owner's slot is an implementation detail of the module
    rpc, module, safe = pool.ledger.rpc, identity_of(pool).module, identity_of(pool).safe
    for slot in slots:
        word = rpc.call("eth_getStorageAt", module, hex(slot), "latest")
        if safe[2:].lower() in word:
            rpc.call("anvil_setStorageAt", module, f"0x{slot:064x}", word.replace(safe[2:].lower(), THIRD_PARTY[2:]))


def _change_multisend(pool: PoolOnChain) -> None:
    rpc, module = pool.ledger.rpc, identity_of(pool).module
    for slot in range(8):
        word = rpc.call("eth_getStorageAt", module, hex(slot), "latest")
        if "9641d764fc13c8b624c04430c7356c1c7c8102e2" in word:
            changed = word.replace("9641d764fc13c8b624c04430c7356c1c7c8102e2", THIRD_PARTY[2:])
            rpc.call("anvil_setStorageAt", module, f"0x{slot:064x}", changed)


def _lower_allowance(pool: PoolOnChain) -> None:
    approve = encode_call("approve(address,uint256)", pool.desired.contracts.channels, 10**18)
    pool.as_safe(identity_of(pool), Call(pool.desired.contracts.token, approve))


def _spend_wxhopr(pool: PoolOnChain) -> None:
    wei = SAFE_WXHOPR_WEI // 2 + 1
    pool.as_safe(
        identity_of(pool),
        Call(pool.desired.contracts.token, encode_call("transfer(address,uint256)", THIRD_PARTY, wei)),
    )


def _spend_xdai(pool: PoolOnChain) -> None:
    pool.ledger.rpc.call("anvil_setBalance", identity_of(pool).node, hex(NODE_XDAI_WEI // 2 - 1))


def _deregister(pool: PoolOnChain) -> None:
    registry = pool.desired.contracts.network_registry
    wallet = pool.chain.wallet.address
    pool.ledger.send(wallet, registry, encode_call("managerDeregister(address[])", [identity_of(pool).node]))


def _make_ineligible(pool: PoolOnChain) -> None:
    registry, wallet = pool.desired.contracts.network_registry, pool.chain.wallet.address
    data = encode_call("managerForceSync(address[],bool[])", [identity_of(pool).safe], [False])
    pool.ledger.send(wallet, registry, data)


DAMAGES: dict[str, tuple[Callable[[PoolOnChain], None], set[str]]] = {
    "an additional owner": (call_to_safe("addOwnerWithThreshold(address,uint256)", THIRD_PARTY, 1), {"safe.owners"}),
    "another singleton": (_change_singleton, {"safe.singleton"}),
    "another fallback handler": (_store(_HANDLER_SLOT, THIRD_PARTY), {"safe.fallbackHandler"}),
    "a guard": (_store(_GUARD_SLOT, THIRD_PARTY), {"safe.guard"}),
    "an additional module": (call_to_safe("enableModule(address)", THIRD_PARTY), {"safe.modules"}),
    "the module disabled": (_disable_module, {"safe.modules"}),
    "another owner of the module": (_change_module_owner, {"module.owner"}),
    "another MultiSend": (_change_multisend, {"module.multisend"}),
    "no rule for announcements": (_revoke_announcements, {"module.targets"}),
    "other permissions": (_change_permissions, {"module.targets"}),
    "the node not included": (_remove_node, {"module.node"}),
    "a lower allowance": (_lower_allowance, {"safe.allowance"}),
    "too little wxHOPR": (_spend_wxhopr, {"balances.safeWxhopr"}),
    "too little xDai": (_spend_xdai, {"balances.nodeXdai"}),
    "not registered": (_deregister, {"registry.registered"}),
    "not eligible": (_make_ineligible, {"registry.eligible"}),
}


def test_a_complete_identity_has_no_failing_point(pool: PoolOnChain) -> None:
    points = usable(pool.desired, identity_of(pool), pool.observe())
    assert {point.verdict for point in points} == {Verdict.OK}
    assert len({point.key for point in points}) == len(points)


@pytest.mark.parametrize("name", DAMAGES)
def test_exactly_the_broken_point_fails(pool: PoolOnChain, name: str) -> None:
    damage, keys = DAMAGES[name]
    damage(pool)
    assert failing(pool) == keys


def test_a_changed_threshold_fails(chain: DevelopmentChain, ledger: Ledger) -> None:
    owners = (chain.wallet.address, "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69")
    pool = PoolOnChain.of(chain, ledger, 1, owners=owners)
    pool.apply()
    call_to_safe("changeThreshold(uint256)", 2)(pool)
    assert failing(pool) == {"safe.threshold"}


def test_an_identity_that_was_never_created_fails_its_safe_and_module(chain: DevelopmentChain, ledger: Ledger) -> None:
    assert {"safe.exists", "module.exists"} <= failing(PoolOnChain.of(chain, ledger, 1))


def test_a_node_bound_to_another_safe_fails(pool: PoolOnChain, chain: DevelopmentChain, ledger: Ledger) -> None:
    other_pool = PoolOnChain.of(chain, ledger, 1, first=2)
    other_pool.apply()
    other_identity, node = identity_of(other_pool), identity_of(pool).node
    other_pool.as_safe(other_identity, Call(other_identity.module, encode_call("addNode(address)", node)))
    registry = pool.desired.contracts.node_safe_registry
    pool.ledger.send(node, registry, encode_call("registerSafeByNode(address)", other_identity.safe))
    assert "registry.bound" in failing(pool)


def test_a_disabled_registry_requires_no_registration(pool: PoolOnChain) -> None:
    _deregister(pool)
    observed = pool.observe()
    disabled = replace(observed, wallet=replace(observed.wallet, registry_enabled=False))
    assert Verdict.FAILS not in {point.verdict for point in usable(pool.desired, identity_of(pool), disabled)}


def test_eligibility_is_unproven_without_log_search(pool: PoolOnChain) -> None:
    class ClientWithoutLogSearch(ChainClient):
        def logs(self, contracts: Sequence[str], topics: Sequence[Sequence[bytes]], up_to: Block) -> list[Log]:
            raise RpcRejected("the endpoint refused eth_getLogs")

    observed = observe(ClientWithoutLogSearch(pool.chain.rpc_url), pool.desired)
    verdicts = {point.key: point.verdict for point in usable(pool.desired, identity_of(pool), observed)}
    assert verdicts.pop("registry.eligible") is Verdict.UNPROVEN
    assert set(verdicts.values()) == {Verdict.OK}


def test_an_identity_in_service_fails_every_decommission_point(pool: PoolOnChain) -> None:
    points = decommissioned(pool.desired, identity_of(pool), pool.observe(), pool.chain_settings)
    assert {point.key for point in points if point.verdict is Verdict.FAILS} == {
        "left.module",
        "left.registry",
        "left.safe",
        "left.node",
    }


def test_a_decommissioned_identity_passes_every_decommission_point(chain: DevelopmentChain, ledger: Ledger) -> None:
    decommissioning = Decommission.in_service(PoolOnChain.of(chain, ledger, 1))
    decommissioning.decommission()
    points = decommissioned(
        decommissioning.pool.desired,
        identity_of(decommissioning.pool),
        decommissioning.pool.observe(),
        decommissioning.pool.chain_settings,
    )
    assert {point.verdict for point in points} == {Verdict.OK}
    assert [point.found for point in points][-2:] == ["nothing", "nothing"]
