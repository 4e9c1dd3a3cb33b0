"""The table of one pool, as a preview with `HOPRD_DETAILS=full` shows it."""

from collections.abc import Mapping

from config.models.settings import Settings
from config.stack_state import PoolState
from identity.chain.client import ChainClient
from identity.observation.pool_spec import PoolSpec
from identity.preview import Preview
from identity.provisioning.assessment import Assessment, Wallets
from identity.submission.spending import Reserve


def describe_pool(settings: Settings, pool_name: str, nodes: Mapping[str, str | None]) -> str:
    """A table of the pool and its cost as plain text; observes the chain, sends nothing.

    `nodes` maps identity names to native addresses, None where the keys do not exist yet. Raises ChainError,
    WrongChain or PlanRefused; problems that preflight finds are part of the text.
    """
    spec = PoolSpec.configured(settings, pool_name, nodes)
    wallets = Wallets(settings.wallet.deployers, settings.wallet.previous_address)
    assessment = Assessment.of(ChainClient.of(settings.chain), settings.chain, spec, wallets, PoolState())
    return Preview(
        assessment.with_eligibility_assumed(),
        Reserve(settings.spending.keep_xdai.wei),
        is_only_pool=len(settings.pools) == 1,
    ).text()
