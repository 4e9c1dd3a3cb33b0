"""Reads the stack's own state from inside the program, before the first resource is registered."""

import logging
import time
from typing import Any

import pulumi
from pulumi.runtime import invoke

from config.errors import HoprdError
from summary.recorded import Recorded

_log = logging.getLogger(__name__)
_ATTEMPTS = 20
_PAUSE_S = 0.3


class StateUnreadable(HoprdError):
    """Without the state, nobody can tell what this run deletes."""


def read_recorded() -> Recorded:
    """Return the state that the last run left, in a preview and in an update.

    The engine's function is the one behind `StackReference`; it registers no resource. Its result has the outputs of
    all resources with their secrets decrypted: they stay in memory, and `Recorded` takes none of them. Raises
    StateUnreadable.
    """
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    result = _read(name)
    resources = result["outputs"] if result else {}
    _log.info("the state of stack %s has %d resources", name, len(resources))
    return Recorded.read(resources)


def _read(name: str) -> dict[str, Any] | None:
    """Read the state; again for a while if that fails, since the file backend does not replace its file at once."""
    for attempt in range(_ATTEMPTS):
        try:
            result: dict[str, Any] | None = invoke("pulumi:pulumi:readStackResourceOutputs", {"stackName": name}).value
        except Exception as error:  # the SDK raises nothing more specific
            _log.debug("the state cannot be read", exc_info=True)
            if attempt == _ATTEMPTS - 1:
                raise StateUnreadable(
                    f"the engine does not show the state of {name}, so it is unknown what this run deletes: {error}"
                ) from error
            time.sleep(_PAUSE_S)
        else:
            return result
    raise AssertionError
