"""Mutated stack files: `config check` and the program give a result or sentences; HOPRD_FUZZ=10000 sets the number."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.__main__ import main
from config.command.yaml_file import read_yaml
from config.errors import ConfigurationError
from config.models.stack_file import NAMESPACE
from config.validation.parse import decode, parse
from devnet.home import CHECKOUT
from testkit.config.sample import good
from testkit.config.stack_files import encrypted, write_stack_file
from testkit.fuzz import count, mutated


@pytest.fixture
def originals(tmp_path: Path) -> list[bytes]:
    """Return the sample with secrets, the sample with encrypted secrets, and the checked-in stack files."""
    checked_in = [path.read_bytes() for path in sorted(CHECKOUT.glob("Pulumi.*.yaml"))]
    plain = yaml.safe_dump({"config": {f"{NAMESPACE}:{key}": value for key, value in good().items()}}).encode()
    return [plain, write_stack_file(tmp_path, encrypted({})).read_bytes(), *checked_in]


def as_the_engine_hands_it_over(content: Any) -> dict[str, str] | None:
    """Return the configuration as JSON texts, None if the file has none or JSON cannot express it."""
    config = content.get("config") if isinstance(content, dict) else None
    if not isinstance(config, dict):
        return None
    try:
        return {
            key.removeprefix(f"{NAMESPACE}:"): value if isinstance(value, str) else json.dumps(value)
            for key, value in config.items()
            if isinstance(key, str) and key.startswith(f"{NAMESPACE}:")
        }
    except (TypeError, ValueError):
        return None


def test_no_mutated_stack_file_ends_in_a_traceback(
    originals: list[bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "Pulumi.fuzzed.yaml"
    codes = {0: 0, 1: 0}
    for seed in range(count()):
        file.write_bytes(mutated(seed, originals[seed % len(originals)]))
        try:
            codes[main(["check", str(file)])] += 1
            printed = capsys.readouterr()
            assert printed.out.replace("\n", "").isprintable(), printed.out
            assert not printed.err
            the_program_parses(file)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {file.read_bytes()!r}") from error
    assert codes[1] > codes[0] > 0


def the_program_parses(file: Path) -> None:
    """Parse the file as the program does with what the engine hands over; only a ConfigurationError may end it."""
    texts = None
    with suppress(ConfigurationError):
        texts = as_the_engine_hands_it_over(read_yaml(file).content)
    if texts is not None:
        with suppress(ConfigurationError):
            parse(decode(texts), "fuzzed")


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = {
    "deep": "hopr: " + "{a: " * 5000 + "}" * 5000,
    "deep list": "hopr: " + "[" * 5000 + "]" * 5000,
    "deep block": "".join(f"{' ' * depth}a:\n" for depth in range(600)),
    "bomb": BOMB,
    "recursive": "hopr: &a [*a]",
    "control character": "hopr: \x07",
    "two documents": "hopr: {}\n---\nhopr: {}",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("place", ["config", "env", "file"])
def test_a_hostile_text_is_one_line(name: str, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, raw = HOSTILE[name], good()
    cluster = next(iter(raw["clusters"].values()))
    if place == "config":
        cluster["config"] = text
    else:
        cluster["deployment"] = {"env": text}
    file = write_stack_file(tmp_path, raw)
    if place == "file":
        file.write_text(text)
    assert main(["check", str(file)]) == 1
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err
    assert printed.out.replace("\n", "").isprintable()
    with pytest.raises(ConfigurationError):
        parse(raw if place != "file" else {"clusters": text}, "s")
