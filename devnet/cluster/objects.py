"""The initial objects of the cluster: nodes, storage, the ingress controller and Prometheus' resource types."""

import subprocess
from pathlib import Path

from devnet.errors import StartError
from devnet.home import Home

_MANIFESTS = Path(__file__).parent / "manifests"
_PATIENCE_S = 60


def apply(kubectl: Path, home: Home) -> None:
    """Create or restore the objects and wait until they work; raise StartError with kubectl's message otherwise."""
    _run(
        kubectl,
        home,
        "apply",
        "--server-side",
        "--force-conflicts",
        "--field-manager=devnet",
        f"--filename={_MANIFESTS}",
    )
    for condition, what in (
        ("Ready", ["node", "--all"]),
        ("Established", ["crd", "--all"]),
        ("Available", ["deployment", "--all", "--namespace=ingress-nginx"]),
    ):
        _run(kubectl, home, "wait", f"--for=condition={condition}", f"--timeout={_PATIENCE_S}s", *what)


def _run(kubectl: Path, home: Home, *arguments: str) -> None:
    command = [str(kubectl), f"--kubeconfig={home.kubeconfig}", f"--cache-dir={home.root / 'kubectl'}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StartError(f"kubectl {arguments[0]} failed: {done.stderr.strip() or done.stdout.strip()}")
