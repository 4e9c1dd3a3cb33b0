"""The workflows run what the project declares, and pin every action to a commit."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).parents[1]
WORKFLOWS = sorted((CHECKOUT / ".github" / "workflows").glob("*.y*ml"))
_PINNED = re.compile(r"^\s*(?:- )?uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*$")


def steps(workflow: Path) -> Iterator[dict[str, Any]]:
    for job in yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values():
        yield from job["steps"]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit_and_names_its_version(workflow: Path) -> None:
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    lines = [line for line in workflow.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    assert used
    assert len(lines) == len(used)
    assert [line for line in lines if not _PINNED.match(line)] == []


def test_an_action_is_pinned_to_one_commit_everywhere() -> None:
    used = {step["uses"] for workflow in WORKFLOWS for step in steps(workflow) if "uses" in step}
    assert len(used) == len({action.partition("@")[0] for action in used})


def test_the_unit_tests_run_with_every_python_version_that_the_project_declares() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [line.rpartition(" ")[2] for line in project["classifiers"] if "Python :: 3." in line]
    unit = yaml.safe_load((CHECKOUT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))["jobs"]["unit"]
    assert unit["strategy"]["matrix"]["python"] == declared
    assert unit["steps"][-1]["run"] == "make unit test-program"
    assert project["requires-python"] == f">={declared[0]}"


def test_the_hooks_check_the_same_packages_as_make_check() -> None:
    packages = re.search(r"^PACKAGES := (.*)$", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    hooks = yaml.safe_load((CHECKOUT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    assert packages
    assert [hook["entry"].endswith(packages[1]) for hook in hooks if hook["id"] == "types"] == [True]
