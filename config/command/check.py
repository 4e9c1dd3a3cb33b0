"""A stack file judged without Pulumi: encrypted values count as given, secrets that are still to be set are notes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.command.yaml_file import read_yaml
from config.errors import ConfigurationError, Problem
from config.models.stack_file import NAMESPACE
from config.validation.contradictions import contradictions
from config.validation.partial import WALLET_SECRETS, PartialSettings, read
from config.validation.secrecy import Secrecy

_PREFIX = f"{NAMESPACE}:"
_IN_CLEAR = "is in the file in clear, remove it and set it with 'pulumi config set --secret --path'"
_WALLET_SECRETS = ("privateKey", "identityPassword", "previousIdentityPassword", "apiToken", "identitySeed")
_STANDS_FOR_SECURE: dict[str, Any] = {
    **{f"wallet.{key}": None for key in WALLET_SECRETS},
    "wallet.previous.privateKey": "1".zfill(64),
    "chain.rpcUrl": "https://rpc.invalid",
}
_UNJUDGED = {"wallet.previous.privateKey": "wallet.previous.address"}
"""What cannot be held against a value that is encrypted."""


@dataclass(frozen=True)
class Report:
    """What is wrong with a stack file, which secrets are still to be set, and what the file describes."""

    problems: list[Problem]
    missing_secrets: list[Problem] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def check_file(path: Path) -> Report:
    """Judge a `Pulumi.<stack>.yaml`; a missing or broken file is a problem like any other."""
    try:
        content, given_twice = read_yaml(path)
        raw = _section(content, path)
    except ConfigurationError as error:
        return Report(problems=list(error.problems))
    repeated = [
        Problem(
            ".".join(keys).removeprefix("config.").removeprefix(_PREFIX),
            f"is given {len(lines)} times, in lines {', '.join(map(str, lines))}; keep one",
        )
        for keys, lines in given_twice
    ]
    secrecy = Secrecy(raw)
    secure: set[str] = set()
    draft = read({key: _without_secure(value, key, secure) for key, value in raw.items()}, secrecy, _stack(path))
    found = [*draft.problems, *_in_clear(raw), *contradictions(draft)]
    unjudged = secure | {_UNJUDGED[path] for path in secure & _UNJUDGED.keys()}
    return Report(
        problems=[*repeated, *(secrecy.problem(problem) for problem in found if problem.path not in unjudged)],
        missing_secrets=[problem for problem in draft.missing_secrets if problem.path not in secure],
        counts=_counts(draft),
    )


def _stack(path: Path) -> str:
    return path.name.removeprefix("Pulumi.").removesuffix(".yaml").removesuffix(".yml") or "STACK"


def _section(content: object, path: Path) -> dict[str, object]:
    config = content.get("config") if isinstance(content, Mapping) else None
    if not isinstance(config, Mapping):
        raise ConfigurationError([Problem(str(path), f"has no mapping 'config' with the keys {_PREFIX}network …")])
    bare = [Problem(str(key), f"has no namespace, write {_PREFIX}{key}") for key in config if ":" not in str(key)]
    if bare:
        raise ConfigurationError(bare)
    return {str(key).removeprefix(_PREFIX): value for key, value in config.items() if str(key).startswith(_PREFIX)}


def _without_secure(value: Any, path: str, secure: set[str]) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"secure"}:
            secure.add(path)
            return _STANDS_FOR_SECURE.get(path, "secure")
        return {key: _without_secure(part, f"{path}.{key}", secure) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_secure(part, f"{path}[{position}]", secure) for position, part in enumerate(value)]
    return value


def _in_clear(raw: Mapping[str, object]) -> list[Problem]:
    """Secrets of the wallet; an identity file is encrypted by itself and may be in the file."""
    wallet = _mapping(raw.get("wallet"))
    given = {f"wallet.{key}": wallet.get(key) for key in _WALLET_SECRETS}
    given["wallet.previous.privateKey"] = _mapping(wallet.get("previous")).get("privateKey")
    return [Problem(path, _IN_CLEAR) for path, value in given.items() if isinstance(value, str | int)]


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _counts(draft: PartialSettings) -> dict[str, int]:
    return {
        "pools": len(draft.pools),
        "identities": sum(pool.size for pool in draft.pools.values()),
        "clusters": len(draft.clusters),
        "nodes": sum(cluster.replicas for cluster in draft.clusters.values()) + len(draft.nodes),
    }
