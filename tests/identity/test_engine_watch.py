"""A provider process ends with its engine, whose address is its last argument."""

import socket
import threading

import pytest

from identity import engine_watch
from identity.engine_watch import end_with_engine, is_provider_host, watch

HOST = "/venv/lib/python3.11/site-packages/pulumi/dynamic/__main__.py"


def test_the_watch_ends_the_process_after_the_engine_is_gone() -> None:
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as engine:
        address = engine.getsockname()
        thread = threading.Thread(target=watch, args=(address, ended.set, 0.02), daemon=True)
        thread.start()
        assert not ended.wait(0.5)
    assert ended.wait(5)


@pytest.mark.parametrize(
    ("arguments", "is_host"),
    [([HOST, "127.0.0.1:4321"], True), ([HOST], True), (["/usr/bin/pytest", "127.0.0.1:4321"], False), ([], False)],
)
def test_only_a_host_of_dynamic_providers_is_watched(arguments: list[str], is_host: bool) -> None:
    assert is_provider_host(arguments) is is_host


@pytest.mark.parametrize(
    ("arguments", "watched"),
    [
        ([HOST, "127.0.0.1:4321"], [("127.0.0.1", 4321)]),
        ([HOST, "--logtostderr", "127.0.0.1:4321"], [("127.0.0.1", 4321)]),
        ([HOST], []),
    ],
)
def test_the_engine_is_watched_once_at_its_address(
    arguments: list[str], watched: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[object] = []
    monkeypatch.setattr(engine_watch, "_started", threading.Lock())
    monkeypatch.setattr(engine_watch, "watch", lambda address, _end: found.append(address))
    end_with_engine(arguments)
    end_with_engine(arguments)
    assert found == watched
