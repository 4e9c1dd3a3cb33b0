"""Another client of the cluster (kubectl): what it changes is drift to the provider, what it reads is the truth."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KubeObject = dict[str, Any]


@dataclass(frozen=True)
class SomebodyElse:
    """Works in one namespace, under the field manager `somebody-else`."""

    kubectl: Path
    kubeconfig: Path
    namespace: str

    def apply(self, obj: KubeObject) -> None:
        """Server-side apply, whoever owned the fields before."""
        arguments = ("--server-side", "--force-conflicts", "--field-manager=somebody-else")
        self.run("apply", *arguments, "-f", "-", text=json.dumps(obj))

    def merge(self, what: str, change: KubeObject, *options: str) -> None:
        """A JSON merge patch of `kind/name`."""
        self.run("patch", what, "--type=merge", "--field-manager=somebody-else", "-p", json.dumps(change), *options)

    def get(self, what: str) -> KubeObject | None:
        """The object `kind/name`, or None where it is gone."""
        text = self.run("get", what, "-o", "json", "--ignore-not-found", "--show-managed-fields")
        found: KubeObject | None = json.loads(text) if text else None
        return found

    def first(self, kind: str) -> KubeObject | None:
        """The first object of a kind in the namespace, if there is one."""
        items: list[KubeObject] = json.loads(self.run("get", kind, "-o", "json"))["items"]
        return items[0] if items else None

    def delete(self, what: str) -> None:
        """Delete `kind/name` and wait until it is gone."""
        self.run("delete", what)

    def run(self, *arguments: str, text: str | None = None) -> str:
        """A kubectl command; its output."""
        command = [str(self.kubectl), "--kubeconfig", str(self.kubeconfig), "--namespace", self.namespace, *arguments]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


def wait_until(condition: Any, limit_s: float = 15) -> Any:
    """The condition's first true value; fails when there is none within the limit."""
    end = time.monotonic() + limit_s
    while not (value := condition()):
        assert time.monotonic() < end, f"not so within {limit_s} s"
        time.sleep(0.05)
    return value
