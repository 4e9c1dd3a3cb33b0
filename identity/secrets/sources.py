"""The secrets of the stack, from the configured source: the configuration itself, a cluster's Secret, or AWS.

Every call reads them; `identity.run.Run` keeps them for a run, in memory only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from pydantic import SecretStr, TypeAdapter, ValidationError

from config.logs import conceal
from config.models.platform import Platform
from config.models.wallet import (
    ApiToken,
    Password,
    PreviousPassword,
    PrivateKeyHex,
    Seed,
    Wallet,
    WalletSource,
    address_of,
)
from config.secret_keys import (
    DEPLOYER_PRIVATE_KEY,
    HOPRD_API_TOKEN,
    IDENTITY_PASSWORD,
    IDENTITY_SEED,
    PREVIOUS_IDENTITY_PASSWORD,
)
from identity.errors import SecretsUnavailable, WrongKey
from identity.secrets.cluster_secret import read_cluster_secret
from identity.secrets.secrets_manager import read_secrets_manager

_RULES: dict[str, TypeAdapter[SecretStr]] = {
    DEPLOYER_PRIVATE_KEY: TypeAdapter(PrivateKeyHex),
    IDENTITY_PASSWORD: TypeAdapter(Password),
    HOPRD_API_TOKEN: TypeAdapter(ApiToken),
    IDENTITY_SEED: TypeAdapter(Seed),
    PREVIOUS_IDENTITY_PASSWORD: TypeAdapter(PreviousPassword),
}


@dataclass(frozen=True)
class Secrets:
    """The secrets of the wallet; None for those that are not configured."""

    private_key: SecretStr | None
    identity_password: SecretStr
    previous_identity_password: SecretStr | None = None
    api_token: SecretStr | None = None
    identity_seed: SecretStr | None = None

    def __post_init__(self) -> None:
        conceal(*(getattr(self, field.name) for field in fields(self)))

    @property
    def identity_passwords(self) -> tuple[str, ...]:
        """The passwords that may decrypt an identity file: the current one, then the previous one."""
        both = (self.identity_password, self.previous_identity_password)
        return tuple(password.get_secret_value() for password in both if password is not None)


def secrets_of(wallet: Wallet, platform: Platform | None = None) -> Secrets:
    """Return the secrets of this wallet. Only a Secret in a cluster needs `platform`, which names the cluster.

    Raise SecretsUnavailable or AwsError if they cannot be read, WrongKey if the key is not the wallet's. Values in the
    configuration next to `from` (previousIdentityPassword, identitySeed) take precedence over those of the source.
    """
    if wallet.source is not None:
        return _sourced(wallet, wallet.source, platform)
    if wallet.identity_password is None:
        raise SecretsUnavailable(
            "wallet.identityPassword: is missing; set it with: pulumi config set --secret --path "
            "wallet.identityPassword"
        )
    return Secrets(
        wallet.private_key,
        wallet.identity_password,
        wallet.previous_identity_password,
        wallet.api_token,
        wallet.identity_seed,
    )


def private_key_in(values: Mapping[str, str], where: str) -> SecretStr:
    """Return the account's key from these values; raise SecretsUnavailable, which names the source `where`."""
    if DEPLOYER_PRIVATE_KEY not in values:
        raise SecretsUnavailable(f"{where}: has no {DEPLOYER_PRIVATE_KEY}: add it")
    return _checked(where, values, DEPLOYER_PRIVATE_KEY)


def _sourced(wallet: Wallet, source: WalletSource, platform: Platform | None) -> Secrets:
    where = _where(source)
    cluster = (platform.namespace, platform.kube_context) if platform and source.kubernetes_secret else None
    values = _read(source, cluster)
    needed = {IDENTITY_PASSWORD, HOPRD_API_TOKEN} | (set() if wallet.kms else {DEPLOYER_PRIVATE_KEY})
    if missing := sorted(needed - values.keys()):
        raise SecretsUnavailable(f"{where}: has no {', '.join(missing)}: add the missing keys")
    private_key = None if wallet.kms else _checked(where, values, DEPLOYER_PRIVATE_KEY)
    if private_key and address_of(private_key) != wallet.address:
        raise WrongKey(
            f"{where}: {DEPLOYER_PRIVATE_KEY} is the key of {address_of(private_key)}, but wallet.address is "
            f"{wallet.address}: correct one of them"
        )
    password, api_token = _checked(where, values, IDENTITY_PASSWORD), _checked(where, values, HOPRD_API_TOKEN)
    return Secrets(
        private_key,
        password,
        wallet.previous_identity_password or _checked_if_present(where, values, PREVIOUS_IDENTITY_PASSWORD),
        api_token,
        wallet.identity_seed or _checked_if_present(where, values, IDENTITY_SEED),
    )


def _read(source: WalletSource, cluster: tuple[str, str | None] | None) -> Mapping[str, str]:
    if source.secrets_manager is not None:
        return read_secrets_manager(source.secrets_manager)
    if source.kubernetes_secret is None or cluster is None:
        raise SecretsUnavailable(
            f"{_where(source)}: hoprd:platform is missing, which names the cluster and the namespace"
        )
    namespace, context = cluster
    return read_cluster_secret(source.kubernetes_secret, namespace, context)


def _where(source: WalletSource) -> str:
    return "wallet.from.secretsManager" if source.secrets_manager else "wallet.from.kubernetesSecret"


def _checked(where: str, values: Mapping[str, str], key: str) -> SecretStr:
    try:
        return _RULES[key].validate_python(values[key])
    except ValidationError as error:
        reason = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise SecretsUnavailable(f"{where}: {key} {reason}: correct it there (check for a trailing newline)") from None


def _checked_if_present(where: str, values: Mapping[str, str], key: str) -> SecretStr | None:
    return _checked(where, values, key) if key in values else None
