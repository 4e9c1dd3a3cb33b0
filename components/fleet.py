"""Register all components of a stack, in the order of their dependencies."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components import marking
from components.allocation import Assignment
from components.allocation_inputs import inventory, requests
from components.allocation_provider import Allocation, assignments_of
from components.change_stamps import ChangeStamps
from components.claim import Place
from components.cluster import definitions
from components.cluster_hoprd import ClusterHoprd, ClusterHoprdArgs
from components.hoprd import Hoprd, HoprdArgs
from components.identity_pool import IdentityPool, IdentityPoolArgs
from components.manifests import names
from components.manifests.crds import all_crds
from components.manifests.inventory import object_names
from components.manifests.specs import checksum, cluster_spec, node_spec, pool_spec
from components.platform import Platform, PlatformArgs
from components.port_maps import PortMaps
from components.preparation import Prepared
from components.status.fleet_status import FleetStatus, Presence
from components.status_registration import Registered, register_status
from config.models.settings import Settings
from identity.cluster.api import ClusterApi, ClusterUnreachable
from identity.errors import NoUsableContext
from summary.recorded import RecordedObject

Summary = Mapping[str, pulumi.Input[Any]]


@dataclass(frozen=True)
class Fleet:
    """The stack outputs of pools, identities and nodes, by name."""

    pools: Mapping[str, Summary]
    identities: Mapping[str, Summary]
    nodes: Mapping[str, Summary]
    statuses: pulumi.Output[Mapping[str, Any]]
    """The status of each custom resource, by kind and name."""
    on_destroy: Mapping[str, pulumi.Output[str]]
    """What a destroy does to the money and volumes of each pool."""


def deploy(settings: Settings, prepared: Prepared, connect: type[ClusterApi] = ClusterApi) -> Fleet:
    """Register all components; `connect` opens the API server of a context.

    Raise the errors of `definitions.of_others`.
    """
    workloads, stack = settings.workloads(), marking.stack_name()
    objects = object_names(settings)
    presence = Presence("presence", settings.platform, _registered_again(settings, objects, prepared.objects))
    platform = Platform(
        "platform",
        PlatformArgs(settings.platform, stack, _definitions_of_others(settings, connect)),
        pulumi.ResourceOptions(transformations=[presence.restoring]),
    )
    allocation = Allocation(
        "allocation",
        requests=requests(settings),
        inventory=inventory(settings),
        place=_place(settings, stack),
        objects=objects,
    )
    platform.prepare(allocation, allocation.creates(settings.platform.namespace))
    in_cluster = pulumi.ResourceOptions(
        providers={"kubernetes": platform.provider}, transformations=[marking.marking(stack), presence.restoring]
    )
    if _shares_ports(settings):
        PortMaps("port-maps", settings.platform.ingress, allocation, in_cluster)
    assignments = allocation.assignments.apply(assignments_of)
    stamps = ChangeStamps("change-stamps", assignments.apply(lambda assigned: _checksums(settings, assigned)))

    users = assignments.apply(lambda assigned: {assignment.identity: node for node, assignment in assigned.items()})
    pools = {
        name: IdentityPool(
            name, IdentityPoolArgs(settings, prepared, users, allocation, platform.prerequisites), in_cluster
        )
        for name in settings.pools
    }
    clusters = {
        name: ClusterHoprd(
            name,
            ClusterHoprdArgs(
                cluster=cluster,
                marked="clusters" in settings.secret_sections,
                nodes={node: workloads[node] for node in cluster.node_names(name)},
                platform=settings.platform,
                pool=pools[cluster.pool],
                assignment_of=allocation.of,
            ),
            in_cluster,
        )
        for name, cluster in settings.clusters.items()
    }
    single = _single_nodes(settings, pools, allocation.of, in_cluster)
    nodes = {name: node for cluster in clusters.values() for name, node in cluster.nodes.items()} | single
    status = register_status(Registered(settings, pools, clusters, nodes, allocation.of, stamps.of))
    return _fleet(pools, nodes, status)


def _registered_again(
    settings: Settings, objects: Mapping[str, Sequence[str]], recorded: Iterable[RecordedObject]
) -> Iterator[RecordedObject]:
    """The recorded objects that this run registers, in the same namespace."""
    names_of = {**objects, "Namespace": [settings.platform.namespace]}
    definitions = {one["metadata"]["name"] for one in all_crds()} if settings.platform.install_crds else ()
    for one in recorded:
        is_definition = one.kind == "CustomResourceDefinition" and one.name in definitions
        if is_definition or (
            one.name in names_of.get(one.kind, ()) and one.namespace in {"", settings.platform.namespace}
        ):
            yield one


def _fleet(pools: Mapping[str, IdentityPool], nodes: Mapping[str, Hoprd], status: FleetStatus) -> Fleet:
    """Add what the cluster shows to the summaries."""
    identities = {name: summary for pool in pools.values() for name, summary in pool.identity_summaries.items()}
    return Fleet(
        pools={
            name: {
                **pool.summary,
                **{field: status.of(names.POOL_KIND, name, field) for field in ("phase", "size", "locked")},
            }
            for name, pool in pools.items()
        },
        identities={
            name: {"phase": status.of(names.IDENTITY_KIND, name), **summary} for name, summary in identities.items()
        },
        nodes={name: {**node.summary, "phase": status.of(names.NODE_KIND, name)} for name, node in nodes.items()},
        statuses=status.statuses,
        on_destroy={name: pool.on_destroy for name, pool in pools.items()},
    )


def _single_nodes(
    settings: Settings,
    pools: Mapping[str, IdentityPool],
    assignment_of: Callable[[str], pulumi.Output[Assignment]],
    options: pulumi.ResourceOptions,
) -> dict[str, Hoprd]:
    """Register the nodes that belong to no cluster."""
    workloads = settings.workloads()
    return {
        name: Hoprd(
            name,
            HoprdArgs(
                node=workloads[name],
                platform=settings.platform,
                pool=pools[node.pool],
                assignment=assignment_of(name),
            ),
            options,
        )
        for name, node in settings.nodes.items()
    }


def _shares_ports(settings: Settings) -> bool:
    return any(node.workload.service.type == "ClusterIP" for node in settings.workloads().values())


def _place(settings: Settings, stack: str) -> Place:
    platform, ingress = settings.platform, settings.platform.ingress
    return Place(
        context=platform.kube_context,
        stack=stack,
        namespace=platform.namespace,
        create_namespace=platform.create_namespace,
        ingress_namespace=ingress.namespace,
        port_maps=(ingress.tcp_config_map, ingress.udp_config_map) if _shares_ports(settings) else (),
        volume_size=platform.persistence.size,
        network=settings.network.name,
    )


def _definitions_of_others(settings: Settings, connect: type[ClusterApi]) -> dict[str, str]:
    """The owners of definitions that are used and not installed, by name. Without a cluster, a preview shows none."""
    if not settings.platform.install_crds:
        return {}
    try:
        with connect(settings.platform.kube_context) as api:
            found = definitions.of_others(api, all_crds())
    except (ClusterUnreachable, NoUsableContext):
        if not pulumi.runtime.is_dry_run():
            raise
        pulumi.log.warn("the cluster does not respond: this preview does not look at what exists there")
        return {}
    for name, owner in found.items():
        pulumi.log.info(f"uses the definition {name} of {owner} as it is")
    return found


def _checksums(settings: Settings, assigned: Mapping[str, Assignment]) -> dict[str, str]:
    """The checksum of each spec, by `<kind>/<name>`."""
    specs: dict[tuple[str, str], Any] = {}
    for name, pool in settings.pools.items():
        secret_name = pool.secret_name or names.wallet_secret(name)
        specs[names.POOL_KIND, name] = pool_spec(pool, settings.network.name, secret_name)
    for name, cluster in settings.clusters.items():
        specs[names.CLUSTER_KIND, name] = cluster_spec(cluster, marked="clusters" in settings.secret_sections)
    for name, node in settings.workloads().items():
        specs[names.NODE_KIND, name] = node_spec(node.workload, assigned[name].identity, marked=node.marked)
    return {f"{kind}/{name}": checksum(spec) for (kind, name), spec in specs.items()}
