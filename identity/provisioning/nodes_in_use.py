"""The node of every identity over all pools of one run: a node that two identities share would be paid twice."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from config.errors import Problem


@dataclass
class NodesInUse:
    """Native addresses by pool and identity, as the pools of a run claim them; safe for several threads."""

    _pools: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, pool_name: str, nodes: Mapping[str, str]) -> list[Problem]:
        """Record a pool's nodes, replacing its earlier ones; return a problem for each that another identity uses."""
        with self._lock:
            self._pools[pool_name] = nodes
            owners: dict[str, tuple[str, str]] = {}
            for pool, taken in self._pools.items():
                for name, node in taken.items():
                    if pool != pool_name:
                        owners.setdefault(node.lower(), (pool, name))
        problems = []
        for name, node in nodes.items():
            pool, owner = owners.setdefault(node.lower(), (pool_name, name))
            if owner != name:
                text = (
                    f"{owner} in pool {pool} already uses node {node}, and two nodes with one key disturb each other: "
                    "remove its identityFile (and the identity, if its keys are in the state), or use another file"
                )
                problems.append(Problem(f"pools.{pool_name}.identities.{name}", text))
        return problems
