from pathlib import Path

import pytest

from devnet import provider_plugin
from devnet.errors import DevnetError
from devnet.home import Choices, Home
from devnet.provider_plugin import STAND_IN, VARIABLE, Provider, bring_up_to_date, choose, install
from devnet.toolchain import cache

PULUMI = Path("/not/run")
BEFORE = Provider("stand-in", str(STAND_IN))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home on a machine that cannot reach the official plugin and has not cached it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(provider_plugin, "accepts_connections", lambda _: False)
    monkeypatch.delenv(VARIABLE, raising=False)
    home = Home(tmp_path / "home")
    home.create(Choices())
    return home


def installed(home: Home) -> Path:
    return home.pulumi / "plugins" / "resource-kubernetes-v4.34.2" / "pulumi-resource-kubernetes"


@pytest.fixture
def binary(tmp_path: Path) -> Path:
    file = tmp_path / "provider"
    file.write_text("first")
    file.chmod(0o755)
    return file


def test_without_the_official_plugin_the_stand_in_is_used(home: Home) -> None:
    install(home, choose(PULUMI))
    assert str(STAND_IN) in installed(home).read_text()
    assert installed(home).stat().st_mode & 0o111


def test_a_cached_official_plugin_is_preferred(home: Home) -> None:
    official = cache.root() / "pulumi-plugins" / "plugins" / installed(home).parent.name / installed(home).name
    official.parent.mkdir(parents=True)
    official.write_text("official")
    assert choose(PULUMI) == Provider("official", str(official))


def test_the_named_file_is_preferred_to_everything(home: Home, binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(binary))
    assert bring_up_to_date(home, BEFORE, PULUMI) == Provider("file", str(binary))
    assert installed(home).read_text() == "first"


def test_a_rebuilt_file_is_installed_again(home: Home, binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(binary))
    now = bring_up_to_date(home, BEFORE, PULUMI)
    binary.write_text("second build")
    assert bring_up_to_date(home, now, PULUMI) == now
    assert installed(home).read_text() == "second build"


def test_without_the_variable_the_stand_in_replaces_the_named_file(
    home: Home, binary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(binary))
    now = bring_up_to_date(home, BEFORE, PULUMI)
    monkeypatch.delenv(VARIABLE)
    assert bring_up_to_date(home, now, PULUMI) == BEFORE


def test_a_stand_in_whose_source_has_moved_is_installed_again(home: Home, tmp_path: Path) -> None:
    moved = Provider("stand-in", str(tmp_path / "earlier" / "pulumi-resource-kubernetes"))
    assert bring_up_to_date(home, moved, PULUMI) == BEFORE
    assert str(STAND_IN) in installed(home).read_text()


def test_a_file_that_cannot_run_is_refused(home: Home, binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary.chmod(0o644)
    monkeypatch.setenv(VARIABLE, str(binary))
    with pytest.raises(DevnetError, match=f"{VARIABLE}: .* is not an executable file"):
        choose(PULUMI)
