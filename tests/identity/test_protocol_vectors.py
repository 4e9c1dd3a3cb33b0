"""The derivation vectors that docs/protocol.md#derivation-vectors publishes for other implementations."""

import pytest

from config.models.networks import BUILT_IN
from identity.evm.addresses import module_address, operator_address, safe_address

GNOSIS = 100
DEPLOYER = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"
NODE = "0x05801834Fd089aFe070dAB49B2111B92A4725893"


@pytest.mark.parametrize(
    ("network", "safe", "module"),
    [
        ("rotsee", "0x4bc5c0eE700A736d65628532fa3d9332a887E888", "0x7EA2f4Ab98b3f7a6fE94B8eDDB28F6F6D8dcC0D9"),
        ("dufour", "0xB12faABFaeEcc82d3e8EA719A8ceCE5F5912524F", "0x15B185d36ca57Ab8bfd5be13aEeC808916C469D4"),
    ],
)
def test_safe_and_module_have_the_published_addresses(network: str, safe: str, module: str) -> None:
    implementation = BUILT_IN[network].contracts.module_implementation
    assert safe_address(DEPLOYER, network, GNOSIS, NODE) == safe
    assert module_address(safe, implementation, network, GNOSIS, NODE) == module


def test_the_operator_safe_has_the_published_address() -> None:
    assert operator_address(DEPLOYER, GNOSIS) == "0x8c2fd5B03DD7a7c145ECaf50fd17BEAeA985112e"
