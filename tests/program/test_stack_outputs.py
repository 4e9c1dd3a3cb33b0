"""The program's outputs have exactly the fields that the commands read."""

from collections.abc import Callable

from config.models.identities import Identity
from config.models.settings import Settings
from config.stack_state import StackOutputs
from testkit.components.recording_engine import run
from testkit.manifests import samples

LAST = f"{samples.POOL_NAME}-3"


def test_every_output_is_a_field_of_the_model(stack: Callable[..., Settings]) -> None:
    outputs = run(stack(pool={"identities": {LAST: Identity(retire=True)}})).outputs
    read = StackOutputs.model_validate(outputs)
    exported = {name: outputs[name] for name in ("pools", "identities", "nodes")}
    assert read.model_dump(by_alias=True, exclude_unset=True) == exported
    assert read.identities[LAST].deployer == f"founder-of-{LAST}"
    assert (len(read.pools), len(read.identities), len(read.nodes)) == (1, 3, 2)
