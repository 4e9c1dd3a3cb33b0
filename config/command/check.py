"""Check a stack file without Pulumi. Encrypted values count as valid; secrets that are not set yet are notes.

The answer is that of a preview: the file is read as Pulumi reads it, and checked with the same rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.command.yaml_file import YamlFile, read_yaml
from config.errors import ConfigurationError, Problem
from config.models.stack_file import NAMESPACE, StackFile
from config.validation.advice import advice
from config.validation.contradictions import contradictions
from config.validation.partial import WALLET_SECRETS, PartialSettings, read_partial
from config.validation.secrecy import Secrecy

_PREFIX = f"{NAMESPACE}:"
_PLAINTEXT = "is in plain text; remove it and set it with 'pulumi config set --secret --path'"
_WALLET_SECRETS = ("privateKey", "identityPassword", "previousIdentityPassword", "apiToken", "identitySeed")
_PLACEHOLDERS: dict[str, Any] = {
    **{f"wallet.{key}": None for key in WALLET_SECRETS},
    "wallet.previous.privateKey": "1".zfill(64),
    "chain.rpcUrl": "https://rpc.invalid",
}
_UNVERIFIABLE = {"wallet.previous.privateKey": "wallet.previous.address"}
"""Values that cannot be checked if another one is encrypted, by that other one."""


@dataclass(frozen=True)
class Report:
    """The problems and warnings of a stack file, the secrets that are not set yet, and the number of pools, … nodes."""

    problems: list[Problem]
    warnings: list[Problem] = field(default_factory=list)
    missing_secrets: list[Problem] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def check_file(path: Path) -> Report:
    """Check a `Pulumi.<stack>.yaml`. A missing or unreadable file is a problem too."""
    try:
        file = read_yaml(path)
        raw = _section(file.content, path)
    except ConfigurationError as error:
        return Report(problems=list(error.problems))
    repeated = [
        Problem(
            ".".join(keys).removeprefix("config.").removeprefix(_PREFIX),
            f"is set {len(lines)} times, in lines {', '.join(map(str, lines))}; keep one",
        )
        for keys, lines in file.duplicates
    ]
    secrecy = Secrecy(raw)
    secure: set[str] = set()
    given = {key: _without_secure(value, key, secure) for key, value in raw.items() if key in StackFile.model_fields}
    partial = read_partial({**raw, **given}, secrecy, _stack(path))
    found = [*partial.problems, *_plaintext_secrets(raw), *contradictions(partial)]
    unverifiable = secure | {_UNVERIFIABLE[path] for path in secure & _UNVERIFIABLE.keys()}
    return Report(
        problems=[*repeated, *(secrecy.problem(problem) for problem in found if problem.path not in unverifiable)],
        warnings=[*_octals(file, path), *(secrecy.problem(problem) for problem in advice(partial))],
        missing_secrets=[problem for problem in partial.missing_secrets if problem.path not in secure],
        counts=_counts(partial),
    )


def _octals(file: YamlFile, path: Path) -> list[Problem]:
    return [
        Problem(f"{path}:{line}", f"{text} is octal and means {value}; write {value}, or quote the text: '{text}'")
        for line, text, value in file.octals
    ]


def _stack(path: Path) -> str:
    return path.name.removeprefix("Pulumi.").removesuffix(".yaml").removesuffix(".yml") or "STACK"


def _section(content: object, path: Path) -> dict[str, object]:
    config = content.get("config") if isinstance(content, Mapping) else None
    if not isinstance(config, Mapping):
        raise ConfigurationError([Problem(str(path), f"has no mapping 'config' with keys such as {_PREFIX}network")])
    bare = [Problem(str(key), f"has no namespace; write {_PREFIX}{key}") for key in config if ":" not in str(key)]
    if bare:
        raise ConfigurationError(bare)
    return {str(key).removeprefix(_PREFIX): value for key, value in config.items() if str(key).startswith(_PREFIX)}


def _without_secure(value: Any, path: str, secure: set[str]) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"secure"}:
            secure.add(path)
            return _PLACEHOLDERS.get(path, "secure")
        return {key: _without_secure(part, f"{path}.{key}", secure) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_secure(part, f"{path}[{position}]", secure) for position, part in enumerate(value)]
    return value


def _plaintext_secrets(raw: Mapping[str, object]) -> list[Problem]:
    """Secrets of the wallet in plain text. An identity file is itself encrypted and may be in the stack file."""
    wallet = _mapping(raw.get("wallet"))
    given = {f"wallet.{key}": wallet.get(key) for key in _WALLET_SECRETS}
    given["wallet.previous.privateKey"] = _mapping(wallet.get("previous")).get("privateKey")
    return [Problem(path, _PLAINTEXT) for path, value in given.items() if isinstance(value, str | int)]


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _counts(partial: PartialSettings) -> dict[str, int]:
    return {
        "pools": len(partial.pools),
        "identities": sum(pool.size for pool in partial.pools.values()),
        "clusters": len(partial.clusters),
        "nodes": sum(cluster.replicas for cluster in partial.clusters.values()) + len(partial.nodes),
    }
