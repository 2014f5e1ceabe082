"""Mutants are programs that differ in one place; what a change reaches is compiled anew, and nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from mutants import mutants_of
from mutate import FOLDERS, ROOT, _closure

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
    corners.sort()
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
        (12, "corners.sort()", "pass"),
        (13, "wide * x - 2 * corners[1]", "(wide * x + 2 * corners[1])"),
        (13, "wide * x - 2 * corners[1]", "(wide * x)"),
        (13, "wide * x", "(wide / x)"),
        (13, "wide * x", "(wide)"),
        (13, "2 * corners[1]", "(2 / corners[1])"),
        (13, "2 * corners[1]", "(2)"),
        (13, "2", "(3)"),
        (13, "1", "(2)"),
    }


@pytest.mark.parametrize(
    "path", sorted((ROOT / "nnexpr" / "linear").glob("*.py")), ids=lambda path: path.stem
)
def test_every_mutant_is_another_program(path: Path) -> None:
    text = path.read_bytes()
    whole = ast.dump(ast.parse(text))
    for mutant in mutants_of(path, path.name):
        assert ast.dump(ast.parse(mutant.applied(text))) != whole


def test_every_folder_is_there() -> None:
    for sources, tests in FOLDERS.values():
        assert all((ROOT / place).exists() for place in (*sources, *tests))


def test_a_change_reaches_what_imports_it_however_far_away(tmp_path: Path) -> None:
    files = {
        "nnexpr/a.py": "from nnexpr.b import (\n    one,\n)\n",
        "nnexpr/b/__init__.py": "from nnexpr.b.inner import one\n",
        "nnexpr/b/inner.py": "one = 1\n",
        "nnexpr/c.py": "from nnexpr import other\n",
        "nnexpr/other.py": "",
    }
    for place, text in files.items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(text)

    def stamps() -> tuple[str, str]:
        _closure.cache_clear()
        return _closure(tmp_path, ("nnexpr/a.py",)), _closure(tmp_path, ("nnexpr/c.py",))

    before = stamps()
    (tmp_path / "nnexpr/b/inner.py").write_text("one = 2\n")
    after = stamps()
    assert (before[0] != after[0], before[1] == after[1]) == (True, True)
    (tmp_path / "nnexpr/other.py").write_text("# changed\n")
    assert stamps()[1] != after[1]
