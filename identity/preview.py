"""What `pulumi preview` shows of a pool: each identity its addresses, what will be done, and the cost of it all."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from io import StringIO

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from rich.console import Console
from rich.table import Table

from config.models.chain import ChainSettings
from config.models.scalars import amount_text
from config.models.settings import Settings
from config.validation.explain import counted
from identity.chain.client import ChainClient
from identity.decommission.preview import describe_decommission
from identity.evm.contracts import ZERO_ADDRESS
from identity.observation import deployers
from identity.observation.desired import DesiredPool
from identity.observation.observe import ObservedPool, observe
from identity.provisioning.forecast import forecast
from identity.provisioning.preflight import Cost, cost_of, examine, role_problems
from identity.provisioning.registrations import ForceSync, Register
from identity.provisioning.transactions import Batch, Job, Transaction, TransferWxhopr
from identity.submission.spending import Reserve, Sum, exceeded

_WIDTH = 240
_NO_KEYS_YET = "after its keys are made"


def describe_pool(
    settings: Settings,
    pool_name: str,
    nodes: Mapping[str, str | None],
) -> str:
    """A table of the pool and its cost as plain text; reads the chain, sends nothing.

    `nodes` maps identity names to native addresses, None where the keys are not made yet. Raises ChainError,
    WrongChain or PlanRefused; what preflight finds missing is part of the text.
    """
    chain_settings, network, pool = settings.chain, settings.network, settings.pools[pool_name]
    chain = ChainClient.of(chain_settings)
    made_by = deployers.find(chain, network, settings.wallet.deployers, _known(nodes))
    whole = DesiredPool.configured(settings, pool_name, with_placeholders(nodes), made_by)
    later = not_judged(nodes, pool.existing_safes)
    desired, retired = whole.only(nodes.keys() - pool.retired - later), whole.only(pool.retired - later)
    observed = with_eligibility_assumed(observe(chain, whole))
    transactions = forecast(desired, observed, chain_settings.block_gas_limit)
    reserve = Reserve(settings.spending.keep_xdai.wei)
    to_do = transactions or role_problems(desired, observed)
    lacking = examine(chain, desired, observed, chain_settings, reserve) if to_do else []
    cost = cost_of(transactions, observed, chain_settings)
    lacking += exceeded(pool_name, pool.spending, Sum(cost.xdai_needed_wei, cost.wxhopr_wei))
    alone = len(settings.pools) == 1
    text = Preview(
        pool_name, desired, observed, transactions, chain_settings, nodes, list(map(str, lacking)), alone
    ).text()
    text += "".join(f"\n{name}: its Safe exists and is judged by `pulumi up`, {_NO_KEYS_YET}" for name in sorted(later))
    return f"{text}\n{describe_decommission(retired, observed, chain_settings)}" if retired.identities else text


def with_eligibility_assumed(observed: ObservedPool) -> ObservedPool:
    """Where the endpoint does not search its logs, the state alone knows who was announced, and a preview has none."""
    if observed.logs_searched:
        return observed
    assumed = {
        name: replace(seen, eligible=seen.registered_to != ZERO_ADDRESS) for name, seen in observed.identities.items()
    }
    return replace(observed, identities=assumed)


def _known(nodes: Mapping[str, str | None]) -> dict[str, str]:
    return {name: node for name, node in nodes.items() if node}


def with_placeholders(nodes: Mapping[str, str | None]) -> dict[str, str]:
    """The nodes, with an address nobody has for each whose keys are not made yet: looks and sums need one."""
    return {name: node or to_checksum_address(keccak(text=f"no keys yet: {name}")[12:]) for name, node in nodes.items()}


def not_judged(nodes: Mapping[str, str | None], existing: Container[str]) -> frozenset[str]:
    """Identities whose Safe exists and whose node is not known yet: its module is right for one node only."""
    return frozenset(name for name, node in nodes.items() if node is None and name in existing)


@dataclass(frozen=True)
class Preview:
    """All that is shown of one pool."""

    pool_name: str
    desired: DesiredPool
    observed: ObservedPool
    transactions: tuple[Transaction, ...]
    chain_settings: ChainSettings
    nodes: Mapping[str, str | None]
    lacking: list[str]
    is_only_pool: bool = True

    def text(self) -> str:
        """Plain text, no colours: it goes into Pulumi's diagnostics."""
        parts = [self._table(), self._cost(), *(f"In the way: {problem}" for problem in self.lacking)]
        return "\n".join(part.rstrip("\n") for part in parts)

    def _table(self) -> str:
        table = Table(title=f"Pool {self.pool_name} on {self.desired.network.name}", title_justify="left", box=None)
        for column in ("Identity", "Will be done", "Node", "Safe", "Module"):
            table.add_column(column, no_wrap=True)
        todo = self._todo()
        for identity in self.desired.identities:
            known = self.nodes.get(identity.name) is not None
            addresses = (identity.node, identity.safe, identity.module) if known else (_NO_KEYS_YET, "", "")
            table.add_row(identity.name, ", ".join(todo[identity.name]) or "nothing", *addresses)
        output = StringIO()
        Console(file=output, width=_WIDTH, color_system=None).print(table)
        return "\n".join(line.rstrip() for line in output.getvalue().splitlines())

    def _todo(self) -> dict[str, list[str]]:
        todo: dict[str, list[str]] = {identity.name: [] for identity in self.desired.identities}
        for transaction in self.transactions:
            match transaction:
                case Batch():
                    for job in transaction.jobs:
                        todo[job.identity.name] += _words(job)
                        todo[job.identity.name] += _payments(job.node_xdai_wei, job.safe_wxhopr_wei)
                case TransferWxhopr():
                    todo[transaction.identity.name] += _payments(0, transaction.wxhopr_wei)
                case Register():
                    for identity in transaction.identities:
                        todo[identity.name].append("register")
                case ForceSync():
                    for identity in transaction.identities:
                        todo[identity.name] += [] if "register" in todo[identity.name] else ["announce as eligible"]
        return todo

    def _cost(self) -> str:
        cost = cost_of(self.transactions, self.observed, self.chain_settings)
        wallet = self.observed.wallet
        if not cost.transactions:
            has = _holdings(wallet.xdai_wei, wallet.wxhopr_wei)
            return f"Nothing to send. Wallet {self.desired.wallet} has {has}.{self._registration()}"
        left = _holdings(max(wallet.xdai_wei - cost.xdai_needed_wei, 0), max(wallet.wxhopr_wei - cost.wxhopr_wei, 0))
        return (
            f"{counted(cost.transactions, 'transaction')}, about {cost.gas:,} gas: {_gas_price(cost, self.chain_settings)}\n"
            f"Pays {_holdings(cost.xdai_wei, cost.wxhopr_wei)}.{self._way_of_wxhopr()}\n"
            f"Wallet {self.desired.wallet} keeps at least {left}{'' if self.is_only_pool else ' after this pool'}."
            f"{self._registration()}"
        )

    def _registration(self) -> str:
        """How nodes get onto the network registry, where that is not the manager's usual way."""
        wallet = self.observed.wallet
        if not self.desired.policy.register_nodes:
            return " Nodes are not registered (registerNodes: false)."
        if not self.observed.logs_searched:
            return " The endpoint does not search its logs: nodes that are registered are taken for eligible here."
        if not wallet.registry_enabled:
            return " The network registry is switched off: nodes are registered by a run after it is on."
        if wallet.is_manager or not self.transactions:
            return ""
        return " The wallet is no manager of the registry: Safes register their nodes."

    def _way_of_wxhopr(self) -> str:
        if any(isinstance(transaction, TransferWxhopr) for transaction in self.transactions):
            return " wxHOPR goes by plain transfers, which take less gas for so few Safes."
        if any(transaction.wxhopr_wei for transaction in self.transactions):
            return f" wxHOPR goes through the wallet's operator Safe {self.desired.operator}, which takes less gas."
        return ""


def _words(job: Job) -> list[str]:
    words = ["make Safe and module"] if job.creates_safe else ["configure Safe and module"] if job.calls else []
    if job.handed_over:
        words.append("hand over to this wallet")
    return [*words, "register itself"] if job.self_registers else words


def _payments(xdai_wei: int, wxhopr_wei: int) -> list[str]:
    return [f"pay {amount_text(wei)} {unit}" for wei, unit in ((xdai_wei, "xDai"), (wxhopr_wei, "wxHOPR")) if wei]


def _gas_price(cost: Cost, chain_settings: ChainSettings) -> str:
    now, most = amount_text(cost.fee_now_wei), amount_text(cost.fee_most_wei)
    return f"{now} xDai at the present fee, {most} xDai at most ({chain_settings.max_fee_gwei} gwei)."


def _holdings(xdai_wei: int, wxhopr_wei: int) -> str:
    return f"{amount_text(xdai_wei)} xDai and {amount_text(wxhopr_wei)} wxHOPR"
