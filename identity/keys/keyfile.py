"""Identity files: Web3 Secret Storage v3 around hoprd's own 172-byte plaintext (docs/protocol.md#the-identity-file).

Reading is strict and limited: an imported file can be neither huge nor require an expensive key derivation.
"""

import hmac
import json
import secrets
import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, cast

from Crypto.Protocol.KDF import scrypt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from eth_utils.crypto import keccak
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from config.key_address import address_of_key
from identity.errors import KeyfileError, WrongPassword
from identity.keys.pair import KEY_BYTES, NodeKeyPair, is_chain_key

MAX_FILE_BYTES = 16_384
PLAINTEXT_BYTES = 172  # hoprd refuses any other length
_MAX_SCRYPT_MEMORY_BYTES = 256 * 1024 * 1024  # n = 2^18, r = 8: the strongest parameters that other tools write
_N, _R, _P = 8192, 8, 1
_UNICODE_FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")

Hex = Annotated[str, StringConstraints(pattern=r"^([0-9a-fA-F]{2})+$", max_length=1024)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, hide_input_in_errors=True)


class _CipherParams(_Part):
    iv: Hex


class _ScryptParams(_Part):
    dklen: Literal[32]
    n: int = Field(ge=1, le=2**20)
    r: int = Field(ge=1, le=64)
    p: int = Field(ge=1, le=16)
    salt: Hex


class _Crypto(_Part):
    cipher: Literal["aes-128-ctr"]
    cipherparams: _CipherParams
    ciphertext: Hex
    kdf: Literal["scrypt"]
    kdfparams: _ScryptParams
    mac: Hex


class _Keyfile(_Part):
    version: Literal[3]
    crypto: _Crypto


class _Plaintext(_Part):
    version: Literal[2]
    chain_key: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$")]
    packet_key: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$")]


@dataclass(frozen=True)
class IdentityFile:
    """The content of an identity file: both keys (form 2), or only the chain key (form 1: `keys` is None)."""

    form: Literal[1, 2]
    native_address: str
    chain_key: bytes = field(repr=False)
    keys: NodeKeyPair | None

    @property
    def peer_id(self) -> str | None:
        """The node's peerId; None in form 1, which has no packet key."""
        return self.keys.peer_id if self.keys else None


def write(keys: NodeKeyPair, password: str) -> str:
    """Return the identity file of these keys as JSON text, encrypted with a fresh salt and IV."""
    salt, iv = secrets.token_bytes(32), secrets.token_bytes(16)
    plaintext = json.dumps(
        {"chain_key": keys.chain_key.hex(), "packet_key": keys.packet_key.hex(), "version": 2}, separators=(",", ":")
    ).encode()
    parameters = _ScryptParams(dklen=32, n=_N, r=_R, p=_P, salt=salt.hex())
    key = _derived_key(parameters, password.encode())
    ciphertext = _aes_ctr(key, iv, plaintext)
    crypto = {
        "cipher": "aes-128-ctr",
        "cipherparams": {"iv": iv.hex()},
        "ciphertext": ciphertext.hex(),
        "kdf": "scrypt",
        "kdfparams": parameters.model_dump(),
        "mac": _mac(key, ciphertext).hex(),
    }
    return json.dumps({"crypto": crypto, "id": str(uuid.uuid4()), "version": 3}, separators=(",", ":"))


def read(text: str | bytes, password: str) -> IdentityFile:
    """Decrypt an identity file of form 1 or 2; raise WrongPassword, or KeyfileError for an unreadable file."""
    keyfile = _parse(text)
    try:
        encoded = password.encode()
    except UnicodeEncodeError:
        raise KeyfileError("the password is not UTF-8 text") from None
    if (plaintext := _decrypted(keyfile, encoded)) is None:
        raise WrongPassword(
            "the password does not decrypt this identity file (or the file was changed)",
            hint=_form_that_opens(keyfile, password),
        )
    if len(plaintext) == KEY_BYTES:
        if not is_chain_key(plaintext):
            raise KeyfileError("identity file: its content is not a secp256k1 secret")
        return IdentityFile(form=1, native_address=address_of_key(plaintext), chain_key=plaintext, keys=None)
    if len(plaintext) != PLAINTEXT_BYTES:
        raise KeyfileError(
            f"identity file: its content has {len(plaintext)} bytes, but hoprd reads {PLAINTEXT_BYTES} (both keys) "
            f"or {KEY_BYTES} (the old form)"
        )
    keys = _keys_in(plaintext)
    return IdentityFile(form=2, native_address=keys.native_address, chain_key=keys.chain_key, keys=keys)


