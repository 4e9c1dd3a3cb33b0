"""A mock engine that records the registered resources and answers as the real engine and providers do."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pulumi
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import SETTINGS
from pulumi.runtime.stack import run_pulumi_func
from pulumi.runtime.sync_await import _sync_await

from components.change_stamps import ChangeStampsProvider
from components.fleet import deploy
from components.preparation import Prepared
from components.status.decide import decide
from components.status.model import DesiredFleet
from config.models.settings import Settings
from summary.recorded import RecordedObject
from testkit.components.fake_cluster import FakeCluster, allocation_provider, fake_cluster
from testkit.status.objects import READY, unwritten

PROJECT = "hoprd"
STACK = "test"
# Pulumi uses the current event loop. Python 3.12 and newer no longer create one on demand without a warning.
_EVENT_LOOP = asyncio.new_event_loop()
asyncio.set_event_loop(_EVENT_LOOP)


@dataclass
class Registered:
    """A registered resource."""

    urn: str
    type: str
    name: str
    inputs: dict[str, Any]
    parent: str
    dependencies: set[str]
    origins: set[str]
    """The resources from which its properties come."""
    protect: bool
    retain_on_delete: bool
    provider: str
    secret_outputs: set[str]
    replacement_trigger: Any
    delete_before_replace: bool


@dataclass
class Cluster(Mocks):
    """The answers of the cluster and the chain: Deployment statuses by node, live port maps."""

    deployment_status: Callable[[str], dict[str, Any]] = lambda name: READY
    port_map: Mapping[str, str] = field(default_factory=dict)
    api: type[FakeCluster] = field(init=False)
    created: bool = True
    """False: as in the preview of a new stack, outputs are inputs, without ids, uids and keys."""
    changing: bool = False
    """True: as in the preview of a change with unknown values, outputs are inputs, with the existing ids."""
    stored_inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[MockResourceArgs] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.api = fake_cluster(self.port_map, self.port_map)

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"the program calls no functions, but called {args.token}")

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.calls.append(args)
        inputs = dict(args.inputs)
        match args.typ:
            case "pulumi-python:dynamic/hoprd:Allocation":
                return self._checked(allocation_provider(self.api), args)
            case "pulumi-python:dynamic/hoprd:ChangeStamps":
                return self._checked(ChangeStampsProvider(), args)
            case "pulumi-python:dynamic/hoprd:Presence":
                return args.name, {"tokens": {}}
            case "pulumi-python:dynamic/hoprd:FleetStatus" if self.created:
                return args.name, {**inputs, "statuses": self._statuses(inputs)}
            case _ if not self.created and args.custom and not args.resource_id:
                return "", inputs
            case _ if self.changing and args.typ.startswith("kubernetes:hoprnet.org/"):
                return args.name, inputs
            case "pulumi-python:dynamic/hoprd:NodeKeys":
                identity = args.name.removesuffix("-keys")
                return f"native-of-{identity}", {
                    "peer_id": f"peer-of-{identity}",
                    "native_address": f"native-of-{identity}",
                    "identity_file": pulumi_secret(f"file-of-{identity}"),
                }
            case "pulumi-python:dynamic/hoprd:PoolOnChain":
                return args.name, {"identities": self._on_chain(inputs["nodes"]), "wallet_address": "wallet"}
            case "kubernetes:core/v1:Service" if inputs["spec"]["type"] == "LoadBalancer":
                return args.name, {**inputs, "status": {"loadBalancer": {"ingress": [{"ip": "198.51.100.7"}]}}}
            case _ if "metadata" in inputs:
                return args.name, {**inputs, "metadata": {**inputs["metadata"], "uid": f"uid-of-{args.name}"}}
        return args.name, inputs

    def _statuses(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The statuses that follow from `deployment_status`."""
        desired = DesiredFleet.read(inputs)
        seen = unwritten(desired)
        deployments = {
            name: {**live, "status": {"observedGeneration": 1, **self.deployment_status(name)}}
            for name, live in seen.deployments.items()
        }
        return decide(desired, replace(seen, deployments=deployments)).summary()

    def _checked(self, provider: Any, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """As the engine does: pass the stored inputs and the new inputs to `check`, and create its result."""
        result = provider.check(self.stored_inputs.get(args.name, {}), dict(args.inputs))
        if result.failures:
            raise ValueError("; ".join(failure.reason for failure in result.failures))
        self.stored_inputs[args.name] = result.inputs
        return args.name, result.inputs

    def _on_chain(self, nodes: Mapping[str, str]) -> dict[str, Any]:
        return {
            name: {
                "nativeAddress": address,
                "safeAddress": f"safe-of-{name}",
                "moduleAddress": f"module-of-{name}",
                "founder": f"founder-of-{name}",
                "nodeXdaiWei": "100000000000000000",
                "nodeXdaiRunway": {"days": 12.5},
                "safeWxhoprRunway": {},
                "safeWxhoprWei": "0",
                "safeXdaiWei": "0",
                "registered": True,
            }
            for name, address in nodes.items()
        }


def pulumi_secret(value: str) -> dict[str, str]:
    """A secret in the wire format of engine and provider."""
    return {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": value}


class Engine:
    """The registered resources and the outputs of one run of the program."""

    def __init__(self, registered: list[Registered], outputs: dict[str, Any]) -> None:
        self.registered = registered
        self.outputs = outputs
        self.identities: dict[str, Any] = outputs.get("identities", {})
        self.statuses: dict[str, dict[str, dict[str, Any]]] = outputs.get("statuses", {})

    def of_type(self, suffix: str) -> dict[str, Registered]:
        """All resources whose type ends with `suffix`, by name."""
        return {one.name: one for one in self.registered if one.type.endswith(suffix)}

    def one(self, suffix: str, name: str) -> Registered:
        """The resource with this type and name."""
        return self.of_type(suffix)[name]

    @property
    def urns(self) -> set[str]:
        """The URNs of all resources."""
        return {one.urn for one in self.registered}


class _RecordingMonitor(MockMonitor):
    def __init__(self, mocks: Mocks) -> None:
        super().__init__(mocks)
        self.registered: list[Registered] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the engine's interface
        self.registered.append(
            Registered(
                urn=self.make_urn(request.parent, request.type, request.name),
                type=request.type,
                name=request.name,
                inputs=MessageToDict(request.object),
                parent=request.parent,
                dependencies=set(request.dependencies),
                origins={urn for one in request.propertyDependencies.values() for urn in one.urns},
                protect=request.protect,
                retain_on_delete=request.retainOnDelete,
                provider=request.provider,
                secret_outputs=set(request.additionalSecretOutputs),
                replacement_trigger=MessageToDict(request.replacement_trigger),
                delete_before_replace=request.deleteBeforeReplace,
            )
        )
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


def run(
    settings: Settings,
    cluster: Cluster | None = None,
    *,
    preview: bool = False,
    objects: tuple[RecordedObject, ...] = (),
    known: Mapping[str, Mapping[str, Any]] | None = None,
) -> Engine:
    """Run the program's components with the cluster. Raise the errors of the program and of checks.

    `objects` are those that the state has, and `known` is what a preview knows of each identity.
    """
    answering = cluster or Cluster()
    monitor = _RecordingMonitor(answering)
    SETTINGS.rpc_manager.clear()
    SETTINGS.outputs.clear()
    outputs: dict[str, Any] = {}

    def program() -> None:
        fleet = deploy(settings, replace(Prepared.of(settings), objects=objects, known=known or {}), answering.api)
        summaries = {
            "pools": fleet.pools,
            "nodes": fleet.nodes,
            "identities": fleet.identities,
            "statuses": fleet.statuses,
        }
        pulumi.Output.from_input(summaries).apply(outputs.update)

    asyncio.set_event_loop(_EVENT_LOOP)
    set_mocks(answering, project=PROJECT, stack=STACK, preview=preview, monitor=monitor)
    try:
        _sync_await(run_pulumi_func(program))
    finally:
        _cancel_pending()
    return Engine(monitor.registered, outputs)


def _cancel_pending() -> None:
    """End the registrations that a failed run left behind: the next run uses the same event loop."""
    pending = asyncio.all_tasks(_EVENT_LOOP)
    for task in pending:
        task.cancel()
    _EVENT_LOOP.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
