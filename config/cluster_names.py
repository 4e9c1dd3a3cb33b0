"""Names of the cluster's objects that hold identity files: the manifests and the search for lost keys share them."""

GROUP = "hoprnet.org"
VERSION = "v1alpha2"
IDENTITIES_PLURAL = "identityhoprds"


def identities_secret(pool: str) -> str:
    """The Secret with one encrypted identity file for each identity of the pool."""
    return f"{pool}-identities"
