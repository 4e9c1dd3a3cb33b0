"""Models of the two registries, with the rules of docs/protocol.md; a call that changes nothing reverts too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eth_utils.address import to_checksum_address

from config.models.networks import Contracts
from identity.evm.contracts import ZERO_ADDRESS
from testkit.identity.fake_contracts import FakeModule, FakeSafe, ModelRevert, require
from testkit.protocol import node_binding_hash


def signed_by(signer: str, digest: bytes, signature: object) -> bool:
    """Whether a signature of the model is this account's over this digest: it contains both."""
    return isinstance(signature, bytes) and signature[:64] == digest + int(signer, 16).to_bytes(32)


@dataclass
class FakeNodeSafeRegistry:
    """The Safe of each node."""

    contracts: Contracts
    chain_id: int
    bound: dict[str, str] = field(default_factory=dict)
    signatures: dict[str, int] = field(default_factory=dict)

    def call(
        self,
        sender: str,
        function: str,
        arguments: Sequence[object],
        safes: Mapping[str, FakeSafe],
        modules: Mapping[str, FakeModule],
    ) -> None:
        def is_member(safe: str, node: str) -> bool:
            enabled = [modules[one] for one in safes[safe].modules if one in modules] if safe in safes else []
            return any(node in module.nodes and module.owner == safe for module in enabled)

        match function, arguments:
            case "registerSafeWithNodeSig", [safe, node, signature]:
                safe, node = to_checksum_address(str(safe)), to_checksum_address(str(node))
                count = self.signatures.get(node, 0)
                digest = node_binding_hash(self.contracts.node_safe_registry, self.chain_id, safe, node, count)
                require(signed_by(node, digest, signature), "NotValidSignatureFromNode")
                require(self.of(node) == ZERO_ADDRESS, "NodeHasSafe")
                require(is_member(safe, node), "NodeNotModuleMember")
                self.bound[node], self.signatures[node] = safe, count + 1
            case "deregisterNodeBySafe", [node]:
                node = to_checksum_address(str(node))
                require(self.of(node) == sender, "NotValidSafe")
                require(is_member(sender, node), "NodeNotModuleMember")
                del self.bound[node]
            case _:
                raise ModelRevert(function)

    def of(self, node: str) -> str:
        return self.bound.get(node, ZERO_ADDRESS)


@dataclass
class FakeNetworkRegistry:
    """The nodes of the network; `self_registrations` is how many nodes each Safe may register."""

    manager: str | None
    enabled: bool = True
    self_registrations: int = 0
    registered: dict[str, str] = field(default_factory=dict)
    eligible: set[str] = field(default_factory=set)

    def call(self, sender: str, function: str, arguments: Sequence[object], bound: FakeNodeSafeRegistry) -> None:
        match function, arguments:
            case "managerRegister", [accounts, nodes]:
                require(sender == self.manager, "AccessControl")
                for account, node in zip(_addresses(accounts), _addresses(nodes), strict=True):
                    require(node not in self.registered, "NodeAlreadyRegisterd")
                    self.registered[node] = account
            case "managerForceSync", [accounts, flags]:
                require(sender == self.manager, "AccessControl")
                require(flags == (True,) * len(_addresses(accounts)), "not eligible")
                for account in _addresses(accounts):
                    require(account not in self.eligible, "announced already")
                    self.eligible.add(account)
            case "managerDeregister", [nodes]:
                require(sender == self.manager, "AccessControl")
                for node in _addresses(nodes):
                    require(node in self.registered, "NodeNotYetRegisterd")
                    del self.registered[node]
            case "selfRegister", [nodes]:
                self._may_operate(sender, nodes, bound)
                for node in _addresses(nodes):
                    require(self.registered.get(node, sender) == sender, "NodeAlreadyRegisterd")
                    require(node not in self.registered or sender not in self.eligible, "nothing to register")
                    self.registered[node] = sender
                require(self.of_account(sender) <= self.self_registrations, "NotEnoughAllowanceToRegisterNode")
                self.eligible.add(sender)
            case "selfDeregister", [nodes]:
                self._may_operate(sender, nodes, bound)
                for node in _addresses(nodes):
                    require(self.registered.get(node) == sender, "nothing to deregister")
                    del self.registered[node]
            case _:
                raise ModelRevert(function)

    def of_account(self, account: str) -> int:
        return sum(1 for owner in self.registered.values() if owner == account)

    def _may_operate(self, sender: str, nodes: object, bound: FakeNodeSafeRegistry) -> None:
        require(self.enabled, "GloballyDisabledRegistry")
        require(self.self_registrations, "Panic(0x12)")
        for node in _addresses(nodes):
            require(bound.of(node) == sender, "CannotOperateForNode")


def _addresses(values: object) -> list[str]:
    return [to_checksum_address(str(value)) for value in values]  # type: ignore[attr-defined]
