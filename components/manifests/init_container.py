"""The container that puts a node's files in place before it starts.

Identity file and configuration come as variables, so that neither is an argument of a process. Files are readable by
the pod's group and by nobody else. A snapshot is unpacked beside its target and moved, so that a broken download never
looks like a database.
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
    """Writes identity file and configuration; with a snapshot source, fetches the index of a node that has none."""
    snapshot_url = node.platform.snapshot_url
    environment = [
        from_secret("HOPRD_IDENTITY_FILE", names.identities_secret(node.workload.pool), node.identity_name),
        verbatim("HOPRD_CONFIGURATION", node.workload.config),
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
