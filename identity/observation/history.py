"""What the chain remembers of Safes that were made elsewhere: code, events, and what they have executed.

Events only name suspects (an address that was once an owner, a module, a token operator…); whether one has that power
at the block of the look is asked of the contract. So nothing that was given and taken back counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eth_utils.crypto import keccak

from identity.chain.client import Block, ChainClient, Log
from identity.chain.views import View, address, address_in, as_topic, integer, read_views, view
from identity.errors import RpcRejected, RpcUnavailable
from identity.evm.calls import Call, safe_transaction_hash
from identity.evm.contracts import (
    ERC1820_REGISTRY,
    INTERFACE_REGISTRY,
    MODULE,
    SAFE,
    STAKE_FACTORY,
    TOKEN,
    ZERO_ADDRESS,
)
from identity.evm.executions import calls_of, foreign_code
from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.observation.observe import ObservedSafe

MOST_TRANSACTIONS_READ = 50
FACTORY_EXECUTIONS = 2
"""The HOPR factory, first owner of a Safe it makes, executes two things: enableModule and swapOwner."""
_HOOKS = tuple(keccak(text=f"ERC777Tokens{side}") for side in ("Sender", "Recipient"))
_EXECUTED = ("ExecutionSuccess", "ExecutionFailure")


@dataclass(frozen=True)
class Past:
    """What events of a Safe and its module tell."""

    setup_code: str
    """Code that the Safe ran while it was set up; the zero address for none."""
    factory: str | None
    """The network's stake factory, where that made the Safe."""
    hidden_owners: frozenset[str]
    """Sign for the Safe and are not in its list of owners."""
    hidden_modules: frozenset[str]
    """May act for the Safe and are not in its list of modules."""
    other_modules: frozenset[str]
    """Were enabled at some time, the identity's own not counted."""
    acted: frozenset[str]
    """Those of `other_modules` that did something as the Safe."""
    executions: int
    """How many transactions the Safe has executed."""
    unread: int
    """How many of them came in a way that does not show what they were."""
    foreign_code: frozenset[str]
    """Contracts whose code the Safe ran as its own, as far as its transactions could be read."""
    operators: frozenset[str]
    """May send any wxHOPR of the Safe (ERC-777)."""
    allowances: dict[str, int]
    """May take wxHOPR of the Safe, by address in wei; the channels contract not counted."""
    other_nodes: frozenset[str]
    """Members of the module, the identity's own node not counted."""


@dataclass(frozen=True)
class Evidence:
    """What was found about one Safe and its module; `past` is None where the endpoint does not search its logs."""

    safe_code: bytes
    module_code: bytes
    hooks: frozenset[str]
    """Contracts that the token calls when the Safe's wxHOPR moves, and others that may name such (ERC-1820)."""
    past: Past | None


def collect(
    chain: ChainClient, desired: DesiredPool, identity: DesiredIdentity, safe: ObservedSafe, block: Block
) -> Evidence:
    """Everything about one identity at this block: about 10 requests, and one for each transaction of the Safe."""
    try:
        past = _past(chain, desired, identity, safe, block)
    except (RpcRejected, RpcUnavailable):
        past = None
    registry, account = ERC1820_REGISTRY, identity.safe
    manager, *hooks = read_views(
        chain,
        block,
        [view(INTERFACE_REGISTRY, registry, "getManager", account)]
        + [view(INTERFACE_REGISTRY, registry, "getInterfaceImplementer", account, hook) for hook in _HOOKS],
    )
    known = {ZERO_ADDRESS, identity.safe}
    return Evidence(
        safe_code=chain.code(identity.safe),
        module_code=chain.code(identity.module),
        hooks=frozenset({address(one) for one in (manager, *hooks)} - known),
        past=past,
    )


def _past(
    chain: ChainClient, desired: DesiredPool, identity: DesiredIdentity, safe: ObservedSafe, block: Block
) -> Past:
    names = ("SafeSetup", "AddedOwner", "EnabledModule", *_EXECUTED)
    logs = chain.logs([identity.safe], [[SAFE.topic(name) for name in names]], block)
    setups, executed = _named(logs, "SafeSetup"), _named(logs, *_EXECUTED)
    wrapper = [values for one in setups if (values := SAFE.decode_event("SafeSetup", one.data))]
    owners = {address(owner) for values in wrapper for owner in values[0]} | _subjects(_named(logs, "AddedOwner"))
    modules = _subjects(_named(logs, "EnabledModule")) - {identity.module}
    factory = _factory(chain, desired, identity, setups)
    unread, foreign = _executions(chain, desired, identity, executed, setups if factory else [])
    return Past(
        setup_code=next((address(values[2]) for values in wrapper), ZERO_ADDRESS),
        factory=factory,
        hidden_owners=_true(
            chain, block, {one: view(SAFE, identity.safe, "isOwner", one) for one in owners - set(safe.owners)}
        ),
        hidden_modules=_true(
            chain,
            block,
            {one: view(SAFE, identity.safe, "isModuleEnabled", one) for one in modules - set(safe.modules)},
        ),
        other_modules=frozenset(modules),
        acted=_acted(chain, identity, modules, block),
        executions=len(executed),
        unread=unread,
        foreign_code=foreign,
        operators=_operators(chain, desired, identity, block),
        allowances=_allowances(chain, desired, identity, block),
        other_nodes=_other_nodes(chain, identity, block),
    )


