"""The configuration of hoprd, as YAML nodes: its tags, such as `!AutoFunding`, are not constructed."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from config.models.limited_yaml import compose

_PROTOCOLS = ("hopr", "chain", "protocols")
_NULL = "tag:yaml.org,2002:null"


def defines_network(config: str, name: str) -> bool:
    """Whether the configuration defines this network itself, under `hopr.chain.protocols.networks`."""
    networks = _value_at(compose(config), (*_PROTOCOLS, "networks"))
    return networks is not None and _value_at(networks, (name,)) is not None


def has_provider(config: str) -> bool:
    """Whether the configuration names the nodes' RPC endpoint."""
    provider = _value_at(compose(config), ("hopr", "chain", "provider"))
    return provider is not None and provider.tag != _NULL


def with_protocols(config: str, protocols: Mapping[str, Any]) -> str:
    """Return the configuration with `hopr.chain.protocols`. Everything else stays; comments and layout do not."""
    root = compose(config)
    target = root
    for key in _PROTOCOLS[:-1]:
        target = _mapping_at(target, key)
    if target is None:
        return config
    target.value = [entry for entry in target.value if entry[0].value != _PROTOCOLS[-1]]
    target.value.append((_text_node(_PROTOCOLS[-1]), yaml.SafeDumper("").represent_data(protocols)))  # type: ignore[arg-type]
    return str(yaml.serialize(root, Dumper=yaml.SafeDumper, allow_unicode=True, width=1000))


def _mapping_at(node: yaml.Node | None, key: str) -> yaml.MappingNode | None:
    """The mapping under a key of a mapping, created if it is absent or empty; None if the value is something else."""
    if not isinstance(node, yaml.MappingNode):
        return None
    found = _value_at(node, (key,))
    if isinstance(found, yaml.MappingNode):
        return found
    if found is not None and found.tag != _NULL:
        return None
    made = yaml.MappingNode("tag:yaml.org,2002:map", [])
    node.value = [entry for entry in node.value if entry[0].value != key] + [(_text_node(key), made)]
    return made


def _value_at(node: yaml.Node | None, path: Sequence[str]) -> yaml.Node | None:
    for key in path:
        if not isinstance(node, yaml.MappingNode):
            return None
        node = next((value for name, value in node.value if name.value == key), None)
    return node


def _text_node(text: str) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", text)
