"""A stack that loses its state, alone or with its cluster, gets its identities back; an identity file is imported."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from devnet.home import CHECKOUT
from identity.consent import VARIABLE
from identity.keys import keyfile, seed
from identity.keys.pair import NodeKeyPair
from testkit.e2e.fleet import POOL, Fleet
from testkit.e2e.lost_state import (
    balances_wei,
    identities,
    lose_the_cluster,
    lose_the_state,
    restore,
    row_of,
    uids,
)

FIRST, SECOND = NAMES = (f"{POOL}-1", f"{POOL}-2")
SEED = "5eed" * 16
ENGINE_COPY = "pulumi:providers:pulumi-python"  # of the configuration, docs/security.md#where-secrets-are
KEPT = ("secret", "identityhoprd", "deployment", "persistentvolumeclaim")


def clear_the_statuses(fleet: Fleet, folder: Path) -> None:
    """Run the commands of docs/operations.md#escrow-and-restore."""
    text = (CHECKOUT / "docs" / "operations.md").read_text()
    (script,) = [block for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) if '"status":null' in block]
    script = script.replace("namespace=hoprd ", f"namespace={fleet.stack.namespace} ")
    kubectl = folder / "kubectl"
    program = fleet.info.program("kubectl")
    kubectl.write_text(f'#!/bin/sh\nexec {program} --kubeconfig {fleet.stack.home.kubeconfig} "$@"\n')
    kubectl.chmod(0o700)
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "HOME": f"{folder}"}
    subprocess.run(["/bin/sh", "-euc", script], env=environment, check=True, capture_output=True)


def types_that_contain(secret: str, fleet: Fleet) -> set[str]:
    """Return the types of the resources that contain the secret in the decrypted state."""
    decrypted = json.loads(fleet.stack.capture("export", ["--show-secrets"]).stdout)["deployment"]["resources"]
    return {resource["type"] for resource in decrypted if secret in json.dumps(resource)}


def assert_restored(fleet: Fleet, sources: dict[str, str]) -> None:
    """Lose the state; `restore` lists the source of each key, and `up` restores everything without a transaction."""
    before, money, sent = identities(fleet), balances_wei(fleet), fleet.transactions_of_the_wallet()
    volumes, ports = (
        uids(fleet, "persistentvolumeclaim"),
        {n: row["port"] for n, row in fleet.outputs()["nodes"].items()},
    )
    lose_the_state(fleet)
    lose_the_cluster(fleet)
    shown = restore(fleet)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    for name, (_, node, safe, _) in before.items():
        assert row_of(shown, name) == [name, sources[name].replace(" ", ""), node, safe, "yes", "0.1", "10"]
    fleet.must("up")
    assert identities(fleet) == before
    assert balances_wei(fleet) == money
    assert uids(fleet, "persistentvolumeclaim") == volumes
    assert {name: row["port"] for name, row in fleet.outputs()["nodes"].items()} == ports
    assert fleet.transactions_of_the_wallet() == sent
    assert fleet.statuses("identitypool")[POOL] == {"phase": "Ready", "size": 2, "locked": 1}
    secrets = [fleet.secret(name).removeprefix("0x") for name in ("privateKey", "identityPassword", "apiToken")]
    assert not [secret for secret in (*secrets, SEED) if secret in shown.stdout + shown.stderr]


