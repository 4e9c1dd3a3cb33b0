"""Reads the stack's own state from inside the program, before the first resource is registered."""

import logging

import pulumi
from pulumi.runtime import invoke

from config.errors import HoprdError
from summary.recorded import Recorded

_log = logging.getLogger(__name__)


class StateUnreadable(HoprdError):
    """Without the state, nobody can tell what this run deletes."""


def read_recorded() -> Recorded:
    """Return the state that the last run left, in a preview and in an update.

    The engine's function is the one behind `StackReference`; it registers no resource. Its result has the outputs of
    all resources with their secrets decrypted: they stay in memory, and `Recorded` takes none of them. Raises
    StateUnreadable.
    """
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    try:
        result = invoke("pulumi:pulumi:readStackResourceOutputs", {"stackName": name}).value
    except Exception as error:  # the SDK raises nothing more specific
        raise StateUnreadable(
            f"the engine does not show the state of stack {name}, so the summary of this run is unknown: {error}"
        ) from error
    resources = result["outputs"] if result else {}
    _log.info("the state of stack %s has %d resources", name, len(resources))
    return Recorded.read(resources)
