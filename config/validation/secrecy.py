"""What may be shown of a configuration: no message contains a value that is, or could be, a secret."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from config.errors import Problem
from config.models.scalars import redact_url

CONCEALED = "a secret value"
_LONGEST_SHOWN = 60
_SHORTEST_SEARCHED = 4  # shorter secrets would blank out half of every sentence
_KEY_SIZED_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]{64,}")
_PLACES = ("kms", "from")  # where a key lies, which is no secret
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{38,42}")


class Secrecy:
    """Shows values and sentences without the secrets of one configuration.

    Secret are the wallet (but for its address), the RPC URL, every section that Pulumi marks as holding a secret,
    and anything that looks like a private key, wherever it was put by mistake.
    """

    def __init__(self, raw: Mapping[str, object], secret_sections: Collection[str] = ()) -> None:
        wallet, chain = raw.get("wallet"), raw.get("chain")
        secrets = {leaf for name in secret_sections if name != "wallet" for leaf in _leaves(raw.get(name))}
        secrets |= set(_leaves(chain.get("rpcUrl") if isinstance(chain, Mapping) else chain))
        secrets |= {leaf for leaf in _leaves(_without_places(wallet)) if not _ADDRESS.fullmatch(leaf)}
        in_wallet = {leaf for leaf in _leaves(wallet) if not _ADDRESS.fullmatch(leaf)}
        self._secrets = secrets | in_wallet  # a place may have got a secret by mistake: it is not quoted either
        searched = sorted((s for s in secrets if len(s) >= _SHORTEST_SEARCHED), key=len, reverse=True)
        self._pattern = re.compile("|".join([*map(re.escape, searched), _KEY_SIZED_HEX.pattern]))
        self.sections = frozenset({"wallet", *secret_sections})

    def value(self, value: object) -> str:
        """A value as it is shown to the user: quoted text, a plain number, or what kind of thing it is."""
        if value is None or isinstance(value, Mapping | list | tuple):
            return "nothing" if value is None else "a mapping" if isinstance(value, Mapping) else "a list"
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if text in self._secrets or self._pattern.search(text):
            return CONCEALED
        if not isinstance(value, str):
            return text[:_LONGEST_SHOWN]
        if "\n" in text.strip():
            return f"a text of {len(text.splitlines())} lines"
        text = redact_url(text) if "://" in text else text.strip("\n")
        return f"'{text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + '…'}'"

    def problem(self, problem: Problem) -> Problem:
        """The problem without any secret that slipped into its path or its text."""
        return Problem(self._pattern.sub(CONCEALED, problem.path), self._pattern.sub(CONCEALED, problem.text))


def _without_places(wallet: Any) -> Any:
    """The wallet's configuration without names of places: sentences about other things may name those."""
    if not isinstance(wallet, Mapping):
        return wallet
    return {key: _without_places(value) for key, value in wallet.items() if key not in _PLACES}


def _leaves(value: Any) -> Iterator[str]:
    match value:
        case None | bool():
            return
        case Mapping():
            for part in value.values():
                yield from _leaves(part)
        case list() | tuple():
            for part in value:
                yield from _leaves(part)
        case _ if hasattr(value, "get_secret_value"):
            yield str(value.get_secret_value())
        case _ if str(value):
            yield str(value)
