"""`make kills`: kill pulumi, its providers and the program at random moments, 100 seeds on a devnet of its own."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from devnet.api import Devnet
from devnet.home import Choices, Home
from devnet.ports import free_base
from testkit.e2e.fleet import Fleet, PulumiFailedError
from testkit.kills.fleet_under_kills import BrokenPromiseError, FleetUnderKills

_PORTS = 20
_STACK = "kills"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m testkit.kills", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="number of kills (default: 100)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default: 1)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="hoprd-kills-") as folder:
        home = Home(Path(folder) / "home")
        devnet = Devnet(home)
        try:
            info = devnet.up(Choices(port_base=free_base(_PORTS, first=31000)))
            fleet = Fleet.create(home, info, Path(folder), _STACK)
            fleet.edit(lambda settings: settings["platform"].update(namespace=_STACK))
            return _kill_all(FleetUnderKills(fleet), range(options.first, options.first + options.seeds))
        finally:
            devnet.down()


def _kill_all(fleet: FleetUnderKills, seeds: range) -> int:
    fleet.prepare()
    started = time.monotonic()
    for seed in seeds:
        try:
            print(f"{time.monotonic() - started:7.0f} s  {fleet.kill(seed)}", flush=True)
        except (BrokenPromiseError, PulumiFailedError) as error:
            print(f"seed {seed}: {error}\nrepeat: python -m testkit.kills --first {seeds.start} --seeds {len(seeds)}")
            return 1
    print(f"{len(seeds)} kills, nothing lost, nothing paid twice, foreign objects intact")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
