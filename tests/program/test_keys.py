"""Sources of keys: known addresses in previews, secrets in inputs, escrow entries, dependencies."""

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi.runtime.rpc import UNKNOWN, is_rpc_secret
from pydantic import SecretStr

from components.preparation import Prepared, native_addresses
from config.models.escrow import Escrow
from config.models.identities import Identity
from config.models.settings import Settings
from identity.errors import EscrowFailed, KeyfileError
from identity.keys import seed
from identity.keys.fingerprint import NodeIds
from summary.recorded import Recorded
from testkit.components.recording_engine import Cluster, Engine, run
from testkit.manifests import samples

Stack = Callable[..., Settings]
SEED = "5eed" * 16
FILE = (Path(__file__).parents[1] / "identity" / "data" / "node_1.id").read_text()
FILE_ADDRESS, FILE_PASSWORD = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69", "e2e-test"
NAMES = [f"{samples.POOL_NAME}-{n}" for n in (1, 2, 3)]


def addresses(settings: Settings) -> dict[str, str | None]:
    """The native addresses that the summary of the first preview knows."""
    prepared = Prepared.of(settings)
    return dict(native_addresses(settings, prepared.secrets, Recorded())[samples.POOL_NAME])


def with_wallet(settings: Settings, **changes: SecretStr) -> Settings:
    return settings.model_copy(update={"wallet": settings.wallet.model_copy(update=changes)})


def seeded(stack: Stack) -> Settings:
    return with_wallet(stack(pool={"key_source": "seed"}, replicas=1), identity_seed=SecretStr(SEED))


def importing(stack: Stack, password: str = FILE_PASSWORD) -> Settings:
    pool = {"identities": {NAMES[1]: Identity(identity_file=SecretStr(FILE))}}
    return with_wallet(stack(pool=pool, replicas=1), identity_password=SecretStr(password))


def test_the_first_preview_of_a_seeded_pool_has_every_address(stack: Stack) -> None:
    engine = run(seeded(stack), Cluster(created=False), preview=True)
    secret = bytes.fromhex(SEED)
    nodes = {name: seed.derive(secret, "rotsee", samples.POOL_NAME, name).native_address for name in NAMES}
    assert addresses(seeded(stack)) == nodes
    assert engine.one("hoprd:PoolOnChain", f"{samples.POOL_NAME}-on-chain").inputs["nodes"] == nodes


def test_the_first_preview_has_only_the_address_of_an_imported_identity(stack: Stack) -> None:
    engine = run(importing(stack), Cluster(created=False), preview=True)
    assert addresses(importing(stack)) == {NAMES[0]: None, NAMES[1]: FILE_ADDRESS, NAMES[2]: None}
    nodes = engine.one("hoprd:PoolOnChain", f"{samples.POOL_NAME}-on-chain").inputs["nodes"]
    assert nodes == UNKNOWN or nodes[NAMES[1]] == FILE_ADDRESS


def test_a_preview_has_the_addresses_of_keys_that_were_found(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state is lost: the pool on chain must see the nodes of existing Safes, or its checks count new ones."""
    found = {name: NodeIds(f"0x{number:040}", f"peer-{number}") for number, name in enumerate(NAMES)}
    prepared = Prepared(Prepared.of(stack()).secrets, found=found)
    monkeypatch.setattr(Prepared, "of", lambda _: prepared)
    engine = run(stack(), Cluster(created=False), preview=True)
    nodes = engine.one("hoprd:PoolOnChain", f"{samples.POOL_NAME}-on-chain").inputs["nodes"]
    assert nodes == {name: node.native_address for name, node in found.items()}


def test_an_imported_file_that_cannot_be_decrypted_is_an_error_with_its_path(stack: Stack) -> None:
    where = f"pools.{samples.POOL_NAME}.identities.{NAMES[1]}.identityFile"
    with pytest.raises(KeyfileError, match=rf"^{re.escape(where)}: neither"):
        run(importing(stack, password="planted-wrong"))


def test_the_seed_is_in_no_input_and_the_import_is_a_secret(stack: Stack, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for one in run(seeded(stack), preview=True).registered:
        assert "5eed5eed" not in json.dumps(one.inputs, default=str)
    assert "5eed5eed" not in caplog.text
    keys = run(importing(stack)).one("hoprd:NodeKeys", f"{NAMES[1]}-keys")
    assert is_rpc_secret(keys.inputs["imported"])
    assert "identity_file" in keys.secret_outputs


def test_each_identity_has_its_escrow_entry_if_escrow_is_configured(
    stack: Stack, small_example: Engine, tmp_path: Path
) -> None:
    kept = run(stack(replicas=0).model_copy(update={"escrow": Escrow(directory=str(tmp_path))}))
    places = [kept.one("hoprd:NodeKeys", f"{name}-keys").inputs["escrow"] for name in NAMES]
    assert places == [{"file": f"{tmp_path}/test/{name}.id"} for name in NAMES]
    assert "escrow" not in small_example.one("hoprd:NodeKeys", f"{NAMES[0]}-keys").inputs


def test_an_escrow_that_is_not_mounted_is_reported_before_anything_is_registered(stack: Stack, tmp_path: Path) -> None:
    with pytest.raises(EscrowFailed, match=r"directory .*/not-mounted does not exist: mount it, or create it"):
        Prepared.of(stack().model_copy(update={"escrow": Escrow(directory=str(tmp_path / "not-mounted"))}))


def test_the_chain_waits_for_keys_even_if_their_addresses_are_known(stack: Stack) -> None:
    """The state has the keys before the first transaction, even if the address does not come from their outputs."""
    engine = run(seeded(stack))
    on_chain = engine.one("hoprd:PoolOnChain", f"{samples.POOL_NAME}-on-chain")
    assert {engine.one("hoprd:NodeKeys", f"{name}-keys").urn for name in NAMES} <= on_chain.dependencies
