"""`deploy` on an empty chain, again on the same chain, and on chains that it must refuse."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from devnet import chain_contracts
from devnet.chain_contracts import compiler
from devnet.chain_contracts.addresses import MARKER, NETWORKS, SAFE
from devnet.rpc import Rpc
from testkit.chain.anvil_process import running_anvil
from testkit.chain.development_chain import DevelopmentChain
from testkit.chain.ledger import Ledger

SAFE_DEPLOYER = "0x914d7Fec6aaC8cd542e72Bca78B30650d45643d7"
"""The factory that Safe's own deployments use on every chain, with salt 0."""
NO_CODE = "0x"


def state_of(rpc: Rpc) -> list[Any]:
    return [rpc.call("eth_blockNumber"), rpc.call("anvil_dumpState")]


def test_the_safe_contracts_are_the_real_ones() -> None:
    compiled = compiler.artifacts()
    for contract, address in SAFE.items():
        deployer = bytes.fromhex(SAFE_DEPLOYER[2:])
        committed = keccak(b"\xff" + deployer + bytes(32) + keccak(compiled.creation_code(contract)))
        assert to_checksum_address(committed[12:]) == address, contract


def test_every_contract_of_every_network_is_there(chain: DevelopmentChain, ledger: Ledger) -> None:
    assert set(chain.contracts) == {"local", "rotsee", "dufour"}
    for network in chain.contracts.values():
        for contract, address in network.items():
            assert to_checksum_address(address) == address
            assert ledger.has_code(address), contract


def test_each_network_knows_its_own_contracts(chain: DevelopmentChain, ledger: Ledger) -> None:
    for network in chain.contracts.values():
        for contract, question, answer in (
            ("channels", "token()", "token"),
            ("networkRegistry", "requirementImplementation()", "networkRegistryProxy"),
            ("networkRegistryProxy", "token()", "token"),
            ("networkRegistryProxy", "nodeSafeRegistry()", "nodeSafeRegistry"),
        ):
            found = ledger.view(network[contract], question, returns="address")
            assert to_checksum_address(found) == network[answer]


def test_rotsee_and_dufour_share_the_token_and_nothing_else() -> None:
    shared = {name for name, address in NETWORKS["rotsee"].items() if NETWORKS["dufour"][name] == address}
    assert shared == {"token"}
    assert not set(NETWORKS["local"].values()) & {*NETWORKS["rotsee"].values(), *NETWORKS["dufour"].values()}


def test_the_wallet_may_register_nodes_and_has_xdai_and_wxhopr(chain: DevelopmentChain, ledger: Ledger) -> None:
    wallet = chain.wallet.address
    assert ledger.xdai_of(wallet) == 1_000 * 10**18
    for network in chain.contracts.values():
        role = ledger.view(network["networkRegistry"], "MANAGER_ROLE()", returns="bytes32")
        assert ledger.view(network["networkRegistry"], "hasRole(bytes32,address)", role, wallet, returns="bool")
        assert ledger.view(network["networkRegistry"], "enabled()", returns="bool")
        held = ledger.view(network["token"], "balanceOf(address)", wallet, returns="uint256")
        assert held == 1_000_000 * 10**18


def test_a_second_deploy_changes_nothing_and_gives_nothing_again(fresh_anvil: str) -> None:
    wallet = Account.create().address
    first = chain_contracts.deploy(fresh_anvil, wallet)
    with Rpc(fresh_anvil) as rpc:
        rpc.call("anvil_setBalance", wallet, hex(5))
        before = state_of(rpc)
        assert chain_contracts.deploy(fresh_anvil, wallet) == first
        assert state_of(rpc) == before


def test_a_second_wallet_is_made_ready_without_touching_the_contracts(fresh_anvil: str) -> None:
    wallets = [Account.create().address for _ in range(2)]
    token = NETWORKS["local"]["token"]
    for wallet in wallets:
        chain_contracts.deploy(fresh_anvil, wallet)
    with Rpc(fresh_anvil) as rpc:
        ledger = Ledger(rpc)
        for wallet in wallets:
            assert ledger.view(token, "balanceOf(address)", wallet, returns="uint256") == 1_000_000 * 10**18


def test_an_interrupted_deploy_is_finished_by_the_next(fresh_anvil: str) -> None:
    wallet = Account.create().address
    chain_contracts.deploy(fresh_anvil, wallet)
    registry = NETWORKS["dufour"]["networkRegistry"]
    with Rpc(fresh_anvil) as rpc:
        # As if it had ended before the last contract and the marker were there.
        rpc.call("anvil_setCode", registry, NO_CODE)
        rpc.call("anvil_setCode", MARKER, NO_CODE)
        chain_contracts.deploy(fresh_anvil, wallet)
        ledger = Ledger(rpc)
        assert ledger.view(registry, "enabled()", returns="bool")
        supply = ledger.view(NETWORKS["local"]["token"], "totalSupply()", returns="uint256")
        assert supply == 1_000_000 * 10**18


