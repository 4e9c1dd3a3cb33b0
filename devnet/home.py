"""Where devnet keeps everything it writes, and the few choices that hold from `up` to `down`."""

import json
import os
from dataclasses import asdict, dataclass
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
    """What `up` was asked for; recorded, so that later commands agree with it.

    block_time_s 0 means: a block for each transaction, at once. base_fee_gwei is that of the first block.
    """

    port_base: int = DEFAULT_PORT_BASE
    block_time_s: int = 0
    base_fee_gwei: int = 1

    @classmethod
    def from_environment(cls, otherwise: "Choices | None" = None) -> "Choices":
        """Read DEVNET_PORT_BASE, DEVNET_BLOCK_TIME (s) and DEVNET_BASE_FEE (gwei); `otherwise` has what is not set."""
        usual = otherwise or cls()
        desired = cls(
            port_base=_whole_number("DEVNET_PORT_BASE", usual.port_base),
            block_time_s=_whole_number("DEVNET_BLOCK_TIME", usual.block_time_s),
            base_fee_gwei=_whole_number("DEVNET_BASE_FEE", usual.base_fee_gwei),
        )
        if not _LOWEST_PORT_BASE <= desired.port_base <= _HIGHEST_PORT_BASE:
            raise DevnetError(
                f"DEVNET_PORT_BASE: {desired.port_base} is outside {_LOWEST_PORT_BASE}..{_HIGHEST_PORT_BASE}, "
                f"e.g. {DEFAULT_PORT_BASE}"
            )
        return desired


@dataclass(frozen=True)
class Home:
    """The folder of one devnet; its methods only name paths and read or write what lies there."""

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
        """What a finished `up` found out (`Facts`); its presence says that one finished."""
        return self.root / "facts.json"

    def require_own(self) -> None:
        """Raise DevnetError for a folder with other things in it: `down` removes the folder with all it holds."""
        held = {entry.name for entry in self.root.iterdir()} - {FILE} if self.root.exists() else set()
        if held and _CHOICES not in held:
            raise DevnetError(
                f"DEVNET_HOME: {self.root} holds other things ({', '.join(sorted(held)[:3])}); "
                "name a new or an empty folder"
            )

    def make(self, choices: Choices) -> None:
        """Create the folders, closed to other users of the machine, and keep the choices for later commands."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.root / _CHOICES).write_text(json.dumps(asdict(choices)))
        for folder in (self.logs, self.processes, self.pulumi, self.state):
            folder.mkdir(mode=0o700, exist_ok=True)

    def choices(self) -> Choices | None:
        """The choices of the `up` that made this folder; None where there was none."""
        try:
            return Choices(**json.loads((self.root / _CHOICES).read_text()))
        except FileNotFoundError:
            return None
        except (TypeError, ValueError):
            raise DevnetError(f"{self.root}/{_CHOICES} cannot be read: run `python -m devnet down`") from None


def _whole_number(variable: str, default: int) -> int:
    text = os.environ.get(variable, "")
    if not text:
        return default
    if not text.isdecimal():
        raise DevnetError(f"{variable}: {text!r} is not a whole number, e.g. {variable}={default}")
    return int(text)
