"""A key in AWS KMS signs like a key in memory, and every refusal of AWS is one sentence."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.serialization import load_der_public_key
from eth_keys.datatypes import PublicKey
from eth_keys.datatypes import Signature as RecoverableSignature
from eth_utils.crypto import keccak
from pydantic import SecretStr

from config.models.wallet import KmsKey, PreviousWallet, Wallet
from identity.errors import AwsError, WrongKey
from identity.secrets.aws import aws_client, aws_errors
from identity.secrets.kms import KmsSigner
from identity.secrets.signers import LocalSigner, signers_of
from identity.secrets.sources import secrets_of
from testkit import aws as service

SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
OTHER = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"


def address_in_kms(key_id: str) -> str:
    der = service.client("kms").get_public_key(KeyId=key_id)["PublicKey"]
    numbers = load_der_public_key(der).public_numbers()  # type: ignore[union-attr]
    return PublicKey(numbers.x.to_bytes(32) + numbers.y.to_bytes(32)).to_checksum_address()  # type: ignore[union-attr]


def signer(address: str, **key: str) -> KmsSigner:
    return KmsSigner(KmsKey(**{"key_id": "alias/wallet", **key}), address, "wallet.kms")


@pytest.fixture
def address(aws: str) -> str:
    """The address of the key with alias `alias/wallet`."""
    return address_in_kms(service.make_signing_key())


def test_signatures_have_low_s_and_recover_to_the_account(address: str) -> None:
    found = signer(address)
    for number in range(20):
        digest = keccak(text=f"message {number}")
        signature = found.sign_digest(digest)
        assert 0 < signature.s <= SECP256K1_ORDER // 2
        recoverable = RecoverableSignature(vrs=(signature.y_parity, signature.r, signature.s))
        assert recoverable.recover_public_key_from_msg_hash(digest).to_checksum_address() == address


def test_the_public_key_is_requested_once(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    from moto.kms.responses import KmsResponse

    for operation in ("get_public_key", "sign"):
        answer = getattr(KmsResponse, operation)

        def counted(response: Any, answer: Any = answer, operation: str = operation) -> Any:
            asked.append(operation)
            return answer(response)

        monkeypatch.setattr(KmsResponse, operation, counted)
    found = signer(address)
    for _ in range(3):
        found.sign_digest(b"\1" * 32)
    assert asked == ["get_public_key", "sign", "sign", "sign"]


def test_a_key_of_another_account_is_refused_with_both_addresses_before_it_signs(address: str) -> None:
    with pytest.raises(WrongKey) as caught:
        signer(OTHER).sign_digest(b"\1" * 32)
    assert str(caught.value) == (
        f"wallet.kms: alias/wallet is the key of {address}, but wallet.address is {OTHER}: correct one of them"
    )


@pytest.mark.parametrize("spec", ["ECC_NIST_P256", "RSA_2048"])
def test_a_key_of_another_kind_is_refused(aws: str, spec: str) -> None:
    service.make_signing_key(KeySpec=spec)
    with pytest.raises(
        WrongKey, match="alias/wallet is a key of another kind: an account needs a key with spec ECC_SECG"
    ):
        signer(OTHER).sign_digest(b"\1" * 32)


def test_the_error_for_an_absent_key_names_it(aws: str) -> None:
    with pytest.raises(
        AwsError, match=r"^wallet\.kms: .* alias/none: AWS has no resource with this name in the current"
    ):
        signer(OTHER, key_id="alias/none").sign_digest(b"\1" * 32)


def test_a_key_whose_alias_changed_during_the_run_signs_nothing(address: str) -> None:
    found = signer(address)
    found.sign_digest(b"\1" * 32)
    service.client("kms").delete_alias(AliasName="alias/wallet")
    service.make_signing_key()
    with pytest.raises(WrongKey, match="signed with a key that does not belong to"):
        found.sign_digest(b"\1" * 32)


def test_a_signature_of_a_hashed_digest_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.kms.utils import ECDSAPrivateKey

    sign = ECDSAPrivateKey.sign
    monkeypatch.setattr(ECDSAPrivateKey, "sign", lambda key, text, how: sign(key, keccak(text), how))
    with pytest.raises(WrongKey):
        signer(address).sign_digest(b"\1" * 32)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDeniedException", "AWS denies Sign: grant the permission to the current credentials"),
        ("UnsupportedOperationException", "the key has another spec or usage: create a key with spec ECC_SECG_P256K1"),
        ("DisabledException", "the key is disabled: enable it in KMS"),
        ("KMSInvalidStateException", "the key is disabled or scheduled for deletion"),
        ("ExpiredTokenException", "the AWS credentials have expired: log in again"),
        ("UnrecognizedClientException", "AWS does not recognise the credentials"),
        ("ThrottlingException", "AWS throttled the request 5 times: run again later"),
        ("KMSInternalException", "AWS refused Sign: KMSInternalException"),
    ],
)
def test_each_refusal_of_aws_is_one_sentence_with_the_fix(code: str, said: str) -> None:
    answer: Any = {"Error": {"Code": code, "Message": "not shown"}}
    with pytest.raises(AwsError) as caught, aws_errors("wallet.kms", "signing with alias/wallet"):
        raise ClientError(answer, "Sign")
    assert str(caught.value).startswith(f"wallet.kms: signing with alias/wallet: {said}")
    assert caught.value.code == code
    assert "not shown" not in str(caught.value)


def without_credentials() -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ.pop(name)


def without_region() -> None:
    os.environ.pop("AWS_DEFAULT_REGION")


def with_an_unknown_profile() -> None:
    os.environ["AWS_PROFILE"] = "nobody"


def without_a_server() -> None:
    os.environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("lose", "said"),
    [
        (without_credentials, "this machine has no AWS credentials"),
        (without_region, "no AWS region is configured: set 'region' next to it, or AWS_REGION"),
        (with_an_unknown_profile, "AWS_PROFILE names a profile that does not exist"),
        (without_a_server, "AWS does not respond: check the region and the network"),
    ],
)
def test_the_error_names_what_is_missing_on_this_machine(
    aws: str, lose: Callable[[], None], said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_PROFILE", "")
    monkeypatch.delenv("AWS_PROFILE")
    lose()
    with pytest.raises(AwsError, match=said):
        signer(OTHER).sign_digest(b"\1" * 32)


@pytest.mark.parametrize(
    ("region", "name", "expected"),
    [
        ("eu-west-1", "arn:aws:kms:us-east-1:1:key/a", "eu-west-1"),
        (None, "arn:aws:kms:us-east-1:1:key/a", "us-east-1"),
        (None, "alias/wallet", "ap-south-1"),
    ],
)
def test_the_region_is_the_given_one_then_that_of_the_name_then_that_of_the_environment(
    aws: str, monkeypatch: pytest.MonkeyPatch, region: str | None, name: str, expected: str
) -> None:
    monkeypatch.setenv("AWS_REGION", "ap-south-1")
    assert aws_client("kms", region, name).meta.region_name == expected


def test_the_previous_wallet_signs_with_its_own_key(address: str) -> None:
    now = LocalSigner(b"\7" * 32)
    wallet = Wallet(
        private_key=SecretStr("07" * 32),
        identity_password=SecretStr("unused"),
        previous=PreviousWallet(kms=KmsKey(key_id="alias/wallet"), address=address),
    )
    signers = signers_of(wallet, secrets_of(wallet))
    assert signers.wallet.address == now.address
    assert isinstance(signers.previous, KmsSigner)
    assert signers.previous.address == address
    assert signers.previous.sign_digest(b"\1" * 32).r
    previous = PreviousWallet(private_key=SecretStr("09" * 32))
    signers = signers_of(wallet.model_copy(update={"previous": previous}), secrets_of(wallet))
    assert signers.previous
    assert signers.previous.address == LocalSigner(b"\x09" * 32).address
