"""The valid parts of a configuration, with which the rules between values are checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from config.errors import Problem
from config.models.clusters import Cluster, Node, Workload
from config.models.model import Model
from config.models.networks import NetworkEntry
from config.models.platform import Platform
from config.models.pools import Pool
from config.models.spending import Spending
from config.models.stack_file import NAMESPACE, StackFile
from config.models.wallet import Wallet
from config.validation.explain import did_you_mean, example, explain
from config.validation.secrecy import Secrecy

_TYPES: dict[str, Any] = {name: field.rebuild_annotation() for name, field in StackFile.model_fields.items()}
_ADAPTERS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(annotation) for name, annotation in _TYPES.items()}
_ENTRIES: dict[str, type[Model]] = {"pools": Pool, "clusters": Cluster, "nodes": Node}
_CROSS_CHECKED = {
    "[key]",
    "forceIdentityName",
    "identityName",
    "pool",
    "portsAllocation",
    "replicas",
    "secretName",
    "service",
    "size",
}
"""Fields that the rules between values read. An example in place of an invalid one would cause misleading problems."""
WALLET_SECRETS = {
    "privateKey": "the key that signs and pays on chain",
    "identityPassword": "the password that encrypts the identity files",
    "apiToken": "the token of the nodes' API",
    "identitySeed": "the seed of the keys of pools with keySource: seed",
}


@dataclass(frozen=True)
class PartialSettings:
    """The valid sections and entries, and the problems of the others."""

    network: str | None
    networks: dict[str, NetworkEntry]
    wallet: Wallet | None
    spending: Spending | None
    platform: Platform | None
    pools: dict[str, Pool]
    clusters: dict[str, Cluster]
    nodes: dict[str, Node]
    pool_names: frozenset[str] | None
    """All pools, including invalid ones, which are not unknown. None if `pools` is missing or not a mapping."""
    network_names: frozenset[str]
    """All custom networks, including invalid ones."""
    missing_secrets: tuple[Problem, ...]
    """Secrets that are not set yet. A checked-in stack file has none of them."""
    problems: tuple[Problem, ...]

    def workloads(self) -> list[tuple[str, Workload]]:
        """Clusters and single nodes, each with its path (`clusters.core`)."""
        clusters = [(f"clusters.{name}", cluster) for name, cluster in self.clusters.items()]
        return [*clusters, *((f"nodes.{name}", node) for name, node in self.nodes.items())]

    @property
    def announces_load_balancer(self) -> bool:
        """Whether a node announces the address of the ingress controller's load balancer."""
        return any(workload.service.type == "ClusterIP" for _, workload in self.workloads())


def read_partial(raw: Mapping[str, object], secrecy: Secrecy, stack: str) -> PartialSettings:
    """Validate each section separately, and in sections of named entries (pools, clusters, …) each entry."""
    missing_secrets = tuple(_missing_secrets(raw, stack))
    reader = _Reader(raw, secrecy, stack, reported=frozenset(problem.path for problem in missing_secrets))
    reader.unknown_keys()
    network, networks = reader.section("network"), reader.entries("networks")
    reader.section("chain")
    # Without a wallet, `missing_secrets` reports each secret with the command that sets it.
    wallet = reader.section("wallet") if raw.get("wallet") is not None else None
    spending = reader.section("spending")
    reader.section("escrow")
    return PartialSettings(
        network=network,
        networks=networks,
        wallet=wallet,
        spending=spending,
        platform=reader.section("platform"),
        pools=reader.entries("pools"),
        clusters=reader.entries("clusters"),
        nodes=reader.entries("nodes"),
        pool_names=_names(raw.get("pools")),
        network_names=_names(raw.get("networks")) or frozenset(),
        missing_secrets=missing_secrets,
        problems=tuple(reader.problems),
    )


