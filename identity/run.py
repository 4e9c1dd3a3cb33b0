"""The shared objects of one run of a provider: parsed configuration, secrets, budget, nodes in use, chain client.

The engine starts a provider process for each phase of a run and configures each provider once, so a `Run` lives as long
as one phase. Secrets exist only here: the wallet's key, the passwords and the RPC URL are never an input or an output
of a resource. The engine keeps the last configuration in the state, encrypted (docs/security.md#where-secrets-are).
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Protocol

from config.logs import conceal
from config.models.chain import ChainSettings
from config.models.platform import Platform
from config.models.spending import Spending
from config.models.wallet import Wallet
from identity.chain.client import ChainClient
from identity.consent import Consent
from identity.evm.calls import Signers
from identity.keys.copies import ClusterLocation, Copy, copies_in_cluster
from identity.keys.fingerprint import Fingerprints
from identity.observation.pool_spec import PoolSpec
from identity.provisioning.assessment import Wallets
from identity.provisioning.nodes_in_use import NodesInUse
from identity.running_nodes import require_stopped
from identity.secrets.signers import signers_of
from identity.secrets.sources import Secrets, secrets_of
from identity.submission.spending import PoolBudget, RunBudget

_log = logging.getLogger(__name__)


class Configuration(Protocol):
    """The configuration as Pulumi hands it to a dynamic provider: JSON text by key, secrets decrypted."""

    def get(self, key: str) -> str | None:
        """The text of a key, None where it is not set."""

    def require(self, key: str) -> str:
        """The text of a key; raises where it is not set."""


class Run:
    """Several threads use one run: parsed values never change, and budget, nodes and secrets have locks."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._reading_secrets = threading.Lock()
        self._secrets: Secrets | None = None
        self._searching_cluster = threading.Lock()
        self._copies: dict[tuple[tuple[str, str], ...], Mapping[str, Sequence[Copy]]] = {}
        self.budget = RunBudget(Spending.model_validate_json(configuration.get("spending") or "{}"))
        self.nodes = NodesInUse()
        self.consent = Consent.of_this_process()

    @cached_property
    def wallet(self) -> Wallet:
        """The wallet's configuration."""
        wallet = Wallet.model_validate_json(self._configuration.require("wallet"))
        conceal(wallet.previous.private_key if wallet.previous else None)
        return wallet

    @cached_property
    def chain_settings(self) -> ChainSettings:
        """Endpoint, fees and finality."""
        return ChainSettings.model_validate_json(self._configuration.require("chain"))

    @property
    def secrets(self) -> Secrets:
        """The stack's secrets, read on first use and kept in memory only; raises what `secrets_of` raises."""
        with self._reading_secrets:
            if self._secrets is None:
                source = self.wallet.source
                from_the_cluster = source is not None and source.kubernetes_secret is not None
                _log.debug("reading secrets %s", "from the configuration" if source is None else "from wallet.from")
                self._secrets = secrets_of(self.wallet, self._platform() if from_the_cluster else None)
            return self._secrets

    @cached_property
    def fingerprints(self) -> Fingerprints:
        """The fingerprints of identity files under the identity password."""
        return Fingerprints(self.secrets.identity_password.get_secret_value(), self.wallet.address)

    def copies_in_cluster(self, location: ClusterLocation) -> Mapping[str, Sequence[Copy]]:
        """The identity files that the cluster has, by identity name; each location is read once in a run."""
        with self._searching_cluster:
            key = tuple(sorted(location.items()))
            if key not in self._copies:
                self._copies[key] = copies_in_cluster(location)
            return self._copies[key]

    def client(self, report: Callable[[str], None]) -> ChainClient:
        """A client of the stack's RPC endpoint; `report` receives a sentence when it waits for the endpoint."""
        return ChainClient.of(self.chain_settings, report)

    def signers(self) -> Signers:
        """What signs for the wallet and the previous wallet; raises WalletCannotSign where there is only an address."""
        return signers_of(self.wallet, self.secrets)

    def wallets(self, *recorded: str) -> Wallets:
        """The wallets that can have deployed a Safe; `recorded` ones come after those of the configuration."""
        candidates = tuple(dict.fromkeys([*self.wallet.deployers, *recorded]))
        return Wallets(candidates, self.wallet.previous_address)

    def pool_budget(self, spec: PoolSpec) -> PoolBudget:
        """What this run may spend for a pool."""
        return PoolBudget(spec.pool, spec.spending, self.budget)

    def require_stopped(self, identities: Mapping[str, str], report: Callable[[str], None]) -> None:
        """Raise NodesRunning if nodes run with these identities; without a platform, there is no cluster."""
        if self._configuration.get("platform"):
            platform = self._platform()
            require_stopped(identities, platform.namespace, platform.kube_context, report)

    def _platform(self) -> Platform:
        return Platform.model_validate_json(self._configuration.require("platform"))
