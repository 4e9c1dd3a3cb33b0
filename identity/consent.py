"""What a run may do when nobody watches it: `pulumi up` without a terminal needs a permission for each kind.

Such a run (CI, a cron job, `--non-interactive`) shows its preview to nobody, so it changes no owner, drains no
identity, and deletes no identity and no volume, unless the variable `HOPRD_ALLOW` names that kind.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

from config.errors import ConfigurationError, Problem
from identity.errors import NotAllowed

VARIABLE = "HOPRD_ALLOW"
OWNERS, DRAIN, IDENTITIES, VOLUMES = "owners", "drain", "identities", "volumes"
PERMISSIONS = {
    OWNERS: "change owners of Safes",
    DRAIN: "drain identities",
    IDENTITIES: "remove identities",
    VOLUMES: "delete volumes",
}
_DESTROY = {"destroy", "down", "dn"}
_COMMANDS = {"up", "update", "preview", "pre", "refresh", "watch", "import", *_DESTROY}
_TARGETS = ("--target", "-t", "--exclude")
_CI_VARIABLES = ("CI", "TF_BUILD", "JENKINS_URL", "TEAMCITY_VERSION")


@dataclass(frozen=True)
class Consent:
    """The command that runs, whether somebody watches it, and what it may do when nobody does."""

    attended: bool = True
    allowed: frozenset[str] = frozenset()
    destroys: bool = False
    is_targeted: bool = False

    @classmethod
    def of_this_process(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Find the `pulumi` that started this process; without one, this is not a run of Pulumi and needs no consent.

        Raises ConfigurationError if the variable has an unknown word.
        """
        allowed = allowed_by(environment.get(VARIABLE, ""))
        pulumi = _pulumi()
        if pulumi is None:
            return cls(allowed=allowed)
        arguments = pulumi.cmdline()[1:]
        return cls(
            attended=_is_attended(arguments, environment) and _has_terminal(pulumi),
            allowed=allowed,
            destroys=next((word for word in arguments if word in _COMMANDS), "") in _DESTROY,
            is_targeted=any(word.split("=")[0] in _TARGETS for word in arguments),
        )

    def missing(self, permissions: Iterable[str]) -> tuple[str, ...]:
        """Return the permissions that this run lacks: none if somebody watches it, or if it is a destroy."""
        if self.attended or self.destroys:
            return ()
        return tuple(one for one in dict.fromkeys(permissions) if one not in self.allowed)

    def require(self, permissions: Iterable[str], reasons: Sequence[str]) -> None:
        """Raise NotAllowed, with the reasons, if this run lacks one of the permissions."""
        if missing := self.missing(permissions):
            raise NotAllowed([Problem("refused", f"{refusal(missing)} {' '.join(reasons)}")])


def refusal(missing: Sequence[str]) -> str:
    """Return why a run without a terminal is refused, and how to allow it."""
    what = ", ".join(PERMISSIONS[one] for one in missing)
    return (
        f"`pulumi up` without a terminal may not {what}: run it in a terminal, or set {VARIABLE}={','.join(missing)} "
        "for this run."
    )


def allowed_by(text: str) -> frozenset[str]:
    """Return the permissions in the variable's text; raises ConfigurationError if one is unknown."""
    words = frozenset(word.strip() for word in text.split(",") if word.strip())
    if unknown := sorted(words - PERMISSIONS.keys()):
        raise ConfigurationError(
            [
                Problem(
                    VARIABLE,
                    f"'{unknown[0]}' is not a permission, expected one or more of {', '.join(PERMISSIONS)}, separated "
                    "by commas",
                )
            ]
        )
    return words


def _pulumi() -> psutil.Process | None:
    for process in psutil.Process().parents():
        try:
            command = process.cmdline()
        except psutil.Error:
            continue
        if command and Path(command[0]).stem == "pulumi":
            return process
    return None


def _is_attended(arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    non_interactive = any(word in {"--non-interactive", "--non-interactive=true"} for word in arguments)
    return not non_interactive and not any(environment.get(name) for name in _CI_VARIABLES)


def _has_terminal(pulumi: psutil.Process) -> bool:
    """Whether Pulumi's standard input is a terminal; without /proc, whether it has a controlling terminal."""
    try:
        standard_input = os.readlink(f"/proc/{pulumi.pid}/fd/0")
    except OSError:
        return pulumi.terminal() is not None
    return standard_input.startswith(("/dev/pts/", "/dev/tty", "/dev/console"))
