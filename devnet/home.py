"""The folder in which devnet keeps everything it writes, and the choices that hold from `up` to `down`."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from devnet.errors import DevnetError
from devnet.locking import FILE

CHECKOUT = Path(__file__).resolve().parents[1]
DEFAULT_PORT_BASE = 18500
_LOWEST_PORT_BASE = 1024
_HIGHEST_PORT_BASE = 65500
_CHOICES = "choices.json"


@dataclass(frozen=True)
class Choices:
    """The options of `up`; recorded, so that later commands agree with it.

    block_time_s 0 mines each transaction in a block of its own, at once. base_fee_gwei is that of the first block.
    ports_are_fixed: the user chose port_base, so a busy port is an error; else `up` takes a free block. Not recorded.
    """

    port_base: int = DEFAULT_PORT_BASE
    block_time_s: int = 0
    base_fee_gwei: int = 1
    ports_are_fixed: bool = field(default=True, compare=False)

    @classmethod
    def from_environment(cls, otherwise: "Choices | None" = None) -> "Choices":
        """Read DEVNET_PORT_BASE, DEVNET_BLOCK_TIME (s) and DEVNET_BASE_FEE (gwei); `otherwise` has the defaults."""
        default = otherwise or cls()
        desired = cls(
            port_base=_whole_number("DEVNET_PORT_BASE", default.port_base),
            block_time_s=_whole_number("DEVNET_BLOCK_TIME", default.block_time_s),
            base_fee_gwei=_whole_number("DEVNET_BASE_FEE", default.base_fee_gwei),
            ports_are_fixed=bool(os.environ.get("DEVNET_PORT_BASE")),
        )
        if not _LOWEST_PORT_BASE <= desired.port_base <= _HIGHEST_PORT_BASE:
            raise DevnetError(
                f"DEVNET_PORT_BASE: {desired.port_base} is outside {_LOWEST_PORT_BASE}..{_HIGHEST_PORT_BASE}, "
                f"e.g. {DEFAULT_PORT_BASE}"
            )
        return desired

    def recorded(self) -> dict[str, int]:
        """Return what later commands need, by name."""
        return {name: value for name, value in asdict(self).items() if name != "ports_are_fixed"}


@dataclass(frozen=True)
class Home:
    """The folder of one devnet; its methods only name paths and read or write files."""

    root: Path

    @classmethod
    def from_environment(cls) -> "Home":
        """DEVNET_HOME, or `.devnet` in the checkout."""
        return cls(Path(os.environ.get("DEVNET_HOME") or CHECKOUT / ".devnet").absolute())

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, with the one context `devnet`."""
        return self.root / "kubeconfig"

    @property
    def logs(self) -> Path:
        """One file for each process and each build."""
        return self.root / "logs"

    @property
    def processes(self) -> Path:
        """One record for each process started."""
        return self.root / "processes"

    @property
    def certificates(self) -> Path:
        """The control plane's keys and certificates."""
        return self.root / "certificates"

    @property
    def etcd(self) -> Path:
        """etcd's data."""
        return self.root / "etcd"

    @property
    def pulumi(self) -> Path:
        """PULUMI_HOME of devnet."""
        return self.root / "pulumi"

    @property
    def state(self) -> Path:
        """Pulumi's file backend."""
        return self.root / "state"

    @property
    def wallet_key(self) -> Path:
        """The devnet wallet's private key in hex."""
        return self.root / "wallet.key"

    @property
    def info(self) -> Path:
        """The `DevnetInfo` of the last `up` that finished."""
        return self.root / "facts.json"  # the name of earlier versions: their running devnets stay usable

    def require_own(self) -> None:
        """Raise DevnetError for a folder with other files in it: `down` removes the folder with all its content."""
        held = {entry.name for entry in self.root.iterdir()} - {FILE} if self.root.exists() else set()
        if held and _CHOICES not in held:
            raise DevnetError(
                f"DEVNET_HOME: {self.root} contains other files ({', '.join(sorted(held)[:3])}); "
                "set it to a new or an empty folder"
            )

    def create(self, choices: Choices) -> None:
        """Create the folders, closed to other users of the machine, and record the choices for later commands."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.root / _CHOICES).write_text(json.dumps(choices.recorded()))
        for folder in (self.logs, self.processes, self.pulumi, self.state):
            folder.mkdir(mode=0o700, exist_ok=True)

    def choices(self) -> Choices | None:
        """Return the choices of the `up` that created this folder; None when there was none."""
        try:
            return Choices(**json.loads((self.root / _CHOICES).read_text()))
        except FileNotFoundError:
            return None
        except (TypeError, ValueError):
            raise DevnetError(f"{self.root}/{_CHOICES} cannot be read: run `python -m devnet down`") from None


def write_private(path: Path, content: str) -> None:
    """Write a file that only this user may read (0600), from the first byte on; replaces an existing file's content."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)


def _whole_number(variable: str, default: int) -> int:
    text = os.environ.get(variable, "")
    if not text:
        return default
    if not text.isdecimal():
        raise DevnetError(f"{variable}: {text!r} is not a whole number, e.g. {variable}={default}")
    return int(text)
