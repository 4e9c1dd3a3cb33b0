"""A new pool on a real EVM: addresses, transactions, gas, balances; a second run sends nothing."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from config.models.chain import ChainSettings
from devnet.chain_contracts.calls import encode_call
from identity.chain.client import ChainClient
from identity.evm.contracts import MULTI_SEND_CALL_ONLY
from identity.observation.observe import observe
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import Before, PoolOnChain
from testkit.chain.requirements import missing_in
from testkit.protocol import stored_targets

MAX_GAS_PER_IDENTITY = 905_000
MAX_REQUESTS_PER_OBSERVATION = 10


def test_seven_identities_take_three_transactions_and_have_the_predicted_addresses(
    chain: DevelopmentChain, ledger: Ledger
) -> None:
    pool = PoolOnChain.of(chain, ledger, 7, safe_wxhopr_wei=0, safe_wxhopr_minimum_wei=0)
    assert not any(ledger.has_code(identity.safe) for identity in pool.desired.identities)
    before = Before.of(pool)
    outcome = pool.apply()
    assert len(outcome.receipts) == 3
    before.assert_paid_once()
    assert missing_in(pool) == []
    for identity in pool.desired.identities:
        seen = outcome.observed.identities[identity.name]
        assert seen.safe
        assert seen.safe.modules == (identity.module,)
        contracts = pool.desired.contracts
        stored = stored_targets(contracts.channels, contracts.token, contracts.announcements, identity.node)
        assert seen.module
        assert seen.module.targets == stored
        assert (seen.module.owner, seen.module.multisend) == (identity.safe, MULTI_SEND_CALL_ONLY)
        assert seen.registered_to == identity.safe
        assert seen.eligible


def test_a_second_run_sends_nothing(chain: DevelopmentChain, ledger: Ledger) -> None:
    pool = PoolOnChain.of(chain, ledger, 2)
    pool.apply()
    count = pool.transactions_of_wallet()
    assert pool.apply().receipts == ()
    assert pool.transactions_of_wallet() == count


@pytest.mark.parametrize(("size", "for_first_pool", "for_second_pool"), [(1, 4, 4), (5, 8, 8), (7, 10, 10), (20, 5, 4)])
def test_the_size_of_a_pool_determines_its_number_of_transactions(
    chain: DevelopmentChain, ledger: Ledger, size: int, for_first_pool: int, for_second_pool: int
) -> None:
    """From 9 Safes on, the operator Safe pays after one approval by the wallet. Smaller pools get plain transfers."""
    pool = PoolOnChain.of(chain, ledger, size)
    before = Before.of(pool)
    outcome = pool.apply()
    assert len(outcome.receipts) == for_first_pool
    before.assert_paid_once()
    if size == 20:
        assert sum(receipt.gas_used for receipt in outcome.receipts) / size <= MAX_GAS_PER_IDENTITY
    second = PoolOnChain.of(chain, ledger, size, first=size + 1)
    before = Before.of(second)
    outcome = second.apply()
    assert len(outcome.receipts) == for_second_pool
    before.assert_paid_once()
    if size == 20:
        assert sum(receipt.gas_used for receipt in outcome.receipts) / size <= MAX_GAS_PER_IDENTITY


def test_a_growing_pool_pays_only_for_new_identities(chain: DevelopmentChain, ledger: Ledger) -> None:
    PoolOnChain.of(chain, ledger, 2).apply()
    before = Before.of(PoolOnChain.of(chain, ledger, 1, first=3))
    PoolOnChain.of(chain, ledger, 3).apply()
    before.assert_paid_once()


def test_the_node_can_bind_itself_to_its_safe(chain: DevelopmentChain, ledger: Ledger) -> None:
    """hoprd does this at its first start. It needs a correct Safe, and a correct module that includes the node."""
    pool = PoolOnChain.of(chain, ledger, 1)
    pool.apply()
    (identity,) = pool.desired.identities
    data = encode_call("registerSafeByNode(address)", identity.safe)
    ledger.send(identity.node, pool.desired.contracts.node_safe_registry, data)
    assert pool.observe().identities["core-1"].node_bound_to == identity.safe
    assert pool.apply().receipts == ()


def test_owners_and_threshold_need_no_additional_transaction(chain: DevelopmentChain, ledger: Ledger) -> None:
    owners = ("0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69", "0x1B482420Afa04aeC1Ef0e4a00C18451E84466c75")
    pool = PoolOnChain.of(chain, ledger, 2, owners=owners, threshold=2, safe_wxhopr_wei=0, safe_wxhopr_minimum_wei=0)
    assert len(pool.apply().receipts) == 3
    for seen in pool.observe().identities.values():
        assert seen.safe
        assert (set(seen.safe.owners), seen.safe.threshold) == (set(owners), 2)


class CountingClient(ChainClient):
    requests = 0

    def _request(self, method: str, *parameters: object, timeout_s: float | None = None) -> object:
        self.requests += 1
        return super()._request(method, *parameters, timeout_s=timeout_s)


def test_observing_200_identities_takes_at_most_ten_requests(chain: DevelopmentChain, ledger: Ledger) -> None:
    client = CountingClient(chain.rpc_url)
    observe(client, PoolOnChain.of(chain, ledger, 200).desired)
    assert client.requests <= MAX_REQUESTS_PER_OBSERVATION


def test_a_run_ends_after_the_configured_confirmations(chain: DevelopmentChain, ledger: Ledger) -> None:
    pool = PoolOnChain.of(chain, ledger, 1, safe_wxhopr_wei=0, safe_wxhopr_minimum_wei=0)
    chain_settings = ChainSettings(rpc_url=SecretStr(chain.rpc_url), confirmations=4, block_time_s=0)

    def mine_while_waiting(text: str) -> None:
        if text.startswith("waiting"):
            ledger.rpc.call("anvil_mine", hex(3))

    receipts = pool.apply(chain_settings=chain_settings, report=mine_while_waiting).receipts
    assert pool.block() - max(receipt.block_number for receipt in receipts) == 3
