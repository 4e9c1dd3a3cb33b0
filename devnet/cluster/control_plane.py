"""The five servers of the cluster, with flags for a fast start, loopback addresses and no throttling."""

from collections.abc import Mapping
from pathlib import Path

from devnet.cluster import certificates, kubeconfig
from devnet.cluster.certificates import (
    ADMINISTRATOR,
    CONTROLLER_MANAGER,
    KWOK,
    SCHEDULER,
    SERVER,
    SERVICE_ACCOUNTS,
    Client,
)
from devnet.home import Home
from devnet.ports import HOST, Ports
from devnet.processes import Server

STAGES = Path(__file__).parent / "stages"
_SERVICE_RANGE = "10.96.0.0/16"  # the stage for load balancers relies on /16
_UNLIMITED = ("--kube-api-qps=5000", "--kube-api-burst=10000")


def write_credentials(home: Home, ports: Ports) -> None:
    """Write certificates and kubeconfigs of a new cluster."""
    folder = home.certificates
    certificates.write_all(folder)
    address = f"https://{HOST}:{ports['kube-apiserver']}"
    for client in (CONTROLLER_MANAGER, SCHEDULER, KWOK):
        kubeconfig.write(_kubeconfig(folder, client), address, folder, client)
    kubeconfig.write(home.kubeconfig, address, folder, ADMINISTRATOR)


def etcd(programs: Mapping[str, Path], home: Home, ports: Ports) -> Server:
    """Return etcd, which accepts only clients with a devnet certificate: it stores every Secret of the cluster."""
    client, peer = f"https://{HOST}:{ports['etcd']}", f"http://{HOST}:{ports['etcd-peer']}"
    command = [
        str(programs["etcd"]),
        "--name=devnet",
        f"--data-dir={home.etcd}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=devnet={peer}",
        "--client-cert-auth",
        f"--trusted-ca-file={_authority(home)}",
        f"--cert-file={certificates.certificate(home.certificates, SERVER)}",
        f"--key-file={certificates.key(home.certificates, SERVER)}",
        "--auto-compaction-retention=1h",
        "--unsafe-no-fsync",  # a development cluster need not survive a power failure, and starts much faster
        "--log-level=warn",
    ]
    return Server("etcd", command, {name: ports[name] for name in ("etcd", "etcd-peer")})


def api_server(programs: Mapping[str, Path], home: Home, ports: Ports) -> Server:
    """Return kube-apiserver with RBAC and without request limits: benchmarks would measure its throttling."""
    folder = home.certificates
    signer = certificates.key(folder, SERVICE_ACCOUNTS)
    command = [
        str(programs["kube-apiserver"]),
        f"--etcd-servers=https://{HOST}:{ports['etcd']}",
        f"--etcd-cafile={_authority(home)}",
        f"--etcd-certfile={certificates.certificate(folder, ADMINISTRATOR.file)}",
        f"--etcd-keyfile={certificates.key(folder, ADMINISTRATOR.file)}",
        *_serving(home, ports["kube-apiserver"]),
        f"--advertise-address={HOST}",
        "--endpoint-reconciler-type=none",  # a loopback address is not a valid endpoint of Service `kubernetes`
        f"--client-ca-file={_authority(home)}",
        "--authorization-mode=RBAC",
        "--allow-privileged=true",
        f"--service-cluster-ip-range={_SERVICE_RANGE}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={signer}",
        f"--service-account-signing-key-file={signer}",
        "--max-requests-inflight=0",
        "--max-mutating-requests-inflight=0",
        "--enable-priority-and-fairness=false",
        "--profiling=false",
    ]
    return Server("kube-apiserver", command, {"kube-apiserver": ports["kube-apiserver"]})


def controller_manager(programs: Mapping[str, Path], home: Home, ports: Ports) -> Server:
    """Return kube-controller-manager; it is the only one in the cluster, so it needs no leader election."""
    name = "kube-controller-manager"
    command = [
        str(programs[name]),
        f"--kubeconfig={_kubeconfig(home.certificates, CONTROLLER_MANAGER)}",
        *_serving(home, ports[name]),
        f"--root-ca-file={_authority(home)}",
        f"--service-account-private-key-file={certificates.key(home.certificates, SERVICE_ACCOUNTS)}",
        "--use-service-account-credentials",
        "--leader-elect=false",
        *_UNLIMITED,
    ]
    return Server(name, command, {name: ports[name]})


def scheduler(programs: Mapping[str, Path], home: Home, ports: Ports) -> Server:
    """Return kube-scheduler, without leader election."""
    name = "kube-scheduler"
    command = [
        str(programs[name]),
        f"--kubeconfig={_kubeconfig(home.certificates, SCHEDULER)}",
        *_serving(home, ports[name]),
        "--leader-elect=false",
        *_UNLIMITED,
    ]
    return Server(name, command, {name: ports[name]})


def kwok(programs: Mapping[str, Path], home: Home, ports: Ports) -> Server:
    """Return kwok, which simulates all kubelets, and a cloud's volumes and load balancers as `stages/` describes."""
    command = [
        str(programs["kwok"]),
        f"--kubeconfig={_kubeconfig(home.certificates, KWOK)}",
        *(f"--config={stage}" for stage in sorted(STAGES.glob("*.yaml"))),
        "--manage-all-nodes",
        f"--server-address={HOST}:{ports['kwok']}",
        f"--node-ip={HOST}",
        "--cidr=10.0.0.1/16",
        "--node-lease-duration-seconds=40",
    ]
    return Server("kwok", command, {"kwok": ports["kwok"]})


def _serving(home: Home, port: int) -> list[str]:
    return [
        f"--bind-address={HOST}",
        f"--secure-port={port}",
        f"--tls-cert-file={certificates.certificate(home.certificates, SERVER)}",
        f"--tls-private-key-file={certificates.key(home.certificates, SERVER)}",
    ]


def _authority(home: Home) -> Path:
    return certificates.certificate(home.certificates, certificates.AUTHORITY)


def _kubeconfig(folder: Path, client: Client) -> Path:
    return folder / f"{client.file}.kubeconfig"
