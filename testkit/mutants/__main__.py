"""`make mutants`: mutate the deciding modules, run their unit tests on each mutant, and check the survivors.

Arguments name modules of `tool.mutmut.only_mutate` (all without any). Fails on a survivor without a reason in
survivors.toml, on a reason without a survivor, and on a score below the bar.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from mutmut.__main__ import _run
from mutmut.configuration import config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

import testkit
from testkit.mutants import decorated, operators
from testkit.mutants.survivors import Mutant, problems

BAR_PERCENT = 90
KILLED = {"killed", "timeout"}
TREE = Path("mutants")


def main(modules: Sequence[str], processes: int) -> int:
    if modules:
        config().only_mutate = list(modules)
    files = config().only_mutate
    if missing := [file for file in files if not Path(file).is_file()]:
        print(f"{', '.join(missing)}: no such file; modules are given as in tool.mutmut.only_mutate")
        return 2
    shutil.rmtree(TREE, ignore_errors=True)  # a cached result does not see a changed test
    testkit.__path__ = [str(TREE.absolute() / "testkit")]  # the tests use the copy, as they use all other packages
    operators.install()
    decorated.install()
    _run((), processes)
    survived: list[Mutant] = []
    total = killed = 0
    print(f"{'module':44} mutants  killed   score")
    for file in files:
        data = SourceFileMutationData(path=file)
        data.load()
        alive = [name for name, code in data.exit_code_by_key.items() if status_by_exit_code[code] not in KILLED]
        survived += [_mutant(file, name) for name in alive]
        of_file = len(data.exit_code_by_key)
        total, killed = total + of_file, killed + of_file - len(alive)
        print(_row(file, of_file, of_file - len(alive)))
    print(_row("all", total, killed))
    found = problems(survived, files)
    for problem in found:
        print(problem)
    score = _percent(total, killed)
    if score < BAR_PERCENT:
        print(f"the score is {score:.1f} %, at least {BAR_PERCENT} % is required")
    return 1 if found or score < BAR_PERCENT else 0


def _mutant(file: str, name: str) -> Mutant:
    function, class_name = orig_function_and_class_names_from_key(name)
    qualified = f"{class_name}.{function}" if class_name else function
    return Mutant.of_diff(file, qualified, get_diff_for_mutant(name, path=file))


def _row(name: str, total: int, killed: int) -> str:
    return f"{name:44} {total:7} {killed:7} {_percent(total, killed):5.1f} %"


def _percent(total: int, killed: int) -> float:
    return 100 * killed / total if total else 100.0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], int(os.environ.get("MUTANTS_PROCESSES", "2"))))
