"""Models of a Safe and a node-management module, with the rules and reverts of docs/protocol.md.

The models are stricter than the chain in one point: a call that changes nothing reverts, so no plan may contain one.
"""

from dataclasses import dataclass, field

from eth_abi.abi import decode
from eth_utils.address import to_checksum_address

from config.models.networks import Contracts
from identity.evm.contracts import SENTINEL, ZERO_ADDRESS
from testkit.protocol import (
    CHANNELS_PERMISSIONS,
    CHANNELS_STORED_PERMISSIONS,
    NODE_STORED_PERMISSIONS,
    TOKEN_STORED_PERMISSIONS,
    address_of_target,
    target_word,
)


class ModelRevert(Exception):
    """The call would revert on chain, or would change nothing."""


def require(condition: object, why: str) -> None:
    if not condition:
        raise ModelRevert(why)


@dataclass
class FakeSafe:
    owners: list[str]
    threshold: int = 1
    nonce: int = 0
    modules: list[str] = field(default_factory=list)

    def administer(self, function: str, *arguments: object) -> None:
        """Execute a call of the Safe to itself."""
        match function, arguments:
            case "enableModule", (str(module),):
                require(to_checksum_address(module) not in self.modules, "GS102")
                self.modules.insert(0, to_checksum_address(module))
            case "addOwnerWithThreshold", (str(owner), int(threshold)):
                require(to_checksum_address(owner) not in self.owners, "GS204")
                self.owners.insert(0, to_checksum_address(owner))
                self.threshold = threshold
            case "removeOwner", (str(previous), str(owner), int(threshold)):
                position = self.owners.index(to_checksum_address(owner))
                before = self.owners[position - 1] if position else SENTINEL
                require(to_checksum_address(previous) == before, "GS205")
                require(threshold <= len(self.owners) - 1, "GS201")
                del self.owners[position]
                self.threshold = threshold
            case "changeThreshold", (int(threshold),):
                require(threshold != self.threshold, "nothing to change")
                require(0 < threshold <= len(self.owners), "GS201")
                self.threshold = threshold
            case _:
                raise ModelRevert(function)


@dataclass
class FakeModule:
    owner: str = ZERO_ADDRESS
    multisend: str = ZERO_ADDRESS
    rules: dict[str, int] = field(default_factory=dict)
    nodes: set[str] = field(default_factory=set)

    def call(self, contracts: Contracts, sender: str, function: str, *arguments: object) -> None:
        """Execute a call of `sender`: the Safe that owns the module, or any account for `initialize`."""
        rules, argument = self.rules, arguments[0]
        if function == "initialize":
            safe, multisend, target = decode(["address", "address", "uint256"], argument)  # type: ignore[arg-type]
            require(self.owner == ZERO_ADDRESS, "already initialized")
            require(target == target_word(contracts.channels, CHANNELS_PERMISSIONS), "default target")
            self.owner, self.multisend = to_checksum_address(safe), to_checksum_address(multisend)
            self._scope(
                target_word(contracts.channels, CHANNELS_STORED_PERMISSIONS),
                target_word(contracts.token, TOKEN_STORED_PERMISSIONS),
            )
            return
        require(sender == self.owner, "Ownable: caller is not the owner")
        about = address_of_target(argument) if isinstance(argument, int) else to_checksum_address(str(argument))
        match function:
            case "scopeTargetToken" | "scopeTargetChannels":
                self._scope(int(argument))  # type: ignore[call-overload]
            case "includeNode":
                require(about not in self.nodes, "WithMembership")
                self._scope(target_word(about, NODE_STORED_PERMISSIONS))
                self.nodes.add(about)
            case "addNode":
                require(about not in self.nodes, "WithMembership")
                self.nodes.add(about)
            case "removeNode":
                require(about in self.nodes, "NoMembership")
                self.nodes.remove(about)
            case "revokeTarget":
                require(about in rules, "no such target")
                del rules[about]
            case _:
                raise ModelRevert(function)

    def _scope(self, *stored: int) -> None:
        for target in stored:
            require(address_of_target(target) not in self.rules, "TargetIsScoped")
            self.rules[address_of_target(target)] = target
