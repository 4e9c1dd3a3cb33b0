"""The live objects that operations wait for: one list and one watch for each kind and namespace."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import urllib3

from .cluster import Cluster, ServedKind
from .errors import ProviderError
from .objects import KubeObject, name_of

_WATCH_S = 240  # the server ends a watch after this; the read timeout is longer
_PAUSE_S = 0.5


@dataclass
class View:
    """One object as a waiting thread sees it: `changed` is set at each event, `live` is None if it does not exist."""

    changed: threading.Event = field(default_factory=threading.Event)
    live: KubeObject | None = None
    listed: bool = False


class Watches:
    """Starts a watch for the first waiting operation of a kind and namespace; it runs until the process exits."""

    def __init__(self, cluster: Cluster, cancelled: threading.Event) -> None:
        self._cluster = cluster
        self._cancelled = cancelled
        self._by_path: dict[str, _Watch] = {}
        self._lock = threading.Lock()

    @contextmanager
    def view(self, served: ServedKind, namespace: str, name: str) -> Iterator[View]:
        """Yield the view of one object; it is updated until the block ends."""
        path = served.path(namespace)
        with self._lock:
            watch = self._by_path.get(path)
            if watch is None:
                watch = self._by_path[path] = _Watch(self._cluster, path, self._cancelled)
                threading.Thread(target=watch.run, name=f"watch {path}", daemon=True).start()
        view = watch.add(name)
        try:
            yield view
        finally:
            watch.remove(name, view)


class _Watch:
    def __init__(self, cluster: Cluster, path: str, cancelled: threading.Event) -> None:
        self._cluster, self._path, self._cancelled = cluster, path, cancelled
        self._objects: dict[str, KubeObject] = {}
        self._views: dict[str, list[View]] = {}
        self._listed = False
        self._lock = threading.Lock()

    def add(self, name: str) -> View:
        with self._lock:
            view = View(live=self._objects.get(name), listed=self._listed)
            self._views.setdefault(name, []).append(view)
        if view.listed:
            view.changed.set()
        return view

    def remove(self, name: str, view: View) -> None:
        with self._lock:
            self._views[name].remove(view)

    def run(self) -> None:
        """List and watch in a loop: the server ends watches, may restart, or rejects a version that is too old."""
        while not self._cancelled.is_set():
            with suppress(ProviderError, urllib3.exceptions.HTTPError, OSError, ValueError):
                self._follow(self._relist())
            self._cancelled.wait(_PAUSE_S)

    def _relist(self) -> str:
        answer = self._cluster.http.send("GET", self._path)
        objects = {name_of(obj): obj for obj in answer.get("items") or []}
        with self._lock:
            self._objects, self._listed = objects, True
            for name, views in self._views.items():
                self._notify(views, objects.get(name))
        return str(answer["metadata"]["resourceVersion"])

    def _follow(self, version: str) -> None:
        query = {"watch": "true", "resourceVersion": version, "timeoutSeconds": str(_WATCH_S)}
        response = self._cluster.http.stream(self._path, query, _WATCH_S + 30)
        try:
            rest = b""
            for chunk in response.stream(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if line.strip() and not self._apply_event(json.loads(line)):
                        return
        finally:
            response.close()

    def _apply_event(self, event: dict[str, Any]) -> bool:
        """Apply an event. Return False for ERROR (usually: version too old); the caller then lists again."""
        if event["type"] == "ERROR":
            return False
        obj = event["object"]
        name = name_of(obj)
        with self._lock:
            if event["type"] == "DELETED":
                self._objects.pop(name, None)
            else:
                self._objects[name] = obj
            self._notify(self._views.get(name, []), self._objects.get(name))
        return True

    @staticmethod
    def _notify(views: list[View], live: KubeObject | None) -> None:
        for view in views:
            view.live, view.listed = live, True
            view.changed.set()
