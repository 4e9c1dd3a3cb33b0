"""A stack without escrow and seed loses its state while cluster and chain live: the keys are in the cluster."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from devnet.home import CHECKOUT
from testkit.e2e.fleet import POOL, Fleet
from testkit.e2e.lost_state import balances_wei, identities, lose_the_state, restore, row_of, uids

KEPT = ("secret", "identityhoprd", "deployment", "persistentvolumeclaim")


def set_password(fleet: Fleet, value: str) -> None:
    command = fleet.stack.command("config", ["set", "--secret", "--path", "hoprd:wallet.identityPassword"])
    subprocess.run(command, env=fleet.stack.environment(), input=value, text=True, check=True, capture_output=True)


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


def test_the_keys_in_the_cluster_are_adopted_and_nothing_is_sent(
    small_fleet: Callable[[str], Fleet], tmp_path: Path
) -> None:
    fleet = small_fleet("orphaned")
    fleet.must("up")
    before, money, sent = identities(fleet), balances_wei(fleet), fleet.transactions_of_the_wallet()
    objects = {kind: uids(fleet, kind) for kind in KEPT}
    password = fleet.secret("identityPassword")
    lose_the_state(fleet)

    set_password(fleet, "another password of 33 characters")
    for operation in ("preview", "up"):
        refused = fleet.run(operation)
        assert refused.returncode != 0
        message = f"does not decrypt the identity file in Secret '{POOL}-identities' of namespace 'orphaned'"
        assert message in refused.stdout + refused.stderr
        assert "Traceback" not in refused.stdout + refused.stderr
    assert fleet.transactions_of_the_wallet() == sent

    set_password(fleet, password)
    shown = restore(fleet)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    for name, (_, node, safe, _) in before.items():
        where = f"Secret'{POOL}-identities'ofnamespace'orphaned'"
        assert row_of(shown, name) == [name, where, node, safe, "yes", "0.1", "10"]
    previewed = fleet.must("preview")
    assert all(f"has the keys of node {node}" in previewed for _, node, *_ in before.values())

    clear_the_statuses(fleet, tmp_path)
    fleet.must("up")
    assert identities(fleet) == before
    assert balances_wei(fleet) == money
    assert fleet.transactions_of_the_wallet() == sent
    assert {kind: uids(fleet, kind) for kind in KEPT} == objects
