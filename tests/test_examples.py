"""Every example runs, and so does every line of the README."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
LINES = [line for line in re.findall(r"^nnexpr-tui .*$", README, re.MULTILINE) if line != "nnexpr-tui bench"]


def run(*arguments: str, where: Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=where, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


QUICK = {"digits.py": ("--quick",)}  # what takes a minute, with less of it


@pytest.mark.parametrize("script", sorted(path.name for path in (ROOT / "examples").glob("*.py")))
def test_examples_run(script: str) -> None:
    assert "regions" in run(f"examples/{script}", *QUICK.get(script, ()), where=ROOT)


def test_the_python_of_the_readme_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    printed = run("-c", code, where=ROOT)
    assert re.fullmatch(r"tensor\(.*\) \[\d+(, \d+){29}\]\n\d+ 1 \d+ \[\[.*\]\]\n", printed), printed


def test_the_batch_lines_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNEXPR_STORE", str(tmp_path / "store"))
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    assert len(LINES) >= 7
    for line in LINES:
        assert run("-m", "nnexpr_tui", *shlex.split(line)[1:], where=tmp_path), line
