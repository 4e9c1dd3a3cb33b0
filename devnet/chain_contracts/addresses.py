"""Addresses of the development chain's contracts (docs/protocol.md#networks-and-contracts); fixed ones for `local`."""

from __future__ import annotations

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

CONTRACTS = (
    "token",
    "channels",
    "announcements",
    "moduleImplementation",
    "networkRegistry",
    "networkRegistryProxy",
    "nodeSafeRegistry",
    "nodeStakeFactory",
)


ORACLES = ("ticketPriceOracle", "winningProbabilityOracle")
"""Contracts that only nodes read. hoprd knows those of the built-in networks."""


def own_address(label: str) -> str:
    """Returns an address that depends on `label` only: it stays the same when a contract's source changes."""
    return to_checksum_address(keccak(text=f"hoprd-pulumi development chain: {label}")[-20:])


NETWORKS: dict[str, dict[str, str]] = {
    "local": {contract: own_address(f"local {contract}") for contract in (*CONTRACTS, *ORACLES)},
    "rotsee": {
        "token": "0xD4fdec44DB9D44B8f2b6d529620f9C0C7066A2c1",
        "channels": "0x77C9414043d27fdC98A6A2d73fc77b9b383092a7",
        "announcements": "0xf1c143B1bA20C7606d56aA2FA94502D25744b982",
        "moduleImplementation": "0x32863c4974fBb6253E338a0cb70C382DCeD2eFCb",
        "networkRegistry": "0x15a315E1320cFF0de84671c0139042EE320CE38d",
        "networkRegistryProxy": "0x20559cbD3C2eDcD0b396431226C00D2Cd102eB3F",
        "nodeSafeRegistry": "0x4F7C7dE3BA2B29ED8B2448dF2213cA43f94E45c0",
        "nodeStakeFactory": "0x791d190b2c95397F4BcE7bD8032FD67dCEA7a5F2",
    },
    "dufour": {
        "token": "0xD4fdec44DB9D44B8f2b6d529620f9C0C7066A2c1",
        "channels": "0x693Bac5ce61c720dDC68533991Ceb41199D8F8ae",
        "announcements": "0x619eabE23FD0E2291B50a507719aa633fE6069b8",
        "moduleImplementation": "0xB7397C218766eBe6A1A634df523A1a7e412e67eA",
        "networkRegistry": "0x582b4b586168621dAf83bEb2AeADb5fb20F8d50d",
        "networkRegistryProxy": "0x2bc6b78B0aA892e97714F0e3b1c74487f92C5884",
        "nodeSafeRegistry": "0xe15C24a0910311c83aC78B5930d771089E93077b",
        "nodeStakeFactory": "0x098B275485c406573D042848D66eb9d63fca311C",
    },
}

SAFE = {
    "Safe": "0x41675C099F32341bf84BFc5382aF534df5C7461a",
    "SafeProxyFactory": "0x4e1DCf7AD4e460CfD30791CCC4F9c8a4f820ec67",
    "CompatibilityFallbackHandler": "0xfd0732Dc9E303f09fCEf3a7388Ad10A83459Ec99",
    "CreateCall": "0x9b35Af71d77eaf8d7e40252370304687390A1A52",
    "MultiSend": "0x38869bf66a61cF6bDB996A6aE40D5853Fd43B526",
    "MultiSendCallOnly": "0x9641d764fc13c8B624c04430C7356C1C7C8102e2",
}
"""Safe 1.4.1, artifact name to canonical address."""

FACTORY_FALLBACK_HANDLER = "0x2a15DE4410d4c8af0A7b6c12803120f43C42B820"
"""The fallback handler of Safes that HOPR's factory creates."""

MULTICALL3 = "0xcA11bde05977b3631167028862bE2a173976CA11"
ERC1820_REGISTRY = "0x1820a4B7618BdE71Dce8cdc73aAB6C95905faD24"

ADMINISTRATOR = own_address("administrator")
"""Has every role on every contract. Its key does not exist; devnet impersonates it."""

MARKER = own_address("marker")
"""Its code is the version of the contracts on the chain. It is written last, so all of them exist when it does."""
