"""devnet as a whole: `up` makes everything run, `down` leaves nothing behind, `look` says what was seen."""

import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from devnet import health as condition
from devnet import locking, processes
from devnet.errors import DevnetError
from devnet.health import Health
from devnet.home import Choices, Home
from devnet.info import DevnetInfo
from devnet.ports import Ports


def cached_tools() -> dict[str, Path]:
    """The tools with nothing shown, for tests: they are cached by then."""
    from rich.console import Console  # noqa: PLC0415

    from devnet.toolchain.obtain import obtain  # noqa: PLC0415
    from devnet.toolchain.progress import ToolProgress  # noqa: PLC0415

    return obtain(ToolProgress(Console(quiet=True)))


@dataclass(frozen=True)
class Devnet:
    """One devnet in one home.

    get_tools: called only when something has to be started. say: gets lines for people.
    """

    home: Home
    get_tools: Callable[[], dict[str, Path]] = cached_tools
    say: Callable[[str], None] = print

    def up(self, desired: Choices | None = None) -> DevnetInfo:
        """Make everything run: nothing when all works, repair when servers of the cluster died, else a new start.

        wanted: None takes the environment's and what the running devnet was started with.
        """
        self.home.require_own()
        with locking.exclusive(self.home.root, self.say):
            now = condition.look_patiently(self.home)
            choices = desired or Choices.from_environment(now.choices)
            if now.choices and self._runs_anything() and choices != now.choices:
                raise DevnetError(
                    f"devnet runs with {_differences(now.choices, choices)}: run `python -m devnet down` first"
                )
            if now.info and now.works:
                return self._with_wanted_provider(now.info)
            if now.info and now.can_be_repaired:
                return self._repair(now, now.info)
            if now.info and condition.is_alive(self.home, "anvil"):
                raise DevnetError(
                    f"anvil: {now.problems['anvil']}. The chain is in its memory: try again later, "
                    "or give it up with `python -m devnet down`"
                )
            return self._start(now, choices)

    def down(self) -> None:
        """End every process that was started, and only those; remove the home with everything in it."""
        if not self.home.root.exists():
            return
        self.home.require_own()
        with locking.exclusive(self.home.root, self.say):
            self._remove()
            shutil.rmtree(self.home.root)

    def look(self) -> Health:
        """What is seen now."""
        return condition.look(self.home)

    def _runs_anything(self) -> bool:
        return any(map(processes.is_running, processes.recorded(self.home)))

    def _start(self, now: Health, choices: Choices) -> DevnetInfo:
        from devnet.starting import start_new  # noqa: PLC0415  slow imports that an `up` with nothing to do is spared

        if now.choices:
            reason = f"anvil {now.problems['anvil']}, and the chain with it" if now.info else "it did not finish"
            self.say(f"an earlier devnet is left in {self.home.root} ({reason}): it is removed, and all starts afresh")
            self._remove()
        return start_new(self.home, choices, self.get_tools())

    def _repair(self, now: Health, info: DevnetInfo) -> DevnetInfo:
        from devnet.starting import restart  # noqa: PLC0415  as above

        for name, problem in now.problems.items():
            self.say(f"{name} {problem}: it is started again")
        programs = {name: Path(path) for name, path in info.programs.items()}
        if not all(os.access(path, os.X_OK) for path in programs.values()):
            programs = self.get_tools()
        assert now.choices  # noqa: S101  facts are written after choices
        restart(self.home, Ports(now.choices.port_base), programs, now.problems)
        return self._with_wanted_provider(info)

    def _with_wanted_provider(self, info: DevnetInfo) -> DevnetInfo:
        """Take another kubernetes provider when DEVNET_KUBERNETES_PLUGIN names another one than before."""
        from devnet.provider_plugin import Provider, bring_up_to_date  # noqa: PLC0415  as above

        before = Provider(info.provider_kind, info.provider_source)
        provider = bring_up_to_date(self.home, before, info.program("pulumi"))
        if provider == before:
            return info
        self.say(f"kubernetes provider: {provider.kind} ({provider.source})")
        changed = replace(info, provider_kind=provider.kind, provider_source=provider.source)
        changed.write(self.home)
        return changed

    def _remove(self) -> None:
        """End the processes and empty the home, but for the lock that is held."""
        # Their data goes with them: a hard end after a second costs nothing.
        processes.stop(self.home, processes.recorded(self.home), patience_s=1)
        for entry in self.home.root.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != locking.FILE:
                entry.unlink()


def _differences(now: Choices, desired: Choices) -> str:
    before = asdict(now)
    return ", ".join(
        f"{name} {before[name]} (wanted: {value})" for name, value in asdict(desired).items() if value != before[name]
    )
