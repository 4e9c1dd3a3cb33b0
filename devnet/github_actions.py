"""Hand a stack of devnet over to `pulumi/actions`, which runs plain pulumi in the checkout of a workflow."""

import os
import shutil
from pathlib import Path

from devnet.errors import DevnetError
from devnet.home import CHECKOUT
from devnet.stack import Stack


def hand_over(stack: Stack) -> None:
    """Put the generated configuration in place of the checked-in one, and the environment into the job's.

    The action takes no configuration file, so the checkout's own is replaced: only where GITHUB_ENV and GITHUB_PATH say
    that this is a throw-away checkout of a workflow.
    """
    for_variables, for_path = os.environ.get("GITHUB_ENV"), os.environ.get("GITHUB_PATH")
    if not for_variables or not for_path:
        raise DevnetError("stack configure --github: GITHUB_ENV and GITHUB_PATH are not set, this is no workflow")
    shutil.copyfile(stack.file, CHECKOUT / f"Pulumi.{stack.name}.yaml")
    variables = {name: value for name, value in stack.environment().items() if value != os.environ.get(name)}
    del variables["PATH"]
    with Path(for_variables).open("a") as file:
        file.writelines(f"{name}={value}\n" for name, value in variables.items())
    with Path(for_path).open("a") as file:
        # Each line goes in front of the ones before it.
        file.writelines(f"{folder}\n" for folder in reversed(stack.program_folders))
