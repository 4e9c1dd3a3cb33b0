"""The provider of `PoolOnChain`: it translates between the engine and the modules below, which take every decision.

Deleting the resource leaves the chain as it is, unless the pool has `drainOnDestroy`.
"""

import base64
import logging
from collections.abc import Mapping
from dataclasses import replace

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
)
from pulumi.runtime.rpc import UNKNOWN

from config.stack_state import DEPLOYERS, PoolState
from config.validation.folding import folded
from identity.chain.client import ChainClient
from identity.configured import Configured, Properties, abort_with_message, notify
from identity.consent import DRAIN, OWNERS
from identity.decommission.execute import decommission, require_gas
from identity.decommission.plan import is_decommissioned
from identity.errors import CannotProceed, ChainError, IdentityError, PreflightFailed, WalletCannotSign
from identity.evm.calls import Signers
from identity.keys import keyfile
from identity.keys.pair import NodeKeyPair
from identity.observation.desired import DesiredPool
from identity.observation.observe import ObservedPool, observe
from identity.observation.pool_spec import IDENTITY_FILES, PoolSpec, is_same_pool, network_moved
from identity.provisioning.apply import apply
from identity.provisioning.assessment import Assessment, find_deployers
from identity.provisioning.ownership import owner_changes
from identity.provisioning.pool_state import observed_state, outputs_of
from identity.secrets.signers import LocalSigner
from identity.submission.spending import Sum

_log = logging.getLogger(__name__)


