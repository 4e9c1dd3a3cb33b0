"""The CronJob that tops up a pool between runs of `pulumi up`, with hopli or with this program's image.

Its pod has two containers: one may read identities and has no key, the other has the key and no access to the cluster.
"""

from typing import Any

from components.manifests import labels, names
from components.manifests.environment import from_secret
from components.manifests.metadata import Later, metadata
from components.manifests.pool import PoolPlan
from components.manifests.security import container_security, pod_security, unprivileged_security
from config.models.platform import Images
from config.models.pools import Funding
from config.secret_keys import DEPLOYER_PRIVATE_KEY, RPC_URL

_DATA = {"name": "data", "mountPath": "/data"}
_ORDER = {"name": "order", "mountPath": "/order", "readOnly": True}
_ACCOUNT = {"name": "account", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": True}
_ORDER_FILE = "order.json"
_TOKEN_LIFETIME_S = 3600

_ACCOUNT_SOURCES = [
    {"serviceAccountToken": {"path": "token", "expirationSeconds": _TOKEN_LIFETIME_S}},
    {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
    {
        "downwardAPI": {
            "items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]
        }
    },
]
"""The service account volume that Kubernetes mounts into every container by default, here for one container.

The defaults are explicit, because a server-side apply owns the list as a whole.
"""

_LIST = """\
set -eu
kubectl get identityhoprds --namespace "$NAMESPACE" --selector "$SELECTOR" \\
  --output 'jsonpath={range .items[*]}{.spec.nativeAddress}{"\\n"}{end}' > /data/lines.txt
paste -s -d , /data/lines.txt > /data/addresses.txt
"""
"""Without a pipe, which would hide a failure of kubectl."""

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
    """List the pool's nodes, then top them up; two jobs never run at the same time.

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
        "initContainers": [_lister(pool, images)],
        "containers": [top_up],
        "volumes": [
            {"name": _DATA["name"], "emptyDir": {}},
            {"name": _ACCOUNT["name"], "projected": {"sources": _ACCOUNT_SOURCES}},
            *([{"name": _ORDER["name"], "configMap": {"name": names.funding(pool.name)}}] if images.top_up else []),
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


def order(pool: PoolPlan, text: Later) -> dict[str, Any]:
    """The ConfigMap with the input of the program's image (`identity.provisioning.top_up_order`)."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": pool.metadata(names.funding(pool.name)),
        "data": {_ORDER_FILE: text},
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
        "volumeMounts": [_DATA, _ACCOUNT],
    }


def _top_up(pool: PoolPlan, image: str, payer: str) -> dict[str, Any]:
    """The journal is lost with the pod; no payment depends on it."""
    files = ["--order", f"{_ORDER['mountPath']}/{_ORDER_FILE}", "--nodes", "/data/addresses.txt"]
    return {
        "name": "top-up",
        "image": image,
        "securityContext": unprivileged_security(),
        "command": ["python", "-m", "identity", "top-up", *files],
        "env": [
            from_secret(DEPLOYER_PRIVATE_KEY, payer, DEPLOYER_PRIVATE_KEY),
            from_secret(RPC_URL, names.funding(pool.name), RPC_URL),
            {"name": "XDG_STATE_HOME", "value": "/data/state"},
        ],
        "volumeMounts": [_DATA, _ORDER],
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
        "volumeMounts": [_DATA],
    }
