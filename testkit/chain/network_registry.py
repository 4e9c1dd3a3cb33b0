"""The network registry's administrator and managers, as tests set them."""

from __future__ import annotations

from eth_utils.crypto import keccak

from devnet.chain_contracts.addresses import ADMINISTRATOR
from devnet.chain_contracts.calls import encode_call
from testkit.chain.ledger import Ledger

MANAGER_ROLE = keccak(text="MANAGER_ROLE")


def grant_manager_role(ledger: Ledger, registry: str, account: str) -> None:
    """Let an account register nodes."""
    _send(ledger, registry, "grantRole(bytes32,address)", MANAGER_ROLE, account)


def revoke_manager_role(ledger: Ledger, registry: str, account: str) -> None:
    """Take the role from an account, so that only Safes with enough stake register nodes."""
    _send(ledger, registry, "revokeRole(bytes32,address)", MANAGER_ROLE, account)


def set_stake_threshold(ledger: Ledger, network: dict[str, str], threshold_wei: int) -> None:
    """Let Safes with this much wxHOPR at the current block register a node each."""
    block, proxy = int(ledger.rpc.call("eth_blockNumber"), 16), network["networkRegistryProxy"]
    _send(ledger, proxy, "updateSnapshotBlockNumber(uint128)", block)
    _send(ledger, proxy, "updateStakeThreshold(uint256)", threshold_wei)


def _send(ledger: Ledger, contract: str, signature: str, *arguments: object) -> None:
    ledger.send(ADMINISTRATOR, contract, encode_call(signature, *arguments))
