"""How AWS is asked, and what its errors mean to the person who runs this: one sentence each, never a traceback."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from identity.errors import AwsError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_TIMEOUT_S, _ATTEMPTS = 10, 5
_CREDENTIALS = "log in again, or give others (AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)"
_MEANINGS = {
    "ExpiredToken": f"the AWS credentials have expired: {_CREDENTIALS}",
    "ExpiredTokenException": f"the AWS credentials have expired: {_CREDENTIALS}",
    "UnrecognizedClientException": f"AWS does not know these credentials: {_CREDENTIALS}",
    "InvalidClientTokenId": f"AWS does not know these credentials: {_CREDENTIALS}",
    "InvalidSignatureException": f"AWS does not accept these credentials: {_CREDENTIALS}, or set this machine's clock",
    "DisabledException": "the key is disabled: enable it in KMS",
    "KMSInvalidStateException": "the key cannot be used as it is (disabled, or to be deleted): enable it in KMS",
    "InvalidRequestException": "the secret is about to be deleted: take that back (aws secretsmanager restore-secret)",
    "ResourceExistsException": "it was made a moment ago, or has no value yet: run again, or delete it if it is empty",
    "InvalidKeyUsageException": "the key is of another kind: make one of spec ECC_SECG_P256K1 for SIGN_VERIFY",
    "UnsupportedOperationException": "the key is of another kind: make one of spec ECC_SECG_P256K1 for SIGN_VERIFY",
}
_THROTTLED = {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"}
_ABSENT = {"NotFoundException", "ResourceNotFoundException"}
_DENIED = {"AccessDenied", "AccessDeniedException"}


def aws_client(service: str, region: str | None, name: str) -> Any:
    """A client of an AWS service; the region is the given one, that of an ARN in `name`, or that of the environment.

    Throttling and dropped connections are tried again, five times in all. Use it inside `aws_errors`.
    """
    # A second to load, and only needed where something lies in AWS.
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    in_arn = name.split(":")[3] if name.startswith("arn:") and name.count(":") > 3 else None
    session: Any = boto3.session.Session()  # typed by literal service names alone; the default one is not thread-safe
    return session.client(
        service,
        region_name=region or in_arn or os.environ.get("AWS_REGION"),
        config=Config(
            connect_timeout=_TIMEOUT_S,
            read_timeout=_TIMEOUT_S,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        ),
    )


@contextmanager
def aws_errors(where: str, what: str) -> Iterator[None]:
    """Raises AwsError for whatever boto3 raises inside: `where` is the setting, `what` the thing that was asked for."""
    from boto3.exceptions import Boto3Error  # noqa: PLC0415 - as above
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except ClientError as error:
        raise AwsError(f"{where}: {what}: {_meaning(error)}", code=_code(error)) from error
    except (BotoCoreError, Boto3Error) as error:
        raise AwsError(f"{where}: {what}: {_local_meaning(error)}") from error


def _code(error: "ClientError") -> str:
    return error.response.get("Error", {}).get("Code", "")


def _meaning(error: "ClientError") -> str:
    code = _code(error)
    if code in _MEANINGS:
        return _MEANINGS[code]
    if code in _ABSENT:
        return "AWS has nothing of this name in the region in use: check the name and the region"
    if code in _DENIED:
        return f"AWS denies {error.operation_name}: allow it to the credentials in use, or {_CREDENTIALS}"
    if code in _THROTTLED:
        return f"AWS answers too many requests, {_ATTEMPTS} times: run again later"
    return f"AWS refuses {error.operation_name} with {code or 'no reason'}"


def _local_meaning(error: Exception) -> str:
    kind = type(error).__name__
    if kind in {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "TokenRetrievalError"}:
        return f"there are no AWS credentials here: {_CREDENTIALS}"
    if kind in {"SSOTokenLoadError", "UnauthorizedSSOTokenError"}:
        return f"the AWS login has ended: {_CREDENTIALS}"
    if kind == "ProfileNotFound":
        return "AWS_PROFILE names a profile that is not there: correct it"
    if kind in {"NoRegionError", "InvalidRegionError"}:
        return "no AWS region is known: give 'region' beside it, or set AWS_REGION"
    if kind in {"EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError"}:
        return "AWS does not answer: check the region and the network, and run again"
    return f"AWS could not be asked ({kind})"
