"""Changes that other accounts may make to the chain model while the wallet's transactions are pending."""

from collections.abc import Callable

from identity.observation.desired import DesiredIdentity
from testkit.identity.fake_chain import FakeChain
from testkit.identity.fake_contracts import FakeSafe

Event = Callable[[FakeChain], None]


def registry_is_toggled(chain: FakeChain) -> None:
    """Disable the registry if it is enabled, and vice versa."""
    chain.network.enabled = not chain.network.enabled


def manager_role_is_toggled(chain: FakeChain) -> None:
    chain.network.manager = None if chain.network.manager else chain.desired.wallet


def eligibility_is_lost(chain: FakeChain) -> None:
    chain.network.eligible.clear()


def nodes_are_deregistered(chain: FakeChain) -> None:
    chain.network.registered.clear()


def others_create_every_safe(chain: FakeChain) -> None:
    for identity in chain.desired.identities:
        chain.safes.setdefault(identity.safe, FakeSafe([identity.deployer]))


def others_create_the_operator_safe(chain: FakeChain) -> None:
    chain.safes.setdefault(chain.desired.operator, FakeSafe([chain.desired.wallet]))


def nodes_start(chain: FakeChain) -> None:
    """Bind each node that its Safe's module includes, as hoprd does at its start."""
    for identity in chain.desired.identities:
        module, safe = chain.modules.get(identity.module), chain.safes.get(identity.safe)
        if module and safe and identity.node in module.nodes and identity.module in safe.modules:
            chain.nodes.bound.setdefault(identity.node, identity.safe)


def identities_we_control(chain: FakeChain) -> list[DesiredIdentity]:
    """Return the identities whose Safe our wallets can change, now and after the run."""
    desired, policy = chain.desired, chain.desired.policy
    if not desired.sole_signer(policy.owners, policy.threshold):
        return []
    made = [(one, chain.safes[one.safe]) for one in desired.identities if one.safe in chain.safes]
    return [one for one, safe in made if desired.sole_signer(safe.owners, safe.threshold)]


def channels_use_up_the_allowances(chain: FakeChain) -> None:
    for identity in identities_we_control(chain):
        chain.allowances[(identity.safe, chain.desired.contracts.channels)] = 0


def nodes_are_removed_from_their_modules(chain: FakeChain) -> None:
    for identity in identities_we_control(chain):
        if identity.module in chain.modules:
            chain.modules[identity.module].nodes.clear()
            chain.safes[identity.safe].nonce += 1


def others_pay_the_nodes(chain: FakeChain) -> None:
    """Pay the nodes, so that fewer payments are missing and later transactions get lower nonces."""
    for identity in chain.desired.identities:
        chain.xdai[identity.node] = max(chain.xdai.get(identity.node, 0), chain.desired.policy.node_xdai_wei)


EVENTS: list[Event] = [
    registry_is_toggled,
    manager_role_is_toggled,
    eligibility_is_lost,
    nodes_are_deregistered,
    others_create_every_safe,
    others_create_the_operator_safe,
    nodes_start,
    channels_use_up_the_allowances,
    nodes_are_removed_from_their_modules,
]
