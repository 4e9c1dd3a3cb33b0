import threading
import time
from pathlib import Path

import pytest

from devnet import locking
from devnet.errors import DevnetError
from devnet.home import Choices, Home
from devnet.ports import free_base
from devnet.starting import start_new


@pytest.fixture(autouse=True)
def _no_choices_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DEVNET_PORT_BASE", "DEVNET_BLOCK_TIME", "DEVNET_BASE_FEE", "DEVNET_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("DEVNET_PORT_BASE", "80", "outside 1024..65500"),
        ("DEVNET_PORT_BASE", "18500x", "not a whole number"),
        ("DEVNET_BLOCK_TIME", "-5", "not a whole number"),
    ],
)
def test_a_choice_out_of_range_is_refused_with_an_example(
    variable: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(DevnetError, match=f"{variable}.*{reason}.*e.g. "):
        Choices.from_environment()


def test_a_choice_that_is_not_set_keeps_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVNET_BLOCK_TIME", "5")
    assert Choices.from_environment(Choices(port_base=20000)) == Choices(port_base=20000, block_time_s=5)


@pytest.mark.parametrize(("value", "fixed"), [("", False), ("18500", True)])
def test_only_a_port_base_that_the_user_sets_is_fixed(value: str, fixed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVNET_PORT_BASE", value)
    assert Choices.from_environment().ports_are_fixed is fixed


def test_a_folder_with_other_files_is_never_used_as_a_home(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(DevnetError, match=r"thesis.txt.*set it to a new or an empty folder"):
        Home(tmp_path).require_own()


def test_choices_survive_from_one_command_to_the_next(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert home.choices() is None
    home.create(Choices(block_time_s=5))
    home.require_own()
    assert home.choices() == Choices(block_time_s=5)


def test_a_nearly_full_disk_is_reported_before_anything_starts(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with pytest.raises(DevnetError, match=r"nearly full: 0\.01 GB are free.*DEVNET_HOME"):
        start_new(home, Choices(port_base=free_base(20)), {}, print, lambda _: 10_000_000)
    assert list(home.processes.iterdir()) == []


def test_a_second_command_waits_for_the_first_and_says_so(tmp_path: Path) -> None:
    printed: list[str] = []
    order: list[str] = []

    def second() -> None:
        with locking.exclusive(tmp_path, printed.append):
            order.append("second")

    with locking.exclusive(tmp_path, printed.append):
        other = threading.Thread(target=second)
        other.start()
        while not printed:
            time.sleep(0.01)
        order.append("first")
    other.join()
    assert order == ["first", "second"]
    assert "waiting for it" in printed[0]


def test_whoever_waited_for_the_lock_of_a_removed_home_locks_a_new_one(tmp_path: Path) -> None:
    home = tmp_path / "home"
    entered: list[bool] = []

    def second() -> None:
        with locking.exclusive(home, printed.append):
            entered.append((home / locking.FILE).exists())

    printed: list[str] = []
    with locking.exclusive(home, printed.append):
        other = threading.Thread(target=second)
        other.start()
        while not printed:
            time.sleep(0.01)
        (home / locking.FILE).unlink()
        home.rmdir()
    other.join()
    assert entered == [True]
