"""Objects of a pool as a whole: Secrets, the funding job and its service account, monitoring."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pydantic import SecretStr

from components.kubernetes_object import KubernetesObject
from components.manifests import funding as funding_manifests
from components.manifests import names
from components.manifests import pool as manifests
from components.manifests.pool import PoolPlan
from config.models.platform import Images
from config.models.pools import Funding
from config.secret_keys import DEPLOYER_PRIVATE_KEY, HOPRD_API_TOKEN, IDENTITY_PASSWORD, RPC_URL
from identity.secrets.sources import Secrets


@dataclass(frozen=True)
class PoolObjects:
    """Register the objects of one pool, which `owner` owns, as children of `parent`.

    Each method returns the registered resources.
    """

    plan: PoolPlan
    parent: pulumi.Resource
    owner: pulumi.Resource

    def identity_files(self, files: Mapping[str, pulumi.Input[str]]) -> KubernetesObject:
        """The Secret with the encrypted file (base64) of each identity. A pod reads only the entry of its identity.

        It has the files of retired identities too: if the state is lost without an escrow, their keys are only there.
        """
        return self._secret("identities", names.identities_secret(self.plan.name), files)

    def wallet(self, secrets: Secrets, *, pays_top_ups: bool) -> KubernetesObject:
        """The Secret that pods read. It has the wallet's key only if the funding job pays from it."""
        values = {
            DEPLOYER_PRIVATE_KEY: secrets.private_key if pays_top_ups else None,
            IDENTITY_PASSWORD: secrets.identity_password,
            HOPRD_API_TOKEN: secrets.api_token,
        }
        data = {key: _encoded(value) for key, value in values.items() if value is not None}
        return self._secret("wallet", names.wallet_secret(self.plan.name), data)

    def account(self) -> pulumi.Resource:
        """The service account of the funding job."""
        return KubernetesObject.of(self._child("account"), manifests.service_account(self.plan), self._after())

    def monitor(self) -> pulumi.Resource:
        """The ServiceMonitor with which Prometheus scrapes the pool's nodes."""
        return KubernetesObject.of(self._child("monitor"), manifests.service_monitor(self.plan), self._after())

    def funding_order(
        self, nodes: pulumi.Input[str], text: pulumi.Input[str] | None, complete: pulumi.Resource
    ) -> KubernetesObject:
        """The input of the funding job (`funding.order`), written once the identities are `complete` on chain."""
        config_map = funding_manifests.order(self.plan, nodes, text)
        return KubernetesObject.of(self._child("funding-order"), config_map, self._after(complete))

    def funding(
        self, funding: Funding, images: Images, secret_name: str, rpc_url: SecretStr, order: KubernetesObject
    ) -> list[pulumi.Resource]:
        """The funding job, and a Secret with the RPC URL, which may contain a provider's key.

        `secret_name` is the pool's Secret. The job comes after `order`, without which its pods do not start.
        """
        job = funding_manifests.funding_job(self.plan, funding, images, secret_name)
        rpc = {RPC_URL: _encoded(rpc_url)}
        return [
            self._secret("funding-rpc", names.funding(self.plan.name), rpc),
            KubernetesObject.of(self._child("funding"), job, self._after(order)),
        ]

    def _secret(self, suffix: str, name: str, data: Mapping[str, Any]) -> KubernetesObject:
        return KubernetesObject.of(self._child(suffix), manifests.secret(self.plan, name, data), self._after())

    def _child(self, suffix: str) -> str:
        return f"{self.plan.name}-{suffix}"

    def _after(self, *needed: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self.parent, depends_on=[self.owner, *needed])


def _encoded(secret: SecretStr) -> pulumi.Output[str]:
    return pulumi.Output.secret(b64encode(secret.get_secret_value().encode()).decode())
