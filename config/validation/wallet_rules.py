"""Rules between values about the wallet: where its key lies in the cluster, what the job there pays, what is spent."""

from collections.abc import Iterator

from config.errors import Problem
from config.secret_keys import DEPLOYER_PRIVATE_KEY
from config.validation.partial import PartialSettings


def _secret_names(draft: PartialSettings) -> Iterator[Problem]:
    made_here = {f"{name}-wallet": name for name, pool in draft.pools.items() if pool.secret_name is None}
    for name, pool in draft.pools.items():
        named = {"secretName": pool.secret_name, "funding.secretName": pool.funding and pool.funding.secret_name}
        for key, secret_name in named.items():
            maker = made_here.get(secret_name or "")
            if maker is not None:
                yield Problem(
                    f"pools.{name}.{key}",
                    f"'{secret_name}' is made for pool '{maker}' by this program, name one that exists without it",
                )


def _secrets_of_the_cluster(draft: PartialSettings) -> Iterator[Problem]:
    """Values that lie in a Secret already are not copied into another one: pods read that one."""
    secret = draft.wallet and draft.wallet.source and draft.wallet.source.kubernetes_secret
    for name, pool in draft.pools.items():
        if secret and pool.secret_name is None:
            yield Problem(
                f"pools.{name}.secretName",
                f"is missing, and wallet.from reads a Secret that pods can read too; set it to '{secret}'",
            )


def _key_of_the_funding_job(draft: PartialSettings) -> Iterator[Problem]:
    for name, pool in draft.pools.items():
        without = pool.funding is not None and pool.funding.secret_name is None and pool.secret_name is None
        if without and draft.wallet and draft.wallet.kms:
            yield Problem(
                f"pools.{name}.funding.secretName",
                f"is missing, and the wallet's key never leaves KMS: name a Secret with the {DEPLOYER_PRIVATE_KEY} of "
                "an account that pays for the top-ups, or remove funding",
            )


def _wxhopr_of_the_funding_job(draft: PartialSettings) -> Iterator[Problem]:
    image = draft.platform and draft.platform.images.top_up
    for name, pool in draft.pools.items():
        if pool.funding is None or not pool.funding.wxhopr:
            continue
        if draft.platform is not None and image is None:
            yield Problem(
                f"pools.{name}.funding.wxhopr",
                "needs an image of this program, hopli cannot pay Safes safely: build it "
                "(docs/operations.md#keep-nodes-funded) and name "
                "it under platform.images.topUp, or set this to false",
            )
        if pool.balances.safe_wxhopr.wei == 0:
            yield Problem(
                f"pools.{name}.funding.wxhopr",
                f"is true, and pools.{name}.balances.safeWxhopr is 0: say there how much each Safe is to hold",
            )


def _chain_settings(draft: PartialSettings) -> Iterator[Problem]:
    if draft.spending is None:
        return
    for name, pool in draft.pools.items():
        for unit in ("xdai", "wxhopr"):
            most, total = getattr(pool.spending, unit), getattr(draft.spending, unit)
            if most is not None and total is not None and most > total:
                yield Problem(
                    f"pools.{name}.spending.{unit}",
                    f"'{most}' is more than spending.{unit} ({total}), which limits all pools together; lower it, or "
                    "raise that",
                )


WALLET_RULES = (
    _secret_names,
    _secrets_of_the_cluster,
    _key_of_the_funding_job,
    _wxhopr_of_the_funding_job,
    _chain_settings,
)
