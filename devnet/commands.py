"""The commands: progress, tables and exit codes. A command imports what it needs, so that none waits for the others."""

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
    """Start everything that does not run, and print its addresses."""
    home = Home.from_environment()
    desired = Choices.from_environment(home.choices())
    if like_gnosis:
        desired = replace(desired, block_time_s=_GNOSIS_BLOCK_TIME_S)
    if block_time_s is not None:
        desired = replace(desired, block_time_s=block_time_s)
    if base_fee_gwei is not None:
        desired = replace(desired, base_fee_gwei=base_fee_gwei)
    began = time.monotonic()
    info = Devnet(home, tools, _print_progress).up(desired)
    _print(f"devnet is up after {time.monotonic() - began:.1f} s")
    _print(f"chain {info.rpc_url}, kubernetes provider: {info.provider_kind}")
    _print(f"export KUBECONFIG={home.kubeconfig}")
    return 0


def down() -> int:
    """Stop and remove everything."""
    home = Home.from_environment()
    existed = home.root.exists()
    Devnet(home, say=_print_progress).down()
    _print(f"devnet in {home.root} is stopped and removed" if existed else f"there is no devnet in {home.root}")
    return 0


def status(*, as_json: bool) -> int:
    """Print the state of each server; return 1 when one does not work."""
    from devnet import status as report  # noqa: PLC0415

    status = report.collect(Home.from_environment())
    if as_json:
        _print(json.dumps(status, indent=1))
    else:
        report.show(status)
    return int(not status["works"])


def logs(name: str | None, *, lines: int, follow: bool) -> int:
    """Print the end of a server's log; with `follow`, also what is added to it."""
    folder = Home.from_environment().logs
    names = sorted(path.stem for path in folder.glob("*.log"))
    if name is None:
        _print("\n".join(names) or f"no logs in {folder}: run `python -m devnet up`")
        return 0
    if name not in names:
        raise DevnetError(f"there is no log of {name!r}; the logs are: {', '.join(names) or 'none'}")
    with (folder / f"{name}.log").open(errors="replace") as file:
        sys.stdout.writelines(file.readlines()[-lines:])
        while follow:
            sys.stdout.write(file.read())
            sys.stdout.flush()
            time.sleep(0.2)
    return 0


def stack(operation: str, name: str, source: Path | None, for_pulumi: Sequence[str]) -> int:
    """Run pulumi on a stack of this devnet; after a successful `up`, show pools and nodes."""
    from devnet.stack import Stack  # noqa: PLC0415

    stack = Stack.open(Home.from_environment(), name, source)
    if operation == "configure":
        return _configure(stack, for_pulumi)
    exit_code = stack.run(operation, for_pulumi)
    if operation == "up" and exit_code == 0:
        from config.stack_state import StackOutputs  # noqa: PLC0415
        from devnet.stack_outputs import show  # noqa: PLC0415

        outputs = StackOutputs.model_validate_json(stack.capture("output", ["--json"]).stdout or "{}")
        show(outputs, str(stack.info.program("kubectl")), str(stack.home.kubeconfig), stack.namespace)
    return exit_code


def tools() -> dict[str, Path]:
    """Find, download or build all tools, and show the progress."""
    from rich.console import Console  # noqa: PLC0415

    from devnet.toolchain.obtain import obtain  # noqa: PLC0415
    from devnet.toolchain.progress import ToolProgress  # noqa: PLC0415

    with ToolProgress(Console(stderr=True)) as progress:
        return obtain(progress)


def _configure(stack: "Stack", options: Sequence[str]) -> int:
    """Write the stack's configuration and print its path; with `--github`, prepare a workflow for plain pulumi."""
    stack.prepare()
    if options == ["--github"]:
        stack.export_to_github_actions()
        return 0
    if options:
        raise DevnetError(f"stack configure: {' '.join(options)}: unknown option; the only one is --github")
    _print(f"configuration: {stack.file}")
    return 0


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _print_progress(line: str) -> None:
    sys.stderr.write(f"{line}\n")
