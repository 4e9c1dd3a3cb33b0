"""One certificate authority for each devnet: it certifies the servers, and one identity for each client."""

import datetime
from dataclasses import dataclass
from pathlib import Path

import trustme

from devnet.home import write_private
from devnet.ports import HOST

_VALID_DAYS = 3650
_ORGANIZATION = "devnet"  # the group of clients without one; no role is bound to it


@dataclass(frozen=True)
class Client:
    """A Kubernetes user: the API server reads name and group from the certificate's subject."""

    file: str
    user: str
    group: str = _ORGANIZATION


ADMINISTRATOR = Client("administrator", "devnet", "system:masters")
CONTROLLER_MANAGER = Client("kube-controller-manager", "system:kube-controller-manager")
SCHEDULER = Client("kube-scheduler", "system:kube-scheduler")
KWOK = Client("kwok", "kwok", "system:masters")
CLIENTS = (ADMINISTRATOR, CONTROLLER_MANAGER, SCHEDULER, KWOK)

AUTHORITY = "authority"
SERVER = "server"
SERVICE_ACCOUNTS = "service-accounts"


def write_all(folder: Path) -> None:
    """Write `<name>.key` (0600) and `<name>.crt` for servers and clients, `authority.crt`, and a signing key.

    The authority's own key is kept nowhere. The signing key is for the tokens of service accounts.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    authority = trustme.CA(organization_name=_ORGANIZATION)
    certificate(folder, AUTHORITY).write_bytes(authority.cert_pem.bytes())
    for client in (Client(SERVER, "devnet-server"), *CLIENTS):
        _issue(folder, authority, client)
    write_private(key(folder, SERVICE_ACCOUNTS), trustme.CA().private_key_pem.bytes().decode())


def certificate(folder: Path, name: str) -> Path:
    """Return the path of a certificate."""
    return folder / f"{name}.crt"


def key(folder: Path, name: str) -> Path:
    """Return the path of a private key."""
    return folder / f"{name}.key"


def _issue(folder: Path, authority: trustme.CA, client: Client) -> None:
    now = datetime.datetime.now(datetime.UTC)
    issued = authority.issue_cert(
        "localhost",
        HOST,
        common_name=client.user,
        organization_name=client.group,
        not_before=now - datetime.timedelta(hours=1),  # clocks of containers and hosts differ
        not_after=now + datetime.timedelta(days=_VALID_DAYS),
    )
    write_private(key(folder, client.file), issued.private_key_pem.bytes().decode())
    certificate(folder, client.file).write_bytes(issued.cert_chain_pems[0].bytes())
