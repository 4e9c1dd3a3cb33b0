"""No secret leaks anywhere, with the real engine: in successful, failing and verbose runs.

All secrets are planted: the wallet's key, the identity password, the API token, the keys of the nodes, and a key in the
RPC URL, which is set as a secret (docs/operations.md#create-a-stack). Pulumi masks a whole secret in its output and
events; hiding parts and encoded forms of it, and secrets in all other places, is the program's task.
"""

import base64
import gzip
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from devnet.info import DevnetInfo
from devnet.stack import Stack
from testkit.e2e.fleet import POOL, Fleet
from testkit.e2e.secrets_of_fleet import identity_files, leaks, read_files, secrets_of
from testkit.e2e.watched import Watched
from testkit.faults.relay import SEND, Relay, answer, drop, every, pass_through, relaying
from testkit.identity.endpoint import refusal

NAME = "well-kept"  # of stack and namespace; it is not a secret, so finding it proves that a location was searched
ENCRYPTED = b"PLOG"
VERBOSE = ("--logtostderr", "-v=9")
IN_PATH, IN_QUERY = (f"planted-rpc-key-{secrets.token_hex(16)}" for _ in range(2))
WRONG_PASSWORD = f"planted-password-{secrets.token_hex(16)}"
WORDS = f"/v3/{IN_PATH}?apikey={IN_QUERY} has no key {IN_QUERY} or {IN_PATH}"
SHORT_PATIENCE_S = 6
KEY_OF_THE_ENDPOINT = {"RPC key in the path": IN_PATH, "RPC key in the query": IN_QUERY}


class WithKeyInUrl(Stack):
    """A stack with a key in the URL of its chain."""

    def prepare(self) -> None:
        super().prepare()
        self.set_secret("chain.rpcUrl", f"{self.info.rpc_url}/v3/{IN_PATH}?apikey={IN_QUERY}")

    def set_secret(self, path: str, value: str) -> None:
        command = self.command("config", ["set", "--secret", "--path", f"hoprd:{path}", "--non-interactive"])
        self._run_checked(command, value)


def objects(fleet: Fleet) -> bytes:
    """Return all objects of the cluster except Secrets."""
    kinds = fleet.kubectl("api-resources", "--verbs=list", "-o", "name").split()
    kinds.remove("secrets")
    return fleet.kubectl("get", ",".join(kinds), "-A", "-o", "yaml", "--show-managed-fields").encode()


def logs_of_pulumi(fleet: Fleet) -> bytes:
    """Return the logs that Pulumi keeps of each command, except those that it encrypts with the stack's secrets."""
    logs = list((fleet.stack.home.pulumi / "logs").iterdir())
    return read_files(*(log for log in logs if not log.read_bytes().startswith(ENCRYPTED)))


def fail_at_the_endpoint(watched: Watched, relay: Relay) -> None:
    """Fail with each kind of endpoint error whose text contains the endpoint's key, in each operation."""
    relay.handler = answer((401, WORDS.encode()))
    watched.fails("HTTP 401: check chain.rpcUrl and its key", "preview", "--diff")
    relay.handler = answer(refusal(WORDS, status=400))
    watched.fails("/v3/…?…=… has no key … or …", "refresh", "--yes", *VERBOSE)
    relay.handler = drop
    watched.fails("cannot be reached", "refresh", "--yes", "--skip-preview")
    relay.handler = pass_through


