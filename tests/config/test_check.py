"""`python -m config check` and `python -m config schema`, as a user runs them."""

import json
from pathlib import Path
from typing import Any

import pytest

from config.__main__ import main
from testkit.config.sample import changed, good
from testkit.config.stack_files import SECURE, encrypted, write_stack_file

ADDRESS = "0x7D1e530E9c82c21B75644A2C23402Aa858ae4a69"


def test_a_valid_file_is_summarised_in_one_line(tmp_path: Path, run: Any) -> None:
    assert run("check", write_stack_file(tmp_path, encrypted({}))) == (
        0,
        ["OK: 1 pool, 7 identities, 1 cluster, 6 nodes"],
    )


def test_a_count_of_one_uses_the_singular(tmp_path: Path, run: Any) -> None:
    raw = encrypted({"pools/core/size": 1, "clusters": {}})
    assert run("check", write_stack_file(tmp_path, raw)) == (0, ["OK: 1 pool, 1 identity, 0 clusters, 1 node"])


def test_secrets_that_are_not_set_yet_are_notes_with_the_command(tmp_path: Path, run: Any) -> None:
    raw = good()
    del raw["wallet"]
    code, lines = run("check", write_stack_file(tmp_path, raw))
    assert code == 0
    assert lines[0] == "OK: 1 pool, 7 identities, 1 cluster, 6 nodes"
    assert lines[1] == (
        "before 'pulumi up': wallet.privateKey: is missing (the key that signs and pays on chain); "
        "set it with: pulumi config set --stack staging --secret --path wallet.privateKey"
    )
    assert len(lines) == 4


def test_each_problem_is_a_line(tmp_path: Path, run: Any) -> None:
    raw = encrypted({"pools/core/size": 2, "network": "rotze"})
    assert run("check", write_stack_file(tmp_path, raw)) == (
        1,
        [
            "network: 'rotze' is not a network, expected one of dufour, mine, rotsee; define other networks under "
            "hoprd:networks",
            "pools.core.size: 2 identities for 6 nodes (clusters.edge.replicas 5, nodes.solo 1), 4 too few; "
            "raise the size to 6 or lower the replicas",
        ],
    )


def test_a_secret_in_plain_text_is_a_problem(tmp_path: Path, run: Any) -> None:
    raw = changed({"wallet/previousIdentityPassword": "the previous password"})
    code, lines = run("check", write_stack_file(tmp_path, raw))
    assert code == 1
    assert lines == [
        f"wallet.{key}: is in plain text; remove it and set it with 'pulumi config set --secret --path'"
        for key in ("privateKey", "identityPassword", "previousIdentityPassword", "apiToken")
    ]


def test_every_secret_of_the_wallet_in_plain_text_is_found(tmp_path: Path, run: Any) -> None:
    raw = encrypted({})
    raw["wallet"] |= {"identitySeed": "ab" * 32, "previous": {"privateKey": "07" * 32}}
    code, lines = run("check", write_stack_file(tmp_path, raw))
    assert code == 1
    assert lines == [
        f"wallet.{key}: is in plain text; remove it and set it with 'pulumi config set --secret --path'"
        for key in ("identitySeed", "previous.privateKey")
    ]


def test_encrypted_secrets_of_every_kind_count_as_set(tmp_path: Path, run: Any) -> None:
    raw = encrypted({"pools/core/identities": {"core-1": {"identityFile": SECURE}, "core-2": {"identityFile": "{}"}}})
    raw["wallet"] |= {
        "identitySeed": SECURE,
        "previousIdentityPassword": SECURE,
        "previous": {"privateKey": SECURE, "address": ADDRESS},
    }
    raw["pools"]["seeded"] = {"size": 1, "keySource": "seed"}
    assert run("check", write_stack_file(tmp_path, raw)) == (0, ["OK: 2 pools, 8 identities, 1 cluster, 6 nodes"])


