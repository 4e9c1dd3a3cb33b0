"""`python -m config check` and `python -m config schema`, as a user runs them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.__main__ import main
from testkit.config.sample import changed, good

_SECURE = {"secure": "v1:AAAA:BBBB"}
ADDRESS = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"


def _write(folder: Path, raw: dict[str, Any]) -> Path:
    file = folder / "Pulumi.staging.yaml"
    file.write_text(yaml.safe_dump({"config": {f"hoprd:{key}": value for key, value in raw.items()}}, sort_keys=False))
    return file


def _encrypted(changes: dict[str, Any]) -> dict[str, Any]:
    raw = changed(changes)
    raw["wallet"] = {"privateKey": _SECURE, "identityPassword": _SECURE, "apiToken": _SECURE}
    raw["chain"]["rpcUrl"] = _SECURE
    return raw


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def check(*arguments: str | Path) -> tuple[int, list[str]]:
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert printed.err == ""
        return code, printed.out.splitlines()

    return check


def test_a_good_file_is_summed_up_in_one_line(tmp_path: Path, run: Any) -> None:
    assert run("check", _write(tmp_path, _encrypted({}))) == (0, ["OK: 1 pool, 7 identities, 1 cluster, 6 nodes"])


def test_one_is_not_called_many(tmp_path: Path, run: Any) -> None:
    raw = _encrypted({"pools/core/size": 1, "clusters": {}})
    assert run("check", _write(tmp_path, raw)) == (0, ["OK: 1 pool, 1 identity, 0 clusters, 1 node"])


def test_secrets_that_are_still_to_be_set_are_notes_with_the_command(tmp_path: Path, run: Any) -> None:
    raw = good()
    del raw["wallet"]
    code, lines = run("check", _write(tmp_path, raw))
    assert code == 0
    assert lines[0] == "OK: 1 pool, 7 identities, 1 cluster, 6 nodes"
    assert lines[1] == (
        "before 'pulumi up': wallet.privateKey: is missing, the key that signs and pays on chain; "
        "set it with: pulumi config set --stack staging --secret --path wallet.privateKey"
    )
    assert len(lines) == 4


def test_each_problem_is_a_line(tmp_path: Path, run: Any) -> None:
    raw = _encrypted({"pools/core/size": 2, "network": "rotze"})
    assert run("check", _write(tmp_path, raw)) == (
        1,
        [
            "network: 'rotze' is unknown, known are dufour, mine, rotsee; define one of your own under hoprd:networks",
            "pools.core.size: 2 identities for 6 nodes (clusters.edge.replicas 5, nodes.solo 1), 4 too few; "
            "raise it to 6 or lower the replicas",
        ],
    )


def test_a_secret_in_clear_is_a_problem(tmp_path: Path, run: Any) -> None:
    raw = changed({"wallet/previousIdentityPassword": "the one before"})
    code, lines = run("check", _write(tmp_path, raw))
    assert code == 1
    assert lines == [
        f"wallet.{key}: is in the file in clear, remove it and set it with 'pulumi config set --secret --path'"
        for key in ("privateKey", "identityPassword", "previousIdentityPassword", "apiToken")
    ]


def test_a_secret_that_is_neither_encrypted_nor_given_elsewhere_is_found_wherever_it_may_be(
    tmp_path: Path, run: Any
) -> None:
    raw = _encrypted({})
    raw["wallet"] |= {"identitySeed": "ab" * 32, "previous": {"privateKey": "07" * 32}}
    code, lines = run("check", _write(tmp_path, raw))
    assert code == 1
    assert lines == [
        f"wallet.{key}: is in the file in clear, remove it and set it with 'pulumi config set --secret --path'"
        for key in ("identitySeed", "previous.privateKey")
    ]


def test_encrypted_secrets_of_every_kind_count_as_given(tmp_path: Path, run: Any) -> None:
    raw = _encrypted({"pools/core/identities": {"core-1": {"identityFile": _SECURE}, "core-2": {"identityFile": "{}"}}})
    raw["wallet"] |= {
        "identitySeed": _SECURE,
        "previousIdentityPassword": _SECURE,
        "previous": {"privateKey": _SECURE, "address": ADDRESS},
    }
    raw["pools"]["seeded"] = {"size": 1, "keySource": "seed"}
    assert run("check", _write(tmp_path, raw)) == (0, ["OK: 2 pools, 8 identities, 1 cluster, 6 nodes"])


def test_what_is_wrong_beside_an_encrypted_key_is_found(tmp_path: Path, run: Any) -> None:
    raw = _encrypted({})
    raw["wallet"]["previous"] = {"privateKey": _SECURE, "kms": {"keyId": "alias/before"}}
    assert run("check", _write(tmp_path, raw)) == (1, ["wallet.previous: needs exactly one of privateKey and kms"])


def test_secrets_that_lie_elsewhere_are_not_to_be_set(tmp_path: Path, run: Any) -> None:
    raw = changed({"wallet": {"from": {"secretsManager": {"secretId": "prod/hoprd"}}, "address": ADDRESS}})
    assert run("check", _write(tmp_path, raw)) == (0, ["OK: 1 pool, 7 identities, 1 cluster, 6 nodes"])


def test_an_encrypted_value_is_taken_as_right_wherever_it_is(tmp_path: Path, run: Any) -> None:
    raw = _encrypted({"platform/snapshotUrl": _SECURE, "pools/core/size": _SECURE})
    code, _ = run("check", _write(tmp_path, raw))
    assert code == 0


def test_the_result_as_json(tmp_path: Path, run: Any) -> None:
    code, lines = run("check", _write(tmp_path, _encrypted({"pools/core/size": 0})), "--json")
    result = json.loads("\n".join(lines))
    assert code == 1
    assert result["ok"] is False
    assert result["problems"] == [{"path": "pools.core.size", "text": "0 is outside what is allowed, 1 to 200, e.g. 7"}]
    code, lines = run("check", _write(tmp_path, _encrypted({})), "--json")
    assert json.loads("\n".join(lines)) == {
        "ok": True,
        "problems": [],
        "missingSecrets": [],
        "counts": {"pools": 1, "identities": 7, "clusters": 1, "nodes": 6},
    }


def test_a_key_given_twice_is_found_with_its_lines(tmp_path: Path, run: Any) -> None:
    text = _write(tmp_path, _encrypted({})).read_text()
    file = tmp_path / "Pulumi.twice.yaml"
    file.write_text(
        text.replace(
            "  hoprd:pools:\n    core:\n      size: 7\n", "  hoprd:pools:\n    core:\n      size: 7\n      size: 6\n"
        )
    )
    first = file.read_text().splitlines().index("      size: 7") + 1
    assert run("check", file) == (1, [f"pools.core.size: is given 2 times, in lines {first}, {first + 1}; keep one"])


def test_two_pools_of_one_name_are_found(tmp_path: Path, run: Any) -> None:
    file = _write(tmp_path, _encrypted({}))
    file.write_text(file.read_text() + "  hoprd:pools:\n    core: {size: 7}\n")
    code, lines = run("check", file)
    assert code == 1
    assert lines[0].startswith("pools: is given 2 times, in lines ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("config: [", "is not YAML, see line 1, column 10"),
        ("config:\n\t- a", "is not YAML, see line 2, column 1"),
        ("", "has no mapping 'config' with the keys hoprd:network …"),
        ("config: {a: &x [*x]}", "holds a number that is too large or a value that contains itself"),
        ("- a", "has no mapping 'config' with the keys hoprd:network …"),
        ("config: {a: 1}", None),
        ("config: hoprd", "has no mapping 'config' with the keys hoprd:network …"),
    ],
)
def test_a_broken_file_is_one_clear_line(tmp_path: Path, run: Any, text: str, expected: str | None) -> None:
    file = tmp_path / "Pulumi.broken.yaml"
    file.write_text(text)
    code, lines = run("check", file)
    assert code == 1
    assert lines == ([f"{file}: {expected}"] if expected else ["a: has no namespace, write hoprd:a"])


def test_a_missing_file_and_a_folder_are_one_clear_line_each(tmp_path: Path, run: Any) -> None:
    missing = tmp_path / "Pulumi.none.yaml"
    assert run("check", missing) == (1, [f"{missing}: cannot be read: No such file or directory"])
    assert run("check", tmp_path) == (1, [f"{tmp_path}: cannot be read: Is a directory"])


def test_a_file_that_is_no_text_is_one_clear_line(tmp_path: Path, run: Any) -> None:
    file = tmp_path / "Pulumi.bytes.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    assert run("check", file) == (1, [f"{file}: cannot be read: not UTF-8 text"])


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("yes", "'yes' is text"),
        ("on", "'on' is text"),
        ("1:30", "'1:30' is text"),
        ("0x10", "16 is a number"),
        ("0777", "511 is a number"),
        ("1_000", "1000 is a number"),
        ("1e3", "1000 is a number"),
        ("2020-01-01", "'2020-01-01' is text"),
        ("~", "is empty"),
    ],
)
def test_plain_values_mean_what_they_mean_to_pulumi(tmp_path: Path, run: Any, written: str, found: str) -> None:
    file = _write(tmp_path, _encrypted({"platform/monitoring": "HERE"}))
    file.write_text(file.read_text().replace("HERE", written))
    assert run("check", file) == (1, [f"platform.monitoring: {found}, true or false{_hint(found)} is needed"])


def _hint(found: str) -> str:
    return " without quotes" if found.endswith("text") else ""


def test_an_address_needs_no_quotes(tmp_path: Path, run: Any) -> None:
    file = _write(tmp_path, _encrypted({"wallet": {}}))
    text = file.read_text().replace(
        "'0xD4fdec44DB9D44B8f2b6d529620f9C0C7066A2c1'", "0xD4fdec44DB9D44B8f2b6d529620f9C0C7066A2c1"
    )
    file.write_text(text)
    assert run("check", file)[0] == 0


def test_the_schema_is_printed_as_json(run: Any) -> None:
    code, lines = run("schema")
    assert code == 0
    assert json.loads("\n".join(lines))["properties"]["hoprd:network"]


def test_a_wrong_command_is_told_by_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["chek"])
    assert ended.value.code == 2
    assert "usage: python -m config" in capsys.readouterr().err
