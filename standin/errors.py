"""Errors of the stand-in provider. Each reaches the user as one message, never as a traceback.

ProviderError
├── ApiError          the API server rejected a request; holds status code, reason and causes by field
├── NoSuchKind        the API server does not serve this apiVersion and kind
├── Unreachable       the API server does not answer, or the kubeconfig is invalid
├── Cancelled         the engine cancelled the operation
└── NotReady          the object exists and is not ready; stays in the state as an initialization failure
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class ProviderError(Exception):
    """Root of the provider's errors."""


@dataclass
class ApiError(ProviderError):
    """A response of the API server with a status code of 400 or more."""

    status: int
    reason: str
    message: str
    kind: str = ""
    causes: list[dict[str, str]] = field(default_factory=list)

    def __str__(self) -> str:
        return self.message

    @property
    def not_found(self) -> bool:
        """Whether the object itself (or its namespace) does not exist."""
        return self.status == 404

    @property
    def already_exists(self) -> bool:
        """Whether an object of this kind and name exists."""
        return self.status == 409 and self.reason == "AlreadyExists"

    @property
    def namespace_missing(self) -> bool:
        """Whether the namespace does not exist."""
        return self.status == 404 and self.kind == "namespaces"

    @property
    def conflict(self) -> bool:
        """Whether another field manager owns a field that was applied."""
        return self.status == 409 and any(cause.get("reason") == "FieldManagerConflict" for cause in self.causes)


class NoSuchKind(ProviderError):
    """The API server does not serve this apiVersion and kind (yet)."""

    def __init__(self, api_version: str, kind: str) -> None:
        super().__init__(f'no matches for kind "{kind}" in version "{api_version}"')


class Unreachable(ProviderError):
    """The API server does not answer, or the kubeconfig is invalid."""


class Cancelled(ProviderError):
    """The engine cancelled the operation."""

    def __init__(self) -> None:
        super().__init__("the operation was cancelled")


class NotReady(ProviderError):
    """The API server accepted the object, and it is not ready; `reasons` are the lines for the user."""

    def __init__(self, message: str, live: dict[str, Any], reasons: list[str]) -> None:
        super().__init__(message)
        self.live = live
        self.reasons = reasons
