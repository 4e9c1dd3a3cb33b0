"""What happens to owners and money: entries from the assessments of all pools. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from config.models.scalars import amount_text
from config.stack_state import IdentityState
from config.validation.explain import counted
from config.validation.folding import folded
from identity.consent import DRAIN, IDENTITIES, OWNERS
from identity.decommission.plan import all_transactions, drain_calls, is_decommissioned, node_drain_wei
from identity.provisioning.assessment import Assessment
from identity.provisioning.ownership import OwnerChange, owner_changes
from identity.provisioning.preflight import cost_of
from identity.submission.wallet_transaction import WalletTransaction
from summary.entries import Entry, Kind, agreeing

_MICRO = 10**12


@dataclass(frozen=True)
class Holdings:
    """Amounts in wei."""

    xdai_wei: int = 0
    wxhopr_wei: int = 0

    def __add__(self, other: "Holdings") -> "Holdings":
        return Holdings(self.xdai_wei + other.xdai_wei, self.wxhopr_wei + other.wxhopr_wei)

    def __str__(self) -> str:
        return f"{rounded(self.xdai_wei)} xDai and {rounded(self.wxhopr_wei)} wxHOPR"

    @property
    def facts(self) -> dict[str, str]:
        """The exact amounts, for tools."""
        return {"xdai": amount_text(self.xdai_wei), "wxhopr": amount_text(self.wxhopr_wei)}


def rounded(wei: int, *, up: bool = False) -> str:
    """Return an amount with at most six decimals, rounded down, or up for a cost."""
    remainder = wei % _MICRO
    return amount_text(wei - remainder + (_MICRO if up and remainder else 0))


@dataclass(frozen=True)
class LeftBehind:
    """Identities, or only their Safes, that the run stops managing, with what they hold on chain."""

    names: tuple[str, ...]
    holdings: Holdings
    seen: str
    """When the amounts were read: `block 123`, or the last run."""
    only_safes: bool = False

    @classmethod
    def recorded(cls, identities: Mapping[str, IdentityState], *, only_safes: bool = False) -> "LeftBehind":
        """Return what the state shows; with `only_safes`, the nodes stay in the stack."""
        total = Holdings()
        for one in identities.values():
            node_xdai = 0 if only_safes else int(one.node_xdai_wei)
            total += Holdings(node_xdai + int(one.safe_xdai_wei), int(one.safe_wxhopr_wei))
        return cls(tuple(sorted(identities)), total, "the last run", only_safes)

    @classmethod
    def observed(cls, assessment: Assessment) -> "LeftBehind":
        """Return what the chain shows of all identities of a pool."""
        total = Holdings()
        for one in assessment.observed.identities.values():
            total += Holdings(one.node_xdai_wei + one.safe_xdai_wei, one.safe_wxhopr_wei)
        names = tuple(sorted(assessment.observed.identities))
        return cls(names, total, f"block {assessment.observed.block.number}")


@dataclass(frozen=True)
class ChainFacts:
    """Everything that the run finds on chain: the pools of the configuration, and what leaves the stack."""

    assessments: Sequence[Assessment] = ()
    drained: Sequence[Assessment] = ()
    """Pools that are removed and have `drainOnDestroy`: all their identities are retired."""
    left_behind: Sequence[LeftBehind] = ()
    retired_before: Collection[str] = ()
    """The identities that the last run has already decommissioned."""
    wallet: str = ""


def chain_entries(facts: ChainFacts) -> Iterator[Entry]:
    """Yield the entries. Raises PlanRefused for a pool that must not be changed: `facts` has none of these."""
    yield from _owner_entries(facts)
    yield from _drain_entries(facts)
    yield from _left_behind_entries(facts.left_behind)
    yield from _cost_entries(facts)
    yield from _created_entries(facts.assessments)


def _owner_entries(facts: ChainFacts) -> Iterator[Entry]:
    groups: dict[tuple[bool, tuple[str, ...], int], list[OwnerChange]] = defaultdict(list)
    before: set[str] = set()
    for assessment in facts.assessments:
        for change in owner_changes(assessment.in_service, assessment.observed):
            groups[change.is_new, change.after, change.threshold].append(change)
            before.update(change.before)
    for (is_new, owners, threshold), changes in groups.items():
        names = tuple(sorted(change.name for change in changes))
        safes = counted(len(names), "new Safe" if is_new else "Safe")
        verb = agreeing(names, "gets", "get")
        noun = "owner" if len(owners) == 1 else f"owners ({threshold} must sign)"
        control = _control(facts.wallet, owners, threshold, before, is_new=is_new)
        text = f"{safes} {verb} {noun} {', '.join(owners)}; the wallet {control}: {folded(names)}."
        figures = {"owners": " ".join(owners), "threshold": str(threshold), "wallet": control}
        yield Entry(Kind.OWNERS, text, names, None if is_new else OWNERS, figures)


def _control(wallet: str, owners: Sequence[str], threshold: int, before: Collection[str], *, is_new: bool) -> str:
    if wallet not in owners:
        return "does not control them" if is_new else "loses control"
    if threshold > 1:
        return "cannot sign alone"
    return "takes control" if not is_new and wallet not in before else "keeps control"


def _drain_entries(facts: ChainFacts) -> Iterator[Entry]:
    moved = Holdings()
    names: list[str] = []
    for assessment in (*facts.assessments, *facts.drained):
        for identity in assessment.retired.identities:
            seen, observed = assessment.observed.identities[identity.name], assessment.observed
            calls = drain_calls(assessment.retired, seen, observed, assessment.chain_settings)
            xdai = sum(call.value_wei for call in calls) + node_drain_wei(seen, observed, assessment.chain_settings)
            drained = Holdings(xdai, seen.safe_wxhopr_wei if calls else 0)
            if drained != Holdings() or not (
                identity.name in facts.retired_before
                or is_decommissioned(assessment.retired.only({identity.name}), observed, assessment.chain_settings)
            ):
                moved += drained
                names.append(identity.name)
    if names:
        newly = set(names) - set(facts.retired_before)
        verb = agreeing(names, "is", "are")
        text = (
            f"{counted(len(names), 'identity')} {verb} retired and drained: {moved} move to wallet {facts.wallet}: "
            f"{folded(names)}."
        )
        yield Entry(Kind.DRAIN, text, tuple(sorted(names)), DRAIN if newly else None, moved.facts)


def _left_behind_entries(left_behind: Iterable[LeftBehind]) -> Iterator[Entry]:
    for only_safes in (False, True):
        parts = [one for one in left_behind if one.only_safes == only_safes and one.names]
        names = tuple(sorted(name for one in parts for name in one.names))
        if not names:
            continue
        total = sum((one.holdings for one in parts), Holdings())
        seen = ", ".join(dict.fromkeys(one.seen for one in parts))
        what = counted(len(names), "Safe" if only_safes else "identity")
        verb = agreeing(names, "is", "are") + " left behind on chain"
        where = "there" if only_safes else "with their nodes and Safes"
        advice = "" if only_safes else " To drain them first, see docs/operations.md#destroy-a-pool-or-a-stack."
        text = f"{what} {verb}: {total} stay {where} (as of {seen}): {folded(names)}.{advice}"
        yield Entry(Kind.LEFT_BEHIND, text, names, IDENTITIES, total.facts)


def _cost_entries(facts: ChainFacts) -> Iterator[Entry]:
    transactions, gas, fee_now, fee_most, paid, wallet = 0, 0, 0, 0, Holdings(), Holdings()
    names: set[str] = set()
    max_fee_gwei = 0
    for assessment in (*facts.assessments, *facts.drained):
        cost = cost_of(_transactions(assessment), assessment.observed, assessment.chain_settings)
        transactions, gas = transactions + cost.transactions, gas + cost.gas
        fee_now, fee_most = fee_now + cost.fee_now_wei, fee_most + cost.fee_most_wei
        paid += Holdings(cost.xdai_wei, cost.wxhopr_wei)
        names |= set(_paid_names(assessment))
        wallet = Holdings(assessment.observed.wallet.xdai_wei, assessment.observed.wallet.wxhopr_wei)
        max_fee_gwei = assessment.chain_settings.max_fee_gwei
    if not transactions:
        return
    yield Entry(
        Kind.TRANSACTIONS,
        f"The wallet sends {counted(transactions, 'transaction')}, about {gas:,} gas: {rounded(fee_now, up=True)} xDai "
        f"at the current fee, {rounded(fee_most, up=True)} xDai at most ({max_fee_gwei} gwei).",
        facts={
            "count": str(transactions),
            "gas": str(gas),
            "feeNow": amount_text(fee_now),
            "feeMost": amount_text(fee_most),
        },
    )
    if paid != Holdings():
        text = f"It pays {paid} to {counted(len(names), 'identity')}: {folded(names)}."
        yield Entry(Kind.PAYMENTS, text, tuple(sorted(names)), facts=paid.facts)
    left = Holdings(max(wallet.xdai_wei - paid.xdai_wei - fee_most, 0), max(wallet.wxhopr_wei - paid.wxhopr_wei, 0))
    yield Entry(Kind.WALLET, f"Wallet {facts.wallet} has {wallet}, keeps at least {left}.", facts=left.facts)


def _transactions(assessment: Assessment) -> tuple[WalletTransaction, ...]:
    retiring = all_transactions(assessment.retired, assessment.observed, assessment.chain_settings)
    return (*assessment.transactions, *retiring)


def _paid_names(assessment: Assessment) -> Iterator[str]:
    for transaction in assessment.transactions:
        yield from (payee.identity for payee in transaction.payees)


def _created_entries(assessments: Iterable[Assessment]) -> Iterator[Entry]:
    names = tuple(
        sorted(
            identity.name
            for assessment in assessments
            for identity in assessment.in_service.identities
            if assessment.observed.identities[identity.name].safe is None
        )
    )
    if names:
        verb = agreeing(names, "is", "are")
        text = f"{counted(len(names), 'identity')} {verb} created, with Safe and module: {folded(names)}."
        yield Entry(Kind.IDENTITIES_CREATED, text, names)
