"""Mutants are programs that differ in one place; what a change reaches is compiled anew, and nothing else."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
import trial
from mutants import mutants_of
from mutate import FOLDERS, ROOT, drawn, mirrors
from trial import Outcome, closure
from verdicts import Verdicts

SOURCE = '''"""Text."""
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import os
LIMIT, CLOSE = 5000, 1e-6

def area(x: float, corners: list[float], wide: float = 0.5) -> float:
    """Text 1 < 2."""
    if x < 0 and not corners:
        raise ValueError(f"it is {1 + 1}")
    corners[0] += x
    corners.sort(overwrite_a=True)
    attempt.report(0.5, end=0.6)
    return wide * x - 2 * corners[1]
'''


def test_what_is_changed_and_what_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SOURCE)
    changes = {(mutant.line, mutant.before, mutant.after) for mutant in mutants_of(tmp_path / "a.py", "a.py")}
    assert changes == {
        (5, "1e-6", "(0.01)"),
        (7, "0.5", "(1.0)"),
        (9, "x < 0 and not corners", "(x < 0 or not corners)"),
        (9, "x < 0", "(x <= 0)"),
        (9, "0", "(1)"),
        (9, "not corners", "(corners)"),
        (11, "corners[0] += x", "pass"),
        (11, "corners[0] += x", "corners[0] -= x"),
        (11, "0", "(1)"),
        (12, "corners.sort(overwrite_a=True)", "pass"),
        (14, "wide * x - 2 * corners[1]", "(wide * x + 2 * corners[1])"),
        (14, "wide * x - 2 * corners[1]", "(wide * x)"),
        (14, "wide * x", "(wide / x)"),
        (14, "wide * x", "(wide)"),
        (14, "2 * corners[1]", "(2 / corners[1])"),
        (14, "2 * corners[1]", "(2)"),
        (14, "2", "(3)"),
        (14, "1", "(2)"),
    }


@pytest.mark.parametrize(
    "path", sorted((ROOT / "nnexpr" / "linear").glob("*.py")), ids=lambda path: path.stem
)
def test_every_mutant_is_another_program(path: Path) -> None:
    text = path.read_bytes()
    whole = ast.dump(ast.parse(text))
    for mutant in mutants_of(path, path.name):
        assert ast.dump(ast.parse(mutant.applied(text))) != whole


def test_what_is_explained_is_one_place_in_one_line(tmp_path: Path) -> None:
    """The same change in another line or function is another mutant."""
    (tmp_path / "a.py").write_text(
        "class A:\n    def one(self, x):\n        return 2 * x  # twice\n"
        "def two(x):\n    y = 2 * x\n    return 2 * x\n"
    )
    keys = [mutant.key for mutant in mutants_of(tmp_path / "a.py", "a.py")]
    assert len(keys) == len(set(keys)) == 9
    assert "a.py A.one: return «2 * x» -> (2 / x)" in keys
    assert "a.py two: y = «2» * x -> (3)" in keys


def test_the_order_is_random_and_that_of_others_whatever_is_added_or_explained(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def one(x):\n    return 2 * x + 3 * x**2 - 4 / x\n")
    (tmp_path / "b.py").write_text("def other(x):\n    return x + 3 < 5\n")
    one, other = (mutants_of(tmp_path / name, name) for name in ("a.py", "b.py"))
    alone, both = drawn(one), drawn([*other, *one])
    assert alone != one
    assert [each for each in both if each in one] == alone
    assert drawn(one[1:]) == [each for each in alone if each != one[0]]


def test_what_is_explained_is_there() -> None:
    """Where a line has changed, so may have what was said of it."""
    explained = tomllib.loads((ROOT / "tests" / "mutation" / "explained.toml").read_text())
    assert all((ROOT / path).is_file() for path in explained["files"])
    for key in explained["mutants"]:
        path = key.split(" ")[0]
        assert key in {mutant.key for mutant in mutants_of(ROOT / path, path)}


def test_every_folder_is_there() -> None:
    for sources, tests in FOLDERS.values():
        assert all((ROOT / place).exists() for place in (*sources, *tests))


def test_all_that_belongs_to_the_project_is_copied_and_nothing_that_was_made_of_it(tmp_path: Path) -> None:
    root = tmp_path / "root"
    files = {"a.py": "1", "docs/b.md": "2", "build/c": "3", ".gitignore": "build\n"}
    for place, text in files.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    first = trial.copy(root, tmp_path / "tree")
    copied = {path.relative_to(tmp_path / "tree").as_posix() for path in (tmp_path / "tree").rglob("*.*")}
    assert copied == {"a.py", "docs/b.md", ".gitignore"}
    assert trial.copy(root, tmp_path / "tree") == first
    (root / "docs/b.md").write_text("3")
    assert trial.copy(root, tmp_path / "tree") != first
    assert (tmp_path / "tree/docs/b.md").read_text() == "3"


def test_a_change_reaches_what_imports_it_however_far_away(tmp_path: Path) -> None:
    files = {
        "nnexpr/a.py": "from nnexpr.d import two\nfrom nnexpr.b import (\n    one,\n)\nfrom nnexpr.e import five\n",
        "nnexpr/d.py": "two = 2\n",
        "nnexpr/e.py": "five = 5\n",
        "nnexpr/b/__init__.py": "from nnexpr.b.inner import one\n",
        "nnexpr/b/inner.py": "one = 1\n",
        "nnexpr/c.py": "from nnexpr import other\n",
        "nnexpr/other.py": "",
    }
    for place, text in files.items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(text)

    def stamps() -> tuple[str, str]:
        closure.cache_clear()
        return closure(tmp_path, ("nnexpr/a.py",)), closure(tmp_path, ("nnexpr/c.py",))

    before = stamps()
    (tmp_path / "nnexpr/b/inner.py").write_text("one = 2\n")
    after = stamps()
    assert (before[0] != after[0], before[1] == after[1]) == (True, True)
    for name in ("d", "e"):  # each of several imports, one below the other
        (tmp_path / f"nnexpr/{name}.py").write_text("two = five = 0\n")
        assert stamps()[0] != after[0]
        after = stamps()
    (tmp_path / "nnexpr/other.py").write_text("# changed\n")
    assert stamps()[1] != after[1]


@pytest.mark.parametrize(
    ("source", "test", "rank"),
    [
        ("nnexpr/regions/line/ties.py", "tests/regions/line/test_ties.py", 0),
        ("nnexpr/regions/line/ties.py", "tests/regions/test_line.py", 0),
        ("nnexpr/regions/line/ties.py", "tests/regions/line/test_front.py", 1),
        ("nnexpr/regions/line/ties.py", "tests/regions/test_plane.py", 2),
        ("nnexpr/regions/path.py", "tests/regions/test_line.py", 1),
        ("nnexpr/splines/p1.py", "tests/splines/test_p1.py", 0),
    ],
)
def test_tests_that_mirror_the_source_come_first(source: str, test: str, rank: int) -> None:
    assert mirrors(source, test) == rank


def test_what_works_or_waits_too_long_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the processor's seconds of the process itself, however long other work on the machine makes it take."""

    def hangs(program: str, limit: float, idle: float) -> bool:
        monkeypatch.setattr(trial, "IDLE", idle)
        with subprocess.Popen([sys.executable, "-c", program]) as process:
            watch = trial.Watch(process.pid)
            watch.begin(limit)
            while not (hung := watch.hangs()) and process.poll() is None:
                time.sleep(0.02)
            process.kill()
        return hung

    assert hangs("while True: pass", 0.2, 1e9)
    assert hangs("import time; time.sleep(1e6)", 1e9, 0.5)
    assert not hangs("", 1e9, 1e9)


