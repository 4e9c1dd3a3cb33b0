"""Unexpected contracts and unusable gas limits are reported before anything is sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from identity.errors import PreflightFailed
from identity.evm.contracts import CREATE_CALL, SAFE_PROXY_FACTORY, SAFE_SINGLETON
from testkit.chain.anvil_process import GNOSIS_BLOCK_GAS
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import PoolOnChain


def code_of(ledger: Ledger, address: str) -> bytes:
    return bytes.fromhex(ledger.rpc.call("eth_getCode", address, "latest")[2:])


def set_code(ledger: Ledger, address: str, code: bytes) -> None:
    ledger.rpc.call("anvil_setCode", address, "0x" + code.hex())


def unexpected_module_implementation(pool: PoolOnChain) -> None:
    contracts = pool.desired.contracts
    set_code(pool.ledger, contracts.module_implementation, code_of(pool.ledger, contracts.token))


def unexpected_safe_version(pool: PoolOnChain) -> None:
    code = code_of(pool.ledger, SAFE_SINGLETON)
    assert code.count(b"1.4.1") == 1
    set_code(pool.ledger, SAFE_SINGLETON, code.replace(b"1.4.1", b"1.3.0"))


def factory_of_unexpected_proxies(pool: PoolOnChain) -> None:
    creation_code: bytes = pool.ledger.view(SAFE_PROXY_FACTORY, "proxyCreationCode()", returns="bytes")
    code = code_of(pool.ledger, SAFE_PROXY_FACTORY)
    assert creation_code in code
    set_code(
        pool.ledger,
        SAFE_PROXY_FACTORY,
        code.replace(creation_code, creation_code[:-1] + bytes([creation_code[-1] ^ 1])),
    )


def contract_that_is_not_a_factory(pool: PoolOnChain) -> None:
    set_code(pool.ledger, SAFE_PROXY_FACTORY, code_of(pool.ledger, CREATE_CALL))


@pytest.mark.parametrize(
    ("replace_contract", "message"),
    [
        (unexpected_module_implementation, "networks.rotsee.contracts.moduleImplementation: "),
        (unexpected_safe_version, f"the Safe at {SAFE_SINGLETON} has version 1.3.0, expected 1.4.1"),
        (
            factory_of_unexpected_proxies,
            f"the proxy factory at {SAFE_PROXY_FACTORY} does not create Safe 1.4.1 proxies",
        ),
        (
            contract_that_is_not_a_factory,
            f"the proxy factory at {SAFE_PROXY_FACTORY} does not create Safe 1.4.1 proxies",
        ),
    ],
)
def test_an_unexpected_contract_is_reported_and_nothing_is_sent(
    pool: PoolOnChain, replace_contract: Callable[[PoolOnChain], None], message: str
) -> None:
    replace_contract(pool)
    with pytest.raises(PreflightFailed) as caught:
        pool.apply()
    (problem,) = caught.value.problems
    assert message in str(problem)
    assert pool.transactions_of_wallet() == 0


@pytest.mark.parametrize(
    ("block_gas_limit", "message"),
    [
        (GNOSIS_BLOCK_GAS + 1, f"is above the gas limit of this chain's blocks, {GNOSIS_BLOCK_GAS}: lower it"),
        (1_000_000, "is too low: a single identity needs a transaction of about 1187000 gas"),
    ],
)
def test_an_unusable_block_gas_limit_is_reported_and_nothing_is_sent(
    chain: DevelopmentChain, ledger: Ledger, block_gas_limit: int, message: str
) -> None:
    pool = PoolOnChain.of(chain, ledger, 8)  # enough identities that the first batch also creates the operator Safe
    chain_settings = pool.chain_settings.model_copy(update={"block_gas_limit": block_gas_limit})
    with pytest.raises(PreflightFailed) as caught:
        pool.apply(chain_settings=chain_settings)
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"chain.blockGasLimit: {block_gas_limit} {message}")
    assert pool.transactions_of_wallet() == 0


def test_the_gas_limit_of_a_whole_block_is_allowed(pool: PoolOnChain) -> None:
    pool.apply(chain_settings=pool.chain_settings.model_copy(update={"block_gas_limit": GNOSIS_BLOCK_GAS}))
    assert pool.transactions_of_wallet() > 0
