"""A function is changed in a process that has it loaded, wherever it is held; what cannot be so is not said to be."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from loaded import changed_codes
from mutate import ROOT

SOURCE = """\
from functools import cache

import numba

LIMIT = 5


class A:
    @property
    def twice(self):
        return 2 * 3


@cache
def held(x):
    return x + 1


def outer():
    return lambda x: x < 3


made = outer()


@numba.njit
def compiled(x):
    return x % 4


def fails(x):
    return x * 2
"""
TESTS = """\
import a


def test_property():
    assert a.A().twice == 6


def test_held():
    assert a.held(1) == 2


def test_made():
    assert not a.made(3)


def test_compiled():
    assert a.compiled(5) == 1


def test_fails():
    assert a.fails(1) == 3


def test_ends():
    import os

    os._exit(1)


def test_long():
    while True:
        pass
"""
PROGRAM = """\
import json
import sys
from pathlib import Path

import loaded
from mutants import mutants_of

loaded.stamp_by_imports = loaded.keep_nothing = lambda *_: None
loaded.LONGEST = 0.2
tree, found = Path.cwd(), []
for python in ((), ("a",)):
    process = loaded.Loaded(tree, ["a.py"], ["test_a.py"], python)
    asked = [each for each in process.tests if python or not each.endswith(("long", "compiled"))]
    passed = [each for each, took in process.passing(asked).items() if took is not None]
    said = {"passed": passed}
    for mutant in mutants_of(tree / "a.py", "a.py"):
        outcome = process.run(mutant, (tree / "a.py").read_bytes(), passed, {})
        said[f"{mutant.function}: {mutant.after}"] = outcome and outcome.by
    found.append(said)
    process.close()
print(json.dumps(found))
"""


def test_a_function_is_another_wherever_it_is_held(tmp_path: Path) -> None:
    """Also behind a property, a cache and in what a function returned; one that is compiled only as Python."""
    (tmp_path / "a.py").write_text(SOURCE)
    (tmp_path / "test_a.py").write_text(TESTS)
    (tmp_path / "program.py").write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT / 'tests/mutation')!r})\n{PROGRAM}"
    )
    told = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    compiled, python = json.loads(told.stdout)
    names = ["property", "held", "made", "compiled"]
    held = {
        "passed": [f"test_a.py::test_{name}" for name in names[:3]],
        ": (6)": None,  # at the top of the file
        "A.twice: (2 / 3)": "test_a.py::test_property",
        "A.twice: (2)": "test_a.py::test_property",
        "A.twice: (3)": "test_a.py::test_property",
        "A.twice: (4)": "test_a.py::test_property",
        "held: (x - 1)": "test_a.py::test_held",
        "held: (x)": "test_a.py::test_held",
        "held: (2)": "test_a.py::test_held",
        "outer: (x <= 3)": "test_a.py::test_made",
        "outer: (4)": "test_a.py::test_made",
        "compiled: (x * 4)": None,
        "compiled: (5)": None,
        "fails: (x / 2)": "",
        "fails: (x)": "",
        "fails: (3)": "",
    }
    assert compiled == held
    assert python == held | {
        "passed": [f"test_a.py::test_{name}" for name in names],
        "compiled: (x * 4)": "test_a.py::test_compiled",
        "compiled: (5)": "test_a.py::test_compiled",
    }


def test_the_code_that_is_another_is_that_of_the_function_alone() -> None:
    """Lines may move, and another function of the same name elsewhere stays."""
    before = "def one(x):\n    return (\n        x + 1\n    )\n\n\nclass A:\n    def one(self):\n        return x + 1\n"
    after = before.replace("(\n        x + 1\n    )", "x - 1", 1)
    assert [old.co_qualname for old, _ in changed_codes(before, after, "one", "a.py")] == ["one"]
    assert not list(changed_codes(before, before, "one", "a.py"))
    assert not list(changed_codes("LIMIT = 5\n", "LIMIT = 6\n", "", "a.py"))
