"""`python -m identity verify`: its tables, JSON and exit codes, with a fake `pulumi` and endpoint."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from config.models.settings import Settings
from identity.__main__ import main
from identity.commands import stack, verify
from identity.observation.points import Point, Verdict
from identity.verification.verified_pool import VerifiedIdentity, VerifiedPool
from testkit.config.sample import good
from testkit.identity.endpoint import result, serving

PLANTED = "planted-password-0123456789"
GOOD = Point("safe.threshold", "1", "1", Verdict.OK)
BAD = Point("safe.guard", "none", "0x5A5A5a5A5a5a5A5a5A5A5A5A5A5a5A5a5A5A5A5A", Verdict.FAILS)
OPEN = Point("registry.eligible", "eligible", "cannot be checked: the endpoint does not search logs", Verdict.UNPROVEN)


def pulumi_that(folder: Path, body: str) -> None:
    """Create a program named pulumi that runs this Python code."""
    program = folder / "pulumi"
    program.write_text(f"#!{sys.executable}\nimport sys, json\n{body}\n")
    program.chmod(0o755)


def answers(rpc_url: str, *, outputs: dict[str, Any] | None = None) -> str:
    settings = good()
    settings["chain"] = {**settings["chain"], "rpcUrl": rpc_url, "patienceS": 3}
    settings["wallet"] = {**settings["wallet"], "identityPassword": PLANTED}
    configuration = {
        f"hoprd:{key}": {"value": value if isinstance(value, str) else json.dumps(value), "secret": key == "wallet"}
        for key, value in settings.items()
    }
    reported = json.dumps({"config": configuration, "stack": outputs or {}})
    return f"print(json.dumps(json.loads({reported!r})[sys.argv[1]]))"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder in PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def pools_of(monkeypatch: pytest.MonkeyPatch, *points: Point, retired: bool = False) -> None:
    """Give every pool one identity with these points."""

    def check(_chain: object, _settings: Settings, name: str, _outputs: object) -> VerifiedPool:
        identity = VerifiedIdentity(f"{name}-1", "0x1", "0x2", "0x3", trusted=False, retired=retired, points=points)
        return VerifiedPool(name, 7, (identity,))

    monkeypatch.setattr(verify, "verify_pool", check)


@pytest.mark.parametrize(("points", "code"), [((GOOD,), 0), ((GOOD, OPEN), 0), ((GOOD, BAD), 1), ((BAD, OPEN), 1)])
def test_only_a_point_that_fails_makes_exit_code_1(
    folder: Path, monkeypatch: pytest.MonkeyPatch, points: tuple[Point, ...], code: int
) -> None:
    pools_of(monkeypatch, *points)
    with serving() as endpoint:
        endpoint.answers = [result("0x64")]
        pulumi_that(folder, answers(endpoint.url))
        assert main(["verify", "--stack", "s", "--cwd", str(folder)]) == code


def test_the_json_has_the_documented_shape(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pools_of(monkeypatch, GOOD, BAD, OPEN)
    with serving() as endpoint:
        endpoint.answers = [result("0x64")]
        pulumi_that(folder, answers(endpoint.url))
        main(["verify", "--stack", "organization/hoprd/s", "--cwd", str(folder), "--json"])
    printed = capsys.readouterr()
    pools = list(good()["pools"])
    assert json.loads(printed.out) == {
        "ok": False,
        "stack": "s",
        "network": good()["network"],
        "chainId": 100,
        "summary": {
            "identities": len(pools),
            "usable": 0,
            "retired": 0,
            "failing": len(pools),
            "pointsNotProven": len(pools),
        },
        "pools": [
            {
                "name": name,
                "block": 7,
                "identities": [
                    {
                        "name": f"{name}-1",
                        "nativeAddress": "0x1",
                        "safeAddress": "0x2",
                        "moduleAddress": "0x3",
                        "trusted": False,
                        "retired": False,
                        "ok": False,
                        "points": [
                            {"point": point.key, "expected": point.expected, "found": point.found, "verdict": verdict}
                            for point, verdict in ((GOOD, "ok"), (BAD, "fails"), (OPEN, "unproven"))
                        ],
                    }
                ],
            }
            for name in pools
        ],
    }
    assert PLANTED not in printed.out + printed.err


def test_the_tables_end_with_what_fails(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pools_of(monkeypatch, GOOD, BAD)
    with serving() as endpoint:
        endpoint.answers = [result("0x64")]
        pulumi_that(folder, answers(endpoint.url))
        main(["verify", "--stack", "s", "--cwd", str(folder)])
    printed = capsys.readouterr().out
    pool = next(iter(good()["pools"]))
    assert f"{pool}-1: safe.guard: expected none, found {BAD.found}" in printed
    assert "FAILS" in printed
    assert printed.rstrip().endswith("1 failing")


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (None, "pulumi is not on PATH"),
        ("sys.stderr.write(\"error: no stack named 's' found\\n\"); sys.exit(6)", "no stack named 's' found"),
        ("sys.stderr.write('error: incorrect passphrase\\n'); sys.exit(1)", "incorrect passphrase"),
        ("print('{}')", "has no configuration in"),
        ("print('Enter your passphrase')", "did not print JSON"),
    ],
)
def test_a_stack_that_cannot_be_read_is_one_sentence_and_exit_code_2(
    folder: Path, capsys: pytest.CaptureFixture[str], program: str | None, said: str
) -> None:
    if program:
        pulumi_that(folder, program)
    assert main(["verify", "--stack", "s", "--cwd", str(folder)]) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""


def test_outputs_of_an_unexpected_form_are_one_sentence_with_the_field(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    identity = {"nativeAddress": "0x1", "moduleAddress": "0x3", "wxhopr": PLANTED}
    pulumi_that(folder, answers("http://127.0.0.1:1", outputs={"identities": {"core-1": identity}}))
    assert main(["verify", "--stack", "s", "--cwd", str(folder)]) == 2
    assert capsys.readouterr().err == (
        "failed: `pulumi stack output` of stack s has an unexpected form at identities.core-1.safeAddress "
        "(Field required): run `pulumi up` with this version of the program first\n"
    )


def test_a_pulumi_that_hangs_is_one_sentence_with_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stack, "_TIMEOUT_S", 0.1)
    pulumi_that(folder, "import time; time.sleep(60)")
    assert main(["verify", "--stack", "s", "--cwd", str(folder)]) == 2
    printed = capsys.readouterr()
    assert "`pulumi config` did not finish (TimeoutExpired): run it manually for stack s" in printed.err
    assert printed.err.count("\n") == 1


def test_an_endpoint_that_refuses_is_exit_code_2_without_its_key(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving() as endpoint:
        endpoint.answers = [(401, b"")]
        pulumi_that(folder, answers(f"{endpoint.url}/v3/planted-rpc-key"))
        assert main(["verify", "--stack", "s", "--cwd", str(folder), "--json"]) == 2
    printed = capsys.readouterr()
    assert json.loads(printed.out)["ok"] is None
    assert "planted-rpc-key" not in printed.out + printed.err


def test_an_endpoint_of_another_chain_is_exit_code_2(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving() as endpoint:
        endpoint.answers = [result("0x1")]
        pulumi_that(folder, answers(endpoint.url))
        assert main(["verify", "--stack", "s", "--cwd", str(folder)]) == 2
    assert "serves chain 1" in capsys.readouterr().err


def test_a_missing_configuration_file_is_reported(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """pulumi treats a missing file as an empty one."""
    pulumi_that(folder, "print('{}')")
    absent = folder / "absent.yaml"
    assert main(["verify", "--stack", "s", "--config-file", str(absent)]) == 2
    assert f"there is no file {absent}" in capsys.readouterr().err


def test_no_secret_is_an_argument_of_pulumi(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pools_of(monkeypatch, GOOD)
    seen = folder / "arguments"
    with serving() as endpoint:
        endpoint.answers = [result("0x64")]
        record = f"open({str(seen)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
        pulumi_that(folder, record + answers(endpoint.url))
        main(["verify", "--stack", "s", "--cwd", str(folder)])
    place = f"--stack s --cwd {folder} --non-interactive"
    assert seen.read_text().split(os.linesep)[:2] == [
        f"config --show-secrets --json {place}",
        f"stack output --json {place}",
    ]
