"""Reads the wallet's key and the nodes' passwords from a JSON secret in AWS Secrets Manager."""

import json
import logging
from collections.abc import Mapping

from config.models.wallet import SecretsManagerSecret
from config.secret_keys import DEPLOYER_PRIVATE_KEY, HOPRD_API_TOKEN, IDENTITY_PASSWORD
from identity.errors import SecretsUnavailable
from identity.secrets.aws import aws_client, aws_errors

_log = logging.getLogger(__name__)

_WHERE = "wallet.from.secretsManager"


def read_secrets_manager(secret: SecretsManagerSecret) -> Mapping[str, str]:
    """Return the values by key; raise AwsError, or SecretsUnavailable if it is not a JSON object of strings."""
    _log.debug("reading %s", secret.secret_id)
    with aws_errors(_WHERE, f"reading {secret.secret_id}"):
        client = aws_client("secretsmanager", secret.region, secret.secret_id)
        text = client.get_secret_value(SecretId=secret.secret_id).get("SecretString")
    try:
        values = json.loads(text or "")
    except ValueError:
        values = None
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise SecretsUnavailable(
            f"{_WHERE}: {secret.secret_id} is not a JSON object of strings: write "
            f'{{"{DEPLOYER_PRIVATE_KEY}": "…", "{IDENTITY_PASSWORD}": "…", "{HOPRD_API_TOKEN}": "…"}}'
        )
    return values
