"""Names and marks of objects that the program creates: manifests, rules and the search for lost keys share them."""

GROUP = "hoprnet.org"
VERSION = "v1alpha2"
IDENTITIES_PLURAL = "identityhoprds"

STACK_ANNOTATION = "hoprds.hoprnet.org/stack"
"""The annotation of every object that this program creates: `<project>/<stack>`."""


def identities_secret(pool: str) -> str:
    """The Secret with one encrypted identity file for each identity of the pool."""
    return f"{pool}-identities"


def wallet_secret(pool: str) -> str:
    """The Secret with the wallet's key, the identity password and the API token, if the program creates it."""
    return f"{pool}-wallet"


def funding(pool: str) -> str:
    """The CronJob that tops up the pool's nodes, the ConfigMap with its input, and the Secret with its RPC URL."""
    return f"auto-funding-{pool}"
