"""A wallet whose key never leaves AWS KMS provisions and pays a pool."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config

from config.models.pools import Pool
from config.models.wallet import KmsKey
from identity.errors import WrongKey
from identity.evm.calls import Call
from identity.provider import PoolOnChainProvider
from identity.secrets.kms import KmsSigner
from identity.submission.delivery import Pace, await_receipts
from identity.submission.wallet import GWEI, Fees, sign
from testkit.aws import make_signing_key
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger
from testkit.chain.pool_on_chain import Before, PoolOnChain
from testkit.chain.stack import inputs_of, settings_of

OTHER_ACCOUNT = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"


@pytest.fixture
def pool(chain: DevelopmentChain, ledger: Ledger, aws: str) -> PoolOnChain:
    """The pool of the chain's wallet, whose key is in KMS."""
    make_signing_key(private_key=bytes(chain.wallet.key))
    return PoolOnChain.of(chain, ledger, 3)


def configured(pool: PoolOnChain, address: str) -> PoolOnChainProvider:
    settings = {
        "hoprd:chain": json.dumps({"rpcUrl": pool.chain.rpc_url, "confirmations": 1, "blockTimeS": 0}),
        "hoprd:wallet": json.dumps(
            {"kms": {"keyId": "alias/wallet"}, "address": address, "identityPassword": "not used here"}
        ),
    }
    provider = PoolOnChainProvider()
    provider.configure(ConfigureRequest(Config(settings, "hoprd")))
    return provider


def inputs(pool: PoolOnChain, wallet: str, **policy: Any) -> dict[str, Any]:
    nodes = {identity.name: identity.node for identity in pool.desired.identities}
    desired = Pool.model_validate({"size": 3, **policy})
    settings = settings_of(replace(pool, desired=replace(pool.desired, wallet=wallet)), desired)
    return json.loads(json.dumps(inputs_of(settings, "core", nodes)))  # type: ignore[no-any-return]  # as in the state


def test_a_transaction_signed_in_kms_is_mined(pool: PoolOnChain, ledger: Ledger) -> None:
    wallet, before = pool.desired.wallet, ledger.xdai_of(OTHER_ACCOUNT)
    signed = sign(
        KmsSigner(KmsKey(key_id="alias/wallet"), wallet, "wallet.kms"),
        100,
        Call(OTHER_ACCOUNT, value_wei=5),
        nonce=pool.transactions_of_wallet(),
        gas_limit=21_000,
        fees=Fees(10 * GWEI, GWEI),
    )
    ledger.rpc.call("eth_sendRawTransaction", "0x" + signed.raw.hex())
    (receipt,) = await_receipts(pool.client(), wallet, [signed], Pace(pool.chain_settings))
    assert receipt.succeeded
    assert ledger.xdai_of(OTHER_ACCOUNT) == before + 5


def test_a_wallet_in_kms_provisions_a_pool_and_pays_once(pool: PoolOnChain) -> None:
    before = Before.of(pool)
    outputs = (
        configured(pool, pool.desired.wallet)
        .create(inputs(pool, pool.desired.wallet, balances={"safeWxhopr": "10"}))
        .outs
    )
    assert outputs
    assert all(identity["registered"] for identity in outputs["identities"].values())
    before.assert_paid_once()


def test_a_key_of_another_account_is_refused_before_any_transaction(pool: PoolOnChain, ledger: Ledger) -> None:
    ledger.rpc.call("anvil_setBalance", OTHER_ACCOUNT, hex(10**20))
    count = pool.transactions_of_wallet()
    with pytest.raises(
        WrongKey, match=f"alias/wallet is the key of {pool.desired.wallet}, but wallet.address is {OTHER_ACCOUNT}"
    ):
        configured(pool, OTHER_ACCOUNT).create(inputs(pool, OTHER_ACCOUNT, registerNodes=False))
    assert pool.transactions_of_wallet() == count
