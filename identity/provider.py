"""The provider of `PoolOnChain`: it translates, every decision is in the modules below.

Deleting leaves the chain as it is, unless the pool is to be drained then.
"""

import base64
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
)
from pulumi.runtime.rpc import UNKNOWN

from config.models.spending import Spending
from identity.chain.client import ChainClient
from identity.configured import Configured, Properties, abort_with_message, notify
from identity.decommission.execute import decommission, require_means
from identity.decommission.plan import is_decommissioned
from identity.errors import CannotProceed, ChainError, IdentityError, WalletCannotSign
from identity.evm.calls import Signers
from identity.keys import keyfile
from identity.keys.pair import NodeKeyPair
from identity.observation import deployers
from identity.observation.desired import DesiredPool
from identity.observation.observe import ObservedPool, observe
from identity.preview import not_judged, with_placeholders
from identity.provisioning.apply import PoolBudget, apply, due_for
from identity.provisioning.nodes_in_use import NodesInUse
from identity.provisioning.plan import plan
from identity.provisioning.pool_state import (
    DEPLOYERS,
    FILES,
    deployers_in,
    desired_pool,
    identities_in,
    in_service,
    known_eligible,
    left_behind,
    network_of,
    outputs_of,
    retired_of,
    same_inputs,
)
from identity.provisioning.preflight import require, role_problems
from identity.secrets.signers import LocalSigner
from identity.submission.spending import RunBudget, Sum


