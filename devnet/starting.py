"""Start the servers of a new devnet, or those of a running one that died."""

import shutil
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from devnet import chain, probes, processes, provider_plugin
from devnet.chain_contracts import deploy
from devnet.cluster import control_plane, objects
from devnet.errors import DevnetError
from devnet.health import CONTROL_PLANE
from devnet.home import Choices, Home
from devnet.info import DevnetInfo
from devnet.ports import Ports, require_free
from devnet.processes import Server

Programs = Mapping[str, Path]
FreeBytes = Callable[[Path], int]
_BYTES_NEEDED = 10**9


def free_bytes(folder: Path) -> int:
    """Free space of the file system that a folder lies on."""
    return shutil.disk_usage(folder).free


def start_new(home: Home, choices: Choices, programs: Programs, measure: FreeBytes = free_bytes) -> DevnetInfo:
    """Start everything; when something does not come up, end what was started and raise the reason."""
    ports = Ports(choices.port_base)
    require_free(ports.by_name)
    home.make(choices)
    if measure(home.root) < _BYTES_NEEDED:
        raise DevnetError(
            f"the disk of {home.root} is nearly full: {measure(home.root) / 1e9:.2f} GB are free, "
            f"{_BYTES_NEEDED / 1e9:.0f} GB are needed; make room, or set DEVNET_HOME to a folder elsewhere"
        )
    try:
        with ThreadPoolExecutor() as pool:
            cluster = pool.submit(_start_new_cluster, home, ports, programs)
            networks = pool.submit(_start_chain, home, ports, choices, programs)
            provider = pool.submit(_install_provider, home, programs)
        info = DevnetInfo(
            chain_id=chain.CHAIN_ID,
            rpc_url=chain.rpc_url(ports),
            wallet=chain.wallet_address(home),
            networks=networks.result(),
            provider_kind=provider.result().kind,
            provider_source=provider.result().source,
            programs={name: str(path) for name, path in programs.items()},
        )
        cluster.result()
    except BaseException:
        processes.stop(home, processes.recorded(home))
        raise
    info.write(home)
    return info


def restart(home: Home, ports: Ports, programs: Programs, broken: Iterable[str]) -> None:
    """Start servers of the cluster again, on the data that etcd kept."""
    again = [name for name in CONTROL_PLANE if name in set(broken)]
    processes.stop(home, [record for name in again if (record := processes.find(home, name))])
    servers = [server for server in _cluster_servers(home, ports, programs) if server.name in again]
    require_free({name: port for server in servers for name, port in server.ports.items()})
    _start_in_turn(home, ports, servers)
    objects.apply(programs["kubectl"], home)


def _start_new_cluster(home: Home, ports: Ports, programs: Programs) -> None:
    control_plane.write_credentials(home, ports)
    _start_in_turn(home, ports, _cluster_servers(home, ports, programs))
    objects.apply(programs["kubectl"], home)


def _cluster_servers(home: Home, ports: Ports, programs: Programs) -> list[Server]:
    makers = (
        control_plane.store,
        control_plane.api_server,
        control_plane.controller_manager,
        control_plane.scheduler,
        control_plane.kubelets,
    )
    return [make(programs, home, ports) for make in makers]


def _start_in_turn(home: Home, ports: Ports, servers: Iterable[Server]) -> None:
    """etcd and the API server one after the other, since each needs the one before; the rest at once."""
    later = []
    for server in servers:
        record = processes.start(home, server)
        if server.name in {"etcd", "kube-apiserver"}:
            probes.wait_until_healthy(server.name, home, ports, record)
        else:
            later.append(record)
    for record in later:
        probes.wait_until_healthy(record.name, home, ports, record)


def _start_chain(home: Home, ports: Ports, choices: Choices, programs: Programs) -> dict[str, dict[str, str]]:
    record = processes.start(home, chain.server(programs, ports, choices))
    probes.wait_until_healthy("anvil", home, ports, record)
    return deploy(chain.rpc_url(ports), chain.wallet_address(home))["networks"]


def _install_provider(home: Home, programs: Programs) -> provider_plugin.Provider:
    provider = provider_plugin.choose(programs["pulumi"])
    provider_plugin.install(home, provider)
    return provider
