"""Signs with a wallet key in AWS KMS; the key never leaves KMS."""

import logging
import threading
from functools import cached_property
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256K1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from eth_keys.constants import SECPK1_N
from eth_keys.datatypes import PublicKey
from eth_keys.datatypes import Signature as RecoverableSignature
from eth_keys.exceptions import BadSignature

from config.models.wallet import KmsKey
from identity.errors import WrongKey
from identity.evm.calls import Signature
from identity.secrets.aws import aws_client, aws_errors

_log = logging.getLogger(__name__)


class KmsSigner:
    """Signs with AWS KMS; `where` is the setting that names the key. Raises AwsError and WrongKey."""

    def __init__(self, key: KmsKey, address: str, where: str) -> None:
        self._key_id, self._region, self._address, self._where = key.key_id, key.region, address, where
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        """The configured address, checksummed; the first signature checks that the key belongs to it."""
        return self._address

    def sign_digest(self, digest: bytes) -> Signature:
        """Sign 32 bytes without hashing them again, with low s: Ethereum requires it, KMS returns either."""
        _log.debug("signing with %s", self._key_id)
        with self._lock:
            public_key = self._public_key
        with aws_errors(self._where, f"signing with {self._key_id}"):
            answer = self._client.sign(
                KeyId=self._key_id, Message=digest, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256"
            )
        r, s = decode_dss_signature(answer["Signature"])
        low_s = min(s, SECPK1_N - s)
        for y_parity in (0, 1):
            if _recovers(public_key, digest, y_parity, r, low_s):
                return Signature(r, low_s, y_parity)
        raise WrongKey(
            f"{self._where}: {self._key_id} signed with a key that does not belong to {self._address}: the alias "
            "changed during the run; run again"
        )

    @cached_property
    def _client(self) -> Any:
        with aws_errors(self._where, self._key_id):
            return aws_client("kms", self._region, self._key_id)

    @cached_property
    def _public_key(self) -> PublicKey:
        with aws_errors(self._where, f"the public key of {self._key_id}"):
            answer = self._client.get_public_key(KeyId=self._key_id)
        public_key = _secp256k1_key(answer["PublicKey"])
        if public_key is None:
            raise WrongKey(
                f"{self._where}: {self._key_id} is a key of another kind: an account needs a key with spec "
                "ECC_SECG_P256K1 and usage SIGN_VERIFY; create one"
            )
        if (found := public_key.to_checksum_address()) != self._address:
            raise WrongKey(
                f"{self._where}: {self._key_id} is the key of {found}, but {self._where.removesuffix('.kms')}.address "
                f"is {self._address}: correct one of them"
            )
        return public_key


def _secp256k1_key(der: bytes) -> PublicKey | None:
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256K1):
        return None
    return PublicKey(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:])


def _recovers(public_key: PublicKey, digest: bytes, y_parity: int, r: int, s: int) -> bool:
    try:
        return RecoverableSignature(vrs=(y_parity, r, s)).recover_public_key_from_msg_hash(digest) == public_key
    except BadSignature:
        return False
