"""The order of the funding job in the cluster: the public data of one pool, as JSON. Pure.

The program writes it, and `top_up` reads it in the pod. It contains neither the wallet's key nor the endpoint.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from pydantic import SecretStr, ValidationError

from config.models.chain import ChainSettings
from config.models.pools import Balances, Funding, Pool
from config.models.scalars import Amount
from config.models.settings import Settings
from config.models.spending import SpendingLimits
from config.stack_state import DEPLOYER, DEPLOYERS
from identity.errors import OrderUnreadable
from identity.observation.desired import DesiredPool
from identity.observation.pool_spec import PoolSpec

_FROM_INPUTS = ("pool", "network", "wallet", "policy", "existing")


@dataclass(frozen=True)
class Order:
    """A pool whose policy has the job's targets and registers no nodes; the wallet keeps `keep_xdai_wei`.

    `limits` applies to one run of the job, as the smaller of the pool's limits and those of the stack.
    """

    desired: DesiredPool
    chain_settings: ChainSettings
    keep_xdai_wei: int
    pool: str = "pool"
    limits: SpendingLimits = field(default_factory=SpendingLimits)

    @classmethod
    def parse(cls, text: str, rpc_url: str) -> Self:
        """Parse the output of `order_json` and add the endpoint; raises OrderUnreadable."""
        try:
            order = json.loads(text)
            spec = PoolSpec.read({"pool": "pool", **order})  # orders of earlier versions have no name
            desired = spec.desired(order["nodes"], deployers=order[DEPLOYERS])
            keep_xdai_wei, chain = int(order["keepXdaiWei"]), dict(order["chain"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            what = f"lacks {error}" if isinstance(error, KeyError) else "is not an order of this version of the program"
            raise OrderUnreadable(f"the order {what}: run `pulumi up` with the version of the job's image") from None
        try:
            chain_settings = ChainSettings(**{**chain, "rpc_url": SecretStr(rpc_url)})
            return cls(desired, chain_settings, keep_xdai_wei, spec.pool, spec.spending)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            raise OrderUnreadable(f"RPC_URL or the order's chain: {problem['msg']}") from None

    def only_nodes(self, addresses: Collection[str]) -> Self:
        """Return the order with only the identities of these native addresses, in any letter case."""
        known = {address.lower() for address in addresses}
        names = {one.name for one in self.desired.identities if one.node.lower() in known}
        return replace(self, desired=self.desired.only(names))

    def unknown_nodes(self, addresses: Collection[str]) -> list[str]:
        """Return the native addresses that are not in the order."""
        known = {one.node.lower() for one in self.desired.identities}
        return [address for address in addresses if address.lower() not in known]


def order_json(
    settings: Settings, pool_name: str, funding: Funding, identities: Mapping[str, Mapping[str, Any]]
) -> str:
    """Return the order for a pool's job; `identities` are those in the state of `PoolOnChain`."""
    pool = settings.pools[pool_name].model_copy(
        update={"balances": _targets(settings.pools[pool_name], funding), "register_nodes": False}
    )
    nodes = {name: one["nativeAddress"] for name, one in identities.items()}
    spec = PoolSpec.configured(settings.model_copy(update={"pools": {pool_name: pool}}), pool_name, nodes)
    properties = spec.properties()
    order = {
        **{key: properties[key] for key in _FROM_INPUTS},
        "nodes": nodes,
        DEPLOYERS: {name: one[DEPLOYER] for name, one in identities.items()},
        "chain": settings.chain.model_dump(exclude={"rpc_url"}),
        "keepXdaiWei": str(settings.spending.keep_xdai.wei),
        "spending": _limits(pool.spending, settings.spending).model_dump(mode="json", exclude_none=True),
    }
    return json.dumps(order, indent=1, sort_keys=True)


def _limits(of_pool: SpendingLimits, of_stack: SpendingLimits) -> SpendingLimits:
    """Return the smaller limit of each unit: the job pays for one pool and does not see the others."""
    xdai = [limit for limit in (of_pool.xdai, of_stack.xdai) if limit is not None]
    wxhopr = [limit for limit in (of_pool.wxhopr, of_stack.wxhopr) if limit is not None]
    return SpendingLimits(xdai=min(xdai, default=None), wxhopr=min(wxhopr, default=None))


def _targets(pool: Pool, funding: Funding) -> Balances:
    """Return the pool's balances with the job's amount of xDai, and without wxHOPR unless the job pays it."""
    balances, zero = pool.balances, Amount("0")
    return Balances(
        node_xdai=funding.native_amount,
        node_xdai_minimum=min(balances.node_xdai_minimum, funding.native_amount),
        safe_wxhopr=balances.safe_wxhopr if funding.wxhopr else zero,
        safe_wxhopr_minimum=balances.safe_wxhopr_minimum if funding.wxhopr else zero,
    )
