"""The CronJob that tops up a pool's nodes with xDai between runs of `pulumi up`."""

from typing import Any

from components.manifests import labels, names
from components.manifests.environment import from_secret
from components.manifests.metadata import metadata
from components.manifests.pool import PoolPlan
from components.manifests.security import container_security, pod_security, unprivileged_security
from config.platform import Images
from config.pools import Funding

_DATA = {"name": "data", "mountPath": "/data"}

_LIST = """\
set -eu
kubectl get identityhoprds --namespace "$NAMESPACE" --selector "$SELECTOR" \\
  --output 'jsonpath={range .items[*]}{.spec.nativeAddress}{"\\n"}{end}' | paste -s -d , - > /data/addresses.txt
"""

_TOP_UP = """\
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
    """Lists the pool's nodes, then tops each up to the native amount; never sends wxHOPR, never runs twice at once.

    `secret_name` is the pool's own Secret, which pays unless the configuration names one for that alone.
    """
    payer = funding.secret_name or secret_name
    job_labels = labels.funding(names.funding(pool.name), pool.name, pool.network)
    pod = {
        "serviceAccountName": pool.name,
        "restartPolicy": "Never",
        "securityContext": pod_security(),
        "initContainers": [_lister(pool, images)],
        "containers": [_faucet(pool, funding, images, payer)],
        "volumes": [{"name": _DATA["name"], "emptyDir": {}}],
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


def _lister(pool: PoolPlan, images: Images) -> dict[str, Any]:
    return {
        "name": "kubectl",
        "image": images.kubectl,
        "securityContext": unprivileged_security(),
        "command": ["/bin/sh", "-c", _LIST],
        "env": [
            {"name": "NAMESPACE", "value": pool.namespace},
            {"name": "SELECTOR", "value": f"{labels.POOL}={pool.name}"},
        ],
        "volumeMounts": [_DATA],
    }


def _faucet(pool: PoolPlan, funding: Funding, images: Images, payer: str) -> dict[str, Any]:
    """hopli reads the key from either variable, depending on its version."""
    return {
        "name": "hopli",
        "image": images.hopli,
        "securityContext": container_security(),
        "command": ["/bin/sh", "-c", _TOP_UP],
        "env": [
            from_secret("PRIVATE_KEY", payer, names.WALLET_KEY),
            from_secret("DEPLOYER_PRIVATE_KEY", payer, names.WALLET_KEY),
            from_secret(names.RPC_URL_KEY, names.funding(pool.name), names.RPC_URL_KEY),
            {"name": "NETWORK", "value": pool.network},
            {"name": "NATIVE_AMOUNT", "value": str(funding.native_amount)},
        ],
        "volumeMounts": [_DATA],
    }
