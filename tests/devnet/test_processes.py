import dataclasses
import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from devnet import processes
from devnet.home import Choices, Home
from devnet.processes import Server

SLEEPER = (sys.executable, "-c", "import time; print('hello', flush=True); time.sleep(60)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ignoring', flush=True); time.sleep(60)",
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.create(Choices())
    return home


def wait_for_output(home: Home, name: str, text: str) -> None:
    deadline = time.monotonic() + 10
    while text not in (home.logs / f"{name}.log").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_started_process_is_recorded_logged_and_stopped(home: Home) -> None:
    record = processes.start(home, Server("sleeper", SLEEPER, {}))
    assert processes.find(home, "sleeper") == record
    assert processes.is_running(record)
    wait_for_output(home, "sleeper", "hello")
    processes.stop(home, [record])
    assert not processes.is_running(record)
    assert processes.recorded(home) == []


def test_a_later_process_with_the_same_pid_is_never_signalled(home: Home) -> None:
    other = processes.start(home, Server("other", SLEEPER, {}))
    reused = dataclasses.replace(other, name="etcd", birth="an earlier process with this pid")
    assert not processes.is_running(reused)
    processes.stop(home, [reused], patience_s=0.1)
    assert processes.is_running(other)
    processes.stop(home, [other])


def test_a_process_that_ignores_sigterm_is_killed(home: Home) -> None:
    record = processes.start(home, Server("stubborn", STUBBORN, {}))
    wait_for_output(home, "stubborn", "ignoring")
    processes.stop(home, [record], patience_s=0.1)
    assert not processes.is_running(record)


def test_a_zombie_is_not_running(home: Home) -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert processes.birth(pid) is None


@pytest.mark.skipif(not psutil.LINUX, reason="elsewhere the kernel stores the start time of a process")
def test_setting_the_clock_does_not_change_the_identity_of_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    before, boot_time = processes.birth(os.getpid()), psutil.boot_time()
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: boot_time + 3600)
    assert psutil.boot_time() == boot_time + 3600
    assert processes.birth(os.getpid()) == before


def test_servers_get_none_of_the_callers_environment(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOYER_PRIVATE_KEY", "planted-secret")
    show = (sys.executable, "-c", "import os, time; print(dict(os.environ), 'end', flush=True); time.sleep(60)")
    record = processes.start(home, Server("show", show, {}))
    wait_for_output(home, "show", "end")
    processes.stop(home, [record])
    assert "planted-secret" not in (home.logs / "show.log").read_text()


def test_a_broken_record_counts_as_none(home: Home) -> None:
    (home.processes / "etcd.json").write_text("{")
    assert processes.find(home, "etcd") is None
