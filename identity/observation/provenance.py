"""Who prepared a Safe that was made elsewhere, and what did they leave behind: as far as the chain can tell.

A Safe of ours needs none of this, its address commits to the wallet. Nothing can prove it of another one
(docs/protocol.md#the-hopr-stake-factory), so a person trusts it; but a known defect keeps it from being paid.
"""

from collections.abc import Iterable

from eth_utils.crypto import keccak

from config.errors import Problem
from config.models.scalars import amount_text
from identity.chain.client import ChainClient
from identity.evm.addresses import module_init_code
from identity.evm.contracts import UNLIMITED_WEI, ZERO_ADDRESS
from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.observation.history import MOST_TRANSACTIONS_READ, Evidence, Past, collect
from identity.observation.observe import ObservedIdentity, ObservedPool
from identity.observation.points import UNSEARCHED, Point, Verdict, listed

_PROXY_CODE_HASH = bytes.fromhex("d7d408ebcd99b2b70be43e20253d6d92a8ea8fab29bd3be7f55b10032331fb4c")
"""keccak256 of what the proxy factory of Safe 1.4.1 leaves at a Safe's address."""
_EIP_1167_DEPLOYER = 10
"""Bytes of the init code that put the rest of it at the clone's address."""

_CURES = {
    "provenance.operators": "let the Safe call revokeOperator for each on the token",
    "provenance.allowances": "let the Safe approve 0 to each on the token",
    "provenance.nodes": "let the Safe call removeNode for each on the module",
    "provenance.hooks": "let the Safe set them back on the ERC-1820 registry",
}
_NO_CURE = "nothing sent to this Safe is safe; remove safeAddress, moduleAddress and trustExistingSafe to get a new one"


def examine(chain: ChainClient, desired: DesiredPool, observed: ObservedPool) -> list[Problem]:
    """What is known to be wrong with the trusted identities of a pool; they must not be paid while there is something.

    What cannot be proved is no problem here: `python -m identity verify` shows it.
    """
    return [
        Problem(
            identity.name,
            f"Safe {identity.safe} was made elsewhere, and its {point.key.removeprefix('provenance.')} must be "
            f"{point.expected}, found {point.found}: {_CURES.get(point.key, _NO_CURE)}",
        )
        for identity in desired.identities
        if identity.trusted
        for point in points(chain, desired, identity, observed)
        if point.verdict is Verdict.FAILS
    ]


def points(chain: ChainClient, desired: DesiredPool, identity: DesiredIdentity, observed: ObservedPool) -> list[Point]:
    """Every point of a trusted identity's past; empty while its Safe or module does not exist."""
    seen = observed.identities[identity.name]
    if seen.safe is None or seen.module is None:
        return []
    return judge(desired, seen, collect(chain, desired, identity, seen.safe, observed.block))


def judge(desired: DesiredPool, seen: ObservedIdentity, evidence: Evidence) -> list[Point]:
    """What the evidence means. Pure."""
    implementation = desired.contracts.module_implementation
    return [
        _code("code", "the proxy of Safe 1.4.1", keccak(evidence.safe_code) == _PROXY_CODE_HASH),
        _code(
            "moduleCode",
            f"a clone (EIP-1167) of {implementation}",
            evidence.module_code == module_init_code(implementation)[_EIP_1167_DEPLOYER:],
        ),
        _none("hooks", evidence.hooks),
        *(_past(desired, seen, evidence.past) if evidence.past else _unsearched(desired)),
    ]


def _past(desired: DesiredPool, seen: ObservedIdentity, past: Past) -> list[Point]:
    return [
        _deployer(desired, past),
        _none("setup", {past.setup_code} - {ZERO_ADDRESS}),
        _none("owners", past.hidden_owners),
        _modules(past),
        _transactions(seen, past),
        _none("operators", past.operators),
        _none("allowances", [f"{one} ({_amount(wei)} wxHOPR)" for one, wei in past.allowances.items()]),
        _none("nodes", past.other_nodes),
    ]


_EXPECTED = {
    "hooks": "no ERC-1820 hook or manager",
    "setup": "no code run while it was set up",
    "owners": "nobody beside its list of owners",
    "modules": "no other module, now or ever",
    "transactions": "all known, without code of others run as the Safe",
    "operators": "no token operator",
    "allowances": "no allowance but that of channels",
    "nodes": "no other node in the module",
}


def _deployer(desired: DesiredPool, past: Past) -> Point:
    expected = _expected_deployer(desired)
    if past.factory:
        return Point("provenance.maker", expected, "it says so in an event", Verdict.OK)
    return Point("provenance.maker", expected, "no event of it about this Safe", Verdict.UNPROVEN)


def _modules(past: Past) -> Point:
    expected = _EXPECTED["modules"]
    if bad := past.hidden_modules | past.acted:
        return Point("provenance.modules", expected, f"{listed(bad)} acts or has acted as the Safe", Verdict.FAILS)
    if past.other_modules:
        found = f"{listed(past.other_modules)} was enabled before and did nothing"
        return Point("provenance.modules", expected, found, Verdict.UNPROVEN)
    return Point("provenance.modules", expected, "none", Verdict.OK)


def _transactions(seen: ObservedIdentity, past: Past) -> Point:
    key, expected = "provenance.transactions", _EXPECTED["transactions"]
    count = seen.safe.nonce if seen.safe else 0
    if past.foreign_code:
        return Point(key, expected, f"ran code of {listed(past.foreign_code)}", Verdict.FAILS)
    if past.executions != count:
        return Point(key, expected, f"{count} by its nonce, events of {past.executions}", Verdict.UNPROVEN)
    if past.unread:
        found = (
            f"{past.unread} of {count} cannot be read (carried by other contracts, or beyond {MOST_TRANSACTIONS_READ})"
        )
        return Point(key, expected, found, Verdict.UNPROVEN)
    return Point(key, expected, f"{count}, all read", Verdict.OK)


def _unsearched(desired: DesiredPool) -> list[Point]:
    expected = {"maker": _expected_deployer(desired)} | {key: text for key, text in _EXPECTED.items() if key != "hooks"}
    return [Point(f"provenance.{key}", text, UNSEARCHED, Verdict.UNPROVEN) for key, text in expected.items()]


def _expected_deployer(desired: DesiredPool) -> str:
    return f"the network's stake factory {desired.contracts.node_stake_factory or '(not configured)'}"


def _code(key: str, expected: str, good: bool) -> Point:
    return Point.judged(f"provenance.{key}", expected, "that" if good else "other code", good)


def _none(key: str, found: Iterable[str]) -> Point:
    suspects = sorted(found)
    return Point.judged(f"provenance.{key}", _EXPECTED[key], listed(suspects) or "none", not suspects)


def _amount(wei: int) -> str:
    return "unlimited" if wei == UNLIMITED_WEI else amount_text(wei)
