"""Rules between values: pools, names, port blocks; each says what contradicts what, and by how much."""

from collections import Counter
from collections.abc import Iterator

from config.draft import Draft
from config.errors import Problem
from config.explain import did_you_mean
from config.networks import BUILT_IN
from config.pools import Pool

LONGEST_LABEL = 63
LONGEST_CRON_JOB = 52  # the controller appends 11 characters for each job
LONGEST_HOST = 253


def contradictions(draft: Draft) -> list[Problem]:
    """Everything that is wrong between values that are valid by themselves."""
    checks = (_networks, _pools_exist, _enough_identities, _secret_names, _node_names, _forced_names)
    more = (_identity_names, _lengths, _hosts, _ports)
    return [problem for check in (*checks, *more) for problem in check(draft)]


def _count(number: int, noun: str) -> str:
    plural = "identities" if noun == "identity" else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def _networks(draft: Draft) -> Iterator[Problem]:
    for name in sorted(draft.network_names & BUILT_IN.keys()):
        yield Problem(f"networks.{name}", f"'{name}' is built in and cannot be redefined, choose another name")
    known = draft.network_names | BUILT_IN.keys()
    if draft.network is not None and draft.network not in known:
        names = ", ".join(sorted(known))
        yield Problem(
            "network", f"'{draft.network}' is unknown, known are {names}; define one of your own under hoprd:networks"
        )


def _pools_exist(draft: Draft) -> Iterator[Problem]:
    if draft.pool_names is None:
        return
    for path, workload in draft.workloads():
        if workload.pool not in draft.pool_names:
            yield Problem(
                f"{path}.pool", f"'{workload.pool}' is not a pool, {did_you_mean(workload.pool, draft.pool_names)}"
            )


def _enough_identities(draft: Draft) -> Iterator[Problem]:
    for pool_name, pool in draft.pools.items():
        users = {f"clusters.{n}.replicas": c.replicas for n, c in draft.clusters.items() if c.pool == pool_name}
        users |= {f"nodes.{n}": 1 for n, node in draft.nodes.items() if node.pool == pool_name}
        needed = sum(users.values())
        if needed > pool.size:
            who = ", ".join(f"{user} {count}" for user, count in users.items())
            yield Problem(
                f"pools.{pool_name}.size",
                f"{_count(pool.size, 'identity')} for {_count(needed, 'node')} ({who}), {needed - pool.size} too few; "
                f"raise it to {needed} or lower the replicas",
            )


def _secret_names(draft: Draft) -> Iterator[Problem]:
    made_here = {f"{name}-wallet": name for name, pool in draft.pools.items() if pool.secret_name is None}
    for name, pool in draft.pools.items():
        maker = made_here.get(pool.secret_name or "")
        if maker is not None:
            yield Problem(
                f"pools.{name}.secretName",
                f"'{pool.secret_name}' is made for pool '{maker}' by this program, name one that exists without it",
            )


def _node_names(draft: Draft) -> Iterator[Problem]:
    made = {node: name for name, cluster in draft.clusters.items() for node in cluster.node_names(name)}
    for name in draft.nodes:
        if name in made:
            yield Problem(f"nodes.{name}", f"'{name}' is already a node of cluster '{made[name]}', choose another name")


def _forced_names(draft: Draft) -> Iterator[Problem]:
    forcing: dict[str, str] = {}
    for name, cluster in draft.clusters.items():
        if not cluster.force_identity_name:
            continue
        first = forcing.setdefault(cluster.pool, name)
        if first != name:
            yield Problem(
                f"clusters.{name}.forceIdentityName",
                f"cluster '{first}' forces the identities '{cluster.pool}-1' … already, one cluster of a pool can",
            )


def _identity_names(draft: Draft) -> Iterator[Problem]:
    taken = {
        f"{cluster.pool}-{number}": f"cluster '{name}' (forceIdentityName)"
        for name, cluster in draft.clusters.items()
        if cluster.force_identity_name
        for number in range(1, cluster.replicas + 1)
    }
    for name, node in draft.nodes.items():
        identity, pool = node.identity_name, draft.pools.get(node.pool)
        if identity is None:
            continue
        path = f"nodes.{name}.identityName"
        if pool is not None and identity not in pool.identity_names(node.pool):
            yield Problem(path, f"'{identity}' is not in pool '{node.pool}', which has {_range(node.pool, pool)}")
        elif identity in taken:
            yield Problem(path, f"'{identity}' is used by {taken[identity]}, one identity can run one node")
        taken.setdefault(identity, f"node '{name}'")


def _range(pool_name: str, pool: Pool) -> str:
    return f"'{pool_name}-1'" + (f" to '{pool_name}-{pool.size}'" if pool.size > 1 else "")


def _lengths(draft: Draft) -> Iterator[Problem]:
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


def _hosts(draft: Draft) -> Iterator[Problem]:
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


def _ports(draft: Draft) -> Iterator[Problem]:
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
            f"{ports.min} to {ports.max} are {_count(ports.size, 'port')}, {needed} are needed ({who}), "
            f"{needed - ports.size} too few; widen the range or lower portsAllocation",
        )