def read_with_any(text: str | bytes, passwords: Sequence[str]) -> IdentityFile:
    """`read` with the first password that decrypts the file; raise WrongPassword if none does."""
    hint = ""
    for password in passwords:
        try:
            return read(text, password)
        except WrongPassword as error:
            hint = hint or error.hint
    raise WrongPassword("none of the passwords decrypts this identity file (or the file was changed)", hint=hint)


def _decrypted(keyfile: _Keyfile, password: bytes) -> bytes | None:
    """The plaintext, or None if the password is wrong or the content was changed."""
    crypto = keyfile.crypto
    key, ciphertext = _derived_key(crypto.kdfparams, password), bytes.fromhex(crypto.ciphertext)
    if not hmac.compare_digest(_mac(key, ciphertext), bytes.fromhex(crypto.mac)):
        return None
    return _aes_ctr(key, bytes.fromhex(crypto.cipherparams.iv), ciphertext)


def _form_that_opens(keyfile: _Keyfile, password: str) -> str:
    """Return a hint if the file opens with another Unicode form of the password: keyboards and systems differ."""
    for form in _UNICODE_FORMS:
        other = unicodedata.normalize(form, password)
        if other != password and _decrypted(keyfile, other.encode()) is not None:
            return f"; the same characters in the Unicode form {form} do: set the password in that form"
    return ""


def _parse(text: str | bytes) -> _Keyfile:
    if len(text) > MAX_FILE_BYTES:
        raise KeyfileError(f"identity file: it has {len(text)} bytes, at most {MAX_FILE_BYTES} are accepted")
    try:
        keyfile = _Keyfile.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise KeyfileError(f"identity file{f', {where}' if where else ''}: {first['msg']}") from None
    parameters = keyfile.crypto.kdfparams
    if parameters.n & (parameters.n - 1):
        raise KeyfileError(f"identity file, crypto.kdfparams.n: {parameters.n} is not a power of two")
    if (needed := 128 * parameters.n * parameters.r * parameters.p) > _MAX_SCRYPT_MEMORY_BYTES:
        raise KeyfileError(
            f"identity file, crypto.kdfparams: scrypt with n {parameters.n}, r {parameters.r}, p {parameters.p} needs "
            f"{needed >> 20} MiB, at most {_MAX_SCRYPT_MEMORY_BYTES >> 20} MiB is accepted"
        )
    if len(keyfile.crypto.cipherparams.iv) != 32:
        raise KeyfileError("identity file, crypto.cipherparams.iv: must have 16 bytes")
    return keyfile


def _keys_in(plaintext: bytes) -> NodeKeyPair:
    try:
        content = _Plaintext.model_validate_json(plaintext)
        return NodeKeyPair(bytes.fromhex(content.chain_key), bytes.fromhex(content.packet_key))
    except ValidationError:
        raise KeyfileError("identity file: its content has no chain_key and packet_key") from None
    except ValueError as error:
        raise KeyfileError(f"identity file: {error}") from None


def _derived_key(parameters: _ScryptParams, password: bytes) -> bytes:
    # OpenSSL, which hashlib calls, refuses n = 1; files of hopli have it.
    salt: Any = bytes.fromhex(parameters.salt)
    secret: Any = password  # the annotations of the library leave out bytes
    return cast(bytes, scrypt(secret, salt, parameters.dklen, parameters.n, parameters.r, parameters.p))


def _mac(key: bytes, ciphertext: bytes) -> bytes:
    return keccak(key[16:32] + ciphertext)


def _aes_ctr(key: bytes, iv: bytes, data: bytes) -> bytes:
    cryptor = Cipher(algorithms.AES(key[:16]), modes.CTR(iv)).encryptor()
    return cryptor.update(data) + cryptor.finalize()
