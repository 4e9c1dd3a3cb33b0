"""What each command does for a person: progress, tables, exit codes. Imports wait until a command needs them."""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from devnet.api import Devnet
from devnet.errors import DevnetError
from devnet.home import Choices, Home

if TYPE_CHECKING:
    from devnet.stack import Stack

_GNOSIS_BLOCK_TIME_S = 5


def up(block_time_s: int | None, base_fee_gwei: int | None, *, like_gnosis: bool) -> int:
    """Start what does not run, and say where things are."""
    home = Home.from_environment()
    desired = Choices.from_environment(home.choices())
    if like_gnosis:
        desired = replace(desired, block_time_s=_GNOSIS_BLOCK_TIME_S)
    if block_time_s is not None:
        desired = replace(desired, block_time_s=block_time_s)
    if base_fee_gwei is not None:
        desired = replace(desired, base_fee_gwei=base_fee_gwei)
    began = time.monotonic()
    info = Devnet(home, tools, _say).up(desired)
    _tell(f"devnet is up after {time.monotonic() - began:.1f} s")
    _tell(f"chain {info.rpc_url}, kubernetes provider: {info.provider_kind}")
    _tell(f"export KUBECONFIG={home.kubeconfig}")
    return 0


def down() -> int:
    """End and remove."""
    home = Home.from_environment()
    there = home.root.exists()
    Devnet(home, say=_say).down()
    _tell(f"devnet in {home.root} is ended and removed" if there else f"there is no devnet in {home.root}")
    return 0


def status(*, as_json: bool) -> int:
    """Print what was seen of each server; 1 when one does not work."""
    from devnet import status as report  # noqa: PLC0415

    seen = report.collect(Home.from_environment())
    if as_json:
        _tell(json.dumps(seen, indent=1))
    else:
        report.show(seen)
    return int(not seen["works"])


def logs(name: str | None, *, lines: int, follow: bool) -> int:
    """Print the end of a server's log, and go on with it when asked to."""
    folder = Home.from_environment().logs
    names = sorted(path.stem for path in folder.glob("*.log"))
    if name is None:
        _tell("\n".join(names) or f"no logs in {folder}: run `python -m devnet up`")
        return 0
    if name not in names:
        raise DevnetError(f"there is no log of {name!r}; there are: {', '.join(names) or 'none'}")
    with (folder / f"{name}.log").open(errors="replace") as file:
        sys.stdout.writelines(file.readlines()[-lines:])
        while follow:
            sys.stdout.write(file.read())
            sys.stdout.flush()
            time.sleep(0.2)
    return 0


def stack(operation: str, name: str, source: Path | None, for_pulumi: Sequence[str]) -> int:
    """Run pulumi on a stack of this devnet; after an `up` that went well, show what there is now."""
    from devnet.stack import Stack  # noqa: PLC0415

    stack = Stack.open(Home.from_environment(), name, source)
    if operation == "configure":
        return _configure(stack, for_pulumi)
    exit_code = stack.run(operation, for_pulumi)
    if operation == "up" and exit_code == 0:
        from devnet.stack_outputs import show  # noqa: PLC0415

        outputs = json.loads(stack.capture("output", ["--json"]).stdout or "{}")
        show(outputs, str(stack.info.program("kubectl")), str(stack.home.kubeconfig), stack.namespace)
    return exit_code


def tools() -> dict[str, Path]:
    """Find or make all tools, with progress for a person."""
    from rich.console import Console  # noqa: PLC0415

    from devnet.toolchain.obtain import obtain  # noqa: PLC0415
    from devnet.toolchain.progress import ToolProgress  # noqa: PLC0415

    with ToolProgress(Console(stderr=True)) as progress:
        return obtain(progress)


def _configure(stack: "Stack", options: Sequence[str]) -> int:
    """Write the stack's configuration, and say what plain `pulumi` needs to work on it."""
    from devnet import github_actions  # noqa: PLC0415

    stack.prepare()
    if options == ["--github"]:
        github_actions.hand_over(stack)
        return 0
    if options:
        raise DevnetError(f"stack configure: {' '.join(options)} is not known, only --github is")
    _tell(f"configuration: {stack.file}")
    return 0


def _tell(result: str) -> None:
    sys.stdout.write(f"{result}\n")


def _say(news: str) -> None:
    sys.stderr.write(f"{news}\n")
