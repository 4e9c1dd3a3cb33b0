"""Parse plain data: return the validated settings, or raise every problem of the configuration at once."""

import json
from collections.abc import Collection, Mapping

from config.errors import ConfigurationError, Problem
from config.models.networks import BUILT_IN, Network
from config.models.settings import Settings
from config.models.stack_file import StackFile
from config.validation.advice import advice
from config.validation.contradictions import contradictions
from config.validation.partial import read_partial
from config.validation.secrecy import Secrecy

_MAX_DEPTH = 50


def decode(texts: Mapping[str, str]) -> dict[str, object]:
    """Decode the values of Pulumi's configuration: mappings and lists are JSON, with nested secrets decrypted.

    Raise ConfigurationError for values that are nested too deeply.
    """
    try:
        values = {key: _decode(text) for key, text in texts.items()}
        deep = [key for key, value in values.items() if _depth(value) > _MAX_DEPTH]
    except RecursionError:
        deep = [key for key, text in texts.items() if text.count("[") + text.count("{") > _MAX_DEPTH]
    if deep:
        raise ConfigurationError([Problem(key, f"has more than {_MAX_DEPTH} nested values") for key in deep])
    return values


def _decode(text: str) -> object:
    try:
        parsed = json.loads(text)
    except ValueError:
        return text
    return parsed if isinstance(parsed, dict | list) else text


def _depth(value: object) -> int:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, parts), default=0)


def parse(raw: Mapping[str, object], stack: str, secret_sections: Collection[str] = ()) -> Settings:
    """Return the settings of a stack. `raw` has the keys of the stack file without `hoprd:`, and decrypted secrets.

    Raise ConfigurationError with every problem: each invalid value, and each rule between values that can be checked
    with the valid ones. Messages do not show values of `secret_sections`.
    """
    return parse_with_advice(raw, stack, secret_sections)[0]


def parse_with_advice(
    raw: Mapping[str, object], stack: str, secret_sections: Collection[str] = ()
) -> tuple[Settings, list[Problem]]:
    """Return the settings, as `parse` does, and warnings about them."""
    secrecy = Secrecy(raw, secret_sections)
    partial = read_partial(raw, secrecy, stack)
    problems = (*partial.problems, *partial.missing_secrets, *contradictions(partial))
    if problems:
        raise ConfigurationError([secrecy.problem(problem) for problem in problems])
    given = {key: value for key, value in raw.items() if value is not None}
    file = StackFile.model_validate(given, by_alias=True, by_name=False)
    network = {**BUILT_IN, **file.networks}[file.network]
    settings = Settings(
        stack=stack,
        network=Network(name=file.network, **dict(network)),
        chain=file.chain,
        wallet=file.wallet,
        spending=file.spending,
        escrow=file.escrow,
        platform=file.platform,
        pools=file.pools,
        clusters=file.clusters,
        nodes=file.nodes,
        secret_sections=frozenset(secret_sections),
    )
    return settings, [secrecy.problem(warning) for warning in advice(partial, secret_sections)]
