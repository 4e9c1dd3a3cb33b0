"""Which identity of which pool has which node, over all pools of one run: a node that two have would be paid twice."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from config.errors import Problem


@dataclass
class NodesInUse:
    """Native addresses by pool and identity, as the pools of a run ask for them; several threads may ask at once."""

    _pools: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, pool_name: str, nodes: Mapping[str, str]) -> list[Problem]:
        """Puts down a pool's nodes, in the place of what it had before; says which another identity has already."""
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
                    f"its node {node} is that of {owner} in pool {pool} already, and two with one key disturb each "
                    "other: take its identityFile away (and the identity, where its keys are in the state), or use "
                    "another file"
                )
                problems.append(Problem(f"pools.{pool_name}.identities.{name}", text))
        return problems
