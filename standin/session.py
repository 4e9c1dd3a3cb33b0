"""What one configured provider has at hand: its settings, the cluster (if it answers), the log, and the engine's wish
to stop.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from .cluster import Cluster
from .engine_log import EngineLog
from .errors import ApiError, NoSuchKind, Unreachable
from .kubeconfig import connect
from .lifecycle import Lifecycle
from .objects import KubeObject
from .settings import Settings
from .transport import Http
from .waiting import Waiter
from .watches import Watches


@dataclass(frozen=True)
class Session:
    """`unreachable` is the reason why there is no cluster; previews work without one."""

    settings: Settings
    log: EngineLog
    namespace: str = "default"
    connected: Lifecycle | None = None
    unreachable: str = ""

    @classmethod
    def open(
        cls, variables: Mapping[str, str], *, secrets_accepted: bool, log: EngineLog, cancelled: threading.Event
    ) -> Session:
        """Connect. A server that does not answer is no error yet: `lifecycle` raises when an operation needs it."""
        settings = Settings.read(variables, secrets_accepted=secrets_accepted)
        try:
            access = connect(settings.variables)
            cluster = Cluster(Http(access.client, cancelled))
            cluster.version()
        except (Unreachable, ApiError) as error:
            return cls(settings, log, unreachable=str(error))
        waiter = Waiter(cluster, Watches(cluster, cancelled), log, cancelled)
        return cls(settings, log, access.namespace, Lifecycle(cluster, waiter, log, cancelled))

    @property
    def lifecycle(self) -> Lifecycle:
        """The operations; raises Unreachable where there is no cluster."""
        if self.connected is None:
            raise Unreachable(f"configured Kubernetes cluster is unreachable: {self.unreachable}")
        return self.connected

    def is_namespaced(self, obj: KubeObject) -> bool:
        """Whether the kind lives in namespaces; a kind that is not served yet is taken to (Create corrects it)."""
        if self.connected is None:
            return True
        try:
            return self.connected.cluster.served(obj).namespaced
        except NoSuchKind:
            return True

    def is_served(self, obj: KubeObject) -> bool:
        """Whether the API server knows the kind, so that a dry run can say something."""
        if self.connected is None:
            return False
        try:
            self.connected.cluster.served(obj)
        except NoSuchKind:
            return False
        return True