class PoolOnChainProvider(Configured):
    """Makes a pool what is wanted on chain, and tells when it is not."""

    def check(self, olds: Properties, news: Properties) -> CheckResult:
        """Preflight of a new or changed pool, also in preview; an unchanged pool is looked at by `diff`.

        The engine gives it the earlier inputs and no outputs, so who made each Safe is handed on in the inputs.
        """
        taken = _nodes_of_this_run().take(news["pool"], _known(news["nodes"]))
        if taken:
            return CheckResult(news, [CheckFailure("", str(problem)) for problem in taken])
        if same_inputs(olds, news):
            return CheckResult({**news, DEPLOYERS: deployers_in(olds)}, [])
        try:
            made_by = self._preflight(olds, news)
        except CannotProceed as error:
            return CheckResult(news, [CheckFailure("", str(problem)) for problem in error.problems])
        except IdentityError as error:
            return CheckResult(news, [CheckFailure("", str(error))])
        return CheckResult({**news, DEPLOYERS: made_by}, [])

    @abort_with_message
    def diff(self, _id: str, olds: Properties, news: Properties) -> DiffResult:
        """A change when other things are wanted, or when something is missing or below its minimum on chain.

        What such a repair lacks is told here: `check` sees no look at an unchanged pool.
        """
        if not same_inputs(olds, news):
            return DiffResult(changes=True)
        chain = self._client()
        desired = self._desired(chain, news, news["nodes"], olds)
        return DiffResult(changes=self._require(chain, news, desired, observe(chain, desired, known_eligible(olds))))

    @abort_with_message
    def create(self, props: Properties) -> CreateResult:
        """Does everything that is missing; adopts what an earlier, killed run has done."""
        return CreateResult(f"{props['network']['name']}/{props['pool']}", self._apply(props, {}))

    @abort_with_message
    def update(self, _id: str, olds: Properties, news: Properties) -> UpdateResult:
        """Does what is missing, and lets the retired leave; identities that are wanted no more stay as they are."""
        outputs = self._apply(news, olds)
        for name in sorted(identities_in(olds).keys() - identities_in(outputs).keys()):
            notify(left_behind(name, identities_in(olds)[name]))
        return UpdateResult(outputs)

    @abort_with_message
    def read(self, id_: str, props: Properties) -> ReadResult:
        """The pool as the chain shows it now."""
        chain = self._client()
        desired = self._desired(chain, props, props["nodes"], props)
        observed = observe(chain, desired, known_eligible(props))
        return ReadResult(id_, outputs_of(props, desired, observed, props))

    @abort_with_message
    def delete(self, _id: str, props: Properties) -> None:
        """Lets all leave where that is asked for; else sends nothing: funds stay where they are, and it says where."""
        if props.get("drainOnDestroy"):
            chain = self._client()
            self._decommission(chain, props, self._desired(chain, props, props["nodes"], props))
            return
        outputs = self._latest(props)
        for name, identity in identities_in(outputs).items():
            notify(left_behind(name, identity))

    def _preflight(self, olds: Properties, inputs: Properties) -> dict[str, str]:
        """Raises what keeps the pool from being made; returns who made the Safes that are there."""
        before = _known_nodes(olds.get("nodes", {}))
        known = {name: node or before.get(name) for name, node in _known_nodes(inputs["nodes"]).items()}
        chain = self._client()
        nodes = with_placeholders(known)
        made_by = self._deployers(chain, inputs, nodes, olds)
        whole = desired_pool(inputs, nodes, made_by, self._previous_wallet())
        desired = whole.only(known.keys() - not_judged(known, inputs.get("existing") or {}))
        self._require(chain, inputs, desired, observe(chain, desired, known_eligible(olds)))
        self._report_removed_identities(chain, olds, inputs)
        return made_by

    def _report_removed_identities(self, chain: ChainClient, olds: Properties, inputs: Properties) -> None:
        """Identities that are wanted no more, with what they own: the preview is the moment to retire them instead."""
        going = {name: node for name, node in _known(olds.get("nodes", {})).items() if name not in inputs["nodes"]}
        if going:
            desired = self._desired(chain, olds, going, olds)
            for name, identity in identities_in(outputs_of(olds, desired, observe(chain, desired), {})).items():
                notify(f"{left_behind(name, identity)}; retire it before it goes to bring that home")

    def _require(self, chain: ChainClient, inputs: Properties, desired: DesiredPool, observed: ObservedPool) -> bool:
        """Whether anything is to be done; raises what keeps it from being done, and puts down what it will cost."""
        chain_settings, budget, due = self._chain_settings(), self._pool_budget(inputs), Sum()
        serving, retired = in_service(inputs, desired), retired_of(inputs, desired)
        makes, leaves = self._is_incomplete(serving, observed), not is_decommissioned(retired, observed, chain_settings)
        if makes:
            due += due_for(serving, observed, chain_settings)
        if leaves:
            due += require_means(retired, observed, chain_settings)
        budget.plan(due)  # before the means: what other pools lack counts with this one's need
        if makes:
            require(chain, serving, observed, chain_settings, budget.reserve)
        return makes or leaves

    def _apply(self, props: Properties, before: Properties) -> Properties:
        """Looks before anything is paid too: how fast balances fall shows only then."""
        chain = self._client()
        desired = self._desired(chain, props, props["nodes"], before)
        found = outputs_of(props, desired, observe(chain, desired, known_eligible(before)), before) if before else {}
        done = apply(
            chain,
            lambda: self._signers_for(props),
            in_service(props, desired),
            self._chain_settings(),
            budget=self._pool_budget(props),
            known_eligible=known_eligible(before),
            report=lambda text: notify(f"{props['pool']}: {text}"),
        )
        observed = done.observed
        if props.get("retired"):
            self._decommission(chain, props, retired_of(props, desired))
            observed = observe(chain, desired, known_eligible(before))
        return outputs_of(props, desired, observed, found)

    def _decommission(self, chain: ChainClient, props: Properties, decommissioning: DesiredPool) -> None:
        decommission(
            chain,
            lambda: self._signers_for(props),
            decommissioning,
            self._chain_settings(),
            budget=self._pool_budget(props),
            report=lambda text: notify(f"{props['pool']}: {text}"),
        )

    def _is_incomplete(self, desired: DesiredPool, observed: ObservedPool) -> bool:
        return bool(plan(desired, observed, self._chain_settings().block_gas_limit) or role_problems(desired, observed))

    def _latest(self, props: Properties) -> Properties:
        try:
            return self.read("", props).outs or props
        except ChainError:
            return props  # the chain may be gone before the stack is: what was seen last is said then

    def _client(self) -> ChainClient:
        return ChainClient.of(self._chain_settings())

    def _desired(
        self, chain: ChainClient, props: Properties, nodes: Mapping[str, str], before: Properties
    ) -> DesiredPool:
        return desired_pool(props, nodes, self._deployers(chain, props, nodes, before), self._previous_wallet())

    def _deployers(
        self, chain: ChainClient, props: Properties, nodes: Mapping[str, str], before: Properties
    ) -> dict[str, str]:
        """Who made each Safe, from the state, or else from the chain: a wallet of the configuration or of before."""
        known = {
            name: wallet for name, wallet in {**deployers_in(props), **deployers_in(before)}.items() if name in nodes
        }
        unknown = {name: node for name, node in nodes.items() if name not in known}
        wallets = list(dict.fromkeys([*self._wallet().deployers, str(before.get("wallet") or props["wallet"])]))
        return {**deployers.find(chain, network_of(props), wallets, unknown), **known}

    def _previous_wallet(self) -> str | None:
        previous = self._wallet().previous
        return previous.address if previous else None

    def _pool_budget(self, props: Properties) -> PoolBudget:
        name = props["pool"]
        return PoolBudget(name, self._pool(name).spending, _run_budget(self._spending()))

    def _signers_for(self, props: Properties) -> Signers:
        configured = self._wallet().address
        if configured != props["wallet"]:
            raise WalletCannotSign(
                f"pool {props['pool']} belongs to wallet {props['wallet']}, {configured} is configured: "
                "run `pulumi up` first, which hands it over"
            )
        return replace(self._signers(), node=lambda name: LocalSigner(self._keys_of(props, name).chain_key))

    def _keys_of(self, props: Properties, identity: str) -> NodeKeyPair:
        text = base64.b64decode(props[FILES][identity])
        keys = keyfile.read(text, self._secrets().identity_password.get_secret_value()).keys
        if keys is None:
            raise WalletCannotSign(f"{identity}: its identity file is of the old form")
        return keys


@cache
def _run_budget(total: Spending) -> RunBudget:
    """One for all pools: the process of the providers lives as long as the run."""
    return RunBudget(total)


@cache
def _nodes_of_this_run() -> NodesInUse:
    return NodesInUse()


def _known(nodes: Mapping[str, object]) -> dict[str, str]:
    return {name: node for name, node in _known_nodes(nodes).items() if node}


def _known_nodes(nodes: Mapping[str, object]) -> dict[str, str | None]:
    """In a preview the addresses of keys that are not made yet are placeholders of the engine."""
    return {name: node if isinstance(node, str) and node != UNKNOWN else None for name, node in nodes.items()}
