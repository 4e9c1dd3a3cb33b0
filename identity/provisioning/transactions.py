"""The transactions that provision a pool: payments, expected gas, and the call of each. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from config.models.scalars import amount_text
from identity.evm import gas
from identity.evm.addresses import operator_salt_nonce, safe_salt_nonce
from identity.evm.call_gas import gas_of
from identity.evm.calls import Call, Signers, aggregate3_value, create_safe, node_binding_hash, safe_execution
from identity.evm.contracts import MULTICALL3, NETWORK_REGISTRY, NODE_SAFE_REGISTRY, TOKEN, UNLIMITED_WEI
from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.provisioning.registrations import ForceSync, Register
from identity.submission.wallet_transaction import Payee, WalletTransaction

_CONFIGURATION_CALLS = 6


@dataclass(frozen=True)
class Job:
    """The part of a batch for one identity: create its Safe, execute calls of the Safe, pay its node and its Safe.

    With `handed_over`, the previous wallet signs for the Safe. With `self_registers`, the Safe registers its node; if
    the node is not bound to the Safe yet, `node_signatures` is the nonce of the node's signature, otherwise None. A
    node or Safe that holds nothing is new: paying it takes more gas.
    """

    identity: DesiredIdentity
    creates_safe: bool = False
    safe_nonce: int = 0
    calls: tuple[Call, ...] = ()
    node_xdai_wei: int = 0
    safe_wxhopr_wei: int = 0
    node_is_new: bool = True
    safe_is_new: bool = True
    handed_over: bool = False
    self_registers: bool = False
    node_signatures: int | None = None

    def without_wxhopr(self) -> Self:
        """Return the same job without its wxHOPR payment."""
        return replace(self, safe_wxhopr_wei=0)

    @property
    def gas(self) -> int:
        """Gas inside a batch, without the operator Safe's transaction that all wxHOPR payments share."""
        needed = gas.SAFE_CREATION if self.creates_safe else 0
        if self.calls and self.safe_nonce == 0:
            needed += gas.IDENTITY_CONFIGURATION + gas_of(self.calls[_CONFIGURATION_CALLS:])
        elif self.calls:
            needed += gas.SAFE_EXECUTION + gas_of(self.calls)
        if self.self_registers:
            needed += 0 if self.calls else gas.SAFE_EXECUTION
            needed += gas.SELF_REGISTRATION + (gas.NODE_BINDING if self.node_signatures is not None else 0)
        if self.node_xdai_wei:
            needed += gas.NODE_XDAI if self.node_is_new else gas.NODE_XDAI_TOP_UP
        payment = gas.WXHOPR_OPERATOR_PAYMENT if self.safe_is_new else gas.WXHOPR_OPERATOR_TOP_UP
        return needed + (payment if self.safe_wxhopr_wei else 0)

    def safe_calls(self, desired: DesiredPool, signers: Signers) -> tuple[Call, ...]:
        """Return all calls of the Safe, including its registration."""
        if not self.self_registers:
            return self.calls
        registry = desired.contracts.network_registry
        register = Call(registry, NETWORK_REGISTRY.encode("selfRegister", [self.identity.node]))
        return (*self.calls, *self._binding(desired, signers), register)

    def _binding(self, desired: DesiredPool, signers: Signers) -> tuple[Call, ...]:
        if self.node_signatures is None:
            return ()
        registry, safe, node = desired.contracts.node_safe_registry, self.identity.safe, self.identity.node
        digest = node_binding_hash(registry, desired.network.chain_id, safe, node, self.node_signatures)
        signature = signers.of_node(self.identity.name).sign_digest(digest).as_safe_bytes()
        return (Call(registry, NODE_SAFE_REGISTRY.encode("registerSafeWithNodeSig", safe, node, signature)),)


