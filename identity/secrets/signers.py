"""The signers of the wallet: a key in memory, or a key in AWS KMS."""

from typing import Self

from eth_keys.datatypes import PrivateKey
from pydantic import SecretStr

from config.models.wallet import PreviousWallet, Wallet
from identity.errors import WalletCannotSign
from identity.evm.calls import Signature, Signer, Signers
from identity.secrets.kms import KmsSigner
from identity.secrets.sources import Secrets


class LocalSigner:
    """Signs with a private key in memory (32 bytes)."""

    def __init__(self, private_key: bytes) -> None:
        self._key = PrivateKey(private_key)

    @classmethod
    def of(cls, private_key: SecretStr) -> Self:
        """Return a signer with a key in hex."""
        return cls(bytes.fromhex(private_key.get_secret_value().removeprefix("0x")))

    @property
    def address(self) -> str:
        """The key's checksummed address."""
        return self._key.public_key.to_checksum_address()

    def sign_digest(self, digest: bytes) -> Signature:
        """Sign 32 bytes without hashing them again, deterministically (RFC 6979), with low s."""
        signature = self._key.sign_msg_hash(digest)
        return Signature(signature.r, signature.s, signature.v)


def signers_of(wallet: Wallet, secrets: Secrets) -> Signers:
    """Return the configured signers; raise WalletCannotSign if only the wallet's address is configured.

    AWS receives no request before the first signature.
    """
    if wallet.kms is not None:
        signer: Signer = KmsSigner(wallet.kms, wallet.address, "wallet.kms")
    elif secrets.private_key is not None:
        signer = LocalSigner.of(secrets.private_key)
    else:
        raise WalletCannotSign(
            f"wallet: only the address {wallet.address} is configured, but transactions must be sent: set "
            "wallet.privateKey as a secret (pulumi config set --secret --path hoprd:wallet.privateKey), or wallet.kms"
        )
    return Signers(signer, _previous(wallet.previous))


def _previous(previous: PreviousWallet | None) -> Signer | None:
    if previous is None:
        return None
    if previous.kms is not None:
        return KmsSigner(previous.kms, previous.address, "wallet.previous.kms")
    return LocalSigner.of(previous.private_key) if previous.private_key else None
