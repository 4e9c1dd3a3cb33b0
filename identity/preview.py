"""What `pulumi preview` shows of a pool: each identity with its addresses and its steps, and the cost of all steps."""

from collections import defaultdict
from dataclasses import dataclass
from io import StringIO

from rich.console import Console
from rich.table import Table

from config.models.scalars import amount_text
from config.validation.explain import counted
from config.validation.folding import folded
from identity.decommission.plan import is_decommissioned
from identity.decommission.report import describe_decommission
from identity.provisioning.assessment import Assessment
from identity.provisioning.registrations import ForceSync, Register
from identity.provisioning.transactions import Batch, Job, TransferWxhopr
from identity.submission.spending import Reserve, exceeded

_WIDTH = 240
_NO_KEYS_YET = "known once its keys exist"


@dataclass(frozen=True)
class Preview:
    """Everything that is shown of one pool; `reserve` must stay in the wallet."""

    assessment: Assessment
    reserve: Reserve
    is_only_pool: bool

    def text(self) -> str:
        """Plain text without colours: Pulumi shows it in its diagnostics."""
        return self._with_heading(self._table())

    def folded(self) -> str:
        """The same without a table: identities with the same steps share a line, so that its length does not grow."""
        groups: dict[str, list[str]] = defaultdict(list)
        for name, steps in self._steps().items():
            groups[", ".join(steps) or "no step"].append(name)
        lines = (f"  {folded(names)}: {steps}" for steps, names in groups.items())
        spec = self.assessment.spec
        return self._with_heading("\n".join([f"Pool {spec.pool} on {spec.network.name}", *lines]))

    def _with_heading(self, heading: str) -> str:
        assessment = self.assessment
        parts = [
            heading,
            self._cost(),
            *(f"Problem: {problem}" for problem in self.problems()),
            *(
                f"{name}: its Safe exists; `pulumi up` checks it, {_NO_KEYS_YET}"
                for name in sorted(assessment.deferred)
            ),
        ]
        if assessment.retired.identities:
            parts.append(describe_decommission(assessment.retired, assessment.observed, assessment.chain_settings))
        return "\n".join(part.rstrip("\n") for part in parts)

    def problems(self) -> list[str]:
        """Everything that prevents provisioning, and limits that it exceeds."""
        assessment, spec = self.assessment, self.assessment.spec
        found = assessment.problems(self.reserve) if assessment.is_incomplete else []
        return [str(problem) for problem in (*found, *exceeded(spec.pool, spec.spending, assessment.due))]

    def _table(self) -> str:
        spec = self.assessment.spec
        table = Table(title=f"Pool {spec.pool} on {spec.network.name}", title_justify="left", box=None)
        for column in ("Identity", "Steps", "Node", "Safe", "Module"):
            table.add_column(column, no_wrap=True)
        steps = self._steps()
        for identity in self.assessment.in_service.identities:
            known = spec.nodes.get(identity.name) is not None
            addresses = (identity.node, identity.safe, identity.module) if known else (_NO_KEYS_YET, "", "")
            table.add_row(identity.name, ", ".join(steps[identity.name]) or "none", *addresses)
        output = StringIO()
        Console(file=output, width=_WIDTH, color_system=None).print(table)
        return "\n".join(line.rstrip() for line in output.getvalue().splitlines())

    def _steps(self) -> dict[str, list[str]]:
        steps: dict[str, list[str]] = {identity.name: [] for identity in self.assessment.in_service.identities}
        for transaction in self.assessment.transactions:
            match transaction:
                case Batch():
                    for job in transaction.jobs:
                        steps[job.identity.name] += _steps_of(job)
                        steps[job.identity.name] += _payments(job.node_xdai_wei, job.safe_wxhopr_wei)
                case TransferWxhopr():
                    steps[transaction.identity.name] += _payments(0, transaction.wxhopr_wei)
                case Register():
                    for identity in transaction.identities:
                        steps[identity.name].append("register")
                case ForceSync():
                    for identity in transaction.identities:
                        steps[identity.name] += [] if "register" in steps[identity.name] else ["announce as eligible"]
        return steps

    def _cost(self) -> str:
        assessment, cost = self.assessment, self.assessment.cost
        address, wallet = assessment.spec.wallet, assessment.observed.wallet
        if not cost.transactions:
            has = _holdings(wallet.xdai_wei, wallet.wxhopr_wei)
            retires = not is_decommissioned(assessment.retired, assessment.observed, assessment.chain_settings)
            return f"{'' if retires else 'Nothing to send. '}Wallet {address} has {has}.{self._registration()}"
        left = _holdings(max(wallet.xdai_wei - cost.xdai_needed_wei, 0), max(wallet.wxhopr_wei - cost.wxhopr_wei, 0))
        now, most = amount_text(cost.fee_now_wei), amount_text(cost.fee_most_wei)
        return (
            f"{counted(cost.transactions, 'transaction')}, about {cost.gas:,} gas: {now} xDai at the current fee, "
            f"{most} xDai at most ({assessment.chain_settings.max_fee_gwei} gwei).\n"
            f"Pays {_holdings(cost.xdai_wei, cost.wxhopr_wei)}.{self._way_of_wxhopr()}\n"
            f"Wallet {address} keeps at least {left}{'' if self.is_only_pool else ' after this pool'}."
            f"{self._registration()}"
        )

    def _registration(self) -> str:
        """How nodes get onto the network registry, where the wallet is not its manager."""
        wallet = self.assessment.observed.wallet
        if not self.assessment.spec.policy.register_nodes:
            return " Nodes are not registered (registerNodes: false)."
        if not self.assessment.observed.logs_searched:
            return " The endpoint does not search logs: this preview counts registered nodes as eligible."
        if not wallet.registry_enabled:
            return " The network registry is disabled: a run after it is enabled registers the nodes."
        if wallet.is_manager or not self.assessment.transactions:
            return ""
        return " The wallet is not a manager of the network registry: the Safes register their nodes."

    def _way_of_wxhopr(self) -> str:
        transactions = self.assessment.transactions
        if any(isinstance(transaction, TransferWxhopr) for transaction in transactions):
            return " wxHOPR is sent in plain transfers, which use less gas for this few Safes."
        if any(transaction.wxhopr_wei for transaction in transactions):
            operator = self.assessment.in_service.operator
            return f" wxHOPR is sent through the wallet's operator Safe {operator}, which uses less gas."
        return ""


def _steps_of(job: Job) -> list[str]:
    steps = ["create Safe and module"] if job.creates_safe else ["configure Safe and module"] if job.calls else []
    if job.handed_over:
        steps.append("hand over to this wallet")
    return [*steps, "register itself"] if job.self_registers else steps


def _payments(xdai_wei: int, wxhopr_wei: int) -> list[str]:
    return [f"pay {amount_text(wei)} {unit}" for wei, unit in ((xdai_wei, "xDai"), (wxhopr_wei, "wxHOPR")) if wei]


def _holdings(xdai_wei: int, wxhopr_wei: int) -> str:
    return f"{amount_text(xdai_wei)} xDai and {amount_text(wxhopr_wei)} wxHOPR"