@dataclass(frozen=True)
class Batch(WalletTransaction):
    """One all-or-nothing Multicall3 call; the operator Safe pays wxHOPR from the wallet."""

    desired: DesiredPool
    jobs: tuple[Job, ...]
    creates_operator: bool
    operator_nonce: int

    @property
    def xdai_wei(self) -> int:
        """xDai that the batch pays to nodes."""
        return sum(job.node_xdai_wei for job in self.jobs)

    @property
    def wxhopr_wei(self) -> int:
        """wxHOPR that the batch pays to Safes."""
        return sum(job.safe_wxhopr_wei for job in self.jobs)

    @property
    def pays_by_nonce_alone(self) -> bool:
        """Only if no identity's Safe executes calls in the batch: a used Safe nonce makes a second batch revert.

        The operator Safe's nonce does not count, because another round may pay without the operator Safe.
        """
        return not self.changed_safes

    @property
    def gas(self) -> int:
        """Expected gas."""
        execution = gas.SAFE_EXECUTION if self.operator_nonce else gas.SAFE_FIRST_EXECUTION
        paying = execution + (gas.SAFE_CREATION if self.creates_operator else 0) if self.wxhopr_wei else 0
        return gas.BATCH + paying + sum(job.gas for job in self.jobs)

    @property
    def changed_safes(self) -> frozenset[str]:
        """Names of the identities whose Safes execute calls."""
        return frozenset(job.identity.name for job in self.jobs if job.calls or job.self_registers)

    @property
    def announces(self) -> bool:
        """A self-registration makes the network registry emit `EligibilityUpdated`."""
        return any(job.self_registers for job in self.jobs)

    @property
    def payees(self) -> frozenset[Payee]:
        """Nodes that receive xDai, and Safes that receive wxHOPR."""
        nodes = {Payee(job.identity.name, "xDai") for job in self.jobs if job.node_xdai_wei}
        return frozenset(nodes | {Payee(job.identity.name, "wxHOPR") for job in self.jobs if job.safe_wxhopr_wei})

    @property
    def paid_nodes(self) -> frozenset[str]:
        """Native addresses that receive xDai."""
        return frozenset(job.identity.node for job in self.jobs if job.node_xdai_wei)

    @property
    def summary(self) -> str:
        """What the batch does, with total amounts; a single identity by name, several as a count."""
        jobs = {
            "create Safe and module of {}": [job for job in self.jobs if job.creates_safe],
            "configure {}": [job for job in self.jobs if job.calls and not job.creates_safe],
            f"pay {amount_text(self.xdai_wei)} xDai to {{}}": [job for job in self.jobs if job.node_xdai_wei],
            f"pay {amount_text(self.wxhopr_wei)} wxHOPR to {{}}": [job for job in self.jobs if job.safe_wxhopr_wei],
            "self-register {}": [job for job in self.jobs if job.self_registers],
        }
        return ", ".join(text.format(_describe_identities(chosen)) for text, chosen in jobs.items() if chosen)

    def call(self, signers: Signers) -> Call:
        """Return the transaction's target, data and value."""
        network, wallet = self.desired.network, self.desired.wallet
        calls: list[Call] = []
        for job in self.jobs:
            if job.creates_safe:
                salt_nonce = safe_salt_nonce(network.name, network.chain_id, job.identity.node)
                calls.append(create_safe(job.identity.deployer, salt_nonce))
            if inside := job.safe_calls(self.desired, signers):
                owner = signers.of_previous_wallet() if job.handed_over else signers.wallet
                calls.append(safe_execution(job.identity.safe, network.chain_id, job.safe_nonce, inside, owner))
            if job.node_xdai_wei:
                calls.append(Call(job.identity.node, value_wei=job.node_xdai_wei))
        if self.wxhopr_wei:
            if self.creates_operator:
                calls.append(create_safe(wallet, operator_salt_nonce(network.chain_id)))
            calls.append(self._operator_payment(signers))
        return Call(MULTICALL3, aggregate3_value(calls), self.xdai_wei)

    def _operator_payment(self, signers: Signers) -> Call:
        token, wallet = self.desired.contracts.token, self.desired.wallet
        payments = [
            Call(token, TOKEN.encode("transferFrom", wallet, job.identity.safe, job.safe_wxhopr_wei))
            for job in self.jobs
            if job.safe_wxhopr_wei
        ]
        return safe_execution(
            self.desired.operator, self.desired.network.chain_id, self.operator_nonce, payments, signers.wallet
        )


def _describe_identities(jobs: Sequence[Job]) -> str:
    return jobs[0].identity.name if len(jobs) == 1 else f"{len(jobs)} identities"


@dataclass(frozen=True)
class ApproveOperator(WalletTransaction):
    """Gives the operator Safe an unlimited allowance for the wallet's wxHOPR, once.

    The operator Safe's address commits to the wallet as its only owner, so the allowance gives nobody new powers.
    """

    desired: DesiredPool
    gas: int = gas.APPROVAL
    summary: str = "approve the operator Safe to pay wxHOPR from the wallet (once)"

    def call(self, signers: Signers) -> Call:  # noqa: ARG002 - the signature that all transactions share
        """Return the transaction's target and data."""
        return Call(self.desired.contracts.token, TOKEN.encode("approve", self.desired.operator, UNLIMITED_WEI))


@dataclass(frozen=True)
class TransferWxhopr(WalletTransaction):
    """Pays wxHOPR to one Safe directly from the wallet."""

    desired: DesiredPool
    identity: DesiredIdentity
    amount_wei: int
    safe_is_new: bool = True

    @property
    def gas(self) -> int:
        """Expected gas; a Safe that holds no wxHOPR takes a new storage slot."""
        return gas.TRANSACTION + (gas.WXHOPR_TRANSFER if self.safe_is_new else gas.WXHOPR_TRANSFER_TOP_UP)

    @property
    def wxhopr_wei(self) -> int:
        """wxHOPR that the Safe receives."""
        return self.amount_wei

    @property
    def payees(self) -> frozenset[Payee]:
        """The Safe."""
        return frozenset({Payee(self.identity.name, "wxHOPR")})

    @property
    def pays_by_nonce_alone(self) -> bool:
        """Always: the token executes every transfer."""
        return True

    @property
    def summary(self) -> str:
        """What the transaction does, for reports."""
        return f"pay {amount_text(self.amount_wei)} wxHOPR to {self.identity.name}"

    def call(self, signers: Signers) -> Call:  # noqa: ARG002
        """Return the transaction's target and data."""
        return Call(self.desired.contracts.token, TOKEN.encode("transfer", self.identity.safe, self.amount_wei))


Transaction = Batch | ApproveOperator | TransferWxhopr | Register | ForceSync
