"""The secrets of the stack, from wherever the configuration says they lie; read at each run, never stored."""

from dataclasses import dataclass

from pydantic import SecretStr

from config.wallet import Wallet


@dataclass(frozen=True)
class Secrets:
    """All that is secret about the wallet; None for what there is not."""

    private_key: SecretStr | None
    identity_password: SecretStr
    previous_identity_password: SecretStr | None = None
    api_token: SecretStr | None = None
    identity_seed: SecretStr | None = None


def secrets_of(wallet: Wallet) -> Secrets:
    """The secrets of this wallet."""
    if wallet.identity_password is None:
        raise NotImplementedError
    return Secrets(
        wallet.private_key,
        wallet.identity_password,
        wallet.previous_identity_password,
        wallet.api_token,
        wallet.identity_seed,
    )
