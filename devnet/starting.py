"""Start the servers of a new devnet, or those servers of the cluster that exited."""

import shutil
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from devnet import chain, probes, processes, provider_plugin
from devnet.chain_contracts import deploy
from devnet.cluster import control_plane, objects
from devnet.errors import DevnetError, PortTakenError, StartError
from devnet.health import CONTROL_PLANE
from devnet.home import Choices, Home
from devnet.info import DevnetInfo
from devnet.ports import Ports, Reservation, describe_taken, reserve, reserve_block
from devnet.processes import Record, Server

Programs = Mapping[str, Path]
FreeBytes = Callable[[Path], int]
_BYTES_NEEDED = 10**9


def free_bytes(folder: Path) -> int:
    """Return the free space of the folder's file system."""
    return shutil.disk_usage(folder).free


def start_new(
    home: Home, choices: Choices, programs: Programs, say: Callable[[str], None], measure: FreeBytes = free_bytes
) -> DevnetInfo:
    """Start everything; when a server does not come up, stop what was started and raise the reason.

    A busy block of ports is replaced by a free one, unless the choices fix it.
    """
    ports, reservation = reserve_block(choices.port_base, may_move=not choices.ports_are_fixed)
    with reservation:
        if ports.base != choices.port_base:
            busy = describe_taken(Ports(choices.port_base).by_name) or f"{choices.port_base} was taken a moment ago"
            say(f"port {busy}: devnet uses the ports {ports}")
        choices = replace(choices, port_base=ports.base)
        home.create(choices)
        _require_disk_space(home, measure)
        try:
            info = _Start(home, ports, programs, reservation).everything(choices)
        except BaseException:
            processes.stop(home, processes.recorded(home))
            raise
    info.write(home)
    return info


def restart(home: Home, ports: Ports, programs: Programs, broken: Iterable[str]) -> None:
    """Start servers of the cluster again, with the data that etcd kept."""
    again = [name for name in CONTROL_PLANE if name in set(broken)]
    processes.stop(home, [record for name in again if (record := processes.find(home, name))])
    servers = [server for server in _cluster_servers(home, ports, programs) if server.name in again]
    needed = {name: port for server in servers for name, port in server.ports.items()}
    with reserve(needed, "then run `python -m devnet up` again") as reservation:
        _Start(home, ports, programs, reservation).in_turn(servers)
    objects.apply(programs["kubectl"], home)


@dataclass(frozen=True)
class _Start:
    """Starts servers, each right after the release of its reserved ports."""

    home: Home
    ports: Ports
    programs: Programs
    reservation: Reservation

    def everything(self, choices: Choices) -> DevnetInfo:
        """Start cluster and chain, and install the provider, at the same time."""
        with ThreadPoolExecutor() as pool:
            cluster = pool.submit(self._new_cluster)
            networks = pool.submit(self._chain, choices)
            provider = pool.submit(_install_provider, self.home, self.programs)
        info = DevnetInfo(
            chain_id=chain.CHAIN_ID,
            rpc_url=chain.rpc_url(self.ports),
            wallet=chain.wallet_address(self.home),
            networks=networks.result(),
            provider_kind=provider.result().kind,
            provider_source=provider.result().source,
            programs={name: str(path) for name, path in self.programs.items()},
        )
        cluster.result()
        return info

    def in_turn(self, servers: Iterable[Server]) -> None:
        """Start etcd, then the API server, since each server needs the one before; then all others at once."""
        started = []
        for server in servers:
            record = self._start(server)
            if server.name in {"etcd", "kube-apiserver"}:
                self._wait(server, record)
            else:
                started.append((server, record))
        for server, record in started:
            self._wait(server, record)

    def _new_cluster(self) -> None:
        control_plane.write_credentials(self.home, self.ports)
        self.in_turn(_cluster_servers(self.home, self.ports, self.programs))
        objects.apply(self.programs["kubectl"], self.home)

    def _chain(self, choices: Choices) -> dict[str, dict[str, str]]:
        server = chain.server(self.programs, self.ports, choices)
        self._wait(server, self._start(server))
        return deploy(chain.rpc_url(self.ports), chain.wallet_address(self.home))["networks"]

    def _start(self, server: Server) -> Record:
        self.reservation.release(server.ports)
        return processes.start(self.home, server)

    def _wait(self, server: Server, record: Record) -> None:
        try:
            probes.wait_until_healthy(server.name, self.home, self.ports, record)
        except StartError as error:
            # The server's log says "address already in use"; only the ports show which process that is.
            if not processes.is_running(record) and (taken := describe_taken(server.ports)):
                raise PortTakenError(
                    f"port {taken}, so {server.name} could not start: stop that process, "
                    "then run `python -m devnet up` again"
                ) from error
            raise


def _require_disk_space(home: Home, measure: FreeBytes) -> None:
    free = measure(home.root)
    if free < _BYTES_NEEDED:
        raise DevnetError(
            f"the disk of {home.root} is nearly full: {free / 1e9:.2f} GB are free, "
            f"{_BYTES_NEEDED / 1e9:.0f} GB are needed; free some space, or set DEVNET_HOME to a folder on another disk"
        )


def _cluster_servers(home: Home, ports: Ports, programs: Programs) -> list[Server]:
    builders = (
        control_plane.etcd,
        control_plane.api_server,
        control_plane.controller_manager,
        control_plane.scheduler,
        control_plane.kwok,
    )
    return [build(programs, home, ports) for build in builders]


def _install_provider(home: Home, programs: Programs) -> provider_plugin.Provider:
    provider = provider_plugin.choose(programs["pulumi"])
    provider_plugin.install(home, provider)
    return provider
