"""CheckConfig and DiffConfig: the settings of a `pulumi:providers:kubernetes` resource."""

from __future__ import annotations

from typing import Any

from pulumi.runtime.proto import provider_pb2 as rpc

from .errors import ProviderError
from .kubeconfig import active_cluster, read_kubeconfig
from .properties import Properties, Unknown, from_struct, reveal

_WHICH_CLUSTER = ("kubeconfig", "context", "cluster")
_IDENTIFIER = "clusterIdentifier"


def check_config(request: rpc.CheckRequest) -> rpc.CheckResponse:
    """Return the settings, and a failure for each setting that is missing in strict mode."""
    news = reveal(from_struct(request.news))
    failures = []
    if news.get("strictMode") == "true":
        if "::pulumi:providers:kubernetes::default" in request.urn:
            failures.append(rpc.CheckFailure(reason="strict mode prohibits default provider"))
        failures += [
            rpc.CheckFailure(property=name, reason=f'strict mode requires Provider "{name}" argument')
            for name in ("kubeconfig", "context")
            if not news.get(name)
        ]
    return rpc.CheckResponse(inputs=request.news, failures=failures)


def diff_config(request: rpc.DiffRequest) -> rpc.DiffResponse:
    """Compare the settings. Another cluster replaces all its resources; any other change is an update."""
    olds, news = reveal(from_struct(request.olds)), reveal(from_struct(request.news))
    changed = sorted(key for key in {*olds, *news} if olds.get(key) != news.get(key))
    if not changed:
        return rpc.DiffResponse(changes=rpc.DiffResponse.DIFF_NONE)
    replaces = [_IDENTIFIER] if _IDENTIFIER in changed and olds.get(_IDENTIFIER) and news.get(_IDENTIFIER) else []
    if news.get(_IDENTIFIER) and _IDENTIFIER not in changed:
        pass  # the user declares it to be the same cluster
    elif any(isinstance(news.get(key), Unknown) for key in _WHICH_CLUSTER) or _is_another_cluster(olds, news):
        replaces += [key for key in _WHICH_CLUSTER if key in changed]
    return rpc.DiffResponse(changes=rpc.DiffResponse.DIFF_SOME, diffs=changed, replaces=replaces)


def _is_another_cluster(olds: Properties, news: Properties) -> bool:
    old, new = _active(olds), _active(news)
    return old is not None and new is not None and old != new


def _active(settings: Properties) -> dict[str, Any] | None:
    kubeconfig = settings.get("kubeconfig")
    if not isinstance(kubeconfig, str) or not kubeconfig:
        return None
    try:
        document = read_kubeconfig(kubeconfig)
    except ProviderError:
        return None
    return active_cluster(document, str(settings.get("context") or ""), str(settings.get("cluster") or ""))