@pytest.mark.parametrize("mining", ["--block-time=60", "--no-mining"])
def test_deploy_waits_for_no_block_time(anvil_binary: Path, tmp_path: Path, mining: str) -> None:
    with running_anvil(anvil_binary, tmp_path / "log", mining) as rpc_url:
        chain_contracts.deploy(rpc_url, Account.create().address)
        with Rpc(rpc_url) as rpc:
            assert Ledger(rpc).view(NETWORKS["local"]["networkRegistry"], "enabled()", returns="bool")


def test_contracts_of_other_sources_are_refused_and_left_alone(
    fresh_anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wallet = Account.create().address
    chain_contracts.deploy(fresh_anvil, wallet)
    monkeypatch.setattr("devnet.chain_contracts.deployment.current_version", lambda: "another")
    with Rpc(fresh_anvil) as rpc:
        before = state_of(rpc)
        with pytest.raises(chain_contracts.ChainContractsError, match="start a new chain: 'python -m devnet down'"):
            chain_contracts.deploy(fresh_anvil, wallet)
        assert state_of(rpc) == before


def test_a_chain_that_is_not_there_is_named() -> None:
    with pytest.raises(chain_contracts.ChainContractsError, match=r"http://127\.0\.0\.1:1: no usable answer"):
        chain_contracts.deploy("http://127.0.0.1:1", Account.create().address)


def test_contracts_compile_once_into_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    compiled = compiler.artifacts()
    assert compiled.folder == tmp_path / "hoprd-pulumi" / f"contracts-{compiler.current_version()}"
    assert list(compiled.folder.parent.iterdir()) == [compiled.folder]
    monkeypatch.setenv("PATH", "")
    assert compiler.artifacts().creation_code("Token") == compiled.creation_code("Token")


def test_a_missing_node_js_is_named_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(chain_contracts.ChainContractsError, match=r"npm is not on PATH.*need Node\.js"):
        compiler.artifacts()
    assert list((tmp_path / "hoprd-pulumi").iterdir()) == []


def test_a_contract_that_does_not_compile_shows_the_compilers_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "contracts"
    broken.mkdir()
    for file in ("package.json", "package-lock.json", "compile.mjs"):
        (broken / file).write_text((compiler.SOURCES / file).read_text())
    (broken / "src").mkdir()
    (broken / "src" / "Broken.sol").write_text(
        "// SPDX-License-Identifier: MIT\npragma solidity 0.8.37;\ncontract Broken {"
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(compiler, "SOURCES", broken)
    with pytest.raises(chain_contracts.ChainContractsError, match=r"src/Broken\.sol:3") as raised:
        compiler.artifacts()
    assert "ParserError" in str(raised.value)


def test_packages_are_pinned_by_hash_and_by_no_host_name() -> None:
    packages = json.loads((compiler.SOURCES / "package-lock.json").read_text())["packages"]
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert name == "" or package["integrity"].startswith("sha512-"), name
    asked = json.loads((compiler.SOURCES / "package.json").read_text())["dependencies"]
    for name, version in asked.items():
        assert packages[f"node_modules/{name}"]["version"] == version


def test_a_person_can_compile_them(tmp_path: Path) -> None:
    folder = compiler.artifacts().folder
    said = subprocess.run(
        [sys.executable, "-m", "devnet.chain_contracts", "compile"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == str(folder)


def test_no_transaction_may_need_more_gas_than_gnosis_allows(chain: DevelopmentChain, ledger: Ledger) -> None:
    transaction = {"from": chain.wallet.address, "to": chain.wallet.address, "gas": hex(2**24 + 1)}
    with pytest.raises(chain_contracts.ChainContractsError, match="gas"):
        ledger.rpc.call("eth_sendTransaction", transaction)


def test_the_programs_interfaces_are_those_of_the_contracts() -> None:
    """The functions that `identity` calls exist in the artifacts with the same parameters and results."""
    compiled = compiler.artifacts()
    missing = []
    for file in (Path(__file__).parents[2] / "identity" / "abi").glob("*.json"):
        words = file.stem.split("_")
        contract = "".join(word.upper() if word.startswith("erc") else word.capitalize() for word in words)
        offered = {interface_of(entry) for entry in compiled.abi(contract)}
        desired = {interface_of(entry) for entry in json.loads(file.read_text())}
        missing += [f"{contract}: {entry}" for entry in desired - offered]
    assert missing == []


def interface_of(entry: dict[str, Any]) -> str:
    inputs, outputs = (",".join(map(type_of, entry.get(part, []))) for part in ("inputs", "outputs"))
    return f"{entry['type']} {entry.get('name', '')}({inputs}) returns ({outputs})"


def type_of(parameter: dict[str, Any]) -> str:
    if not parameter["type"].startswith("tuple"):
        return str(parameter["type"])
    return f"({','.join(map(type_of, parameter['components']))}){parameter['type'].removeprefix('tuple')}"
