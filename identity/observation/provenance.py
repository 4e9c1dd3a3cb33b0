"""Checks the provenance of Safes that were created elsewhere, as far as the chain shows it.

A Safe that this program creates needs no check, because its address commits to the wallet. The address of a Safe that
the HOPR factory creates commits to nobody (docs/protocol.md#the-hopr-stake-factory), so nothing can prove its
provenance and a person must trust it. A point that fails keeps the program from funding the Safe.
"""

from collections.abc import Iterable

from eth_utils.crypto import keccak

from config.errors import Problem
from config.models.scalars import amount_text
from identity.chain.client import ChainClient
from identity.evm.addresses import module_init_code
from identity.evm.contracts import UNLIMITED_WEI, ZERO_ADDRESS
from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.observation.history import MAX_TRANSACTIONS_READ, Evidence, SafeHistory, collect_evidence
from identity.observation.observe import ObservedIdentity, ObservedPool
from identity.observation.points import LOGS_NOT_SEARCHED, Point, Verdict, join_sorted

_PROXY_CODE_HASH = bytes.fromhex("d7d408ebcd99b2b70be43e20253d6d92a8ea8fab29bd3be7f55b10032331fb4c")
"""keccak256 of the runtime code of a Safe 1.4.1 proxy."""
_EIP_1167_INIT_PREFIX_BYTES = 10
"""The part of a clone's init code that returns the rest as its runtime code."""

_REMEDIES = {
    "provenance.operators": "have the Safe call revokeOperator for each on the token",
    "provenance.allowances": "have the Safe approve 0 to each on the token",
    "provenance.nodes": "have the Safe call removeNode for each on the module",
    "provenance.hooks": "have the Safe reset them in the ERC-1820 registry",
}
_NO_REMEDY = "funds in this Safe are at risk; remove safeAddress, moduleAddress and trustExistingSafe to get a new Safe"


def examine(chain: ChainClient, desired: DesiredPool, observed: ObservedPool) -> list[Problem]:
    """Return the failed points of a pool's trusted identities, which must not be funded until these are fixed.

    Unproven points are not problems; `python -m identity verify` shows them.
    """
    return [
        Problem(
            identity.name,
            f"Safe {identity.safe} was created elsewhere; {point.key}: expected {point.expected}, found {point.found}: "
            f"{_REMEDIES.get(point.key, _NO_REMEDY)}",
        )
        for identity in desired.identities
        if identity.trusted
        for point in points(chain, desired, identity, observed)
        if point.verdict is Verdict.FAILS
    ]


def points(chain: ChainClient, desired: DesiredPool, identity: DesiredIdentity, observed: ObservedPool) -> list[Point]:
    """Return the provenance points of a trusted identity; empty while its Safe or module does not exist."""
    seen = observed.identities[identity.name]
    if seen.safe is None or seen.module is None:
        return []
    return evaluate(desired, seen, collect_evidence(chain, desired, identity, seen.safe, observed.block))


def evaluate(desired: DesiredPool, seen: ObservedIdentity, evidence: Evidence) -> list[Point]:
    """Return the points that follow from the evidence. Pure."""
    implementation = desired.contracts.module_implementation
    return [
        _code("code", "the proxy of Safe 1.4.1", keccak(evidence.safe_code) == _PROXY_CODE_HASH),
        _code(
            "moduleCode",
            f"a clone (EIP-1167) of {implementation}",
            evidence.module_code == module_init_code(implementation)[_EIP_1167_INIT_PREFIX_BYTES:],
        ),
        _none("hooks", evidence.hooks),
        *(_history_points(desired, seen, evidence.history) if evidence.history else _unproven_points(desired)),
    ]


def _history_points(desired: DesiredPool, seen: ObservedIdentity, history: SafeHistory) -> list[Point]:
    return [
        _deployer(desired, history),
        _none("setup", {history.setup_code} - {ZERO_ADDRESS}),
        _none("owners", history.hidden_owners),
        _modules(history),
        _transactions(seen, history),
        _none("operators", history.operators),
        _none("allowances", [f"{one} ({_amount(wei)} wxHOPR)" for one, wei in history.allowances.items()]),
        _none("nodes", history.other_nodes),
    ]


_EXPECTED = {
    "hooks": "no ERC-1820 hook or manager",
    "setup": "no code run by its setup",
    "owners": "no owner outside its list of owners",
    "modules": "no other module, now or before",
    "transactions": "all known, and none delegate-called foreign code",
    "operators": "no token operator",
    "allowances": "no allowance except that of the channels contract",
    "nodes": "no other node in the module",
}


def _deployer(desired: DesiredPool, history: SafeHistory) -> Point:
    expected = _expected_deployer(desired)
    if history.factory:
        return Point("provenance.maker", expected, "named in its event", Verdict.OK)
    return Point("provenance.maker", expected, "none of its events names this Safe", Verdict.UNPROVEN)


def _modules(history: SafeHistory) -> Point:
    expected = _EXPECTED["modules"]
    if executing := history.hidden_modules | history.executing_modules:
        return Point(
            "provenance.modules", expected, f"{join_sorted(executing)} can act or has acted as the Safe", Verdict.FAILS
        )
    if history.other_modules:
        found = f"{join_sorted(history.other_modules)} was enabled before and executed nothing"
        return Point("provenance.modules", expected, found, Verdict.UNPROVEN)
    return Point("provenance.modules", expected, "none", Verdict.OK)


def _transactions(seen: ObservedIdentity, history: SafeHistory) -> Point:
    key, expected = "provenance.transactions", _EXPECTED["transactions"]
    count = seen.safe.nonce if seen.safe else 0
    if history.foreign_code:
        return Point(key, expected, f"delegate-called {join_sorted(history.foreign_code)}", Verdict.FAILS)
    if history.executions != count:
        return Point(
            key,
            expected,
            f"{count} according to its nonce, {history.executions} according to its events",
            Verdict.UNPROVEN,
        )
    if history.unread:
        unread = f"{history.unread} of {count} cannot be read"
        found = f"{unread} (sent through other contracts, or beyond the limit of {MAX_TRANSACTIONS_READ})"
        return Point(key, expected, found, Verdict.UNPROVEN)
    return Point(key, expected, f"{count}, all read", Verdict.OK)


def _unproven_points(desired: DesiredPool) -> list[Point]:
    expected = {"maker": _expected_deployer(desired)} | {key: text for key, text in _EXPECTED.items() if key != "hooks"}
    return [Point(f"provenance.{key}", text, LOGS_NOT_SEARCHED, Verdict.UNPROVEN) for key, text in expected.items()]


def _expected_deployer(desired: DesiredPool) -> str:
    return f"the network's stake factory {desired.contracts.node_stake_factory or '(not configured)'}"


def _code(key: str, expected: str, passes: bool) -> Point:
    return Point.checked(f"provenance.{key}", expected, "as expected" if passes else "other code", passes)


def _none(key: str, found: Iterable[str]) -> Point:
    addresses = sorted(found)
    return Point.checked(f"provenance.{key}", _EXPECTED[key], join_sorted(addresses) or "none", not addresses)


def _amount(wei: int) -> str:
    return "unlimited" if wei == UNLIMITED_WEI else amount_text(wei)