def test_no_secret_is_printed_logged_stored_or_passed_as_an_argument(
    small_fleet: Callable[..., Fleet], devnet: DevnetInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with relaying(devnet.rpc_url) as relay:
        made = small_fleet(NAME, rpc_url=relay.url)
        stack = WithKeyInUrl(**vars(made.stack))
        fleet = replace(made, stack=stack)
        watched = Watched(fleet, tmp_path / "watched")

        fleet.edit(lambda settings: settings["chain"].update(patienceS=SHORT_PATIENCE_S))

        relay.handler = every(SEND, answer(refusal(WORDS)))  # after the keys of the nodes were generated
        watched.fails("has no key … or …", "up", "--yes", "--diff")
        relay.handler = pass_through
        with monkeypatch.context() as debugging:
            debugging.setenv("HOPRD_LOG", "debug")
            watched.succeeds("up", "--yes", "--skip-preview", *VERBOSE)
        watched.succeeds("refresh", "--yes", "--skip-preview", "-v=9")  # into a temporary file
        fail_at_the_endpoint(watched, relay)

        planted = {**secrets_of(fleet), **KEY_OF_THE_ENDPOINT, "wrong password": WRONG_PASSWORD}
        files = identity_files(fleet)
        assert {"chain key 2", "packet key 2"} <= planted.keys()
        stack.set_secret("wallet.identityPassword", WRONG_PASSWORD)
        watched.fails("wallet.identityPassword does not decrypt the identity file", "up", "--yes", *VERBOSE)
        stack.set_secret("wallet.identityPassword", planted["identity password"])
        fleet.edit(lambda settings: settings["pools"][POOL].update(size=3))
        fleet.edit(lambda settings: settings["spending"].update(xdai="0.0001"))
        watched.fails("at most 0.0001 are allowed", "up", "--yes")
        with monkeypatch.context() as debugging:
            debugging.setenv("HOPRD_LOG", "debug")
            failed = fleet.run("preview")
        assert "Traceback" in failed.stdout + failed.stderr

        in_the_cluster = {"objects in the cluster": objects(fleet)}
        watched.succeeds("destroy", "--yes", "--skip-preview")

    home = fleet.stack.home
    places = {
        **watched.shown(),
        "the state": read_files(home.state),
        "the logs of devnet": read_files(home.logs),
        "the debug log of a failed run": (failed.stdout + failed.stderr).encode(),
        "the logs of Pulumi": logs_of_pulumi(fleet),
    }
    assert [place for place, content in {**places, **in_the_cluster}.items() if NAME.encode() not in content] == []
    for logger in (b"DEBUG identity.chain.rpc: ", b"INFO identity.submission.rounds: ", b"INFO config.load: "):
        assert logger in places["the output"]
    for program in (b"pulumi-language-python-exec", b"pulumi.dynamic", b"pulumi-resource-kubernetes"):
        assert program in places["process arguments"]
    assert leaks(planted, in_the_cluster) == []
    assert leaks({**planted, **files}, places) == []
    # Pulumi itself prints these, at -v=9 only. When it stops, `leaks` can search these lines as well.
    assert leaks(KEY_OF_THE_ENDPOINT, {"-v=9": watched.property_lines()}) == [
        f"{key} in -v=9" for key in KEY_OF_THE_ENDPOINT
    ]


KEY = "00f1" * 16


@pytest.mark.parametrize(
    "shown",
    [
        KEY,
        "0x" + KEY.upper(),
        str(int(KEY, 16)),
        bytes.fromhex(KEY).decode("latin-1"),
        *(
            base64.b64encode(b"x" * before + KEY.encode() + b"y" * after).decode()
            for before in range(4)
            for after in (0, 5)
        ),
        *(base64.urlsafe_b64encode(b"x" * before + bytes.fromhex(KEY) + b"}").decode() for before in range(4)),
    ],
)
def test_the_search_finds_a_secret_in_every_encoding(shown: str) -> None:
    places = {"here": f"a line\nwith {shown} in it".encode("latin-1"), "there": b"nothing"}
    assert leaks({"key": KEY, "other": "nowhere-but-in-this-line"}, places) == ["key in here"]


def test_the_search_reads_compressed_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "packed.log").write_bytes(gzip.compress(KEY.encode()))
    assert leaks({"key": KEY}, {"logs": read_files(tmp_path)}) == ["key in logs"]
