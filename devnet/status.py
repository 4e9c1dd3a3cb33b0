"""The report of `status`: the health of each server, and the addresses and versions that programs need."""

import subprocess
from typing import Any

from devnet import processes
from devnet.health import SERVERS, check_health
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
    """Return a JSON object; `works`: every server works. Results of `up` are null when none has finished."""
    health = check_health(home)
    ports = Ports(health.choices.port_base) if health.choices else None
    info = health.info
    return {
        "works": health.works,
        "home": str(home.root),
        "kubeconfig": str(home.kubeconfig),
        "rpcUrl": info.rpc_url if info else None,
        "chainId": info.chain_id if info else None,
        "wallet": info.wallet if info else None,
        "contracts": info.networks if info else None,
        "kubernetesProvider": {"kind": info.provider_kind, "source": info.provider_source} if info else None,
        "blockTimeS": health.choices.block_time_s if health.choices else None,
        "processes": {
            name: {
                "pid": record.pid if processes.is_running(record := processes.find(home, name)) and record else None,
                "address": f"{HOST}:{ports[name]}" if ports else None,
                "problem": health.problems.get(name),
            }
            for name in SERVERS
        },
        "versions": _versions(info) if info else None,
    }


def show(status: dict[str, Any]) -> None:
    """Print the report as tables."""
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    console = Console()
    servers = Table("Server", "Pid", "Address", "Health")
    for name, server in status["processes"].items():
        problem = server["problem"]
        servers.add_row(
            name, str(server["pid"] or ""), server["address"], f"[red]{problem}" if problem else "[green]works"
        )
    console.print(servers)
    if status["rpcUrl"] is None:
        console.print("no `up` has finished in this home: run `python -m devnet up`", markup=False)
        return
    info = Table.grid(padding=(0, 2))
    provider = status["kubernetesProvider"]
    for name, value in (
        ("kubeconfig", status["kubeconfig"]),
        ("chain", f"{status['rpcUrl']} (chain id {status['chainId']})"),
        ("wallet", status["wallet"]),
        ("networks", ", ".join(status["contracts"])),
        ("kubernetes provider", f"{provider['kind']} ({provider['source']})"),
        ("versions", ", ".join(f"{name} {version}" for name, version in status["versions"].items())),
    ):
        info.add_row(name, value)
    console.print(info)


def _versions(info: DevnetInfo) -> dict[str, str]:
    """Return the version that each program prints, or why it printed none."""
    return {name: _version([info.programs[name], *options]) for name, options in _VERSION_COMMANDS.items()}


def _version(command: list[str]) -> str:
    try:
        printed = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError) as problem:
        return f"unknown: {problem}"
    numbers = [word.lstrip("v") for word in printed.split() if word.lstrip("v")[:1].isdigit()]
    return numbers[0] if numbers else printed.strip()
