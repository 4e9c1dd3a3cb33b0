"""The values of Pulumi's configuration are text; mappings and lists are JSON."""

import pytest
import yaml

from config.errors import ConfigurationError
from config.models.limited_yaml import MAX_DEPTH, LimitedLoader
from config.validation.parse import decode
from testkit.config.sample import changed, problems


def test_mappings_and_lists_are_decoded_and_other_values_are_text() -> None:
    assert decode({"a": '{"b": [1]}', "c": "12", "d": "true", "e": "[1", "f": "2024"}) == {
        "a": {"b": [1]},
        "c": "12",
        "d": "true",
        "e": "[1",
        "f": "2024",
    }


@pytest.mark.parametrize("depth", [51, 500, 100_000])
def test_deep_nesting_is_one_sentence(depth: int) -> None:
    with pytest.raises(ConfigurationError) as raised:
        decode({"network": "rotsee", "pools": "[" * depth + "]" * depth})
    assert str(raised.value) == "pools: has more than 50 nested values"


@pytest.mark.parametrize("field", ["config", "deployment/env", "deployment/resources", "deployment/startupProbe"])
@pytest.mark.parametrize("text", ["[" * 5000, "a: " + "[" * 5000 + "]" * 5000, "{a: " * 51 + "}" * 51, "&a [*a]"])
def test_a_node_with_deeply_nested_yaml_is_one_sentence(field: str, text: str) -> None:
    found = problems(changed({f"clusters/edge/{field}": text}))
    assert len(found) == 1
    assert "is not valid YAML" in found[0]


@pytest.mark.parametrize("bracket", "[{")
def test_deeply_nested_yaml_is_not_read_to_its_end(bracket: str) -> None:
    """PyYAML reads ahead, and needs a second for some hundred open brackets."""
    loader = LimitedLoader(bracket * 5000)
    with pytest.raises(yaml.YAMLError, match=f"more than {MAX_DEPTH} values are nested"):
        loader.get_single_node()
    assert loader.index <= MAX_DEPTH