class _Reader:
    def __init__(self, raw: Mapping[str, object], secrecy: Secrecy, stack: str, reported: frozenset[str]) -> None:
        self._raw, self._secrecy, self._stack, self._reported = raw, secrecy, stack, reported
        self.problems: list[Problem] = []

    def unknown_keys(self) -> None:
        for key in map(str, self._raw):
            if _is_path(key):
                secret = " --secret" if key.removeprefix("wallet.") in WALLET_SECRETS else ""
                self.problems.append(
                    Problem(
                        f"{NAMESPACE}:{key}",
                        "is one key with a dot, because it was set without --path; run "
                        f"'pulumi config rm --stack {self._stack} {NAMESPACE}:{key}', then "
                        f"'pulumi config set --stack {self._stack}{secret} --path {NAMESPACE}:{key}'",
                    )
                )
            elif key not in StackFile.model_fields:
                self.problems.append(Problem(key, f"unknown key, {did_you_mean(key, StackFile.model_fields)}"))

    def section(self, name: str) -> Any:
        value = self._raw.get(name)
        if value is not None and value != "":  # Pulumi.yaml cannot declare a key without a default
            return self._validated(name, value)
        info = StackFile.model_fields[name]
        if info.is_required():
            problem = Problem(name, f"is missing; add {NAMESPACE}:{name} to the stack file{example(info)}")
            self.problems.append(problem)
        return None

    def entries(self, name: str) -> dict[str, Any]:
        value = self._raw.get(name)
        if not isinstance(value, Mapping):
            return self.section(name) or {}
        valid: dict[str, Any] = {}
        for key, entry in value.items():
            try:
                valid |= _validate(name, {key: entry})
            except ValidationError as error:
                self._report(name, error)
                valid |= _with_examples_for_invalid(name, key, entry, error)
        return valid

    def _validated(self, name: str, value: object) -> Any:
        try:
            return _validate(name, value)
        except ValidationError as error:
            self._report(name, error)
            return None

    def _report(self, name: str, error: ValidationError) -> None:
        found = explain(error, (name,), _TYPES[name], self._secrecy)
        self.problems += [problem for problem in found if problem.path not in self._reported]


def _is_path(key: str) -> bool:
    """Whether a key is the path of a value in a section, such as `wallet.privateKey` or `pools["core"].size`."""
    section = re.split(r"[.\[]", key, maxsplit=1)[0]
    return section != key and section in StackFile.model_fields


def _validate(name: str, value: object) -> Any:
    return _ADAPTERS[name].validate_python(value, by_alias=True, by_name=False)


def _with_examples_for_invalid(section: str, key: str, entry: object, error: ValidationError) -> dict[str, Any]:
    """Replace the invalid fields of an entry by their examples, unless a rule between values reads one of them."""
    if section not in _ENTRIES or not isinstance(entry, Mapping):
        return {}
    fields = {field.alias: field for field in _ENTRIES[section].model_fields.values()}
    invalid = {detail["loc"][1] for detail in error.errors() if len(detail["loc"]) > 1}
    if not invalid or invalid & _CROSS_CHECKED:
        return {}
    examples = {name: field.examples[0] for name, field in fields.items() if field.examples}
    patched = {name: value for name, value in entry.items() if name not in invalid}
    patched |= {name: example for name, example in examples.items() if name in invalid}
    valid: dict[str, Any] = _validate(section, {key: patched})
    return valid


def _names(section: object) -> frozenset[str] | None:
    return frozenset(map(str, section)) if isinstance(section, Mapping) else None


def _missing_secrets(raw: Mapping[str, object], stack: str) -> list[Problem]:
    wallet = {} if raw.get("wallet") is None else raw["wallet"]
    if not isinstance(wallet, Mapping):
        return []
    if wallet.get("from") is not None:
        return []  # reading the source shows whether it has them
    pools = raw.get("pools")
    given = [pool for pool in pools.values() if isinstance(pool, Mapping)] if isinstance(pools, Mapping) else []
    unneeded = {
        "privateKey": wallet.get("kms") is not None,
        "apiToken": bool(given) and all(pool.get("secretName") for pool in given),  # the program creates no Secret
        "identitySeed": all(pool.get("keySource") != "seed" for pool in given),
    }
    return [
        Problem(
            f"wallet.{key}",
            f"is missing ({use}); set it with: pulumi config set --stack {stack} --secret --path wallet.{key}",
        )
        for key, use in WALLET_SECRETS.items()
        if wallet.get(key) is None and not unneeded.get(key)
    ]
