"""`python -m config check`: warnings, and files that Pulumi reads in another way than their author meant."""

from pathlib import Path
from typing import Any

import pytest

from config.validation.parse import parse_with_advice
from testkit.config.sample import changed
from testkit.config.stack_files import SECURE, encrypted, write_stack_file


@pytest.mark.parametrize(("written", "value"), [("0777", 511), ("-010", -8), ("0_10", 8)])
def test_an_octal_number_is_a_warning_with_its_line(tmp_path: Path, run: Any, written: str, value: int) -> None:
    file = write_stack_file(tmp_path, encrypted({"spending": {"xdai": "HERE"}}))
    file.write_text(file.read_text().replace("HERE", written))
    line = file.read_text().splitlines().index(f"    xdai: {written}") + 1
    warning = f"{file}:{line}: {written} is octal and means {value}; write {value}, or quote the text: '{written}'"
    assert f"warning: {warning}" in run("check", file)[1]


def test_aliases_that_make_too_many_values_are_one_line(tmp_path: Path, run: Any) -> None:
    file = tmp_path / "Pulumi.bomb.yaml"
    levels = [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 10)]
    file.write_text("a0: &a0 [x]\n" + "\n".join(levels) + "\nconfig: *a9\n")
    code, lines = run("check", file)
    assert code == 1
    assert lines == [f"{file}: is not valid YAML at line 6, column 5: aliases make more than 100,000 values of it"]


def test_a_key_that_was_set_without_path_is_not_the_secret(tmp_path: Path, run: Any) -> None:
    raw = encrypted({})
    del raw["wallet"]["privateKey"]
    raw["wallet.privateKey"] = SECURE
    code, lines = run("check", write_stack_file(tmp_path, raw))
    assert code == 1
    assert lines == [
        "hoprd:wallet.privateKey: is one key with a dot, because it was set without --path; run 'pulumi config rm "
        "--stack staging hoprd:wallet.privateKey', then 'pulumi config set --stack staging --secret --path "
        "hoprd:wallet.privateKey'"
    ]


def test_images_that_may_change_and_a_placeholder_address_are_warnings(tmp_path: Path, run: Any) -> None:
    raw = encrypted({"platform/images": {"metrics": "example.org/metrics"}})
    raw["platform"]["ingress"]["loadBalancerIp"] = "203.0.113.10"
    code, lines = run("check", write_stack_file(tmp_path, raw))
    assert code == 0
    assert [line.split(": ")[:2] for line in lines[1:]] == [
        ["warning", "platform.ingress.loadBalancerIp"],
        ["warning", "platform.images.metrics"],
        ["warning", "platform.images.hopli"],
    ]
    raw["platform"]["kubeContext"] = "devnet"
    assert run("check", write_stack_file(tmp_path, raw)) == (0, lines[:1])


def _amount_warnings(changes: dict[str, Any]) -> list[str]:
    return [warning.path for warning in parse_with_advice(changed(changes), "test")[1]]


def test_amounts_far_beyond_any_use_are_warnings_unless_a_limit_stops_them() -> None:
    assert _amount_warnings({}) == []
    assert _amount_warnings({"pools/core/balances": {"nodeXdai": "100", "safeWxhopr": "1000000"}}) == []
    node_xdai = {"pools/core/balances": {"nodeXdai": "100000000"}}
    assert _amount_warnings(node_xdai) == ["pools.core.balances.nodeXdai"]
    assert _amount_warnings({**node_xdai, "spending": {"wxhopr": "1"}}) == ["pools.core.balances.nodeXdai"]
    assert _amount_warnings({**node_xdai, "spending": {"xdai": "1"}}) == []
    assert _amount_warnings({**node_xdai, "pools/core/spending": {"xdai": "1"}}) == []
    assert _amount_warnings({"pools/core/balances": {"safeWxhopr": "1000001"}}) == ["pools.core.balances.safeWxhopr"]


def test_no_limit_stops_hopli() -> None:
    changes = {"pools/core/funding/nativeAmount": "100000000", "spending": {"xdai": "1"}}
    assert _amount_warnings(changes) == ["pools.core.funding.nativeAmount"]
    assert _amount_warnings({**changes, "platform/images/topUp": "registry.example.org/top-up:1.0.0"}) == []


def test_a_version_that_is_too_old_is_an_error_and_no_warning(tmp_path: Path, run: Any) -> None:
    lines = run("check", write_stack_file(tmp_path, encrypted({"clusters/edge/version": "1.0.0"})))[1]
    assert [line for line in lines if "release line" in line] == [
        "clusters.edge.version: '1.0.0' is older than 2.1; this program runs the release lines 2.1, 2.2 and 3.0"
    ]
