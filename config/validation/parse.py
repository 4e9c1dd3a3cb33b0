"""Settings from plain data: every problem of a configuration at once, or the validated model."""

import json
from collections.abc import Collection, Mapping

from config.errors import ConfigurationError
from config.models.networks import BUILT_IN, Network
from config.models.settings import Settings
from config.models.stack_file import StackFile
from config.validation.contradictions import contradictions
from config.validation.partial import read
from config.validation.secrecy import Secrecy


def plain(text: str) -> object:
    """What a value says: Pulumi hands mappings over as JSON, with nested secrets decrypted, and all else as text."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return text
    return parsed if isinstance(parsed, dict | list) else text


def parse(raw: Mapping[str, object], stack: str, secret_sections: Collection[str] = ()) -> Settings:
    """The settings of a stack from its configuration: keys as in the stack file without `hoprd:`, secrets decrypted.

    Raises ConfigurationError with every problem at once: each value that breaks a rule of its own, and each rule
    between values that can be judged on those that are valid. `secret_sections` names keys whose values are not shown.
    """
    secrecy = Secrecy(raw, secret_sections)
    draft = read(raw, secrecy, stack)
    problems = (*draft.problems, *draft.missing_secrets, *contradictions(draft))
    if problems:
        raise ConfigurationError([secrecy.problem(problem) for problem in problems])
    given = {key: value for key, value in raw.items() if value is not None}
    file = StackFile.model_validate(given, by_alias=True, by_name=False)
    network = {**BUILT_IN, **file.networks}[file.network]
    return Settings(
        stack=stack,
        network=Network(name=file.network, chain_id=network.chain_id, contracts=network.contracts),
        chain=file.chain,
        wallet=file.wallet,
        spending=file.spending,
        escrow=file.escrow,
        platform=file.platform,
        pools=file.pools,
        clusters=file.clusters,
        nodes=file.nodes,
    )
