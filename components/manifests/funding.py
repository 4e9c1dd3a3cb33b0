"""The CronJob that tops up a pool between runs of `pulumi up`, with hopli or with this program's image.

Its pod has no access to the cluster: this program writes what the job needs to know into a ConfigMap.
"""

from collections.abc import Sequence
from typing import Any

from components.manifests import labels, names
from components.manifests.environment import from_secret
from components.manifests.metadata import Later, metadata
from components.manifests.pool import PoolPlan
from components.manifests.security import container_security, pod_security, unprivileged_security
from config.models.platform import Images
from config.models.pools import Funding
from config.secret_keys import DEPLOYER_PRIVATE_KEY, RPC_URL

_ORDER = {"name": "order", "mountPath": "/data", "readOnly": True}
_STATE = {"name": "state", "mountPath": "/state"}
_ORDER_FILE, _ADDRESSES_FILE = "order.json", "addresses.txt"

_WITH_HOPLI = """\
set -eu
addresses="$(cat /data/addresses.txt)"
if [ -z "$addresses" ]; then
  echo 'The pool has no identities: nothing to fund.'
  exit 0
fi
exec hopli faucet --network "$NETWORK" --provider-url "$RPC_URL" --hopr-amount 0 \\
  --native-amount "$NATIVE_AMOUNT" --address "$addresses"
"""


def funding_job(pool: PoolPlan, funding: Funding, images: Images, secret_name: str) -> dict[str, Any]:
    """Top up the nodes that the ConfigMap `order` lists; two jobs never run at the same time.

    hopli tops up nodes with xDai. The program's image, if configured, tops up as `pulumi up` does. The key is in the
    Secret of `funding.secretName`, or in the pool's Secret, `secret_name`.
    """
    payer = funding.secret_name or secret_name
    job_labels = labels.funding(names.funding(pool.name), pool.name, pool.network)
    top_up = _top_up(pool, images.top_up, payer) if images.top_up else _hopli(pool, funding, images, payer)
    pod = {
        "serviceAccountName": pool.name,
        "automountServiceAccountToken": False,
        "restartPolicy": "Never",
        "securityContext": pod_security(),
        "containers": [top_up],
        "volumes": [
            {"name": _ORDER["name"], "configMap": {"name": names.funding(pool.name)}},
            *([{"name": _STATE["name"], "emptyDir": {}}] if images.top_up else []),
        ],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata(names.funding(pool.name), pool.namespace, job_labels, owner=pool.owner),
        "spec": {
            "schedule": funding.schedule,
            "concurrencyPolicy": "Forbid",
            "failedJobsHistoryLimit": 3,
            "successfulJobsHistoryLimit": 3,
            "jobTemplate": {
                "spec": {
                    "ttlSecondsAfterFinished": 600,
                    "backoffLimit": 2,
                    "activeDeadlineSeconds": 300,
                    "template": {"metadata": {"labels": job_labels}, "spec": pod},
                }
            },
        },
    }


def addresses(native_addresses: Sequence[str]) -> str:
    """The text that lists the nodes for both programs of the job."""
    return ",".join(native_addresses)


def order(pool: PoolPlan, nodes: Later, text: Later | None = None) -> dict[str, Any]:
    """The ConfigMap with the job's input: `nodes` is the text of `addresses`.

    `text` is the input of the program's image (`identity.provisioning.top_up_order`), and None for hopli.
    """
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": pool.metadata(names.funding(pool.name)),
        "data": {_ADDRESSES_FILE: nodes, **({} if text is None else {_ORDER_FILE: text})},
    }


def _top_up(pool: PoolPlan, image: str, payer: str) -> dict[str, Any]:
    """The journal is lost with the pod; no payment depends on it."""
    folder = _ORDER["mountPath"]
    files = ["--order", f"{folder}/{_ORDER_FILE}", "--nodes", f"{folder}/{_ADDRESSES_FILE}"]
    return {
        "name": "top-up",
        "image": image,
        "securityContext": unprivileged_security(),
        "command": ["python", "-m", "identity", "top-up", *files],
        "env": [
            from_secret(DEPLOYER_PRIVATE_KEY, payer, DEPLOYER_PRIVATE_KEY),
            from_secret(RPC_URL, names.funding(pool.name), RPC_URL),
            {"name": "XDG_STATE_HOME", "value": _STATE["mountPath"]},
        ],
        "volumeMounts": [_ORDER, _STATE],
    }


def _hopli(pool: PoolPlan, funding: Funding, images: Images, payer: str) -> dict[str, Any]:
    """hopli reads the key from either variable, depending on its version."""
    return {
        "name": "hopli",
        "image": images.hopli,
        "securityContext": container_security(),
        "command": ["/bin/sh", "-c", _WITH_HOPLI],
        "env": [
            from_secret("PRIVATE_KEY", payer, DEPLOYER_PRIVATE_KEY),
            from_secret(DEPLOYER_PRIVATE_KEY, payer, DEPLOYER_PRIVATE_KEY),
            from_secret(RPC_URL, names.funding(pool.name), RPC_URL),
            {"name": "NETWORK", "value": pool.network},
            {"name": "NATIVE_AMOUNT", "value": str(funding.native_amount)},
        ],
        "volumeMounts": [_ORDER],
    }
