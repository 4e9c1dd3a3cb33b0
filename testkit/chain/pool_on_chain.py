"""A pool on the development chain: the desired pool, its provisioning, and its balances to the wei."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import SecretStr

from config.models.chain import ChainSettings
from config.models.networks import Contracts, Network
from config.models.pools import Pool
from config.models.settings import Settings
from config.models.spending import Spending
from config.models.wallet import Wallet
from identity.chain.client import ChainClient
from identity.evm.calls import Call, Signers, safe_execution
from identity.evm.contracts import UNLIMITED_WEI
from identity.observation.desired import DesiredIdentity, DesiredPool, Policy
from identity.observation.observe import ObservedPool, observe
from identity.provisioning.apply import apply
from identity.secrets.signers import LocalSigner
from identity.submission.journal import Journal
from identity.submission.rounds import RunResult
from identity.submission.spending import PoolBudget
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.fees import fees_paid_wei
from testkit.chain.ledger import Ledger
from testkit.chain.reference_setup import create_safe
from testkit.protocol import safe_salt_nonce

XDAI = WXHOPR = 10**18
NODE_XDAI_WEI, SAFE_WXHOPR_WEI = XDAI // 10, 10 * WXHOPR
SIZE = 2
"""The number of identities of the `pool` fixture."""


@dataclass(frozen=True)
class Balances:
    """What one identity holds, wei."""

    node_xdai_wei: int
    safe_xdai_wei: int
    safe_wxhopr_wei: int


@dataclass
class PoolOnChain:
    """One pool, with access to it through the program (`apply`) and directly on the chain."""

    chain: DevelopmentChain
    ledger: Ledger
    desired: DesiredPool
    reports: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, chain: DevelopmentChain, ledger: Ledger, size: int, *, first: int = 1, **policy: object) -> PoolOnChain:
        wallet = chain.wallet.address
        network = Network(
            name="rotsee", chain_id=100, contracts=Contracts.model_validate(chain.contracts["rotsee"], by_alias=True)
        )
        defaults: dict[str, object] = {
            "owners": (wallet,),
            "threshold": 1,
            "allowance_wei": UNLIMITED_WEI,
            "node_xdai_wei": NODE_XDAI_WEI,
            "node_xdai_minimum_wei": NODE_XDAI_WEI // 2,
            "safe_wxhopr_wei": SAFE_WXHOPR_WEI,
            "safe_wxhopr_minimum_wei": SAFE_WXHOPR_WEI // 2,
            "register_nodes": True,
        }
        nodes = {f"core-{number}": node_address(number) for number in range(first, first + size)}
        desired = DesiredPool.of(network, wallet, Policy(**{**defaults, **policy}), nodes)  # type: ignore[arg-type]
        return cls(chain, ledger, desired)

    def with_policy(self, **changes: object) -> PoolOnChain:
        policy = replace(self.desired.policy, **changes)  # type: ignore[arg-type]
        return replace(self, desired=replace(self.desired, policy=policy))

    @property
    def chain_settings(self) -> ChainSettings:
        return ChainSettings(rpc_url=SecretStr(self.chain.rpc_url), confirmations=1, block_time_s=0)

    @property
    def wallet(self) -> Wallet:
        return Wallet(
            private_key=SecretStr("0x" + bytes(self.chain.wallet.key).hex()), identity_password=SecretStr("unused")
        )

    def settings(self, rpc_url: str | None = None, **of_pool: Any) -> Settings:
        """The part of the settings that a preview of this pool, named core, reads."""
        return Settings.model_construct(  # type: ignore[call-arg]
            network=self.desired.network,
            chain=self.chain_settings.model_copy(update={"rpc_url": SecretStr(rpc_url)})
            if rpc_url
            else self.chain_settings,
            wallet=self.wallet,
            pools={"core": Pool(size=len(self.desired.identities), **of_pool)},
            spending=Spending(),
        )

    def signers(self) -> Signers:
        return Signers(LocalSigner(bytes(self.chain.wallet.key)))

    def client(self) -> ChainClient:
        return ChainClient(self.chain.rpc_url, timeout_s=5, patience_s=5)

    def apply(
        self,
        client: ChainClient | None = None,
        chain_settings: ChainSettings | None = None,
        report: Callable[[str], None] | None = None,
        journal: Journal | None = None,
        budget: PoolBudget | None = None,
    ) -> RunResult:
        return apply(
            client or self.client(),
            self.signers,
            self.desired,
            chain_settings or self.chain_settings,
            budget=budget,
            journal=journal,
            report=report or self.reports.append,
        )

    def observe(self) -> ObservedPool:
        return observe(self.client(), self.desired)

    # without the program

    def as_safe(self, identity: DesiredIdentity, *calls: Call) -> None:
        """Execute calls of an identity's Safe with the wallet's signature, as a user of a Safe app would."""
        seen = self.observe().identities[identity.name].safe
        assert seen
        execution = safe_execution(identity.safe, 100, seen.nonce, calls, LocalSigner(bytes(self.chain.wallet.key)))
        self.ledger.send(THIRD_PARTY, execution.target, execution.data)

    def transactions_of_wallet(self) -> int:
        return int(self.ledger.rpc.call("eth_getTransactionCount", self.chain.wallet.address, "latest"), 16)

    def held_by_wallet(self) -> tuple[int, int]:
        """xDai and wxHOPR, wei."""
        token, wallet = self.desired.contracts.token, self.chain.wallet.address
        return self.ledger.xdai_of(wallet), self.ledger.balance_of(token, wallet)

    def balances(self) -> dict[str, Balances]:
        """What each identity holds, read from the chain without the program."""
        ledger, token = self.ledger, self.desired.contracts.token
        return {
            one.name: Balances(ledger.xdai_of(one.node), ledger.xdai_of(one.safe), ledger.balance_of(token, one.safe))
            for one in self.desired.identities
        }

    def safes_made(self, since_block: int) -> int:
        """The number of Safes created after this block by any account, without the wallet's operator Safe."""
        logs = self.ledger.rpc.call(
            "eth_getLogs",
            {
                "address": "0x4e1DCf7AD4e460CfD30791CCC4F9c8a4f820ec67",
                "fromBlock": hex(since_block + 1),
                "toBlock": "latest",
            },
        )
        made = {log["topics"][1][-40:].lower() for log in logs}
        return len(made - {self.desired.operator[2:].lower()})

    def block(self) -> int:
        return int(self.ledger.rpc.call("eth_blockNumber"), 16)

    def gas_paid_since(self, block: int) -> int:
        """What the wallet has paid for gas after this block, wei."""
        return fees_paid_wei(self.ledger.rpc, [self.chain.wallet.address], block)


