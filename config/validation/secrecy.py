"""Redaction: no message contains a value of the configuration that is, or could be, a secret."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from config.errors import Problem
from config.models.scalars import redact_url

CONCEALED = "a secret value"
_MAX_SHOWN_LENGTH = 60
_MIN_SEARCHED_LENGTH = 4  # a shorter secret would redact parts of many unrelated words
_KEY_SIZED_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]{64,}")
_REFERENCES = ("kms", "from")  # they say where a key is stored, which is not secret
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{38,42}")


class Secrecy:
    """Shows values and problems of one configuration without its secrets.

    The secrets are the wallet (except its address), the RPC URL, every section that Pulumi marks as secret, and every
    value that looks like a private key, because a user may set it under the wrong key.
    """

    def __init__(self, raw: Mapping[str, object], secret_sections: Collection[str] = ()) -> None:
        wallet, chain = raw.get("wallet"), raw.get("chain")
        secrets = {leaf for name in secret_sections if name != "wallet" for leaf in _leaves(raw.get(name))}
        secrets |= set(_leaves(chain.get("rpcUrl") if isinstance(chain, Mapping) else chain))
        secrets |= {leaf for leaf in _leaves(_without_references(wallet)) if not _ADDRESS.fullmatch(leaf)}
        in_wallet = {leaf for leaf in _leaves(wallet) if not _ADDRESS.fullmatch(leaf)}
        # A user may set a secret where a reference belongs, so no message shows the value of a reference either.
        self._secrets = secrets | in_wallet
        searched = sorted((s for s in secrets if len(s) >= _MIN_SEARCHED_LENGTH), key=len, reverse=True)
        self._pattern = re.compile("|".join([*map(re.escape, searched), _KEY_SIZED_HEX.pattern]))
        self.sections = frozenset({"wallet", *secret_sections})

    def value(self, value: object) -> str:
        """Format a value for a message: a quoted string, a number, or the kind of a secret or composite value."""
        if value is None or isinstance(value, Mapping | list | tuple):
            return "nothing" if value is None else "a mapping" if isinstance(value, Mapping) else "a list"
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if text in self._secrets or self._pattern.search(text):
            return CONCEALED
        if not isinstance(value, str):
            return text[:_MAX_SHOWN_LENGTH]
        if "\n" in text.strip():
            return f"a string of {len(text.splitlines())} lines"
        text = redact_url(text) if "://" in text else text.strip("\n")
        return f"'{text if len(text) <= _MAX_SHOWN_LENGTH else text[: _MAX_SHOWN_LENGTH - 1] + '…'}'"

    def problem(self, problem: Problem) -> Problem:
        """Redact secrets in the path and the text of a problem."""
        return Problem(self._pattern.sub(CONCEALED, problem.path), self._pattern.sub(CONCEALED, problem.text))


def _without_references(wallet: Any) -> Any:
    """Remove references from the wallet: messages about other values may contain them."""
    if not isinstance(wallet, Mapping):
        return wallet
    return {key: _without_references(value) for key, value in wallet.items() if key not in _REFERENCES}


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
