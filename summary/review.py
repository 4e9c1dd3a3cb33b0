"""The review of a run, before anything is registered: the summary, and the details of each pool.

It compares the recorded state with the configuration and observes the chain. An `up` that nobody watches is refused
here, before the first resource is registered, if the summary needs a permission that it lacks. A run that
cannot work without the chain ends here if the endpoint is unusable: the provider would wait for it once more.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from config.errors import HoprdError
from config.models.settings import Settings
from config.stack_state import PoolState
from identity.chain.client import ChainClient
from identity.consent import Consent, refusal
from identity.decommission.plan import all_transactions
from identity.errors import BlockReplaced, CannotProceed, ChainError, RpcUnavailable
from identity.observation.pool_spec import COMPARED, IDENTITY_FILES, PoolSpec
from identity.preview import Preview
from identity.provisioning.assessment import Assessment, Wallets
from identity.submission.spending import Reserve
from summary.chain import ChainFacts, LeftBehind, chain_entries
from summary.cluster import cluster_entries, new_keys
from summary.entries import Entry, Kind, Summary
from summary.known import known_in_a_preview
from summary.planned import Planned
from summary.recorded import Properties, Recorded
from summary.requirements import require_possible

_log = logging.getLogger(__name__)
_MOST_PROBLEMS = 3
_LONGEST_TABLE = 10
_DESTROYED = "A destroy deletes everything of this stack. With --exclude-protected, protected keys stay."
_TARGETED = "This run changes only what --target and --exclude select; the summary describes the whole configuration."


@dataclass(frozen=True)
class Review:
    """The summary, the text about each pool for those who want more, and what a preview knows of each identity."""

    summary: Summary
    details: tuple[str, ...] = ()
    known: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Reviewer:
    """What a review starts from; `nodes` has the native address of each identity, by pool, None without keys."""

    settings: Settings
    recorded: Recorded
    nodes: Mapping[str, Mapping[str, str | None]]
    restarting: frozenset[str] = frozenset()
    not_searched: Exception | None = None
    """The reason for which the cluster was not searched for keys that the state lacks."""

    def review(self, consent: Consent, *, is_preview: bool, full: bool = False) -> Review:
        """Return the review. Raises NotAllowed where an update lacks a permission; a preview only says so. Raises the
        errors of `require_possible`, and RpcUnavailable if the run needs the chain and the endpoint is unusable.

        An update observes only pools whose configuration changed: the provider observes all of them anyway.
        """
        planned = Planned.destroyed(self.settings) if consent.destroys else Planned.of(self.settings)
        if not consent.destroys:
            require_possible(self.settings, self.recorded, planned, consent)
        needs_chain = not (consent.destroys or consent.is_targeted)
        facts, problems = self._observe(planned, is_preview=is_preview, needs_chain=needs_chain)
        entries = [*cluster_entries(self.recorded, planned, self.restarting), *chain_entries(facts)]
        nodes = {name: node for pool in planned.pools for name, node in self.nodes[pool].items()}
        entries += new_keys(nodes, planned, self.not_searched)
        entries += [Entry(Kind.PROBLEM, f"Problem: {text}") for text in _shortened(problems)]
        summary = Summary.of([*entries, *self._notes(consent)])
        if missing := consent.missing(summary.permissions):
            if not is_preview:
                reasons = [entry.text for entry in summary.entries if entry.permission in missing]
                consent.require(missing, reasons)
            summary = Summary.of([*summary.entries, Entry(Kind.REFUSED, f"Refused: {refusal(missing)}")])
        details = tuple(self._details(facts.assessments, full=full)) if is_preview else ()
        return Review(summary, details, known_in_a_preview(self.recorded, facts.assessments))

    def _notes(self, consent: Consent) -> Iterator[Entry]:
        if consent.destroys:
            yield Entry(Kind.NOTE, _DESTROYED)
        if consent.is_targeted:
            yield Entry(Kind.NOTE, _TARGETED)

    def _observe(self, planned: Planned, *, is_preview: bool, needs_chain: bool) -> tuple[ChainFacts, list[str]]:
        assessments: list[Assessment] = []
        drained: list[Assessment] = []
        left_behind: list[LeftBehind] = []
        problems: list[str] = []
        chain = ChainClient.of(self.settings.chain)
        for pool in sorted(planned.pools):
            try:
                spec = PoolSpec.configured(self.settings, pool, self.nodes[pool])
                recorded = self.recorded.pools.get(pool, {})
                if is_preview or not _is_unchanged(spec, recorded):
                    assessment = self._assess(chain, spec, recorded)
                    problems += self._preview(assessment).problems()
                    all_transactions(assessment.retired, assessment.observed, assessment.chain_settings)
                    assessments.append(assessment)
                    left_behind += _left_safes(assessment, recorded)
            except CannotProceed as error:
                problems += [str(problem) for problem in error.problems]
            except HoprdError as error:
                _log.debug("pool %s is not observed", pool, exc_info=True)
                _share_patience(chain, error, needs_chain=needs_chain)
                problems.append(f"pool {pool}: {error}")
        for pool, outputs in sorted(self.recorded.pools.items()):
            for leaving in self._leaving(chain, pool, outputs, planned, needs_chain=needs_chain):
                if isinstance(leaving, Assessment):
                    drained.append(leaving)
                else:
                    left_behind.append(leaving)
        retired = frozenset(name for outputs in self.recorded.pools.values() for name in outputs.get("retired") or ())
        facts = ChainFacts(assessments, drained, left_behind, retired, self.settings.wallet.address)
        return facts, problems

    def _assess(self, chain: ChainClient, spec: PoolSpec, recorded: Properties) -> Assessment:
        wallet = self.settings.wallet
        candidates = tuple(dict.fromkeys([*wallet.deployers, *filter(None, [recorded.get("wallet")])]))
        state = PoolState.read(recorded)
        assessment = Assessment.of(
            chain, self.settings.chain, spec, Wallets(candidates, wallet.previous_address), state
        )
        return assessment if state.identities else assessment.with_eligibility_assumed()

    def _leaving(
        self, chain: ChainClient, pool: str, outputs: Properties, planned: Planned, *, needs_chain: bool
    ) -> Iterator[Assessment | LeftBehind]:
        """Yield what leaves the stack: identities that are drained, or those that are left behind."""
        names = PoolState.read(outputs).identities.keys() - planned.identities
        if not names:
            return
        spec = PoolSpec.read(outputs)
        drains = spec.drain_on_destroy and pool not in planned.pools
        nodes = {name: spec.nodes[name] for name in names}
        try:
            leaving = spec.model_copy(update={"nodes": nodes, "retired": names if drains else frozenset()})
            assessment = self._assess(chain, leaving, outputs)
        except (ChainError, CannotProceed) as error:
            _log.debug("pool %s is not observed", pool, exc_info=True)
            _share_patience(chain, error, needs_chain=needs_chain and drains)
            identities = PoolState.read(outputs).identities
            yield LeftBehind.recorded({name: identities[name] for name in names})
            return
        yield assessment if drains else LeftBehind.observed(assessment)

    def _details(self, assessments: Iterable[Assessment], *, full: bool) -> Iterator[str]:
        for assessment in assessments:
            preview = self._preview(assessment)
            is_short = len(assessment.spec.nodes) <= _LONGEST_TABLE
            yield preview.text() if full or is_short else preview.folded()

    def _preview(self, assessment: Assessment) -> Preview:
        reserve = Reserve(self.settings.spending.keep_xdai.wei)
        return Preview(assessment, reserve, is_only_pool=len(self.settings.pools) == 1)


def _share_patience(chain: ChainClient, error: HoprdError, *, needs_chain: bool) -> None:
    """After an unusable endpoint, raise the error if the run needs the chain; else ask for each other pool once."""
    if isinstance(error, RpcUnavailable) and not isinstance(error, BlockReplaced):
        if needs_chain:
            raise error
        chain.patience_s = 0


def _is_unchanged(spec: PoolSpec, recorded: Properties) -> bool:
    """Whether the pool is configured as in the last run; the keys' files are not part of the configuration."""
    wanted = spec.properties()
    return all(wanted.get(key) == recorded.get(key) for key in COMPARED if key != IDENTITY_FILES)


def _left_safes(assessment: Assessment, recorded: Properties) -> Iterator[LeftBehind]:
    """Yield the Safes that identities of the pool no longer use, because their address is derived otherwise now."""
    states = PoolState.read(recorded).identities
    left = {
        identity.name: states[identity.name]
        for identity in assessment.desired.identities
        if identity.name in states and states[identity.name].safe_address != identity.safe
    }
    if left:
        yield LeftBehind.recorded(left, only_safes=True)


def _shortened(problems: list[str]) -> list[str]:
    shown = problems[:_MOST_PROBLEMS]
    more = len(problems) - len(shown)
    return [*shown, f"{more} more; the pools name them"] if more else shown
