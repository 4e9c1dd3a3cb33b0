"""Probes of a container, by the rules with which the API server validates a pod."""

import re
from collections.abc import Callable
from typing import Any

from config.models.scalars import broken

_HANDLER_KEYS = {
    "httpGet": ("path", "port", "host", "scheme", "httpHeaders"),
    "tcpSocket": ("port", "host"),
    "exec": ("command",),
    "grpc": ("port", "service"),
}
_LEAST = {
    "initialDelaySeconds": 0,
    "periodSeconds": 1,
    "timeoutSeconds": 1,
    "failureThreshold": 1,
    "successThreshold": 1,
    "terminationGracePeriodSeconds": 1,
}
_LARGEST = 2**31 - 1
_LAST_PORT = 65535
_PORT_NAME = re.compile(r"(?=.{1,15}$)(?=[0-9-]*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*")
_HEADER_NAME = re.compile(r"[-A-Za-z0-9]+")


def check_readiness_probe(value: dict[str, Any]) -> dict[str, Any]:
    """Return a readiness probe. Raise a rule error for what the API server would refuse."""
    if "terminationGracePeriodSeconds" in value:
        raise broken("has terminationGracePeriodSeconds, which Kubernetes refuses in a readiness probe; remove it")
    return _check(value)


def check_restarting_probe(value: dict[str, Any]) -> dict[str, Any]:
    """Return a startup or liveness probe. Raise a rule error for what the API server would refuse."""
    if value.get("successThreshold", 1) != 1:
        raise broken("has a successThreshold other than 1, which Kubernetes refuses in this probe; remove it")
    return _check(value)


def _check(value: dict[str, Any]) -> dict[str, Any]:
    _check_keys(value, (*_HANDLER_KEYS, *_LEAST))
    handlers = [key for key in _HANDLER_KEYS if key in value]
    if len(handlers) != 1:
        found = " and ".join(handlers) or "no handler"
        raise broken(f"has {found}, expected exactly one of {', '.join(_HANDLER_KEYS)}")
    for key in value.keys() & _LEAST.keys():
        number, least = value[key], _LEAST[key]
        if not _is_integer(number) or number < least:
            raise broken(f"has a {key} that is not an integer of at least {least}")
        if number > _LARGEST:
            raise broken(f"has a {key} above {_LARGEST}")
    kind, handler = handlers[0], value[handlers[0]]
    if not isinstance(handler, dict):
        raise broken(f"has '{kind}' that is not a mapping")
    _check_keys(handler, _HANDLER_KEYS[kind], f" in '{kind}'")
    _HANDLER_RULES[kind](handler)
    return value


def _check_http(handler: dict[str, Any]) -> None:
    _check_port(handler, by_name=True)
    _check_texts(handler, "path", "host")
    if handler.get("scheme", "HTTP") not in {"HTTP", "HTTPS"}:
        raise broken("has an httpGet.scheme that is neither HTTP nor HTTPS")
    headers = handler.get("httpHeaders", [])
    if not isinstance(headers, list) or not all(map(_is_header, headers)):
        raise broken("has httpGet.httpHeaders that are not a list of {name: …, value: …} with a valid name")


def _is_header(header: object) -> bool:
    if not isinstance(header, dict) or header.keys() != {"name", "value"}:
        return False
    name, value = header["name"], header["value"]
    return isinstance(name, str) and isinstance(value, str) and _HEADER_NAME.fullmatch(name) is not None


def _check_tcp(handler: dict[str, Any]) -> None:
    _check_port(handler, by_name=True)
    _check_texts(handler, "host")


def _check_grpc(handler: dict[str, Any]) -> None:
    _check_port(handler, by_name=False)
    _check_texts(handler, "service")


def _check_exec(handler: dict[str, Any]) -> None:
    command = handler.get("command")
    if not isinstance(command, list) or not command or not all(isinstance(word, str) for word in command):
        raise broken("has an exec.command that is not a list of strings")


_HANDLER_RULES: dict[str, Callable[[dict[str, Any]], None]] = {
    "httpGet": _check_http,
    "tcpSocket": _check_tcp,
    "exec": _check_exec,
    "grpc": _check_grpc,
}


def _check_port(handler: dict[str, Any], *, by_name: bool) -> None:
    port: Any = handler.get("port")
    if _is_integer(port) and 1 <= port <= _LAST_PORT:
        return
    if by_name and isinstance(port, str) and _PORT_NAME.fullmatch(port):
        return
    names = " or the name of one" if by_name else ""
    raise broken(f"has a port that is not a number from 1 to {_LAST_PORT}{names}")


def _check_texts(handler: dict[str, Any], *keys: str) -> None:
    for key in keys:
        if not isinstance(handler.get(key, ""), str):
            raise broken(f"has a {key} that is not a string; write it in quotes")


def _check_keys(found: dict[str, Any], allowed: tuple[str, ...], where: str = "") -> None:
    unknown = [str(key) for key in found if key not in allowed]
    if unknown:
        raise broken(f"has an unknown key '{unknown[0]}'{where}, expected one of {', '.join(allowed)}")


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
