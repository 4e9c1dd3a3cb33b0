"""Every test has a layer, and the unit layer cannot use a tool, devnet or the network."""

import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from devnet.api import Devnet
from devnet.home import Choices, Home
from devnet.toolchain.catalog import TOOLS, Tool
from devnet.toolchain.obtain import obtain
from testkit.layers import FOLDERS, LAYERS, TESTS, Durations, LayerError, layer_of, require_layer
from testkit.unit_guard import NotAUnitTestError


class Silent:
    """Progress that nobody sees."""

    def missing(self, tools: Sequence[Tool]) -> None:
        pass

    def began(self, tool: Tool, activity: str) -> None:
        pass

    def ended(self, tool: Tool, origin: str) -> None:
        pass


def test_every_folder_with_tests_has_a_layer() -> None:
    folders = {file.relative_to(TESTS).parts[0] for file in TESTS.glob("*/**/test_*.py")}
    assert folders == FOLDERS.keys()
    assert set(FOLDERS.values()) == LAYERS.keys()


@pytest.mark.parametrize(
    ("path", "layer"),
    [
        ("tests/test_layers.py", "unit"),
        ("tests/identity/test_plan.py", "unit"),
        ("tests/chain/faults/test_endpoint.py", "chain"),
        ("tests/provider/test_read.py", "cluster"),
        ("tests/e2e", "e2e"),
        ("tests/golden/pool.yaml", None),
        ("tests", None),
        ("testkit/aws.py", None),
    ],
)
def test_the_layer_follows_from_the_folder(path: str, layer: str | None) -> None:
    assert layer_of(TESTS.parent / path) == layer


def test_a_unit_test_cannot_request_devnet() -> None:
    with pytest.raises(LayerError, match="a unit test cannot use devnet"):
        require_layer("tests/identity/test_plan.py::test_any", ["tmp_path", "devnet_home"])
    assert require_layer("tests/e2e/test_fleet_life.py::test_any", ["devnet_home"]) == "e2e"


def test_a_test_outside_the_known_folders_is_an_error() -> None:
    with pytest.raises(LayerError, match=r"tests/new/test_a\.py::test_b: its folder has no layer; add it to FOLDERS"):
        require_layer("tests/new/test_a.py::test_b", [])


def test_a_test_carries_the_marker_of_its_layer_and_no_other(request: pytest.FixtureRequest) -> None:
    assert {marker.name for marker in request.node.iter_markers()} & LAYERS.keys() == {"unit"}


def test_the_summary_adds_up_the_phases_of_each_layer() -> None:
    durations = Durations()
    for phase in (1.5, 2.0):
        durations.add("chain", phase, ended=False)
    durations.add("chain", 0.5, ended=True)
    assert [line.split()[:5] for line in durations.lines()] == [["chain", "1", "tests", "4", "s"]]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_unit_test_cannot_obtain_a_tool(tool: Tool) -> None:
    with pytest.raises(NotAUnitTestError, match="obtains"):
        obtain(Silent(), [tool])


def test_a_unit_test_cannot_start_devnet(tmp_path: Path) -> None:
    with pytest.raises(NotAUnitTestError, match="starts devnet"):
        Devnet(Home(tmp_path / "home")).up(Choices())


@pytest.mark.parametrize("program", ["anvil", "kube-apiserver", "pulumi", "go", "npm"])
def test_a_unit_test_cannot_start_a_tool_or_a_builder(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # The guard takes programs in pytest's folder for stubs, so this one looks as if it were outside.
    monkeypatch.setattr(Path, "is_relative_to", lambda *_: False)
    installed = tmp_path / program
    installed.write_text("#!/bin/sh\n")
    installed.chmod(0o755)
    with pytest.raises(NotAUnitTestError, match=f"starts .*{program}"):
        subprocess.run([str(installed)], check=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotAUnitTestError, match=f"starts .*{program}"):
        subprocess.run([program], check=False)


def test_a_unit_test_reaches_this_machine_only() -> None:
    with socket.socket() as client, pytest.raises(NotAUnitTestError, match=r"connects to 192\.0\.2\.1"):
        client.connect(("192.0.2.1", 80))
