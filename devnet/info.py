"""The results of the last `up` that finished, stored in the home for every later command."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from devnet.home import Home


@dataclass(frozen=True)
class DevnetInfo:
    """Addresses, provider and programs of a running devnet.

    networks: network name -> contract name -> address. programs: name -> file.
    provider_kind: official, stand-in or file.
    """

    chain_id: int
    rpc_url: str
    wallet: str
    networks: dict[str, dict[str, str]]
    provider_kind: str
    provider_source: str
    programs: dict[str, str]

    def program(self, name: str) -> Path:
        """Return the path of a program."""
        return Path(self.programs[name])

    def write(self, home: Home) -> None:
        """Store it, which also records that an `up` finished."""
        new = home.info.with_suffix(".new")
        new.write_text(json.dumps(asdict(self), indent=1))
        new.replace(home.info)

    @classmethod
    def read(cls, home: Home) -> Self | None:
        """Return the results of the last finished `up`; None when there are none that this version can read."""
        try:
            return cls(**json.loads(home.info.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