class PoolOnChainProvider(Configured):
    """Provisions a pool on chain, and reports when it is not complete."""

    def check(self, olds: Properties, news: Properties) -> CheckResult:
        """Runs preflight for a new or changed pool, also in a preview; `diff` observes an unchanged one.

        The engine passes the earlier inputs and no outputs, so the deployer of each Safe is carried in the inputs.
        """
        spec = _spec(news)
        if conflicts := self.run.nodes.take(spec.pool, spec.known_nodes):
            return CheckResult(news, [CheckFailure("", str(problem)) for problem in conflicts])
        if is_same_pool(olds, news):
            return CheckResult({**news, DEPLOYERS: PoolState.read(olds).deployers}, [])
        try:
            deployers = self._preflight(olds, spec)
        except CannotProceed as error:
            _log.debug("pool %s: check failed", spec.pool, exc_info=True)
            return CheckResult(news, [CheckFailure("", str(problem)) for problem in error.problems])
        except IdentityError as error:
            _log.debug("pool %s: check failed", spec.pool, exc_info=True)
            return CheckResult(news, [CheckFailure("", str(error))])
        return CheckResult({**news, DEPLOYERS: deployers}, [])

    @abort_with_message
    def diff(self, _id: str, olds: Properties, news: Properties) -> DiffResult:
        """A change when the inputs differ, or when something is missing or below its minimum on chain.

        Raises what prevents such a repair: `check` does not observe an unchanged pool.
        """
        if not is_same_pool(olds, news):
            return DiffResult(changes=True)
        return DiffResult(changes=self._reserve_cost(self._assess(_spec(news), olds)))

    @abort_with_message
    def create(self, props: Properties) -> CreateResult:
        """Provisions what is missing; adopts what an interrupted run has created."""
        return CreateResult(f"{props['network']['name']}/{props['pool']}", self._apply(props, {}))

    @abort_with_message
    def update(self, _id: str, olds: Properties, news: Properties) -> UpdateResult:
        """Provisions what is missing and decommissions retired identities; removed identities stay as they are."""
        networks = [properties["network"]["name"] for properties in (olds, news)]
        if networks[0] != networks[1]:
            raise IdentityError(network_moved(*networks))
        outputs = self._apply(news, olds)
        before, after = PoolState.read(olds).identities, PoolState.read(outputs).identities
        for name in sorted(before.keys() - after.keys()):
            notify(before[name].left_behind(name))
        return UpdateResult(outputs)

    @abort_with_message
    def read(self, id_: str, props: Properties) -> ReadResult:
        """The pool as the chain shows it now."""
        spec, recorded, chain = _spec(props), PoolState.read(props), self.run.client(notify)
        desired = self._desired(chain, spec, spec.known_nodes, props)
        observed = observe(chain, desired, recorded.known_eligible)
        return ReadResult(id_, outputs_of(props, spec, desired, observed, recorded))

    @abort_with_message
    def delete(self, _id: str, props: Properties) -> None:
        """Decommissions the pool where `drainOnDestroy` is set; else sends nothing and reports what stays where."""
        spec = _spec(props)
        if spec.drain_on_destroy:
            chain = self.run.client(notify)
            desired = self._desired(chain, spec, spec.known_nodes, props)
            self._require_drainable(chain, desired)
            self._decommission(chain, props, spec, desired)
            return
        for name, identity in PoolState.read(self._latest(props)).identities.items():
            notify(identity.left_behind(name))

    def _preflight(self, olds: Properties, spec: PoolSpec) -> Mapping[str, str]:
        """Raises what prevents provisioning; returns the deployers of the Safes that exist."""
        before = _nodes(olds.get("nodes") or {})
        nodes = {name: node or before.get(name) for name, node in spec.nodes.items()}
        assessment = self._assess(spec.model_copy(update={"nodes": nodes}), olds)
        self._reserve_cost(assessment)
        self._report_removed_identities(assessment.chain, olds, spec)
        return assessment.deployers

    def _report_removed_identities(self, chain: ChainClient, olds: Properties, spec: PoolSpec) -> None:
        """Shows what removed identities own: until they are removed they can still be retired instead."""
        removed = {
            name: node for name, node in _nodes(olds.get("nodes") or {}).items() if node and name not in spec.nodes
        }
        if removed:
            earlier = _spec(olds)
            desired = self._desired(chain, earlier, removed, olds)
            for name, identity in observed_state(earlier, desired, observe(chain, desired)).identities.items():
                notify(f"{identity.left_behind(name)}; to drain it, set retire: true before you remove it")

    def _assess(self, spec: PoolSpec, olds: Properties) -> Assessment:
        wallets = self.run.wallets(_recorded_wallet(spec, olds))
        return Assessment.of(self.run.client(notify), self.run.chain_settings, spec, wallets, PoolState.read(olds))

    def _reserve_cost(self, assessment: Assessment) -> bool:
        """Whether anything must be done; reserves its cost in the run's budget, or raises what prevents it."""
        observed, chain_settings = assessment.observed, self.run.chain_settings
        incomplete = assessment.is_incomplete
        decommissions = not is_decommissioned(assessment.retired, observed, chain_settings)
        due = assessment.due if incomplete else Sum()
        if decommissions:
            due += require_gas(assessment.retired, observed, chain_settings)
        budget = self.run.pool_budget(assessment.spec)
        budget.plan(due)  # before the balances are checked: other pools count what this one needs
        if incomplete and (problems := assessment.problems(budget.reserve)):
            raise PreflightFailed(problems)
        _log.info(
            "pool %s: %d transactions to provision, %s to decommission, due %s",
            *(assessment.spec.pool, len(assessment.transactions), "some" if decommissions else "none", due),
        )
        return incomplete or decommissions

    def _apply(self, props: Properties, olds: Properties) -> Properties:
        """Provisions the pool; observes it before anything is paid as well, to see how fast balances fall."""
        spec, recorded, chain = _spec(props), PoolState.read(olds), self.run.client(notify)
        desired = self._desired(chain, spec, spec.known_nodes, olds)
        self._require_drainable(chain, spec.decommissioned(desired))
        before = PoolState()
        if olds:
            seen = observe(chain, desired, recorded.known_eligible)
            before = observed_state(spec, desired, seen, recorded)
            self._require_consent(spec.in_service(desired), seen)
        done = apply(
            chain,
            lambda: self._signers_for(props),
            spec.in_service(desired),
            self.run.chain_settings,
            budget=self.run.pool_budget(spec),
            known_eligible=recorded.known_eligible,
            report=lambda text: notify(f"{spec.pool}: {text}"),
        )
        observed = done.observed
        if spec.retired:
            self._decommission(chain, props, spec, spec.decommissioned(desired))
            observed = observe(chain, desired, recorded.known_eligible)
        return outputs_of(props, spec, desired, observed, before)

    def _require_drainable(self, chain: ChainClient, retired: DesiredPool) -> None:
        """Raise NodesRunning or NotAllowed before anything is drained or paid.

        The program refuses the same, as far as the state shows it, and if the chain responds when it looks.
        """
        self.run.require_stopped({identity.name: identity.node for identity in retired.identities}, notify)
        if retired.identities and self.run.consent.missing([DRAIN]):
            observed = observe(chain, retired)
            if not is_decommissioned(retired, observed, self.run.chain_settings):
                names = folded(identity.name for identity in retired.identities)
                self.run.consent.require([DRAIN], [f"Drains to {retired.wallet}: {names}."])

    def _require_consent(self, in_service: DesiredPool, seen: ObservedPool) -> None:
        """Raise NotAllowed before owners change in an unattended run; the program sees only configured changes."""
        changes = [change for change in owner_changes(in_service, seen) if not change.is_new]
        if changes:
            names = folded(change.name for change in changes)
            self.run.consent.require([OWNERS], [f"The owners of {names} become {', '.join(changes[0].after)}."])

    def _decommission(self, chain: ChainClient, props: Properties, spec: PoolSpec, retired: DesiredPool) -> None:
        decommission(
            chain,
            lambda: self._signers_for(props),
            retired,
            self.run.chain_settings,
            budget=self.run.pool_budget(spec),
            report=lambda text: notify(f"{spec.pool}: {text}"),
        )

    def _latest(self, props: Properties) -> Properties:
        try:
            return self.read("", props).outs or props
        except ChainError:
            return props  # the chain may be gone before the stack is: report the last observation then

    def _desired(self, chain: ChainClient, spec: PoolSpec, nodes: Mapping[str, str], olds: Properties) -> DesiredPool:
        wallets = self.run.wallets(_recorded_wallet(spec, olds))
        deployers = find_deployers(chain, spec, nodes, wallets, PoolState.read(olds))
        return spec.desired(nodes, deployers=deployers, previous_wallet=wallets.previous)

    def _signers_for(self, props: Properties) -> Signers:
        configured = self.run.wallet.address
        if configured != props["wallet"]:
            raise WalletCannotSign(
                f"pool {props['pool']} belongs to wallet {props['wallet']}, {configured} is configured: "
                "run `pulumi up` first, which hands it over"
            )
        return replace(self.run.signers(), node=lambda name: LocalSigner(self._keys_of(props, name).chain_key))

    def _keys_of(self, props: Properties, identity: str) -> NodeKeyPair:
        text = base64.b64decode(props[IDENTITY_FILES][identity])
        keys = keyfile.read(text, self.run.secrets.identity_password.get_secret_value()).keys
        if keys is None:
            raise WalletCannotSign(
                f"{identity}: its identity file has the old format (version 1), without a packet key"
            )
        return keys


def _spec(props: Properties) -> PoolSpec:
    return PoolSpec.read({**props, "nodes": _nodes(props["nodes"])})


def _nodes(nodes: Mapping[str, object]) -> dict[str, str | None]:
    """In a preview the addresses of keys that do not exist yet are placeholders of the engine."""
    return {name: node if isinstance(node, str) and node != UNKNOWN else None for name, node in nodes.items()}


def _recorded_wallet(spec: PoolSpec, olds: Properties) -> str:
    return str(olds.get("wallet") or spec.wallet)
