"""AWS for the tests: moto's server in this process, and a client of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.loaders import create_loader
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.kms.models import kms_backends
from moto.kms.responses import KmsResponse
from moto.kms.utils import ECDSAPrivateKey
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"


@contextmanager
def serving() -> Iterator[str]:
    """Run a moto server that signs digests as KMS does; yield its URL."""
    with pytest.MonkeyPatch.context() as patch:
        _sign_digests_as_they_are(patch)
        _parse_service_models_once(patch)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        try:
            host, port = server.get_host_and_port()
            yield f"http://{host}:{port}"
        finally:
            server.stop()


@contextmanager
def empty_account(url: str, patch: pytest.MonkeyPatch) -> Iterator[str]:
    """Empty the server, and point every AWS client of this process to it."""
    _reset(url)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN"):
        patch.delenv(name, raising=False)
    for name, value in environment(url).items():
        patch.setenv(name, value)
    yield url


def environment(url: str) -> dict[str, str]:
    """The environment variables that point a process to this server."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def client(service: str, region: str = REGION) -> Any:
    """A client for a test's preparations and checks."""
    session: Any = boto3.session.Session()
    return session.client(service, region_name=region)


def make_signing_key(alias: str = "alias/wallet", private_key: bytes | None = None, **differences: Any) -> str:
    """A key for an account in KMS, with an alias; its id. `private_key` is put in its place where the test knows it."""
    kms, desired = client("kms"), {"KeySpec": "ECC_SECG_P256K1", "KeyUsage": "SIGN_VERIFY"}
    key_id: str = kms.create_key(**(desired | differences))["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=alias, TargetKeyId=key_id)
    if private_key is not None:
        kept: Any = kms_backends[DEFAULT_ACCOUNT_ID][REGION].keys[key_id].private_key
        kept.private_key = ec.derive_private_key(int.from_bytes(private_key), ec.SECP256K1())
    return key_id


def _reset(url: str) -> None:
    with urlopen(Request(f"{url}/moto-api/reset", method="POST"), timeout=10) as answer:  # noqa: S310
        assert answer.status == 200


def _parse_service_models_once(patch: pytest.MonkeyPatch) -> None:
    """Share one loader between all sessions: parsing botocore's JSON models takes most of the time of a new client."""
    loader = create_loader()
    patch.setattr("botocore.session.create_loader", lambda *_: loader)


def _sign_digests_as_they_are(patch: pytest.MonkeyPatch) -> None:
    """moto 5.2.5 hashes messages of MessageType DIGEST again; KMS does not."""
    request = threading.local()
    answer, sign = KmsResponse.sign, ECDSAPrivateKey.sign

    def answer_knowing_the_type(response: KmsResponse) -> str:
        request.message_type = response._get_param("MessageType")
        return answer(response)

    def sign_by_type(key: ECDSAPrivateKey, message: bytes, signing_algorithm: str) -> bytes:
        if request.message_type != "DIGEST":
            return sign(key, message, signing_algorithm)
        return key.private_key.sign(message, ec.ECDSA(Prehashed(SHA256())))

    patch.setattr(KmsResponse, "sign", answer_knowing_the_type)
    patch.setattr(ECDSAPrivateKey, "sign", sign_by_type)
