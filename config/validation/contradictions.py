"""All rules between values. This module has those of names, hosts and ports."""

from collections import Counter
from collections.abc import Iterator

from config.errors import Problem
from config.models.addresses import unreachable_class
from config.models.networks import BUILT_IN
from config.validation.explain import counted, did_you_mean
from config.validation.identity_rules import IDENTITY_RULES
from config.validation.network_rules import NETWORK_RULES
from config.validation.owner_rules import OWNER_RULES
from config.validation.partial import PartialSettings
from config.validation.release_rules import RELEASE_RULES
from config.validation.wallet_rules import WALLET_RULES

MAX_LABEL_LENGTH = 63
MAX_CRON_JOB_LENGTH = 52  # the CronJob controller appends 11 characters to the name of each job
MAX_HOST_LENGTH = 253
_PORTS_OF_NODES = {"API": 3001, "metrics": 8080}
_PORTS_OF_CONTROLLER = (80, 442, 443, 8181, 8443, 10245, 10246, 10247, 10254)
"""Ports on which ingress-nginx itself listens by default: http, https, webhook, health, status and so on."""


def contradictions(settings: PartialSettings) -> list[Problem]:
    """Check the rules between values; `settings` has only the values that are valid by themselves."""
    first, last = (
        (_networks, _pools_exist, _node_names),
        (_lengths, _hosts, _announced_address, _node_port_clash, _controller_port_clash, _ports),
    )
    checks = (*first, *IDENTITY_RULES, *OWNER_RULES, *WALLET_RULES, *RELEASE_RULES, *NETWORK_RULES, *last)
    return [problem for check in checks for problem in check(settings)]


def _networks(settings: PartialSettings) -> Iterator[Problem]:
    for name in sorted(settings.network_names & BUILT_IN.keys()):
        yield Problem(f"networks.{name}", f"'{name}' is built in and cannot be redefined; choose another name")
    known = settings.network_names | BUILT_IN.keys()
    if settings.network is not None and settings.network not in known:
        yield Problem(
            "network",
            f"'{settings.network}' is not a network, expected one of {', '.join(sorted(known))}; define other networks "
            "under hoprd:networks",
        )


def _pools_exist(settings: PartialSettings) -> Iterator[Problem]:
    if settings.pool_names is None:
        return
    for path, workload in settings.workloads():
        if workload.pool not in settings.pool_names:
            yield Problem(
                f"{path}.pool", f"'{workload.pool}' is not a pool, {did_you_mean(workload.pool, settings.pool_names)}"
            )


def _node_names(settings: PartialSettings) -> Iterator[Problem]:
    clusters = {node: name for name, cluster in settings.clusters.items() for node in cluster.node_names(name)}
    for name in settings.nodes:
        if name in clusters:
            yield Problem(
                f"nodes.{name}", f"'{name}' is already a node of cluster '{clusters[name]}'; choose another name"
            )


def _lengths(settings: PartialSettings) -> Iterator[Problem]:
    for name, pool in settings.pools.items():
        yield from _too_long(f"pools.{name}", f"{name}-{pool.size}", "the identity", MAX_LABEL_LENGTH)
        if pool.funding:
            yield from _too_long(f"pools.{name}", f"auto-funding-{name}", "the CronJob", MAX_CRON_JOB_LENGTH)
    for path, workload in settings.workloads():
        section, name = path.split(".")
        last = f"{name}-{settings.clusters[name].replicas}" if section == "clusters" else name
        if workload.service.type == "LoadBalancer":
            yield from _too_long(path, f"{last}-p2p-tcp", "the Service", MAX_LABEL_LENGTH)
        else:
            yield from _too_long(path, last, "the Service", MAX_LABEL_LENGTH)


def _too_long(path: str, name: str, kind: str, limit: int) -> Iterator[Problem]:
    if len(name) > limit:
        yield Problem(
            path,
            f"the name of {kind} '{name}' would have {len(name)} characters, at most {limit} are allowed; choose a "
            "shorter name",
        )


def _hosts(settings: PartialSettings) -> Iterator[Problem]:
    if settings.platform is None:
        return
    suffix = f".{settings.platform.namespace}.{settings.platform.ingress.dns_domain}"
    longest = max(_host_names(settings), key=len, default="")
    if len(longest + suffix) > MAX_HOST_LENGTH:
        length = len(longest + suffix)
        yield Problem(
            "platform.ingress.dnsDomain",
            f"the host name of node '{longest}' would have {length} characters, at most {MAX_HOST_LENGTH} are allowed; "
            "shorten the domain, the namespace or the name of the node",
        )


def _announced_address(settings: PartialSettings) -> Iterator[Problem]:
    if settings.platform is None or settings.platform.is_devnet or not settings.announces_load_balancer:
        return
    address = settings.platform.ingress.load_balancer_ip
    kind = unreachable_class(address)
    if kind:
        yield Problem(
            "platform.ingress.loadBalancerIp",
            f"'{address}' is {kind}, and hoprd does not start with an address that other nodes cannot reach; set the "
            "public address of the load balancer",
        )


def _host_names(settings: PartialSettings) -> Iterator[str]:
    """The first label of each host name; a node with its own load balancer has a second one."""
    for path, workload in settings.workloads():
        section, name = path.split(".")
        nodes = settings.clusters[name].node_names(name)[-1:] if section == "clusters" else (name,)
        suffix = "-p2p" if workload.service.type == "LoadBalancer" else ""
        yield from (f"{node}{suffix}" for node in nodes)


def _node_port_clash(settings: PartialSettings) -> Iterator[Problem]:
    """A node's Service has these ports too, and Kubernetes refuses a Service with the same port twice."""
    if settings.platform is None:
        return
    ports = settings.platform.ingress.ports
    for use, port in _PORTS_OF_NODES.items():
        if ports.min <= port <= ports.max:
            yield Problem(
                "platform.ingress.ports",
                f"{ports.min} to {ports.max} contains {port}, the port of a node's {use}; choose a range without it",
            )


def _controller_port_clash(settings: PartialSettings) -> Iterator[Problem]:
    if settings.platform is None:
        return
    ports = settings.platform.ingress.ports
    own = [port for port in _PORTS_OF_CONTROLLER if ports.min <= port <= ports.max]
    if own:
        yield Problem(
            "platform.ingress.ports",
            f"{ports.min} to {ports.max} contains {', '.join(map(str, own))}, which the ingress controller uses "
            f"itself; choose a range without {'it' if len(own) == 1 else 'them'}",
        )


def _ports(settings: PartialSettings) -> Iterator[Problem]:
    if settings.platform is None:
        return
    blocks: Counter[str] = Counter()
    for path, workload in settings.workloads():
        section, name = path.split(".")
        replicas = settings.clusters[name].replicas if section == "clusters" else 1
        if workload.service.type == "ClusterIP":
            blocks[path] = replicas * workload.ports_allocation
    ports, needed = settings.platform.ingress.ports, blocks.total()
    if needed > ports.size:
        users = ", ".join(f"{path} {count}" for path, count in blocks.items())
        yield Problem(
            "platform.ingress.ports",
            f"{ports.min} to {ports.max} has {counted(ports.size, 'port')}, the nodes need {needed} ({users}), "
            f"{needed - ports.size} too few; widen the range or lower portsAllocation",
        )
