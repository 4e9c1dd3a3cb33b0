"""Rules between values about the wallet: its Secrets in the cluster, the funding job, the budgets."""

from collections.abc import Iterator

from config import cluster_names
from config.errors import Problem
from config.secret_keys import DEPLOYER_PRIVATE_KEY
from config.validation.folding import folded
from config.validation.partial import PartialSettings

_PRODUCTION = "dufour"


def _secret_names(settings: PartialSettings) -> Iterator[Problem]:
    """A Secret that the configuration names exists without the program, which would overwrite or delete its own."""
    created = {
        secret_name(name): name
        for name in settings.pools
        for secret_name in (cluster_names.wallet_secret, cluster_names.identities_secret, cluster_names.funding)
    }
    source = settings.wallet.source if settings.wallet else None
    named: dict[str, str | None] = {"wallet.from.kubernetesSecret": source.kubernetes_secret if source else None}
    for name, pool in settings.pools.items():
        named[f"pools.{name}.secretName"] = pool.secret_name
        named[f"pools.{name}.funding.secretName"] = pool.funding.secret_name if pool.funding else None
    for path, secret_name in named.items():
        if secret_name in created:
            yield Problem(
                path,
                f"'{secret_name}' is the name of a Secret that this program creates for pool '{created[secret_name]}'; "
                "name a Secret that exists without the program",
            )


def _no_copy_of_a_secret(settings: PartialSettings) -> Iterator[Problem]:
    """The program does not copy values from one Secret into another: pods can read the first one."""
    secret = settings.wallet and settings.wallet.source and settings.wallet.source.kubernetes_secret
    for name, pool in settings.pools.items():
        if secret and pool.secret_name is None:
            yield Problem(
                f"pools.{name}.secretName",
                f"is missing, but pods can read the Secret that wallet.from names; set it to '{secret}'",
            )


def _funding_key(settings: PartialSettings) -> Iterator[Problem]:
    for name, pool in settings.pools.items():
        without = pool.funding is not None and pool.funding.secret_name is None and pool.secret_name is None
        if without and settings.wallet and settings.wallet.kms:
            yield Problem(
                f"pools.{name}.funding.secretName",
                f"is missing, and the wallet's key cannot leave KMS; name a Secret with the {DEPLOYER_PRIVATE_KEY} of "
                "an account that pays for the top-ups, or remove funding",
            )


def _own_funding_account(settings: PartialSettings) -> Iterator[Problem]:
    """On the production network, no image of the cluster gets the key that owns the Safes."""
    if settings.network != _PRODUCTION or settings.platform is None or settings.platform.is_devnet:
        return
    for name, pool in settings.pools.items():
        if pool.funding is not None and pool.funding.secret_name is None:
            yield Problem(
                f"pools.{name}.funding.secretName",
                f"is missing, so the funding job's image would get the wallet's key, which owns the Safes; name a "
                f"Secret with the {DEPLOYER_PRIVATE_KEY} of an account that only pays for the top-ups "
                "(docs/operations.md#keep-nodes-funded), or remove funding",
            )


def _funding_wxhopr(settings: PartialSettings) -> Iterator[Problem]:
    image = settings.platform and settings.platform.images.top_up
    for name, pool in settings.pools.items():
        if pool.funding is None or not pool.funding.wxhopr:
            continue
        if settings.platform is not None and image is None:
            yield Problem(
                f"pools.{name}.funding.wxhopr",
                "requires this program's image, because hopli cannot top up Safes safely; build the image "
                "(docs/operations.md#keep-nodes-funded) and set platform.images.topUp, or set wxhopr to false",
            )
        if pool.balances.safe_wxhopr.wei == 0:
            yield Problem(
                f"pools.{name}.funding.wxhopr",
                f"is true, but pools.{name}.balances.safeWxhopr is 0; set it to the target balance of each Safe",
            )


def _pool_budgets(settings: PartialSettings) -> Iterator[Problem]:
    if settings.spending is None:
        return
    for name, pool in settings.pools.items():
        for unit in ("xdai", "wxhopr"):
            most, total = getattr(pool.spending, unit), getattr(settings.spending, unit)
            if most is not None and total is not None and most > total:
                yield Problem(
                    f"pools.{name}.spending.{unit}",
                    f"'{most}' exceeds spending.{unit} ({total}), the run budget of all pools; lower it, or raise "
                    f"spending.{unit}",
                )


def _owners_without_the_wallet(settings: PartialSettings) -> Iterator[Problem]:
    if settings.wallet is None:
        return
    wallet = settings.wallet.address
    for name, pool in settings.pools.items():
        if not pool.safe.admins or wallet in pool.safe.admins or pool.safe.owners_without_wallet:
            continue
        safes = folded(pool.in_service(name))
        yield Problem(
            f"pools.{name}.safe.admins",
            f"gives the Safes of {safes} to {', '.join(pool.safe.admins)}, without wallet {wallet}, which loses "
            f"control of them; add the wallet to the list, or set pools.{name}.safe.ownersWithoutWallet to true",
        )


WALLET_RULES = (
    _owners_without_the_wallet,
    _secret_names,
    _no_copy_of_a_secret,
    _funding_key,
    _own_funding_account,
    _funding_wxhopr,
    _pool_budgets,
)
