"""Unquoted values of a stack file have for us the values that the real Pulumi passes to the program."""

import json
import os
import subprocess
from pathlib import Path

from config.command.yaml_file import read_yaml
from devnet.info import DevnetInfo

# `|` stands for a blank.
SCALARS = (
    "2024-01-31 2024-1-3 2024-13-31 2024-01-31T10:20:30Z 2024-01-31t10:20:30.5+02:00 2024-01-31T10:20:30 "
    "2024-01-31|10:20:30.50 1e21 1e20 1e3 1.50 2.10 123456789012345678901234567890 9223372036854775807 0.1 1e-7 010 08 "
    "0o10 0x1F -0x1F 0b101 1_000 1_0.5 1__0 _1 0xD4fdec44DB9D44B8f2b6d529620f9C0C7066A2c1 yes y on True ~ null 1:30 +5 "
    "+5.5 .5 1. -0 1e 1.5e+3 1E5 = . + -. 0x 0o8 1e999 0x_ 0777 00 -010 +0x10 1.2.3 1-2 12e03 0X1F 0B1 0O7 -.5 -1_0 "
    "!!str|5 !!int|5 !!float|5 !!binary|aGVsbG8="
)
VALUES = [text.replace("|", " ") for text in SCALARS.split()]


def test_our_reader_and_pulumi_read_the_same(devnet: DevnetInfo, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: probe\nruntime: python\n")
    lines = [f"    k{number}: {text}" for number, text in enumerate(VALUES)]
    nested = ["    l: [1e21, 010, 2024-01-31]", "    m: {a: &a [010], b: *a, e: }"]
    file = tmp_path / "Pulumi.probe.yaml"
    (tmp_path / "state").mkdir()
    environment = {
        **os.environ,
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "probe",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }

    def pulumi(*arguments: str) -> str:
        command = [str(devnet.program("pulumi")), *arguments, "--stack", "probe", "--non-interactive"]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    pulumi("stack", "init")
    salt = file.read_text()
    file.write_text(salt + "\n".join(["config:", "  probe:values:", *lines, *nested]) + "\n")
    theirs = json.loads(pulumi("config", "get", "values"))
    ours = read_yaml(file).content["config"]["probe:values"]
    assert ours.keys() == theirs.keys()
    names = {f"k{number}": text for number, text in enumerate(VALUES)}
    pairs = {names.get(key, key): (ours[key], theirs[key]) for key in theirs}
    assert {name: pair for name, pair in pairs.items() if repr(pair[0]) != repr(pair[1])} == {}
