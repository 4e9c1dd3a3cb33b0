"""Rules between values: each says what contradicts what, and by how much. Here those of names, hosts and ports."""

from collections import Counter
from collections.abc import Iterator

from config.errors import Problem
from config.models.networks import BUILT_IN
from config.validation.explain import counted, did_you_mean
from config.validation.identity_rules import IDENTITY_RULES
from config.validation.partial import PartialSettings
from config.validation.wallet_rules import WALLET_RULES

LONGEST_LABEL = 63
LONGEST_CRON_JOB = 52  # the controller appends 11 characters for each job
LONGEST_HOST = 253


def contradictions(draft: PartialSettings) -> list[Problem]:
    """Everything that is wrong between values that are valid by themselves."""
    first, last = (_networks, _pools_exist, _node_names), (_lengths, _hosts, _ports)
    checks = (*first, *IDENTITY_RULES, *WALLET_RULES, *last)
    return [problem for check in checks for problem in check(draft)]


def _networks(draft: PartialSettings) -> Iterator[Problem]:
    for name in sorted(draft.network_names & BUILT_IN.keys()):
        yield Problem(f"networks.{name}", f"'{name}' is built in and cannot be redefined, choose another name")
    known = draft.network_names | BUILT_IN.keys()
    if draft.network is not None and draft.network not in known:
        names = ", ".join(sorted(known))
        yield Problem(
            "network", f"'{draft.network}' is unknown, known are {names}; define one of your own under hoprd:networks"
        )


def _pools_exist(draft: PartialSettings) -> Iterator[Problem]:
    if draft.pool_names is None:
        return
    for path, workload in draft.workloads():
        if workload.pool not in draft.pool_names:
            yield Problem(
                f"{path}.pool", f"'{workload.pool}' is not a pool, {did_you_mean(workload.pool, draft.pool_names)}"
            )


def _node_names(draft: PartialSettings) -> Iterator[Problem]:
    made = {node: name for name, cluster in draft.clusters.items() for node in cluster.node_names(name)}
    for name in draft.nodes:
        if name in made:
            yield Problem(f"nodes.{name}", f"'{name}' is already a node of cluster '{made[name]}', choose another name")


def _lengths(draft: PartialSettings) -> Iterator[Problem]:
    for name, pool in draft.pools.items():
        yield from _too_long(f"pools.{name}", f"{name}-{pool.size}", "the identity", LONGEST_LABEL)
        if pool.funding:
            yield from _too_long(f"pools.{name}", f"auto-funding-{name}", "the CronJob", LONGEST_CRON_JOB)
    for path, workload in draft.workloads():
        section, name = path.split(".")
        last = f"{name}-{draft.clusters[name].replicas}" if section == "clusters" else name
        if workload.service.type == "LoadBalancer":
            yield from _too_long(path, f"{last}-p2p-tcp", "the Service", LONGEST_LABEL)
        else:
            yield from _too_long(path, last, "the Service", LONGEST_LABEL)


def _too_long(path: str, name: str, what: str, longest: int) -> Iterator[Problem]:
    if len(name) > longest:
        yield Problem(
            path, f"the name makes {what} '{name}' of {len(name)} characters, {longest} are allowed; shorten it"
        )


def _hosts(draft: PartialSettings) -> Iterator[Problem]:
    if draft.platform is None:
        return
    suffix = f".{draft.platform.namespace}.{draft.platform.ingress.dns_domain}"
    names = [n for name, cluster in draft.clusters.items() for n in cluster.node_names(name)[-1:]] + list(draft.nodes)
    longest = max(names, key=len, default="")
    if len(longest + suffix) > LONGEST_HOST:
        length = len(longest + suffix)
        yield Problem(
            "platform.ingress.dnsDomain",
            f"the host of node '{longest}' would have {length} characters, {LONGEST_HOST} are allowed",
        )


def _ports(draft: PartialSettings) -> Iterator[Problem]:
    if draft.platform is None:
        return
    blocks: Counter[str] = Counter()
    for path, workload in draft.workloads():
        section, name = path.split(".")
        replicas = draft.clusters[name].replicas if section == "clusters" else 1
        if workload.service.type == "ClusterIP":
            blocks[path] = replicas * workload.ports_allocation
    ports, needed = draft.platform.ingress.ports, blocks.total()
    if needed > ports.size:
        who = ", ".join(f"{path} {count}" for path, count in blocks.items())
        yield Problem(
            "platform.ingress.ports",
            f"{ports.min} to {ports.max} are {counted(ports.size, 'port')}, {needed} are needed ({who}), "
            f"{needed - ports.size} too few; widen the range or lower portsAllocation",
        )
