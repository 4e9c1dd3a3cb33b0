"""What others may do to a chain on paper while the wallet's transactions are under way."""

from collections.abc import Callable

from identity.observation.desired import DesiredIdentity
from testkit.identity.fake_chain import FakeChain
from testkit.identity.fake_contracts import FakeSafe

Event = Callable[[FakeChain], None]


def registry_is_switched(chain: FakeChain) -> None:
    """Off if it was on, on if it was off."""
    chain.network.enabled = not chain.network.enabled


def role_of_the_wallet_changes(chain: FakeChain) -> None:
    chain.network.manager = None if chain.network.manager else chain.desired.wallet


def eligibility_is_lost(chain: FakeChain) -> None:
    chain.network.eligible.clear()


def nodes_are_deregistered(chain: FakeChain) -> None:
    chain.network.registered.clear()


def stranger_makes_every_safe(chain: FakeChain) -> None:
    for identity in chain.desired.identities:
        chain.safes.setdefault(identity.safe, FakeSafe([identity.deployer]))


def stranger_makes_the_operator_safe(chain: FakeChain) -> None:
    chain.safes.setdefault(chain.desired.operator, FakeSafe([chain.desired.wallet]))


def nodes_start(chain: FakeChain) -> None:
    """Each that its Safe's module knows binds itself, as hoprd does."""
    for identity in chain.desired.identities:
        module, safe = chain.modules.get(identity.module), chain.safes.get(identity.safe)
        if module and safe and identity.node in module.nodes and identity.module in safe.modules:
            chain.nodes.bound.setdefault(identity.node, identity.safe)


def ours_to_mend(chain: FakeChain) -> list[DesiredIdentity]:
    """The identities whose Safe a wallet of ours acts for, now and in the end; the rest is up to the other owners."""
    desired, policy = chain.desired, chain.desired.policy
    if not desired.sole_signer(policy.owners, policy.threshold):
        return []
    made = [(one, chain.safes[one.safe]) for one in desired.identities if one.safe in chain.safes]
    return [one for one, safe in made if desired.sole_signer(safe.owners, safe.threshold)]


def channels_use_up_the_allowances(chain: FakeChain) -> None:
    for identity in ours_to_mend(chain):
        chain.allowances[(identity.safe, chain.desired.contracts.channels)] = 0


def nodes_are_removed_from_their_modules(chain: FakeChain) -> None:
    for identity in ours_to_mend(chain):
        if identity.module in chain.modules:
            chain.modules[identity.module].nodes.clear()
            chain.safes[identity.safe].nonce += 1


def somebody_pays_the_nodes(chain: FakeChain) -> None:
    """Less is left to do then, and what comes behind it gets lower nonces."""
    for identity in chain.desired.identities:
        chain.xdai[identity.node] = max(chain.xdai.get(identity.node, 0), chain.desired.policy.node_xdai_wei)


EVENTS: list[Event] = [
    registry_is_switched,
    role_of_the_wallet_changes,
    eligibility_is_lost,
    nodes_are_deregistered,
    stranger_makes_every_safe,
    stranger_makes_the_operator_safe,
    nodes_start,
    channels_use_up_the_allowances,
    nodes_are_removed_from_their_modules,
]
