"""devnet as a whole: `up` starts or repairs everything, `down` stops and removes it, `health` probes it."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from devnet import health, locking, processes
from devnet.errors import DevnetError, PortTakenError
from devnet.health import Health
from devnet.home import Choices, Home
from devnet.info import DevnetInfo
from devnet.ports import Ports, require_free


def cached_tools() -> dict[str, Path]:
    """Return the tools without showing progress, for tests: the tools are cached by then."""
    from rich.console import Console  # noqa: PLC0415

    from devnet.toolchain.obtain import obtain  # noqa: PLC0415
    from devnet.toolchain.progress import ToolProgress  # noqa: PLC0415

    return obtain(ToolProgress(Console(quiet=True)))


@dataclass(frozen=True)
class Devnet:
    """One devnet in one home.

    get_tools: called only when a server has to be started. say: receives lines for people.
    """

    home: Home
    get_tools: Callable[[], dict[str, Path]] = cached_tools
    say: Callable[[str], None] = print

    def up(self, desired: Choices | None = None) -> DevnetInfo:
        """Start everything; do nothing when all servers work, and repair when only servers of the cluster exited.

        desired: None takes the choices of the environment, and those of the running devnet for the rest.
        """
        self.home.require_own()
        with locking.exclusive(self.home.root, self.say):
            now = health.check_health_patiently(self.home)
            choices = desired or Choices.from_environment(now.choices)
            if now.choices and self._runs_anything() and choices != now.choices:
                raise DevnetError(
                    f"devnet runs with {_differences(now.choices, choices)}: run `python -m devnet down` first"
                )
            if now.info and now.works:
                return self._with_desired_provider(now.info)
            if now.info and now.can_be_repaired:
                return self._repair(now, now.info)
            if now.info and health.is_alive(self.home, "anvil"):
                raise DevnetError(
                    f"anvil: {now.problems['anvil']}. The chain exists only in its memory: try again later, "
                    "or discard the chain with `python -m devnet down`"
                )
            return self._start(now, choices)

    def down(self) -> None:
        """Stop every process that was started, and only those; remove the home with everything in it."""
        if not self.home.root.exists():
            return
        self.home.require_own()
        with locking.exclusive(self.home.root, self.say):
            self._remove()
            shutil.rmtree(self.home.root)

    def health(self) -> Health:
        """Probe every server."""
        return health.check_health(self.home)

    def _runs_anything(self) -> bool:
        return any(map(processes.is_running, processes.recorded(self.home)))

    def _start(self, now: Health, choices: Choices) -> DevnetInfo:
        from devnet.starting import start_new  # noqa: PLC0415  slow imports that an `up` without changes does not need

        if now.choices:
            reason = f"anvil {now.problems['anvil']}, its chain is lost" if now.info else "it did not finish"
            self.say(f"removing the earlier devnet in {self.home.root} ({reason}); starting a new one")
            self._remove()
        if choices.ports_are_fixed:
            require_free(Ports(choices.port_base).by_name)  # now, and not after a build of half an hour
        programs = self.get_tools()
        try:
            return start_new(self.home, choices, programs, self.say)
        except PortTakenError:
            if choices.ports_are_fixed:
                raise
            # A process took a port between its release and the start of the server.
            self.say("another process took a port during the start: starting again with other ports")
            self._remove()
            return start_new(self.home, choices, programs, self.say)

    def _repair(self, now: Health, info: DevnetInfo) -> DevnetInfo:
        from devnet.starting import restart  # noqa: PLC0415  as above

        for name, problem in now.problems.items():
            self.say(f"{name} {problem}: starting it again")
        programs = {name: Path(path) for name, path in info.programs.items()}
        if not all(os.access(path, os.X_OK) for path in programs.values()):
            programs = self.get_tools()
        assert now.choices  # noqa: S101  the choices are recorded before the info
        restart(self.home, Ports(now.choices.port_base), programs, now.problems)
        return self._with_desired_provider(info)

    def _with_desired_provider(self, info: DevnetInfo) -> DevnetInfo:
        """Install another kubernetes provider when DEVNET_KUBERNETES_PLUGIN names another one than before."""
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
        """Stop the processes and empty the home, except for the lock that is held."""
        # Their data is removed with them: killing them after a second costs nothing.
        processes.stop(self.home, processes.recorded(self.home), patience_s=1)
        for entry in self.home.root.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != locking.FILE:
                entry.unlink()


def _differences(now: Choices, desired: Choices) -> str:
    before = now.recorded()
    return ", ".join(
        f"{name} {before[name]} (requested: {value})"
        for name, value in desired.recorded().items()
        if value != before[name]
    )
