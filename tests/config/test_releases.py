"""Release lines of hoprd: the version decides which variables a node gets; the documentation shows the same table."""

import re
from pathlib import Path
from typing import Any

import pytest

from config.models.releases import LINES, REMOVED_VARIABLES, line_of
from config.validation.parse import parse_with_advice
from testkit.config.sample import changed, problems

CHECKOUT = Path(__file__).parents[2]
_KNOWN = "2.1, 2.2 and 3.0"


def _node(version: str, release: str = "saint-louis", **changes: Any) -> dict[str, Any]:
    settings = {"version": version, "supportedRelease": release, **changes}
    return {"nodes": {}, **{f"clusters/edge/{key}": value for key, value in settings.items()}}


def _warnings(changes: dict[str, Any]) -> list[str]:
    return [str(warning) for warning in parse_with_advice(changed(changes), "test")[1]]


@pytest.mark.parametrize(
    ("version", "release", "line"),
    [
        ("2.1.0", "saint-louis", "2.1"),
        ("2.2.3", "saint-louis", "2.2"),
        ("v2.2.3-rc.1", "saint-louis", "2.2"),
        ("2.2", "saint-louis", "2.2"),
        ("2.9.0", "saint-louis", "2.2"),
        ("3.0.2", "kaunas", "3.0"),
        ("4.1.0", "kaunas", "3.0"),
        ("latest", "saint-louis", "2.2"),
        ("kaunas", "kaunas", "3.0"),
        ("broken-2.1.0", "saint-louis", "2.2"),
        ("1.93.0", "saint-louis", "2.1"),
    ],
)
def test_the_line_of_a_version(version: str, release: str, line: str) -> None:
    assert str(line_of(version, release)) == line


def test_the_variables_that_a_line_lacks() -> None:
    variables = {str(line): line.variables for line in LINES}
    assert not variables["2.1"] & {
        "HOPRD_LOG_FORMAT",
        "HOPRD_MAX_RPC_REQUESTS_PER_SEC",
        "HOPRD_DEFAULT_SESSION_LISTEN_HOST",
        "HOPRD_SESSION_PORT_RANGE",
    }
    assert "HOPRD_NETWORK" in variables["2.1"] & variables["2.2"]
    assert "HOPRD_NETWORK" not in variables["3.0"]
    assert not any(names & REMOVED_VARIABLES for names in variables.values())


def test_the_table_of_the_documentation_is_that_of_the_code() -> None:
    text = (CHECKOUT / "docs" / "hoprd-releases.md").read_text(encoding="utf-8")
    heads = re.findall(r"^\| variable \| (.+) \|$", text, re.MULTILINE)
    assert heads == [" | ".join(f"{line} ({line.release})" for line in LINES)]
    rows = {name: cells.split(" | ") for name, cells in re.findall(r"^\| `([A-Z_]+)` \| (.+) \|$", text, re.MULTILINE)}
    names = {name for line in LINES for name in line.variables} | REMOVED_VARIABLES
    assert rows == {name: ["yes" if name in line.variables else "no" for line in LINES] for name in names}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            _node("2.0.8"),
            f"clusters.edge.version: '2.0.8' is older than 2.1; this program runs the release lines {_KNOWN}",
        ),
        (
            _node("3.0.2"),
            "clusters.edge.supportedRelease: 'saint-louis' is not the release of version 3.0.2; set it to 'kaunas'",
        ),
        (
            _node("2.2.3", "kaunas"),
            "clusters.edge.supportedRelease: 'kaunas' is not the release of version 2.2.3; set it to 'saint-louis'",
        ),
    ],
)
def test_a_version_of_another_release_is_refused(changes: dict[str, Any], problem: str) -> None:
    assert problems(changed(changes)) == [problem]


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        (
            _node("2.3.0"),
            "clusters.edge.version: release line 2.3 is unknown to this program, which treats it as 2.2; known are "
            f"{_KNOWN}",
        ),
        (
            _node("saint-louis"),
            "clusters.edge.version: 'saint-louis' is not a version, so its image may change; the program treats it as "
            "2.2 because of supportedRelease: saint-louis",
        ),
        (
            _node("3.0.2", "kaunas"),
            "clusters.edge.config: names no Blokli endpoint, and hoprd 3.0.2 takes its network from there, not from "
            "HOPRD_NETWORK; set HOPRD_PROVIDER in deployment.env to the endpoint of the stack's network",
        ),
    ],
)
def test_an_unknown_line_is_a_warning(changes: dict[str, Any], warning: str) -> None:
    assert _warnings(changes) == [warning]


def test_known_versions_have_no_warning() -> None:
    provider = {"env": [{"name": "HOPRD_PROVIDER", "value": "https://blokli.example.org"}]}
    assert _warnings(_node("2.2.3")) == []
    assert _warnings(_node("3.0.2", "kaunas", deployment=provider)) == []
