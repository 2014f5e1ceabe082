"""What tab offers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

import nnexpr
from nnexpr.runs.sweep_journal import Sweeps
from nnexpr.targets.catalogue import CATALOGUE
from nnexpr_tui.commands.cli import cli


def offered(*words: str, incomplete: str = "") -> list[str]:
    shell = ShellComplete(cli, {}, "nnexpr-tui", "_NNEXPR_TUI_COMPLETE")
    return [item.value for item in shell.get_completions(list(words), incomplete)]


@pytest.mark.parametrize("command", [["fit"], ["lstsq"], []])
def test_targets_are_offered(command: list[str]) -> None:
    assert offered(*command, "--target") == [*CATALOGUE, "expr:", "csv:"]
    assert offered(*command, "--target", incomplete="sq") == ["square", "sqrt", "square_wave"]


def test_files_are_offered_behind_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "one.csv").touch()
    (tmp_path / "dat.txt").touch()
    monkeypatch.chdir(tmp_path)
    assert offered("fit", "--target", incomplete="csv:da") == ["csv:dat.txt", "csv:data/"]
    assert offered("fit", "--target", incomplete="csv:data/") == ["csv:data/one.csv"]
    assert offered("fit", "--target", incomplete="csv:nowhere/") == []


def test_runs_and_files_are_offered(tmp_path: Path) -> None:
    store, spec = nnexpr.store(tmp_path), nnexpr.FitSpecification.make(points=9)
    runs = [store.keep(nnexpr.mlp(), spec, nnexpr.target("cube"), epoch=0, losses=[1.0]) for _ in range(2)]
    assert offered("regions", "--store", str(tmp_path)) == [*sorted(runs, reverse=True), ""]
    assert offered("regions", "--store", str(tmp_path), incomplete=runs[0]) == [runs[0], runs[0]]


def test_sweeps_are_offered(tmp_path: Path) -> None:
    first, second = (Sweeps(tmp_path).begin(name, "", [{}]) for name in ("widths", "depths"))
    store = ["--store", str(tmp_path)]
    for words in (["sweep", *store, "--resume"], ["sweep", "show", *store], ["runs", "export", *store]):
        assert sorted(offered(*words)) == sorted(["widths", first, "depths", second])
        assert offered(*words, incomplete="wi") == ["widths"]


def test_experiments_are_offered() -> None:
    assert offered("reproduce")[:1] == ["all"]
    assert "manifold" in offered("reproduce", incomplete="mani")


SCRIPT = """
import sys
from nnexpr_tui.__main__ import main
sys.argv = ["nnexpr-tui"]
try:
    main()
except SystemExit:
    print(*sorted({"torch", "textual", "scipy", "numba", "rich"} & set(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    "words", ["runs show ", "fit --target squ", "reproduce mani", "fit --preset fol", "serve --target squ"]
)
def test_tab_is_answered_in_each_shell_and_loads_nothing_heavy(
    shell: str, words: str, tmp_path: Path
) -> None:
    store, spec = nnexpr.store(tmp_path), nnexpr.FitSpecification.make(points=9)
    run = store.keep(nnexpr.mlp(), spec, nnexpr.target("cube"), epoch=0, losses=[1.0])
    typed = f"nnexpr-tui {words}"
    asked = {"_NNEXPR_TUI_COMPLETE": f"{shell}_complete", "COMP_WORDS": typed, "NNEXPR_STORE": str(tmp_path)}
    asked["COMP_CWORD"] = words.rpartition(" ")[2] if shell == "fish" else str(typed.count(" "))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=True,
    )
    wanted = {"runs": run, "fit": "squ", "reproduce": "manifold", "serve": "square_wave"}[words.split()[0]]
    wanted = "folding" if "preset" in words else wanted
    assert wanted in done.stdout
    assert done.stderr.strip() == ""
