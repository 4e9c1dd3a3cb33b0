"""Rules between values about identities: there are enough, each runs one node, none is given twice."""

from collections.abc import Iterator

from config.errors import Problem
from config.models.identities import Identity
from config.models.pools import Pool
from config.validation.explain import counted
from config.validation.partial import PartialSettings


def _identities_exist(draft: PartialSettings) -> Iterator[Problem]:
    for pool_name, pool in draft.pools.items():
        for name in pool.identities:
            if name not in pool.identity_names(pool_name):
                yield Problem(f"pools.{pool_name}.identities.{name}", _not_in_the_pool(name, pool_name, pool))


def _enough_identities(draft: PartialSettings) -> Iterator[Problem]:
    for pool_name, pool in draft.pools.items():
        users = {f"clusters.{n}.replicas": c.replicas for n, c in draft.clusters.items() if c.pool == pool_name}
        users |= {f"nodes.{n}": 1 for n, node in draft.nodes.items() if node.pool == pool_name}
        retired = len(_retired(pool_name, pool))
        needed, missing = sum(users.values()), sum(users.values()) + retired - pool.size
        if missing > 0 and needed:
            who = ", ".join(f"{user} {count}" for user, count in users.items())
            less = f" less {retired} to be retired" if retired else ""
            yield Problem(
                f"pools.{pool_name}.size",
                f"{counted(pool.size, 'identity')}{less} for {counted(needed, 'node')} ({who}), {missing} too few; "
                f"raise it to {pool.size + missing} or lower the replicas",
            )


def _forced_names(draft: PartialSettings) -> Iterator[Problem]:
    forcing: dict[str, str] = {}
    for name, cluster in draft.clusters.items():
        if not cluster.force_identity_name:
            continue
        path, pool = f"clusters.{name}.forceIdentityName", draft.pools.get(cluster.pool)
        first = forcing.setdefault(cluster.pool, name)
        if first != name:
            yield Problem(
                path,
                f"cluster '{first}' forces the identities '{cluster.pool}-1' … already, one cluster of a pool can",
            )
        forced = {f"{cluster.pool}-{number}" for number in range(1, cluster.replicas + 1)}
        for identity in sorted(forced & _retired(cluster.pool, pool)):
            yield Problem(
                path,
                f"forces '{identity}', which is to be retired (pools.{cluster.pool}.identities.{identity}.retire); "
                "set it to false or keep the identity",
            )


def _identity_names(draft: PartialSettings) -> Iterator[Problem]:
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
            yield Problem(path, _not_in_the_pool(identity, node.pool, pool))
        elif identity in _retired(node.pool, pool):
            yield Problem(
                path,
                f"'{identity}' is to be retired (pools.{node.pool}.identities.{identity}.retire), name another one",
            )
        elif identity in taken:
            yield Problem(path, f"'{identity}' is used by {taken[identity]}, one identity can run one node")
        taken.setdefault(identity, f"node '{name}'")


def _one_origin_of_keys(draft: PartialSettings) -> Iterator[Problem]:
    for pool_name, pool in draft.pools.items():
        for name, identity in pool.identities.items():
            if pool.key_source == "seed" and identity.identity_file is not None:
                yield Problem(
                    f"pools.{pool_name}.identities.{name}.identityFile",
                    "is given, and keySource: seed derives the keys of this pool; remove one of them",
                )


def _nothing_twice(draft: PartialSettings) -> Iterator[Problem]:
    first: dict[tuple[str, str], str] = {}
    for pool_name, pool in draft.pools.items():
        for name, identity in pool.identities.items():
            path = f"pools.{pool_name}.identities.{name}"
            for key, value in _own(identity).items():
                other = first.setdefault((key, value), path)
                if other != path:
                    shown = "is" if key == "identityFile" else f"'{value}' is"
                    yield Problem(f"{path}.{key}", f"{shown} that of {other} too, each identity has its own")


def _own(identity: Identity) -> dict[str, str]:
    """What no two identities can have."""
    file = identity.identity_file
    own = {
        "identityFile": file.get_secret_value().strip() if file else None,
        "peerId": identity.peer_id,
        "nativeAddress": identity.native_address,
        "safeAddress": identity.safe_address,
        "moduleAddress": identity.module_address,
    }
    return {key: value for key, value in own.items() if value}


def _retired(pool_name: str, pool: Pool | None) -> frozenset[str]:
    return pool.retired & frozenset(pool.identity_names(pool_name)) if pool else frozenset()


def _not_in_the_pool(identity: str, pool_name: str, pool: Pool) -> str:
    last = f" to '{pool_name}-{pool.size}'" if pool.size > 1 else ""
    return f"'{identity}' is not in pool '{pool_name}', which has '{pool_name}-1'{last}"


IDENTITY_RULES = (
    _identities_exist,
    _enough_identities,
    _forced_names,
    _identity_names,
    _one_origin_of_keys,
    _nothing_twice,
)
