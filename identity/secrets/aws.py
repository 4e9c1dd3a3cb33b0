"""AWS clients, and AWS errors as one sentence each, with the fix and without a traceback."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from identity.errors import AwsError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_TIMEOUT_S, _ATTEMPTS = 10, 5
_CREDENTIALS = "log in again, or set others (AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)"
_CREATE_KEY = "the key has another spec or usage: create a key with spec ECC_SECG_P256K1 and usage SIGN_VERIFY"
_MEANINGS = {
    "ExpiredToken": f"the AWS credentials have expired: {_CREDENTIALS}",
    "ExpiredTokenException": f"the AWS credentials have expired: {_CREDENTIALS}",
    "UnrecognizedClientException": f"AWS does not recognise the credentials: {_CREDENTIALS}",
    "InvalidClientTokenId": f"AWS does not recognise the credentials: {_CREDENTIALS}",
    "InvalidSignatureException": f"AWS rejects the request's signature: {_CREDENTIALS}, or set the clock",
    "DisabledException": "the key is disabled: enable it in KMS",
    "KMSInvalidStateException": "the key is disabled or scheduled for deletion: enable it in KMS",
    "InvalidRequestException": "the secret is scheduled for deletion: restore it (aws secretsmanager restore-secret)",
    "ResourceExistsException": "it was just created, or has no value yet: run again, or delete it if it is empty",
    "InvalidKeyUsageException": _CREATE_KEY,
    "UnsupportedOperationException": _CREATE_KEY,
}
_THROTTLED = {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"}
_ABSENT = {"NotFoundException", "ResourceNotFoundException"}
_DENIED = {"AccessDenied", "AccessDeniedException"}


def aws_client(service: str, region: str | None, name: str) -> Any:
    """Return a client of an AWS service, in `region`, the region of an ARN in `name`, or that of the environment.

    It makes up to five attempts when AWS throttles or a connection drops. Use it inside `aws_errors`.
    """
    # boto3 takes a second to import, and only stacks with secrets or keys in AWS need it.
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    in_arn = name.split(":")[3] if name.startswith("arn:") and name.count(":") > 3 else None
    session: Any = (
        boto3.session.Session()
    )  # typed only for literal service names; the default session is not thread-safe
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
def aws_errors(where: str, action: str) -> Iterator[None]:
    """Raise AwsError for every boto3 error inside; `where` is the setting, `action` the request in words."""
    from boto3.exceptions import Boto3Error  # noqa: PLC0415 - as above
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except ClientError as error:
        raise AwsError(f"{where}: {action}: {_meaning(error)}", code=_code(error)) from error
    except (BotoCoreError, Boto3Error) as error:
        raise AwsError(f"{where}: {action}: {_local_meaning(error)}") from error


def _code(error: "ClientError") -> str:
    return error.response.get("Error", {}).get("Code", "")


def _meaning(error: "ClientError") -> str:
    code = _code(error)
    if code in _MEANINGS:
        return _MEANINGS[code]
    if code in _ABSENT:
        return "AWS has no resource with this name in the current region: check the name and the region"
    if code in _DENIED:
        return f"AWS denies {error.operation_name}: grant the permission to the current credentials, or {_CREDENTIALS}"
    if code in _THROTTLED:
        return f"AWS throttled the request {_ATTEMPTS} times: run again later"
    return f"AWS refused {error.operation_name}: {code or 'no error code'}"


def _local_meaning(error: Exception) -> str:
    kind = type(error).__name__
    if kind in {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "TokenRetrievalError"}:
        return f"this machine has no AWS credentials: {_CREDENTIALS}"
    if kind in {"SSOTokenLoadError", "UnauthorizedSSOTokenError"}:
        return f"the AWS login has expired: {_CREDENTIALS}"
    if kind == "ProfileNotFound":
        return "AWS_PROFILE names a profile that does not exist: correct it"
    if kind in {"NoRegionError", "InvalidRegionError"}:
        return "no AWS region is configured: set 'region' next to it, or AWS_REGION"
    if kind in {"EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError"}:
        return "AWS does not respond: check the region and the network, then run again"
    return f"the request to AWS failed ({kind})"
