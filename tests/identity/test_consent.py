"""What a run may do that nobody watches."""

from collections.abc import Sequence
from typing import Any

import psutil
import pytest

from config.errors import ConfigurationError
from identity import consent
from identity.consent import DRAIN, OWNERS, VOLUMES, Consent, allowed_by
from identity.errors import NotAllowed


class Pulumi:
    """A pulumi process, or what started it."""

    def __init__(self, *arguments: str, terminal: str | None = "/dev/pts/1", pid: int = -1) -> None:
        self.arguments, self._terminal, self.pid = arguments, terminal, pid

    def cmdline(self) -> list[str]:
        return list(self.arguments)

    def terminal(self) -> str | None:
        return self._terminal


def consent_of(monkeypatch: pytest.MonkeyPatch, ancestors: Sequence[Pulumi], **environment: str) -> Consent:
    class Process:
        def parents(self) -> Sequence[Any]:
            return ancestors

    monkeypatch.setattr(psutil, "Process", Process)
    return Consent.of_this_process(environment)


def test_outside_of_pulumi_no_consent_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = consent_of(monkeypatch, [Pulumi("/usr/bin/python3", "-m", "identity"), Pulumi("bash")], CI="true")
    assert found.missing([OWNERS]) == ()


@pytest.mark.parametrize(
    ("arguments", "environment", "terminal", "attended"),
    [
        (["up"], {}, "/dev/pts/1", True),
        (["up", "--yes", "--skip-preview"], {}, "/dev/pts/1", True),
        (["up"], {}, None, False),
        (["up", "--non-interactive"], {}, "/dev/pts/1", False),
        (["up", "--non-interactive=true"], {}, "/dev/pts/1", False),
        (["up"], {"CI": "true"}, "/dev/pts/1", False),
    ],
)
def test_a_run_is_attended_with_a_terminal(
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    environment: dict[str, str],
    terminal: str | None,
    attended: bool,
) -> None:
    host = Pulumi("/usr/bin/pulumi-language-python", terminal=None)
    found = consent_of(monkeypatch, [host, Pulumi("/usr/bin/pulumi", *arguments, terminal=terminal)], **environment)
    assert found.attended is attended
    assert found.missing([OWNERS]) == (() if attended else (OWNERS,))


def test_the_variable_allows_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    unattended = consent_of(monkeypatch, [Pulumi("pulumi", "up", terminal=None)], HOPRD_ALLOW="owners, drain")
    assert unattended.missing([OWNERS, VOLUMES, DRAIN, VOLUMES]) == (VOLUMES,)
    unattended.require([OWNERS], ["1 Safe gets owner 0x1."])
    with pytest.raises(NotAllowed) as refused:
        unattended.require([VOLUMES], ["2 volumes are deleted."])
    assert str(refused.value) == (
        "refused: `pulumi up` without a terminal may not delete volumes: run it in a terminal, or set "
        "HOPRD_ALLOW=volumes for this run. 2 volumes are deleted."
    )


def test_an_unknown_word_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="HOPRD_ALLOW: 'drains' is not a permission, expected one or more of"):
        allowed_by("owners,drains")


@pytest.mark.parametrize("command", ["destroy", "down"])
def test_a_destroy_needs_no_permission(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    found = consent_of(monkeypatch, [Pulumi("pulumi", command, "--yes", terminal=None)])
    assert found.destroys
    assert found.missing([DRAIN, VOLUMES]) == ()


@pytest.mark.parametrize(
    ("arguments", "targeted"),
    [
        (["up", "--target", "urn"], True),
        (["up", "--target=urn"], True),
        (["up", "-t", "urn"], True),
        (["up", "--exclude", "urn"], True),
        (["up", "--yes"], False),
    ],
)
def test_a_targeted_run_is_known(monkeypatch: pytest.MonkeyPatch, arguments: list[str], targeted: bool) -> None:
    assert consent_of(monkeypatch, [Pulumi("pulumi", *arguments)]).is_targeted is targeted


def test_a_process_that_ends_meanwhile_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended(Pulumi):
        def cmdline(self) -> list[str]:
            raise psutil.NoSuchProcess(1)

    assert not consent_of(monkeypatch, [Ended(), Pulumi("pulumi", "up", terminal=None)]).attended
    assert consent._pulumi() is not None