THIRD_PARTY = "0x" + "5a" * 20
ADMIN = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
"""An owner of Safes that is not the wallet."""


def third_party_creates_the_safe(pool: PoolOnChain) -> None:
    """Create the first identity's Safe from another account; the wallet is its owner nevertheless."""
    identity = pool.desired.identities[0]
    create = create_safe(identity.deployer, safe_salt_nonce("rotsee", 100, identity.node))
    pool.ledger.send(THIRD_PARTY, *create)


def node_key(number: int) -> bytes:
    """The private chain key of the node of identity `core-<number>`."""
    return (0xC0FFEE << 32 | number).to_bytes(32)


def node_signer(number: int) -> LocalSigner:
    return LocalSigner(node_key(number))


def node_address(number: int) -> str:
    """The address of the node of identity `core-<number>`."""
    return node_signer(number).address


@dataclass(frozen=True)
class Before:
    """The wallet's balances at the beginning of a test, wei."""

    pool: PoolOnChain
    block: int
    xdai_wei: int
    wxhopr_wei: int

    @classmethod
    def of(cls, pool: PoolOnChain) -> Before:
        return cls(pool, pool.block(), *pool.held_by_wallet())

    def assert_paid_once(self) -> None:
        """Assert that each node and Safe holds its target, and that the wallet has paid exactly that and the gas."""
        policy, balances = self.pool.desired.policy, self.pool.balances()
        size = len(self.pool.desired.identities)
        assert [one.node_xdai_wei for one in balances.values()] == [policy.node_xdai_wei] * size
        assert [one.safe_wxhopr_wei for one in balances.values()] == [policy.safe_wxhopr_wei] * size
        xdai_wei, wxhopr_wei = self.pool.held_by_wallet()
        gas_wei = self.pool.gas_paid_since(self.block)
        assert self.xdai_wei - xdai_wei == size * policy.node_xdai_wei + gas_wei
        assert self.wxhopr_wei - wxhopr_wei == size * policy.safe_wxhopr_wei
        assert self.pool.safes_made(self.block) == size
