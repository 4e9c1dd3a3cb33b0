"""Deploys all contracts of docs/protocol.md#networks-and-contracts for networks local, rotsee and dufour at once."""

from __future__ import annotations

from typing import TypedDict

from eth_utils.crypto import keccak

from devnet.chain_contracts.addresses import (
    ADMINISTRATOR,
    ERC1820_REGISTRY,
    FACTORY_FALLBACK_HANDLER,
    MARKER,
    MULTICALL3,
    NETWORKS,
    ORACLES,
    SAFE,
)
from devnet.chain_contracts.calls import encode_call
from devnet.chain_contracts.compiler import artifacts, current_version
from devnet.chain_contracts.placement import Placement, place
from devnet.chain_contracts.transactions import send
from devnet.errors import ChainContractsError
from devnet.rpc import Rpc

MANAGER_ROLE = keccak(text="MANAGER_ROLE")
WALLET_XDAI_WEI = 1_000 * 10**18
WALLET_WXHOPR_WEI = 1_000_000 * 10**18


class Deployment(TypedDict):
    """The addresses of the contracts, for `devnet status` and the tests."""

    networks: dict[str, dict[str, str]]
    safe: dict[str, str]
    multicall3: str


def deploy(rpc_url: str, wallet: str) -> Deployment:
    """Deploys every contract, prepares the wallet for creating identities, and returns the addresses.

    The wallet gets 1000 xDai, 1,000,000 wxHOPR of each token and the manager role of each network registry, once: a
    second call does not refill it, and sends nothing. Raises ChainContractsError when the chain has contracts of other
    sources, since the Safes that were created with them would break.
    """
    with Rpc(rpc_url) as rpc:
        _place_contracts(rpc, rpc_url)
        if not _is_manager(rpc, wallet):
            _prepare_wallet(rpc, wallet)
    return Deployment(networks=NETWORKS, safe=SAFE, multicall3=MULTICALL3)


def _place_contracts(rpc: Rpc, rpc_url: str) -> None:
    version = current_version()
    marker = "0x" + keccak(text=version).hex()
    found = rpc.call("eth_getCode", MARKER, "latest")
    if found == marker:
        return
    if found != "0x":
        raise ChainContractsError(
            f"{rpc_url}: the chain has contracts of other sources than this checkout's devnet/contracts (version "
            f"{version}); start a new chain: 'python -m devnet down', then 'python -m devnet up'"
        )
    compiled = artifacts()
    place(rpc, compiled, [Placement("ERC1820Registry", ERC1820_REGISTRY)])
    place(
        rpc,
        compiled,
        [
            Placement("Multicall3", MULTICALL3),
            Placement("CompatibilityFallbackHandler", FACTORY_FALLBACK_HANDLER),
            *(Placement(contract, address) for contract, address in SAFE.items()),
            *{placement.address: placement for network in NETWORKS.values() for placement in _of(network)}.values(),
        ],
    )
    rpc.call("anvil_setCode", MARKER, marker)


def _of(network: dict[str, str]) -> list[Placement]:
    """Returns the contracts of one network; their constructor arguments are addresses of the same network."""
    proxy = (ADMINISTRATOR, network["token"], network["nodeSafeRegistry"])
    factory = (SAFE["Safe"], SAFE["SafeProxyFactory"], FACTORY_FALLBACK_HANDLER, SAFE["MultiSendCallOnly"])
    return [
        Placement("Token", network["token"], (ADMINISTRATOR,)),
        Placement("Channels", network["channels"], (network["token"],)),
        Placement("Announcements", network["announcements"]),
        Placement("NodeManagementModule", network["moduleImplementation"]),
        Placement("NodeSafeRegistry", network["nodeSafeRegistry"]),
        Placement("NetworkRegistryProxy", network["networkRegistryProxy"], proxy),
        Placement("NetworkRegistry", network["networkRegistry"], (ADMINISTRATOR, network["networkRegistryProxy"])),
        Placement("NodeStakeFactory", network["nodeStakeFactory"], factory),
        *(Placement(oracle[0].upper() + oracle[1:], network[oracle]) for oracle in ORACLES if oracle in network),
    ]


def _is_manager(rpc: Rpc, wallet: str) -> bool:
    data = "0x" + encode_call("hasRole(bytes32,address)", MANAGER_ROLE, wallet).hex()
    registries = [network["networkRegistry"] for network in NETWORKS.values()]
    answers = rpc.batch([("eth_call", [{"to": registry, "data": data}, "latest"]) for registry in registries])
    return all(int(answer, 16) for answer in answers)


def _prepare_wallet(rpc: Rpc, wallet: str) -> None:
    """Grants the roles last: the next call checks them to see whether the wallet is complete."""
    rpc.call("anvil_setBalance", wallet, hex(WALLET_XDAI_WEI))
    mint = encode_call("mint(address,uint256,bytes,bytes)", wallet, WALLET_WXHOPR_WEI, b"", b"")
    grant = encode_call("grantRole(bytes32,address)", MANAGER_ROLE, wallet)
    send(rpc, [(token, mint) for token in sorted({network["token"] for network in NETWORKS.values()})])
    send(rpc, [(network["networkRegistry"], grant) for network in NETWORKS.values()])
