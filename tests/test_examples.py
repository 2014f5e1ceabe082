"""Every example runs, and so does whatever README and the guide tell people to type."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def run(*arguments: str, where: Path, patience: float = 280) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=where, capture_output=True, text=True, timeout=patience
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


@pytest.mark.timeout(900)
def test_what_readme_and_guide_tell_people_to_type_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNEXPR_STORE", str(tmp_path / "store"))
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    pages = [ROOT / "README.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]
    assert len(pages) > 9
    done = run(str(ROOT / "tests" / "lines.py"), *map(str, pages), where=tmp_path, patience=880)
    assert int(done.split()[0]) > 60, done
