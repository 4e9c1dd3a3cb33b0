"""A configured provider: settings, log and, if it answers, the cluster."""

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
    """A configured provider. `unreachable` is the reason why there is no cluster; previews work without one."""

    settings: Settings
    log: EngineLog
    namespace: str = "default"
    connected: Lifecycle | None = None
    unreachable: str = ""

    @classmethod
    def open(
        cls, variables: Mapping[str, str], *, secrets_accepted: bool, log: EngineLog, cancelled: threading.Event
    ) -> Session:
        """Connect. If the server does not answer, `lifecycle` raises once an operation needs it."""
        settings = Settings.read(variables, secrets_accepted=secrets_accepted)
        try:
            access = connect(settings.variables)
            cluster = Cluster(Http(access.client, cancelled))
            cluster.version()
        except (Unreachable, ApiError) as error:
            return cls(settings, log, unreachable=str(error))
        waiter = Waiter(cluster, Watches(cluster, cancelled), log, cancelled)
        lifecycle = Lifecycle(cluster, waiter, log, cancelled, upserts_existing=settings.upserts_existing)
        return cls(settings, log, access.namespace, lifecycle)

    @property
    def lifecycle(self) -> Lifecycle:
        """The operations; raise Unreachable if there is no cluster."""
        if self.connected is None:
            raise Unreachable(f"configured Kubernetes cluster is unreachable: {self.unreachable}")
        return self.connected

    def is_namespaced(self, obj: KubeObject) -> bool:
        """Whether the kind is namespaced. Assumed for a kind that is not served yet; Create corrects it."""
        if self.connected is None:
            return True
        try:
            return self.connected.cluster.served(obj).namespaced
        except NoSuchKind:
            return True

    def is_served(self, obj: KubeObject) -> bool:
        """Whether the API server serves the kind, so that a dry run is possible."""
        if self.connected is None:
            return False
        try:
            self.connected.cluster.served(obj)
        except NoSuchKind:
            return False
        return True
