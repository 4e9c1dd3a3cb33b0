"""What `status` tells: each server asked, and the facts that programs need."""

import subprocess
from typing import Any

from devnet import health as condition
from devnet import processes
from devnet.health import SERVERS
from devnet.home import Home
from devnet.info import DevnetInfo
from devnet.ports import HOST, Ports

_VERSION_COMMANDS = {
    "etcd": ["--version"],
    "kube-apiserver": ["--version"],
    "kwok": ["--version"],
    "anvil": ["--version"],
    "pulumi": ["version"],
}


def collect(home: Home) -> dict[str, Any]:
    """A JSON object; `works`: every server answered as it should. What only an `up` finds out is null before one."""
    seen = condition.look(home)
    ports = Ports(seen.choices.port_base) if seen.choices else None
    info = seen.info
    return {
        "works": seen.works,
        "home": str(home.root),
        "kubeconfig": str(home.kubeconfig),
        "rpcUrl": info.rpc_url if info else None,
        "chainId": info.chain_id if info else None,
        "wallet": info.wallet if info else None,
        "contracts": info.networks if info else None,
        "kubernetesProvider": {"kind": info.provider_kind, "source": info.provider_source} if info else None,
        "blockTimeS": seen.choices.block_time_s if seen.choices else None,
        "processes": {
            name: {
                "pid": record.pid if processes.is_running(record := processes.find(home, name)) and record else None,
                "address": f"{HOST}:{ports[name]}" if ports else None,
                "problem": seen.problems.get(name),
            }
            for name in SERVERS
        },
        "versions": _versions(info) if info else None,
    }


def show(seen: dict[str, Any]) -> None:
    """The same as a table."""
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    console = Console()
    servers = Table("Server", "Pid", "Address", "Seen")
    for name, server in seen["processes"].items():
        problem = server["problem"]
        servers.add_row(
            name, str(server["pid"] or ""), server["address"], f"[red]{problem}" if problem else "[green]works"
        )
    console.print(servers)
    if seen["rpcUrl"] is None:
        console.print("no `up` has finished here: run `python -m devnet up`", markup=False)
        return
    info = Table.grid(padding=(0, 2))
    provider = seen["kubernetesProvider"]
    for name, value in (
        ("kubeconfig", seen["kubeconfig"]),
        ("chain", f"{seen['rpcUrl']} (chain id {seen['chainId']})"),
        ("wallet", seen["wallet"]),
        ("networks", ", ".join(seen["contracts"])),
        ("kubernetes provider", f"{provider['kind']} ({provider['source']})"),
        ("versions", ", ".join(f"{name} {version}" for name, version in seen["versions"].items())),
    ):
        info.add_row(name, value)
    console.print(info)


def _versions(info: DevnetInfo) -> dict[str, str]:
    """What the programs say of themselves; null for one that does not run."""
    return {name: _version([info.programs[name], *options]) for name, options in _VERSION_COMMANDS.items()}


def _version(command: list[str]) -> str:
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError) as problem:
        return f"cannot be asked: {problem}"
    numbers = [word.lstrip("v") for word in told.split() if word.lstrip("v")[:1].isdigit()]
    return numbers[0] if numbers else told.strip()
