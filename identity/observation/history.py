"""Collects evidence about Safes that were created elsewhere: code, events and executed transactions.

Events only name candidates (addresses that were once an owner, a module, a token operator, …). A view call then checks
whether a candidate still has that power at the observed block, so revoked powers do not count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eth_utils.crypto import keccak

from identity.chain.client import Block, ChainClient, Log
from identity.chain.views import View, address, address_in, as_topic, integer, read_views, view
from identity.errors import RpcRejected, RpcUnavailable
from identity.evm.calls import safe_transaction_hash
from identity.evm.contracts import (
    ERC1820_REGISTRY,
    INTERFACE_REGISTRY,
    MODULE,
    SAFE,
    STAKE_FACTORY,
    TOKEN,
    ZERO_ADDRESS,
)
from identity.evm.executions import Execution, executions_of, foreign_code
from identity.observation.desired import DesiredIdentity, DesiredPool
from identity.observation.observe import ObservedSafe

MAX_TRANSACTIONS_READ = 50
FACTORY_EXECUTIONS = 2
"""The HOPR factory is the first owner of a Safe that it creates, and executes enableModule and swapOwner with it."""
_HOOKS = tuple(keccak(text=f"ERC777Tokens{side}") for side in ("Sender", "Recipient"))
_EXECUTED = ("ExecutionSuccess", "ExecutionFailure")


@dataclass(frozen=True)
class SafeHistory:
    """The history of a Safe and its module according to their events."""

    setup_code: str
    """The contract that the Safe delegate-called in its `setup`; the zero address for none."""
    factory: str | None
    """The network's stake factory, if it created the Safe."""
    hidden_owners: frozenset[str]
    """Accounts that can sign for the Safe although `getOwners` does not list them."""
    hidden_modules: frozenset[str]
    """Modules that are enabled although `getModulesPaginated` does not list them."""
    other_modules: frozenset[str]
    """All modules that were ever enabled, except the identity's own."""
    executing_modules: frozenset[str]
    """The `other_modules` that executed a transaction from the Safe."""
    executions: int
    """The number of transactions that the Safe has executed."""
    unread: int
    """The number of them whose content cannot be read."""
    foreign_code: frozenset[str]
    """Contracts that the Safe delegate-called, as far as its transactions can be read."""
    operators: frozenset[str]
    """ERC-777 operators, which can send any amount of the Safe's wxHOPR."""
    allowances: dict[str, int]
    """ERC-20 allowances in wei by spender, without the channels contract."""
    other_nodes: frozenset[str]
    """Nodes in the module, except the identity's own."""


@dataclass(frozen=True)
class Evidence:
    """The evidence about one Safe and its module; `history` is None if the endpoint does not search its logs."""

    safe_code: bytes
    module_code: bytes
    hooks: frozenset[str]
    """ERC-1820 implementers of the token's hooks, and the account that may set them (the ERC-1820 manager)."""
    history: SafeHistory | None


def collect_evidence(
    chain: ChainClient, desired: DesiredPool, identity: DesiredIdentity, safe: ObservedSafe, block: Block
) -> Evidence:
    """Return the evidence about one identity at this block: about 10 requests, and one for each Safe transaction."""
    try:
        history = _history(chain, desired, identity, safe, block)
    except (RpcRejected, RpcUnavailable):
        history = None
    registry, account = ERC1820_REGISTRY, identity.safe
    manager, *hooks = read_views(
        chain,
        block,
        [view(INTERFACE_REGISTRY, registry, "getManager", account)]
        + [view(INTERFACE_REGISTRY, registry, "getInterfaceImplementer", account, hook) for hook in _HOOKS],
    )
    harmless = {ZERO_ADDRESS, identity.safe}
    return Evidence(
        safe_code=chain.code(identity.safe),
        module_code=chain.code(identity.module),
        hooks=frozenset({address(one) for one in (manager, *hooks)} - harmless),
        history=history,
    )