def _factory(chain: ChainClient, desired: DesiredPool, identity: DesiredIdentity, setups: Sequence[Log]) -> str | None:
    """The stake factory, where the transaction that set the Safe up has its word that it made it."""
    factory, event = desired.contracts.node_stake_factory, STAKE_FACTORY.topic("NewHoprNodeStakeSafe")
    if factory is None:
        return None
    made = {
        address_in(log.data)
        for setup in setups
        for log in chain.logs_of(setup.transaction_hash)
        if log.contract == factory and log.topics[:1] == (event,)
    }
    return factory if identity.safe in made else None


def _executions(
    chain: ChainClient,
    desired: DesiredPool,
    identity: DesiredIdentity,
    executed: Sequence[Log],
    factory_setups: list[Log],
) -> tuple[int, frozenset[str]]:
    """How many executions cannot be read, and the foreign code in the others; the n-th event is of Safe nonce n."""
    unread, foreign = 0, set[str]()
    by_factory = {setup.transaction_hash for setup in factory_setups}
    asked_for: dict[str, list[Call]] = {}
    for nonce, log in enumerate(executed):
        carrier = log.transaction_hash
        if nonce < FACTORY_EXECUTIONS and carrier in by_factory:
            continue
        if carrier not in asked_for and len(asked_for) < MOST_TRANSACTIONS_READ:
            sent = chain.sent(carrier)
            asked_for[carrier] = calls_of(identity.safe, *sent) if sent else []
        proven = [
            call
            for call in asked_for.get(carrier, [])
            if safe_transaction_hash(identity.safe, desired.network.chain_id, nonce, call) in log.topics[1:2]
        ]
        unread += not proven
        foreign |= {code for call in proven for code in foreign_code(call)}
    return unread, frozenset(foreign)


def _acted(chain: ChainClient, identity: DesiredIdentity, modules: set[str], block: Block) -> frozenset[str]:
    if not modules:
        return frozenset()
    topics = [[SAFE.topic("ExecutionFromModuleSuccess")], [as_topic(module) for module in sorted(modules)]]
    return frozenset(_subjects(chain.logs([identity.safe], topics, block)))


def _operators(chain: ChainClient, desired: DesiredPool, identity: DesiredIdentity, block: Block) -> frozenset[str]:
    token, safe = desired.contracts.token, identity.safe
    logs = chain.logs([token], [[TOKEN.topic("AuthorizedOperator")], [], [as_topic(safe)]], block)
    asked = {one: view(TOKEN, token, "isOperatorFor", one, safe) for one in _subjects(logs)}
    return _true(chain, block, asked)


def _allowances(chain: ChainClient, desired: DesiredPool, identity: DesiredIdentity, block: Block) -> dict[str, int]:
    token, safe = desired.contracts.token, identity.safe
    logs = chain.logs([token], [[TOKEN.topic("Approval")], [as_topic(safe)]], block)
    spenders = sorted({address_in(log.topics[2]) for log in logs} - {desired.contracts.channels})
    if not spenders:
        return {}
    answers = read_views(chain, block, [view(TOKEN, token, "allowance", safe, spender) for spender in spenders])
    amounts = dict(zip(spenders, map(integer, answers), strict=True))
    return {spender: wei for spender, wei in amounts.items() if wei}


def _other_nodes(chain: ChainClient, identity: DesiredIdentity, block: Block) -> frozenset[str]:
    logs = chain.logs([identity.module], [[MODULE.topic("NodeAdded")]], block)
    asked = {one: view(MODULE, identity.module, "isNode", one) for one in _subjects(logs) - {identity.node}}
    return _true(chain, block, asked)


def _true(chain: ChainClient, block: Block, asked: Mapping[str, View]) -> frozenset[str]:
    """The addresses whose view answers yes."""
    if not asked:
        return frozenset()
    answers = read_views(chain, block, list(asked.values()))
    return frozenset(one for one, answer in zip(asked, answers, strict=True) if answer is True)


def _named(logs: Sequence[Log], *events: str) -> list[Log]:
    topics = {SAFE.topic(event) for event in events}
    return [log for log in logs if log.topics[0] in topics]


def _subjects(logs: Sequence[Log]) -> set[str]:
    """Whom each event is about: its first argument. Code of others that a Safe ran can forge events without any."""
    return {address_in(log.topics[1]) for log in logs if len(log.topics) > 1}