def test_a_conflict_with_an_encrypted_key_is_found(tmp_path: Path, run: Any) -> None:
    raw = encrypted({})
    raw["wallet"]["previous"] = {"privateKey": SECURE, "kms": {"keyId": "alias/before"}}
    assert run("check", write_stack_file(tmp_path, raw)) == (
        1,
        ["wallet.previous: requires exactly one of privateKey and kms"],
    )


def test_secrets_that_are_stored_elsewhere_are_not_missing(tmp_path: Path, run: Any) -> None:
    raw = changed({"wallet": {"from": {"secretsManager": {"secretId": "prod/hoprd"}}, "address": ADDRESS}})
    assert run("check", write_stack_file(tmp_path, raw)) == (0, ["OK: 1 pool, 7 identities, 1 cluster, 6 nodes"])


def test_an_encrypted_value_counts_as_valid_everywhere(tmp_path: Path, run: Any) -> None:
    raw = encrypted({"platform/snapshotUrl": SECURE, "pools/core/size": SECURE})
    code, _ = run("check", write_stack_file(tmp_path, raw))
    assert code == 0


def test_the_result_as_json(tmp_path: Path, run: Any) -> None:
    code, lines = run("check", write_stack_file(tmp_path, encrypted({"pools/core/size": 0})), "--json")
    result = json.loads("\n".join(lines))
    assert code == 1
    assert result["ok"] is False
    assert result["problems"] == [{"path": "pools.core.size", "text": "0 is out of range, expected 1 to 200, e.g. 7"}]
    code, lines = run("check", write_stack_file(tmp_path, encrypted({})), "--json")
    assert json.loads("\n".join(lines)) == {
        "ok": True,
        "problems": [],
        "warnings": [],
        "missingSecrets": [],
        "counts": {"pools": 1, "identities": 7, "clusters": 1, "nodes": 6},
    }


def test_a_key_that_is_set_twice_is_found_with_its_lines(tmp_path: Path, run: Any) -> None:
    text = write_stack_file(tmp_path, encrypted({})).read_text()
    file = tmp_path / "Pulumi.twice.yaml"
    file.write_text(
        text.replace(
            "  hoprd:pools:\n    core:\n      size: 7\n", "  hoprd:pools:\n    core:\n      size: 7\n      size: 6\n"
        )
    )
    first = file.read_text().splitlines().index("      size: 7") + 1
    assert run("check", file) == (1, [f"pools.core.size: is set 2 times, in lines {first}, {first + 1}; keep one"])


def test_a_section_that_is_set_twice_is_found(tmp_path: Path, run: Any) -> None:
    file = write_stack_file(tmp_path, encrypted({}))
    file.write_text(file.read_text() + "  hoprd:pools:\n    core: {size: 7}\n")
    code, lines = run("check", file)
    assert code == 1
    assert lines[0].startswith("pools: is set 2 times, in lines ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "config: [",
            "is not valid YAML at line 1, column 10: while parsing a flow node, expected the node content, but found "
            "'<stream end>'",
        ),
        ("config:\n\t- a", "is not valid YAML at line 2, column 1: a tab is not allowed here; indent with spaces"),
        ("config: a: b", "is not valid YAML at line 1, column 10: mapping values are not allowed here"),
        ("config: 1\na: b\x07", "is not valid YAML at line 2, column 5: the character U+0007 is not allowed"),
        ("config: *a", "is not valid YAML at line 1, column 9: found undefined alias 'a'"),
        (
            "config: !Pool 1",
            "is not valid YAML at line 1, column 9: could not determine a constructor for the tag '!Pool'",
        ),
        (
            "config: 1\n---\nconfig: 2",
            "is not valid YAML at line 2, column 1: expected a single document in the stream, but found another "
            "document",
        ),
        ("[" * 51 + "]" * 51, "is not valid YAML at line 1, column 51: more than 50 values are nested"),
        ("[" * 50 + "]" * 50, "has no mapping 'config' with keys such as hoprd:network"),
        ("", "has no mapping 'config' with keys such as hoprd:network"),
        (
            "config: .inf",
            "is not valid YAML at line 1, column 9: .inf is a number that Pulumi cannot store; write text in quotes",
        ),
        ("config: !!set {a}", "is not valid YAML at line 1, column 9: the tag '!!set' is not supported"),
        ("config: {a: &x [*x]}", "is not valid YAML at line 1, column 13: a value contains itself"),
        ("- a", "has no mapping 'config' with keys such as hoprd:network"),
        ("config: {a: 1}", None),
        ("config: hoprd", "has no mapping 'config' with keys such as hoprd:network"),
    ],
)
def test_an_unusable_file_is_one_line_with_position_and_reason(
    tmp_path: Path, run: Any, text: str, expected: str | None
) -> None:
    file = tmp_path / "Pulumi.broken.yaml"
    file.write_text(text)
    code, lines = run("check", file)
    assert code == 1
    assert lines == ([f"{file}: {expected}"] if expected else ["a: has no namespace; write hoprd:a"])


