"""`pulumi up` without a terminal asks for a permission before it changes owners, drains or deletes."""

from collections.abc import Callable
from typing import Any

import pytest

from identity.consent import VARIABLE
from testkit.e2e.fleet import POOL, Fleet

FOREIGN = "0x77C9414043d27fdC98A6A2d73fc77b9b383092a7"
LAST = f"{POOL}-2"


def foreign_owner(settings: dict[str, Any]) -> None:
    settings["pools"][POOL]["safe"] = {"admins": [FOREIGN]}


def on_purpose(settings: dict[str, Any]) -> None:
    settings["pools"][POOL]["safe"]["ownersWithoutWallet"] = True


def retire(settings: dict[str, Any]) -> None:
    settings["pools"][POOL] |= {"size": 2, "safe": {}, "identities": {LAST: {"retire": True}}}


def remove(settings: dict[str, Any]) -> None:
    settings["pools"][POOL] |= {"identities": {}, "size": 1}


def assert_refused(fleet: Fleet, what: str, permissions: str) -> None:
    """A preview says that the run would be refused and how to allow it; an update sends and changes nothing."""
    sent, resources = fleet.transactions_of_the_wallet(), fleet.resources()
    text = f"`pulumi up` without a terminal may not {what}: run it in a terminal, or set {VARIABLE}={permissions}"
    assert f"Refused: {text}" in fleet.must("preview")
    refused = fleet.run("up")
    shown = refused.stdout + refused.stderr
    assert refused.returncode != 0
    assert f"error: refused: {text}" in shown
    assert "Traceback" not in shown
    assert fleet.transactions_of_the_wallet() == sent
    assert {one["urn"] for one in fleet.resources()} == {one["urn"] for one in resources}


def test_each_kind_needs_its_permission(small_fleet: Callable[..., Fleet], monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = small_fleet("unattended")
    fleet.must("up")
    monkeypatch.delenv(VARIABLE)

    # Owners without the wallet are an error of the configuration, with or without a terminal.
    fleet.edit(foreign_owner)
    stopped = fleet.run("preview")
    assert stopped.returncode != 0
    assert f"gives the Safes of {POOL}-1…2 to {FOREIGN}, without wallet" in stopped.stdout + stopped.stderr
    fleet.edit(on_purpose)
    assert_refused(fleet, "change owners of Safes", "owners")

    fleet.edit(retire)
    assert_refused(fleet, "drain identities, delete volumes", "drain,volumes")

    fleet.edit(remove)
    assert_refused(fleet, "remove identities, delete volumes", "identities,volumes")

    fleet.edit(retire)
    monkeypatch.setenv(VARIABLE, "drain,volumes")
    assert f"{LAST} is decommissioned" in fleet.must("up")

    with monkeypatch.context() as changed:
        changed.setenv(VARIABLE, "everything")
        assert f"{VARIABLE}: 'everything' is not a permission" in fleet.run("preview").stdout
