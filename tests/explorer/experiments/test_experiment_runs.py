"""Runs are processes: one at a time, in their order, ended at once, and gone with the explorer."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from steps import PATIENCE, STAND_IN
from textual.message import Message

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.discovery import find
from nnexpr.experiments.findings import kept_finding, read_finding
from nnexpr_tui.experiments.child import command, run
from nnexpr_tui.experiments.runs import ExperimentEnded, ExperimentRuns


class Bench:
    """Runs with a stand-in, and what an event loop would do with their messages."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.gate = folder / "experiments", folder / "gate"
        self.messages: list[Message] = []
        self.runs = ExperimentRuns(self.messages.append, lambda: self.folder, command=self.command)

    def command(self, name: str, *, quick: bool, folder: Path, threads: int | None) -> list[str]:
        return [
            sys.executable,
            str(STAND_IN),
            name,
            "quick" if quick else "full",
            str(self.gate),
            str(folder),
        ]

    def until(self, condition: object) -> None:
        deadline = monotonic() + PATIENCE
        while not condition():  # type: ignore[operator]
            assert monotonic() < deadline, "what was waited for did not happen"
            sleep(0.01)
            while self.messages:
                if isinstance(self.messages.pop(0), ExperimentEnded):
                    self.runs.ended()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.runs.stop()
    made.runs.wait()


def test_they_run_one_after_the_other_as_asked(bench: Bench) -> None:
    runs = bench.runs
    for name in ("bends", "draws", "steps", "draws"):
        runs.ask(name, quick=True)
    assert [name for name, _ in runs.waiting] == ["draws", "steps"]
    bench.until(lambda: runs.running.note == "half of bends")
    assert runs.running is not None
    assert (runs.running.name, runs.running.share) == ("bends", 0.5)
    bench.gate.touch()
    bench.until(lambda: runs.running is None and not runs.waiting)
    shown = [runs.shown(name) for name in ("bends", "draws", "steps")]
    assert all(finding is not None and finding.quick for finding in shown)


def test_a_quick_finding_never_stands_for_the_full_one(bench: Bench) -> None:
    bench.gate.touch()
    for quick in (False, True):
        bench.runs.ask("bends", quick=quick)
        bench.until(lambda: bench.runs.running is None)
        assert bench.runs.shown("bends").quick is quick  # type: ignore[union-attr]
    later = Bench(bench.folder.parent)
    later.runs.load(["bends"])
    later.until(lambda: later.runs.shown("bends"))
    assert later.runs.shown("bends").quick is False  # type: ignore[union-attr]


def test_cancelling_ends_the_process_and_the_next_begins(bench: Bench) -> None:
    bench.runs.ask("bends", quick=True)
    bench.runs.ask("draws", quick=True)
    running = bench.runs.running
    assert running is not None
    (bench.folder).mkdir()
    half_written = bench.folder / f"bends-quick.{running.process.pid}.tmp"
    half_written.touch()
    assert bench.runs.cancel("bends")
    bench.until(lambda: bench.runs.running is not None and bench.runs.running.name == "draws")
    assert running.process.poll() is not None
    assert not half_written.exists()
    assert bench.runs.shown("bends") is None
    assert not bench.runs.failures
    assert not bench.runs.cancel("bends")


def test_what_was_cancelled_may_be_asked_for_again_at_once(bench: Bench) -> None:
    bench.runs.ask("bends", quick=True)
    bench.runs.cancel("bends")
    bench.runs.ask("bends", quick=True)
    bench.gate.touch()
    bench.until(lambda: bench.runs.shown("bends"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lottery", "memory"),
        ("capacity", "the sum does not converge"),
        ("parity-circuits", "before it was done"),
    ],
)
def test_a_process_that_gives_nothing_is_one_sentence(bench: Bench, name: str, words: str) -> None:
    bench.gate.touch()
    bench.runs.ask(name, quick=False)
    bench.until(lambda: bench.runs.failures)
    assert words in bench.runs.failures[name]
    assert "\n" not in bench.runs.failures[name]
    assert bench.runs.shown(name) is None
    bench.runs.ask(name, quick=False)
    assert not bench.runs.failures


def test_stopping_leaves_no_process_and_starts_none(bench: Bench) -> None:
    bench.runs.ask("bends", quick=True)
    bench.runs.ask("draws", quick=True)
    running = bench.runs.running
    bench.runs.stop()
    bench.runs.wait()
    assert running is not None
    assert running.process.poll() is not None
    bench.until(lambda: bench.runs.running is None)
    bench.runs.ask("steps", quick=True)
    assert bench.runs.running is None


def test_the_real_process_tells_what_the_experiment_gives(tmp_path: Path) -> None:
    out = io.StringIO()
    run("parity-circuits", quick=True, folder=tmp_path, out=out)
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    finding = read_finding([line for line in told if "progress" not in line])
    expected = find("parity-circuits")[0].run(Attempt(quick=True))
    assert finding.result.claims == tuple(expected.claims)
    assert [table.rows for table in finding.result.tables] == [
        tuple(map(tuple, table.rows)) for table in expected.tables
    ]
    fractions = [line["progress"][0] for line in told if "progress" in line]
    assert fractions == sorted(fractions)
    kept = kept_finding(tmp_path, "parity-circuits", quick=True)
    assert kept is not None
    assert kept.result == finding.result
    assert not list(tmp_path.glob("*.json"))


def test_an_experiment_that_raises_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(attempt: Attempt) -> None:
        raise ValueError("no such weight\nand more")

    experiment = find("parity-circuits")[0]
    monkeypatch.setattr(type(experiment), "run", property(lambda self: raising), raising=False)
    out = io.StringIO()
    run("parity-circuits", quick=True, folder=None, out=out)
    assert json.loads(out.getvalue().splitlines()[-1]) == {"failed": "ValueError: no such weight"}


def test_the_process_ends_with_the_pipe(tmp_path: Path) -> None:
    words = command("manifold-beyond", quick=False, folder=tmp_path, threads=1)
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert json.loads(process.stdout.readline()) == {"progress": [0.0, "loading"]}
        process.stdin.close()
        assert process.wait(PATIENCE) == 1


def test_a_process_whose_explorer_is_gone_does_nothing(tmp_path: Path) -> None:
    words = command("parity-circuits", quick=True, folder=tmp_path, threads=None)
    given = json.loads(words[-1])
    words[-1] = json.dumps({**given, "parent": os.getpid() + 1})
    done = subprocess.run(words, capture_output=True, check=False, timeout=PATIENCE, input=b"")
    assert done.returncode == 1
    assert done.stdout == b""


def test_what_is_printed_does_not_reach_the_pipe() -> None:
    code = (
        "from nnexpr_tui.experiments import child\n"
        "child.run = lambda *given, out, **more: print('noise') or out.write('{}')\n"
        "child.main()"
    )
    given = {"name": "x", "quick": True, "folder": None, "threads": 1, "parent": os.getpid()}
    with subprocess.Popen(
        [sys.executable, "-c", code, json.dumps(given)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.read() == b"{}"
