"""The init container, which writes a node's files.

Identity file and configuration are environment variables, so that neither is an argument of a process. Only the pod's
group can read the files. A snapshot is unpacked next to its target and then moved, so that an incomplete download is
never mistaken for a database.
"""

from typing import Any

from components.manifests import names
from components.manifests.environment import (
    CONFIGURATION_FILE,
    DATABASE_DIRECTORY,
    IDENTITY_FILE,
    from_secret,
    verbatim,
)
from components.manifests.node import NodePlan
from components.manifests.secret_values import CONFIGURATION_KEY, node_values
from components.manifests.security import unprivileged_security

_FILES = f"""\
set -eu
umask 0027
printf '%s' "$HOPRD_IDENTITY_FILE" > {IDENTITY_FILE}
printf '%s' "$HOPRD_CONFIGURATION" > {CONFIGURATION_FILE}
"""

_SNAPSHOT = f"""\
database={DATABASE_DIRECTORY}/db
if ! ls "$database"/hopr_logs.db* > /dev/null 2>&1; then
  umask 0007
  mkdir -p "$database"
  rm -rf "$database/.snapshot"
  mkdir "$database/.snapshot"
  wget -q -O "$database/.snapshot/hopr_logs.tar.gz" "$HOPRD_SNAPSHOT_URL/hopr_logs.tar.gz"
  tar -xzf "$database/.snapshot/hopr_logs.tar.gz" -C "$database/.snapshot"
  rm "$database/.snapshot/hopr_logs.tar.gz"
  chmod -R g+rwX "$database/.snapshot"
  find "$database/.snapshot" -name 'hopr_logs.db*' -exec mv {{}} "$database/" \\;
  rm -rf "$database/.snapshot"
fi
"""


def init_container(node: NodePlan, mounts: list[dict[str, Any]]) -> dict[str, Any]:
    """Write identity file and configuration; if a snapshot URL is set and the node has no database, restore it."""
    snapshot_url = node.platform.snapshot_url
    environment = [
        from_secret("HOPRD_IDENTITY_FILE", names.identities_secret(node.workload.pool), node.identity_name),
        from_secret("HOPRD_CONFIGURATION", node.configuration_secret, CONFIGURATION_KEY)
        if CONFIGURATION_KEY in node_values(node)
        else verbatim("HOPRD_CONFIGURATION", node.configuration),
    ]
    if snapshot_url:
        environment.append(verbatim("HOPRD_SNAPSHOT_URL", snapshot_url.rstrip("/")))
    return {
        "name": "init",
        "image": node.platform.images.init,
        "securityContext": unprivileged_security(),
        "command": ["/bin/sh", "-c", _FILES + (_SNAPSHOT if snapshot_url else "")],
        "env": environment,
        "volumeMounts": mounts,
    }
