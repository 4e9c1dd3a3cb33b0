"""Rules between values about identities: a pool has enough, each runs one node, no two are the same."""

from collections.abc import Iterator

from config.errors import Problem
from config.models.identities import Identity
from config.models.pools import Pool
from config.validation.explain import counted
from config.validation.partial import PartialSettings


def _identities_exist(settings: PartialSettings) -> Iterator[Problem]:
    for pool_name, pool in settings.pools.items():
        for name in pool.identities:
            if name not in pool.identity_names(pool_name):
                yield Problem(f"pools.{pool_name}.identities.{name}", _not_in_pool(name, pool_name, pool))


def _enough_identities(settings: PartialSettings) -> Iterator[Problem]:
    for pool_name, pool in settings.pools.items():
        users = {f"clusters.{n}.replicas": c.replicas for n, c in settings.clusters.items() if c.pool == pool_name}
        users |= {f"nodes.{n}": 1 for n, node in settings.nodes.items() if node.pool == pool_name}
        retired = len(_retired(pool_name, pool))
        needed, missing = sum(users.values()), sum(users.values()) + retired - pool.size
        if missing > 0 and needed:
            shown = ", ".join(f"{user} {count}" for user, count in users.items())
            without_retired = f" minus {retired} retired" if retired else ""
            yield Problem(
                f"pools.{pool_name}.size",
                f"{counted(pool.size, 'identity')}{without_retired} for {counted(needed, 'node')} ({shown}), {missing} "
                f"too few; raise the size to {pool.size + missing} or lower the replicas",
            )


def _forced_names(settings: PartialSettings) -> Iterator[Problem]:
    forcing: dict[str, str] = {}
    for name, cluster in settings.clusters.items():
        if not cluster.force_identity_name:
            continue
        path, pool = f"clusters.{name}.forceIdentityName", settings.pools.get(cluster.pool)
        first = forcing.setdefault(cluster.pool, name)
        if first != name:
            yield Problem(
                path,
                f"cluster '{first}' already forces the identities '{cluster.pool}-1' …; set it to true for only one "
                "cluster of a pool",
            )
        forced = {f"{cluster.pool}-{number}" for number in range(1, cluster.replicas + 1)}
        for identity in sorted(forced & _retired(cluster.pool, pool)):
            yield Problem(
                path,
                f"forces '{identity}', which is retired (pools.{cluster.pool}.identities.{identity}.retire); set it to "
                "false, or do not retire the identity",
            )


def _identity_names(settings: PartialSettings) -> Iterator[Problem]:
    taken = {
        f"{cluster.pool}-{number}": f"cluster '{name}' (forceIdentityName)"
        for name, cluster in settings.clusters.items()
        if cluster.force_identity_name
        for number in range(1, cluster.replicas + 1)
    }
    for name, node in settings.nodes.items():
        identity, pool = node.identity_name, settings.pools.get(node.pool)
        if identity is None:
            continue
        path = f"nodes.{name}.identityName"
        if pool is not None and identity not in pool.identity_names(node.pool):
            yield Problem(path, _not_in_pool(identity, node.pool, pool))
        elif identity in _retired(node.pool, pool):
            yield Problem(
                path,
                f"'{identity}' is retired (pools.{node.pool}.identities.{identity}.retire); choose another identity",
            )
        elif identity in taken:
            yield Problem(path, f"'{identity}' is already used by {taken[identity]}; choose another identity")
        taken.setdefault(identity, f"node '{name}'")


def _one_key_source(settings: PartialSettings) -> Iterator[Problem]:
    for pool_name, pool in settings.pools.items():
        for name, identity in pool.identities.items():
            if pool.key_source == "seed" and identity.identity_file is not None:
                yield Problem(
                    f"pools.{pool_name}.identities.{name}.identityFile",
                    "conflicts with keySource: seed, which derives the keys of this pool; set only one",
                )


def _no_duplicates(settings: PartialSettings) -> Iterator[Problem]:
    first: dict[tuple[str, str], str] = {}
    for pool_name, pool in settings.pools.items():
        for name, identity in pool.identities.items():
            path = f"pools.{pool_name}.identities.{name}"
            for key, value in _unique_values(identity).items():
                other = first.setdefault((key, value), path)
                if other != path:
                    shown = "" if key == "identityFile" else f"'{value}' "
                    yield Problem(f"{path}.{key}", f"{shown}is already set for {other}; each identity needs its own")


def _unique_values(identity: Identity) -> dict[str, str]:
    """The values that no two identities may share."""
    file = identity.identity_file
    values = {
        "identityFile": file.get_secret_value().strip() if file else None,
        "peerId": identity.peer_id,
        "nativeAddress": identity.native_address,
        "safeAddress": identity.safe_address,
        "moduleAddress": identity.module_address,
    }
    return {key: value for key, value in values.items() if value}


def _retired(pool_name: str, pool: Pool | None) -> frozenset[str]:
    return pool.retired & frozenset(pool.identity_names(pool_name)) if pool else frozenset()


def _not_in_pool(identity: str, pool_name: str, pool: Pool) -> str:
    last = f" to '{pool_name}-{pool.size}'" if pool.size > 1 else ""
    return f"'{identity}' is not in pool '{pool_name}', which has '{pool_name}-1'{last}"


IDENTITY_RULES = (
    _identities_exist,
    _enough_identities,
    _forced_names,
    _identity_names,
    _one_key_source,
    _no_duplicates,
)