SOURCES = {
    "a.py": "def one(x):\n    return 2 * x\n\ndef other(x):\n    return x + 3\n",
    "tests/test_a.py": "def test_one():\n    assert one(1) == 2\n\ndef test_other():\n    assert other(1)\n",
}


def test_a_verdict_lasts_as_long_as_what_it_rests_on(tmp_path: Path) -> None:
    """A kill on its function and the test that did it, a survival on its function and all tests."""

    def changed(place: str, before: str, after: str) -> tuple[bool, bool]:
        path = tmp_path / place
        path.write_text(path.read_text().replace(before, after))
        verdicts = Verdicts(tmp_path / "found.jsonl", tmp_path, ("tests",))
        now = mutants_of(tmp_path / "a.py", "a.py")
        return verdicts.holds(now[0]), verdicts.holds(now[-1])

    (tmp_path / "tests").mkdir()
    for place, text in SOURCES.items():
        (tmp_path / place).write_text(text)
    killed, *_, survived = mutants_of(tmp_path / "a.py", "a.py")
    verdicts = Verdicts(tmp_path / "found.jsonl", tmp_path, ("tests",))
    assert verdicts.killed(killed) is None
    verdicts.note(killed, Outcome(True, by="tests/test_a.py::test_one"))
    verdicts.note(survived, Outcome(False))
    assert (verdicts.killed(killed), verdicts.killed(survived)) == (True, False)
    assert (verdicts.had_survived(killed), verdicts.had_survived(survived)) == (False, True)
    assert verdicts.killers("a.py") == {"tests/test_a.py::test_one": 1}

    assert changed("a.py", "\n\n", "\n# between them\n") == (True, True)
    assert changed("tests/test_a.py", "assert other(1)", "assert other(1) == 4") == (True, False)
    assert changed("a.py", "x + 3", "3 + x") == (True, False)
    assert changed("tests/test_a.py", "one(1) == 2", "one(2) == 4") == (False, False)


def test_the_one_that_failed_is_named(tmp_path: Path) -> None:
    """Also where it is in the second stage; those that have run before are not run again."""
    (tmp_path / "test_first.py").write_text("def test_it():\n    pass\n")
    (tmp_path / "test_second.py").write_text("def test_it():\n    assert False\n")
    program = (
        "import sys, trial; from pathlib import Path; trial._stamp_by_imports = lambda *_: None;"
        f"outcome = trial.run(Path({str(tmp_path)!r}), [['test_first.py'], ['.']], lambda _: (0.0,), {{}});"
        "print(outcome.failed, outcome.by, *sorted(outcome.seconds))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT / "tests" / "mutation",
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == [
        "True",
        "test_second.py::test_it",
        "test_first.py::test_it",
        "test_second.py::test_it",
    ]