def test_a_missing_file_and_a_folder_are_one_line_each(tmp_path: Path, run: Any) -> None:
    missing = tmp_path / "Pulumi.none.yaml"
    assert run("check", missing) == (1, [f"{missing}: cannot be read: No such file or directory"])
    assert run("check", tmp_path) == (1, [f"{tmp_path}: cannot be read: Is a directory"])


def test_a_file_that_is_not_text_is_one_line(tmp_path: Path, run: Any) -> None:
    file = tmp_path / "Pulumi.bytes.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    assert run("check", file) == (1, [f"{file}: cannot be read: not UTF-8 text"])


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("yes", "'yes' is a string"),
        ("on", "'on' is a string"),
        ("1:30", "'1:30' is a string"),
        ("0x10", "16 is a number"),
        ("1_000", "1000 is a number"),
        ("1e3", "1000 is a number"),
        ("2020-01-01", "'2020-01-01 00:00:00 +0000 UTC' is a string"),
        ("2020-1-2T10:20:30.50+02:00", "'2020-01-02 10:20:30.5 +0200 +0200' is a string"),
        ("2020-13-01", "'2020-13-01' is a string"),
        ("1e20", "100000000000000000000 is a number"),
        ("1e21", "1e+21 is a number"),
        ("1_0.5", "10.5 is a number"),
        ("0o17", "15 is a number"),
        ("08", "8 is a number"),
        ("!!binary aGVsbG8=", "'hello' is a string"),
        ("0x_", "'0x_' is a string"),
        ("1e999", "'1e999' is a string"),
        ("-9223372036854775808", "-9223372036854775808 is a number"),
        ("18446744073709551615", "18446744073709551615 is a number"),
        ("0x8000000000000000", "9223372036854775808 is a number"),
        ("0x10000000000000000", "'0x10000000000000000' is a string"),
        ("~", "is empty"),
    ],
)
def test_unquoted_scalars_have_the_types_that_pulumi_gives_them(
    tmp_path: Path, run: Any, written: str, found: str
) -> None:
    file = write_stack_file(tmp_path, encrypted({"platform/monitoring": "HERE"}))
    file.write_text(file.read_text().replace("HERE", written))
    assert run("check", file) == (1, [f"platform.monitoring: {found}, expected true or false{_hint(found)}"])


def _hint(found: str) -> str:
    return " without quotes" if found.endswith("string") else ""


def test_an_address_needs_no_quotes(tmp_path: Path, run: Any) -> None:
    file = write_stack_file(tmp_path, encrypted({"wallet": {}}))
    text = file.read_text().replace(
        "'0xD4fdec44DB9D44B8f2b6d529620f9C0C7066A2c1'", "0xD4fdec44DB9D44B8f2b6d529620f9C0C7066A2c1"
    )
    file.write_text(text)
    assert run("check", file)[0] == 0


def test_the_schema_is_printed_as_json(run: Any) -> None:
    code, lines = run("schema")
    assert code == 0
    assert json.loads("\n".join(lines))["properties"]["hoprd:network"]


def test_an_unknown_command_prints_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["chek"])
    assert ended.value.code == 2
    assert "usage: python -m config" in capsys.readouterr().err