def test_keys_are_restored_from_the_cluster_and_then_from_escrow_without_a_transaction(
    small_fleet: Callable[[str], Fleet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of the identities is imported."""
    fleet, folder = small_fleet("lost"), tmp_path / "escrow"
    an_imported_file_can_be_removed_from_the_configuration_after_the_import(fleet)
    the_keys_in_the_cluster_are_adopted_and_nothing_is_sent(fleet, tmp_path, monkeypatch)

    folder.mkdir(mode=0o700)
    fleet.edit(lambda settings: settings.update(escrow={"directory": str(folder)}))
    previewed = fleet.must("preview")
    assert "Nothing to send" in previewed  # the keys exist, and so do their addresses
    assert all(row[1] in previewed for row in identities(fleet).values())
    fleet.must("up")
    files = {name: folder / "lost" / f"{name}.id" for name in NAMES}
    assert_restored(fleet, {name: f"escrow file {file}" for name, file in files.items()})
    restore_reports_what_is_wrong_with_the_escrow(fleet, files)


def an_imported_file_can_be_removed_from_the_configuration_after_the_import(fleet: Fleet) -> None:
    keys = NodeKeyPair.generate()
    file = keyfile.write(keys, fleet.secret("identityPassword"))
    known = {"identityFile": file, "peerId": keys.peer_id, "nativeAddress": keys.native_address}
    fleet.edit(lambda settings: settings["pools"][POOL].update(identities={FIRST: known}))
    fleet.must("up")
    assert identities(fleet)[FIRST][:2] == (keys.peer_id, keys.native_address)

    fleet.edit(lambda settings: settings["pools"][POOL].update(identities={}))
    fleet.must("up", "--expect-no-changes")
    assert identities(fleet)[FIRST][:2] == (keys.peer_id, keys.native_address)
    ciphertext = json.loads(file)["crypto"]["ciphertext"]
    assert ciphertext not in json.dumps(fleet.resources()) + fleet.printed.read_text()


def the_keys_in_the_cluster_are_adopted_and_nothing_is_sent(
    fleet: Fleet, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state is lost, without escrow and seed; the cluster is not."""
    before, money, sent = identities(fleet), balances_wei(fleet), fleet.transactions_of_the_wallet()
    objects = {kind: uids(fleet, kind) for kind in KEPT}
    password = fleet.secret("identityPassword")
    lose_the_state(fleet)

    fleet.set_secret("identityPassword", "another password of 33 characters")
    for operation in ("preview", "up"):
        refused = fleet.run(operation)
        assert refused.returncode != 0
        message = f"does not decrypt the identity file in Secret '{POOL}-identities' of namespace 'lost'"
        assert message in refused.stdout + refused.stderr
        assert "Traceback" not in refused.stdout + refused.stderr
    assert fleet.transactions_of_the_wallet() == sent

    fleet.set_secret("identityPassword", password)
    shown = restore(fleet)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    for name, (_, node, safe, _) in before.items():
        where = f"Secret'{POOL}-identities'ofnamespace'lost'"
        assert row_of(shown, name) == [name, where, node, safe, "yes", "0.1", "10"]
    fleet.edit(lambda settings: settings.update(spending={"wxhopr": "15"}))  # new identities would get 20
    previewed = fleet.must("preview")
    assert all(f"has the keys of node {node}" in previewed for _, node, *_ in before.values())
    assert all(address in previewed for _, *addresses in before.values() for address in addresses)
    assert "Nothing to send." in previewed
    assert not re.search("The wallet sends|It pays|created, with|new keys", previewed), previewed

    clear_the_statuses(fleet, folder)
    monkeypatch.delenv(VARIABLE)  # nothing of the recipe needs a permission
    fleet.must("up")
    assert fleet.outputs()["changes"].keys() == {"nodesCreated"}
    assert identities(fleet) == before
    assert balances_wei(fleet) == money
    assert fleet.transactions_of_the_wallet() == sent
    assert {kind: uids(fleet, kind) for kind in KEPT} == objects


def restore_reports_what_is_wrong_with_the_escrow(fleet: Fleet, files: dict[str, Path]) -> None:
    sound = restore(fleet)
    assert sound.returncode == 0, sound.stdout + sound.stderr
    assert "Already in the stack's state: 2 of 2." in sound.stdout
    # An entry that differs from the state is reported.
    files[FIRST].write_text(files[SECOND].read_text())
    contradicted = restore(fleet)
    assert contradicted.returncode == 1
    assert FIRST in contradicted.stdout
    # So is an entry that cannot be decrypted.
    files[FIRST].write_text("{")
    damaged = restore(fleet)
    assert damaged.returncode == 1
    assert str(files[FIRST]) in damaged.stdout
    # Without access to the escrow the check cannot be made.
    folder = files[FIRST].parents[1]
    folder.rename(folder.with_name("elsewhere"))
    assert restore(fleet).returncode == 2


def test_a_seed_alone_gives_every_address_in_the_preview_and_restores_a_lost_stack(
    small_fleet: Callable[[str], Fleet],
) -> None:
    fleet = small_fleet("seeded")
    sent = fleet.transactions_of_the_wallet()
    fleet.edit(lambda settings: settings["pools"][POOL].update(keySource="seed"))
    fleet.stack.prepare()
    fleet.set_secret("identitySeed", SEED)

    derived = {name: seed.derive(bytes.fromhex(SEED), "local", POOL, name) for name in NAMES}
    previewed = fleet.must("preview")
    assert fleet.resources() == []
    assert fleet.transactions_of_the_wallet() == sent
    assert all(word in previewed for word in (fleet.info.wallet, "transactions", "xDai", "wxHOPR"))

    fleet.must("up")
    made = identities(fleet)
    assert {n: row[:2] for n, row in made.items()} == {n: (k.peer_id, k.native_address) for n, k in derived.items()}
    assert not [address for _, *addresses in made.values() for address in addresses if address not in previewed]
    assert types_that_contain(SEED, fleet) == {ENGINE_COPY}
    assert_restored(fleet, dict.fromkeys(NAMES, "wallet.identitySeed"))
    assert SEED not in json.dumps(fleet.resources()) + fleet.printed.read_text()
