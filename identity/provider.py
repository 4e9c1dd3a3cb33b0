"""The dynamic Pulumi resources of identities, `NodeKeys` and `PoolOnChain`; every decision is in the modules below.

Deleting leaves the chain as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    UpdateResult,
)
from pulumi.runtime.rpc import UNKNOWN

from config.chain import Chain
from config.scalars import Amount
from config.settings import Settings
from identity.apply import apply
from identity.chain import ChainClient
from identity.configured import Configured, Properties, say
from identity.errors import CannotProceed, ChainError, IdentityError
from identity.keys_provider import NodeKeys
from identity.observe import look
from identity.plan import plan
from identity.pool_state import identities_in, inputs_of, known_eligible, outputs_of, same_inputs, wanted_of
from identity.preflight import require
from identity.preview import with_placeholders
from identity.wanted import Policy, WantedPool

__all__ = ["NodeKeys", "PoolOnChain", "PoolOnChainArgs"]


class PoolOnChainProvider(Configured):
    """Makes a pool what is wanted on chain, and tells when it is not."""

    def check(self, olds: Properties, news: Properties) -> CheckResult:
        """Preflight of a new or changed pool, also in preview; an unchanged pool is looked at by `diff`."""
        if same_inputs(olds, news):
            return CheckResult(news, [])
        try:
            self._preflight(olds, news)
        except CannotProceed as error:
            return CheckResult(news, [CheckFailure("", str(problem)) for problem in error.problems])
        except IdentityError as error:
            return CheckResult(news, [CheckFailure("", str(error))])
        return CheckResult(news, [])

    def diff(self, _id: str, olds: Properties, news: Properties) -> DiffResult:
        """A change when other things are wanted, or when something is missing or below its minimum on chain."""
        if not same_inputs(olds, news):
            return DiffResult(changes=True)
        limits = self._limits()
        wanted = wanted_of(news, news["nodes"], olds)
        observed = look(_client(limits, wanted), wanted, known_eligible(olds))
        return DiffResult(changes=bool(plan(wanted, observed, limits.block_gas_limit)))

    def create(self, props: Properties) -> CreateResult:
        """Does everything that is missing; adopts what an earlier, killed run has done."""
        return CreateResult(f"{props['network']['name']}/{props['pool']}", self._apply(props, {}))

    def update(self, _id: str, olds: Properties, news: Properties) -> UpdateResult:
        """Does what is missing; identities that are wanted no more stay as they are on chain."""
        outputs = self._apply(news, olds)
        for name in sorted(identities_in(olds).keys() - identities_in(outputs).keys()):
            say(_left_behind(name, identities_in(olds)[name]))
        return UpdateResult(outputs)

    def read(self, id_: str, props: Properties) -> ReadResult:
        """The pool as the chain shows it now."""
        wanted = wanted_of(props, props["nodes"], props)
        observed = look(_client(self._limits(), wanted), wanted, known_eligible(props))
        return ReadResult(id_, outputs_of(props, wanted, observed))

    def delete(self, _id: str, props: Properties) -> None:
        """Sends nothing: funds stay where they are, and it says where."""
        outputs = self._latest(props)
        for name, identity in identities_in(outputs).items():
            say(_left_behind(name, identity))

    def _preflight(self, olds: Properties, inputs: Properties) -> None:
        limits = self._limits()
        before = _known_nodes(olds.get("nodes", {}))
        nodes = with_placeholders(
            {name: node or before.get(name) for name, node in _known_nodes(inputs["nodes"]).items()}
        )
        wanted = wanted_of(inputs, nodes)
        chain = _client(limits, wanted)
        observed = look(chain, wanted)
        if plan(wanted, observed, limits.block_gas_limit):
            require(chain, wanted, observed, limits)

    def _apply(self, props: Properties, before: Properties) -> Properties:
        limits, wanted = self._limits(), wanted_of(props, props["nodes"], before)
        outcome = apply(
            _client(limits, wanted),
            self._signers,
            wanted,
            limits,
            known_eligible=known_eligible(before),
            report=lambda text: say(f"{props['pool']}: {text}"),
        )
        return outputs_of(props, wanted, outcome.observed)

    def _latest(self, props: Properties) -> Properties:
        try:
            return self.read("", props).outs or props
        except ChainError:
            return props  # the chain may be gone before the stack is: what was seen last is said then


@dataclass(frozen=True)
class PoolOnChainArgs:
    """A pool, the stack's settings, and the native address of each identity by its name."""

    pool_name: str
    settings: Settings
    nodes: Mapping[str, pulumi.Input[str]]


class PoolOnChain(Resource, module="hoprd", name="PoolOnChain"):
    """A whole pool on chain: Safes, modules, funds, registration."""

    identities: pulumi.Output[dict[str, dict[str, Any]]]
    """By name: nativeAddress, safeAddress, moduleAddress, nodeXdaiWei, safeWxhoprWei (decimal texts), registered."""
    wallet_address: pulumi.Output[str]

    def __init__(self, name: str, args: PoolOnChainArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        settings, wallet = args.settings, args.settings.wallet.address
        policy = Policy.of(settings.pools[args.pool_name], wallet)
        inputs = inputs_of(args.pool_name, settings.network, wallet, policy, args.nodes)
        super().__init__(PoolOnChainProvider(), name, {**inputs, "identities": None, "wallet_address": None}, opts)

    def identity(self, name: str) -> pulumi.Output[dict[str, Any]]:
        """One identity of the pool."""
        return self.identities.apply(lambda identities: identities[name])


def _known_nodes(nodes: Mapping[str, object]) -> dict[str, str | None]:
    """In a preview the addresses of keys that are not made yet are placeholders of the engine."""
    return {name: node if isinstance(node, str) and node != UNKNOWN else None for name, node in nodes.items()}


def _client(limits: Chain, wanted: WantedPool) -> ChainClient:
    chain = ChainClient(limits.rpc_url.get_secret_value())
    chain.expect_chain(wanted.network.chain_id, wanted.network.name)
    return chain


def _left_behind(name: str, identity: Mapping[str, Any]) -> str:
    xdai, wxhopr = (str(Amount.from_wei(int(identity[key]))) for key in ("nodeXdaiWei", "safeWxhoprWei"))
    return (
        f"{name} stays on chain: node {identity['nativeAddress']} with {xdai} xDai, Safe {identity['safeAddress']} "
        f"with {wxhopr} wxHOPR"
    )
