"""A stack whose state and cluster are lost is restored with its identities; an identity file is imported."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from identity.keys import keyfile, seed
from identity.keys.pair import NodeKeyPair
from testkit.e2e.fleet import POOL, Fleet
from testkit.e2e.lost_state import balances_wei, identities, lose_the_state, restore, row_of, uids

FIRST, SECOND = NAMES = (f"{POOL}-1", f"{POOL}-2")
SEED = "5eed" * 16
ENGINE_COPY = "pulumi:providers:pulumi-python"  # of the configuration, docs/security.md#where-secrets-are
FINALIZED = ("identitypool", "identityhoprd", "clusterhoprd", "hoprd")


def lose_the_cluster(fleet: Fleet) -> None:
    """Remove the stack's objects, as if the cluster were lost; the volumes stay."""
    scope = ("--namespace", fleet.stack.namespace)
    for kind in FINALIZED:
        for name in fleet.objects(kind):
            fleet.kubectl("patch", kind, name, *scope, "--type", "merge", "--patch", '{"metadata":{"finalizers":null}}')
    fleet.kubectl("delete", ",".join(FINALIZED), "--all", *scope, "--cascade=orphan")
    kinds = "deployment,service,ingress,cronjob,secret,configmap,serviceaccount,servicemonitor"
    fleet.kubectl("delete", kinds, *scope, "--selector", "hoprds.hoprnet.org/identitypool")
    assert not [name for kind in FINALIZED for name in fleet.objects(kind)]
    assert not fleet.objects("deployment")


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


def test_a_lost_stack_is_restored_from_escrow_without_a_transaction(
    small_fleet: Callable[[str], Fleet], tmp_path: Path
) -> None:
    fleet, folder = small_fleet("escrowed"), tmp_path / "escrow"
    folder.mkdir(mode=0o700)
    fleet.must("up")
    fleet.edit(lambda settings: settings.update(escrow={"directory": str(folder)}))
    previewed = fleet.must("preview")
    assert "Nothing to send" in previewed  # the keys exist, and so do their addresses
    assert all(row[1] in previewed for row in identities(fleet).values())
    fleet.must("up")
    files = {name: folder / "escrowed" / f"{name}.id" for name in NAMES}
    assert_restored(fleet, {name: f"escrow file {file}" for name, file in files.items()})

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
    folder.rename(tmp_path / "elsewhere")
    assert restore(fleet).returncode == 2


def test_a_seed_alone_gives_every_address_in_the_preview_and_restores_a_lost_stack(
    small_fleet: Callable[[str], Fleet],
) -> None:
    fleet = small_fleet("seeded")
    fleet.edit(lambda settings: settings["pools"][POOL].update(keySource="seed"))
    fleet.stack.prepare()
    keep = fleet.stack.command("config", ["set", "--secret", "--path", "hoprd:wallet.identitySeed"])
    subprocess.run(keep, env=fleet.stack.environment(), input=SEED, text=True, check=True, capture_output=True)

    derived = {name: seed.derive(bytes.fromhex(SEED), "local", POOL, name) for name in NAMES}
    previewed = fleet.must("preview")
    assert fleet.resources() == []

    fleet.must("up")
    made = identities(fleet)
    assert {n: row[:2] for n, row in made.items()} == {n: (k.peer_id, k.native_address) for n, k in derived.items()}
    assert not [address for _, *addresses in made.values() for address in addresses if address not in previewed]
    assert types_that_contain(SEED, fleet) == {ENGINE_COPY}
    assert_restored(fleet, dict.fromkeys(NAMES, "wallet.identitySeed"))
    assert SEED not in json.dumps(fleet.resources()) + fleet.printed.read_text()


def test_an_imported_file_can_be_removed_from_the_configuration_after_the_import(
    small_fleet: Callable[[str], Fleet],
) -> None:
    fleet = small_fleet("imported")
    keys = NodeKeyPair.generate()
    file = keyfile.write(keys, fleet.secret("identityPassword"))

    def import_it(settings: dict[str, Any]) -> None:
        known = {"identityFile": file, "peerId": keys.peer_id, "nativeAddress": keys.native_address}
        settings["pools"][POOL]["identities"] = {FIRST: known}

    fleet.edit(import_it)
    fleet.must("up")
    before, sent = identities(fleet), fleet.transactions_of_the_wallet()
    assert before[FIRST][:2] == (keys.peer_id, keys.native_address)

    fleet.edit(lambda settings: settings["pools"][POOL].update(identities={}))
    fleet.must("up", "--expect-no-changes")
    assert identities(fleet) == before
    assert fleet.transactions_of_the_wallet() == sent
    ciphertext = json.loads(file)["crypto"]["ciphertext"]
    assert ciphertext not in json.dumps(fleet.resources()) + fleet.printed.read_text()
