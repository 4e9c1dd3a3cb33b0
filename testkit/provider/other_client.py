"""Another client of the cluster (kubectl): causes drift, and reads the real objects."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KubeObject = dict[str, Any]


@dataclass(frozen=True)
class OtherClient:
    """Uses one namespace and the field manager `other-client`."""

    kubectl: Path
    kubeconfig: Path
    namespace: str

    def apply(self, obj: KubeObject) -> None:
        """Server-side apply that overrides conflicts."""
        arguments = ("--server-side", "--force-conflicts", "--field-manager=other-client")
        self.run("apply", *arguments, "-f", "-", text=json.dumps(obj))

    def merge(self, what: str, change: KubeObject, *options: str) -> None:
        """Apply a JSON merge patch to `kind/name`."""
        self.run("patch", what, "--type=merge", "--field-manager=other-client", "-p", json.dumps(change), *options)

    def get(self, what: str) -> KubeObject | None:
        """Return the object `kind/name`, or None."""
        text = self.run("get", what, "-o", "json", "--ignore-not-found", "--show-managed-fields")
        found: KubeObject | None = json.loads(text) if text else None
        return found

    def first(self, kind: str) -> KubeObject | None:
        """Return the first object of a kind in the namespace, or None."""
        items: list[KubeObject] = json.loads(self.run("get", kind, "-o", "json"))["items"]
        return items[0] if items else None

    def delete(self, what: str) -> None:
        """Delete `kind/name` and wait until it does not exist."""
        self.run("delete", what)

    def run(self, *arguments: str, text: str | None = None) -> str:
        """Run a kubectl command and return its output."""
        command = [str(self.kubectl), "--kubeconfig", str(self.kubeconfig), "--namespace", self.namespace, *arguments]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


def wait_until(condition: Any, limit_s: float = 15) -> Any:
    """Return the condition's first true value; fail if there is none within the limit."""
    end = time.monotonic() + limit_s
    while not (value := condition()):
        assert time.monotonic() < end, f"the condition was not true within {limit_s} s"
        time.sleep(0.05)
    return value