def _history(
    chain: ChainClient, desired: DesiredPool, identity: DesiredIdentity, safe: ObservedSafe, block: Block
) -> SafeHistory:
    names = ("SafeSetup", "AddedOwner", "EnabledModule", *_EXECUTED)
    logs = chain.logs([identity.safe], [[SAFE.topic(name) for name in names]], block)
    setups, executed = _filter_events(logs, "SafeSetup"), _filter_events(logs, *_EXECUTED)
    setup_values = [values for one in setups if (values := SAFE.decode_event("SafeSetup", one.data))]
    owners = {address(owner) for values in setup_values for owner in values[0]} | _first_arguments(
        _filter_events(logs, "AddedOwner")
    )
    modules = _first_arguments(_filter_events(logs, "EnabledModule")) - {identity.module}
    factory = _factory(chain, desired, identity, setups)
    unread, foreign = _executions(chain, desired, identity, executed, setups if factory else [])
    return SafeHistory(
        setup_code=next((address(values[2]) for values in setup_values), ZERO_ADDRESS),
        factory=factory,
        hidden_owners=_confirmed(
            chain, block, {one: view(SAFE, identity.safe, "isOwner", one) for one in owners - set(safe.owners)}
        ),
        hidden_modules=_confirmed(
            chain,
            block,
            {one: view(SAFE, identity.safe, "isModuleEnabled", one) for one in modules - set(safe.modules)},
        ),
        other_modules=frozenset(modules),
        executing_modules=_executing_modules(chain, identity, modules, block),
        executions=len(executed),
        unread=unread,
        foreign_code=foreign,
        operators=_operators(chain, desired, identity, block),
        allowances=_allowances(chain, desired, identity, block),
        other_nodes=_other_nodes(chain, identity, block),
    )


def _factory(chain: ChainClient, desired: DesiredPool, identity: DesiredIdentity, setups: Sequence[Log]) -> str | None:
    """Return the stake factory if its event, in the transaction that set up the Safe, names the Safe; else None."""
    factory, event = desired.contracts.node_stake_factory, STAKE_FACTORY.topic("NewHoprNodeStakeSafe")
    if factory is None:
        return None
    created = {
        address_in(log.data)
        for setup in setups
        for log in chain.logs_of(setup.transaction_hash)
        if log.contract == factory and log.topics[:1] == (event,)
    }
    return factory if identity.safe in created else None


def _executions(
    chain: ChainClient,
    desired: DesiredPool,
    identity: DesiredIdentity,
    executed: Sequence[Log],
    factory_setups: list[Log],
) -> tuple[int, frozenset[str]]:
    """Return the number of unreadable executions, and the foreign code of the others; event n has the Safe nonce n."""
    unread, foreign = 0, set[str]()
    by_factory = {setup.transaction_hash for setup in factory_setups}
    requested: dict[str, list[Execution]] = {}
    for nonce, log in enumerate(executed):
        transaction = log.transaction_hash
        if nonce < FACTORY_EXECUTIONS and transaction in by_factory:
            continue
        if transaction not in requested and len(requested) < MAX_TRANSACTIONS_READ:
            sent = chain.target_and_data(transaction)
            requested[transaction] = executions_of(identity.safe, *sent) if sent else []
        proven = [
            one.call
            for one in requested.get(transaction, [])
            if safe_transaction_hash(identity.safe, desired.network.chain_id, nonce, one.call, one.refund)
            in log.topics[1:2]
        ]
        unread += not proven
        foreign |= {code for call in proven for code in foreign_code(call)}
    return unread, frozenset(foreign)


def _executing_modules(
    chain: ChainClient, identity: DesiredIdentity, modules: set[str], block: Block
) -> frozenset[str]:
    if not modules:
        return frozenset()
    topics = [[SAFE.topic("ExecutionFromModuleSuccess")], [as_topic(module) for module in sorted(modules)]]
    return frozenset(_first_arguments(chain.logs([identity.safe], topics, block)))


def _operators(chain: ChainClient, desired: DesiredPool, identity: DesiredIdentity, block: Block) -> frozenset[str]:
    token, safe = desired.contracts.token, identity.safe
    logs = chain.logs([token], [[TOKEN.topic("AuthorizedOperator")], [], [as_topic(safe)]], block)
    views = {one: view(TOKEN, token, "isOperatorFor", one, safe) for one in _first_arguments(logs)}
    return _confirmed(chain, block, views)


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
    views = {one: view(MODULE, identity.module, "isNode", one) for one in _first_arguments(logs) - {identity.node}}
    return _confirmed(chain, block, views)


def _confirmed(chain: ChainClient, block: Block, views: Mapping[str, View]) -> frozenset[str]:
    """Return the addresses whose view returns true."""
    if not views:
        return frozenset()
    answers = read_views(chain, block, list(views.values()))
    return frozenset(one for one, answer in zip(views, answers, strict=True) if answer is True)


def _filter_events(logs: Sequence[Log], *events: str) -> list[Log]:
    topics = {SAFE.topic(event) for event in events}
    return [log for log in logs if log.topics[0] in topics]


def _first_arguments(logs: Sequence[Log]) -> set[str]:
    """Return the first indexed argument of each event; foreign code that a Safe ran can forge events without one."""
    return {address_in(log.topics[1]) for log in logs if len(log.topics) > 1}
