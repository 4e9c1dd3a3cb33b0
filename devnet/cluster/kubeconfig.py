"""Kubeconfig files: the administrator's for people and Pulumi, one for each component of the control plane."""

import base64
import json
from pathlib import Path

from devnet.cluster import certificates
from devnet.cluster.certificates import Client
from devnet.home import write_private

CONTEXT = "devnet"


def write(path: Path, server: str, folder: Path, client: Client) -> None:
    """Write a kubeconfig (0600) that contains the certificates, so that it works from any folder. JSON is YAML."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": CONTEXT,
        "clusters": [
            {
                "name": CONTEXT,
                "cluster": {
                    "server": server,
                    "certificate-authority-data": _encoded(certificates.certificate(folder, certificates.AUTHORITY)),
                },
            }
        ],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": client.user}}],
        "users": [
            {
                "name": client.user,
                "user": {
                    "client-certificate-data": _encoded(certificates.certificate(folder, client.file)),
                    "client-key-data": _encoded(certificates.key(folder, client.file)),
                },
            }
        ],
    }
    write_private(path, json.dumps(document, indent=1))


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
