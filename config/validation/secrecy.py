"""Redaction: no message contains a value of the configuration that is, or could be, a secret."""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any

from config.errors import Problem
from config.models.model import Model
from config.models.scalars import NOT_A_URL, redact_url

CONCEALED = "a secret value"
_MAX_SHOWN_LENGTH = 60
_MIN_SEARCHED_LENGTH = 4  # a shorter secret would redact parts of many unrelated words
_KEY_SIZED_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]{64,}")
_KEY_DIGITS = 64
_REFERENCES = ("kms", "from")  # they say where a key is stored, which is not secret
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{38,42}")


class Secrecy:
    """Shows values and problems of one configuration without its secrets.

    The secrets are the wallet (except its address), the RPC URL, every section that Pulumi marks as secret, and every
    value that looks like a private key, because a user may set it under the wrong key.
    """

    def __init__(self, raw: Mapping[str, object], secret_sections: Collection[str] = ()) -> None:
        wallet, chain = raw.get("wallet"), raw.get("chain")
        of_sections = {leaf for name in secret_sections if name != "wallet" for leaf in _leaves(raw.get(name))}
        urls = _leaves(chain.get("rpcUrl") if isinstance(chain, Mapping) else chain)
        secrets = {url for url in urls if url.partition("://")[2] or "://" not in url}
        secrets |= {leaf for leaf in _leaves(_without_references(wallet)) if not _ADDRESS.fullmatch(leaf)}
        in_wallet = {leaf for leaf in _leaves(wallet) if not _ADDRESS.fullmatch(leaf)}
        # A user may set a secret where a reference belongs, so no message shows the value of a reference either.
        self._secrets = secrets | in_wallet | of_sections
        # A rule shows values of other places. A secret that is in none of them is a word of the rule, if it is shown.
        elsewhere = "\n".join(_texts({**raw, "chain": {}, "wallet": _references_of(wallet)}))
        secrets = {secret for secret in secrets if secret in elsewhere} | of_sections
        searched = sorted((s for s in secrets if len(s) >= _MIN_SEARCHED_LENGTH), key=len, reverse=True)
        self._pattern = re.compile("|".join([*map(re.escape, searched), _KEY_SIZED_HEX.pattern]))
        self.sections = frozenset({"wallet", *secret_sections})

    def value(self, value: object) -> str:
        """Format a value for a message: a quoted string, a number, or the kind of a secret or composite value."""
        if value is None or isinstance(value, Mapping | list | tuple):
            return "nothing" if value is None else "a mapping" if isinstance(value, Mapping) else "a list"
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if text in self._secrets or self._redacted(text) != text:
            return CONCEALED
        if not isinstance(value, str):
            return text[:_MAX_SHOWN_LENGTH]
        if "\n" in text.strip():
            return f"a string of {len(text.splitlines())} lines"
        if "://" in text:
            text = redact_url(text)
            if text == NOT_A_URL:
                return "the value"
        text = text.strip("\n")
        return f"'{text if len(text) <= _MAX_SHOWN_LENGTH else text[: _MAX_SHOWN_LENGTH - 1] + '…'}'"

    def problem(self, problem: Problem) -> Problem:
        """Redact secrets in the path and the text of a problem."""
        return Problem(self._redacted(problem.path), self._redacted(problem.text).replace(f"'{CONCEALED}'", CONCEALED))

    def _redacted(self, text: str) -> str:
        return self._pattern.sub(lambda match: match[0] if _is_large_number(match[0]) else CONCEALED, text)


def _is_large_number(text: str) -> bool:
    """Whether key-sized hex is an amount in wei, such as 2^256 - 1, which has more digits than a key."""
    return text.isdecimal() and len(text) > _KEY_DIGITS


def _without_references(wallet: Any) -> Any:
    """Remove references from the wallet: messages about other values may contain them."""
    if not isinstance(wallet, Mapping):
        return wallet
    return {key: _without_references(value) for key, value in wallet.items() if key not in _REFERENCES}


@cache
def _field_names() -> frozenset[str]:
    rest, names = [Model], set[str]()
    while rest:
        model = rest.pop()
        rest += model.__subclasses__()
        names |= {field.alias or name for name, field in model.model_fields.items()}
    return frozenset(names)


def _references_of(wallet: Any) -> Any:
    """The references and the unknown keys of the wallet, which messages may contain."""
    if not isinstance(wallet, Mapping):
        return None
    return {key: value if key in _REFERENCES else _references_of(value) for key, value in wallet.items()}


def _texts(value: Any) -> Iterator[str]:
    """All values, and the keys that are names of the user's own."""
    if isinstance(value, Mapping):
        yield from (str(key) for key in value if key not in _field_names())
        yield from (text for part in value.values() for text in _texts(part))
    elif isinstance(value, list | tuple):
        yield from (text for part in value for text in _texts(part))
    else:
        yield from _leaves(value)


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
