"""What a list of many runs takes, by the index and without one.

    python benchmarks/store.py [RUNS]

Makes a store of so many runs (10,000) in a folder that goes again: the file of one fit under as many ids. Then, each in
the shortest of several: the first list, for which all files are read and the index is made; lists while nothing has
changed; after one run has; what filtering and sorting by loss take then; the same list from the heads of the files; and
``nnexpr-tui runs list --json`` as a process of its own, with the size of the index beside that of the files. Last, in a
store of its own, a sweep of as many cells of which a hundred at a time were recorded with ten numbers each: the first
question about it, for which its journal is read; another; and one after each further record.
"""

from __future__ import annotations

import math
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from common import best

import nnexpr
from nnexpr.runs.filters import ordered, parse
from nnexpr.runs.keeper import Keeper
from nnexpr.runs.recorder import Recorder
from nnexpr.runs.scene import scene_of
from nnexpr.runs.store import Store
from nnexpr.runs.sweep_journal import CellEntry, Sweeps
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import session_of

BEST = (
    "SELECT json_extract(config, '$.width') AS width, min(value) FROM cells JOIN cell_metrics USING (sweep, number) "
    "WHERE name = 'loss' GROUP BY width"
)


def one_run(store: Store) -> bytes:
    """The file of a fit of 300 epochs, as fit keeps it."""
    session = session_of(FitSpecification.make(target="cube", width=(16,), epochs=300))
    recorder = Recorder(session, scene_of(session))
    session.start()
    while recorder.advance(1.0):
        pass
    keeper = Keeper(store, 0.0)
    keeper.keep(session, recorder)
    path = store.named(str(keeper.run)).path
    content = path.read_bytes()
    path.unlink()
    return content


def fill(store: Store, content: bytes, runs: int) -> None:
    """So many runs, an hour old."""
    then = time.time() - 3600
    for number in range(runs):
        path = (
            store.folder / f"2026{number // 86_400 + 1101:04}-{number % 86_400:06}-{number:06x}.safetensors"
        )
        path.write_bytes(content)
        os.utime(path, (then, then))


def swept(folder: Path, cells: int) -> tuple[Sweeps, str]:
    """A sweep of which all cells are done."""
    journal, at_once = Sweeps(folder), 100
    sweep = journal.begin(
        "benchmark", "", [{"width": 4 + at % 8, "lr": 1e-3, "seed": at} for at in range(cells)]
    )
    for first in range(0, cells, at_once):
        record(journal, sweep, range(first, min(first + at_once, cells)))
    return journal, sweep


def record(journal: Sweeps, sweep: str, cells: range) -> None:
    """That so many cells are done."""
    journal.record(sweep, [
        CellEntry(sweep, cell, {}, "done", "20260101-000000-abcdef", cell % 256,
                  {"loss": 1 / (1 + cell), **{f"measure_{at}": math.sin(cell + at) for at in range(9)}})
        for cell in cells
    ])  # fmt: skip


def questions(cells: int) -> None:
    """What questions about a sweep take."""
    with tempfile.TemporaryDirectory() as folder:
        store = nnexpr.store(folder)
        journal, sweep = swept(store.folder, cells)
        size = (store.folder / "sweeps" / f"{sweep}.jsonl").stat().st_size
        print(f"a sweep of {cells:,} cells, a journal of {size / 1e6:.1f} MB")

        def ask() -> None:
            store.index().query(BEST)

        began = time.perf_counter()
        ask()
        milliseconds("the first question, which reads the journal", time.perf_counter() - began)
        milliseconds("a question, nothing changed", best(ask, 1.0))
        milliseconds("of which SQLite's part", best(lambda: rows_of(store.folder), 1.0))

        def record_and_ask() -> None:
            record(journal, sweep, range(min(100, cells)))
            ask()

        milliseconds("a question after 100 cells more are recorded", best(record_and_ask, 2.0))


def rows_of(folder: Path) -> None:
    """The same question, of SQLite alone."""
    with closing(sqlite3.connect(folder / "index.sqlite")) as connection:
        connection.execute(BEST).fetchall()


def milliseconds(name: str, seconds: float) -> None:
    """A line of the table."""
    print(f"{name:<56} {1e3 * seconds:>9.1f} ms")


def main() -> None:
    """Everything, one after another."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        store = nnexpr.store(folder)
        content = one_run(store)
        fill(store, content, runs)
        print(f"{runs:,} runs of {len(content):,} bytes each")
        began = time.perf_counter()
        store.entries()
        milliseconds("the first list, which makes the index", time.perf_counter() - began)
        milliseconds("a list, nothing changed", best(store.entries, 2.0))
        changed = store.runs()[-1].path

        def change_and_list() -> None:
            changed.write_bytes(content)
            store.entries()

        milliseconds("a list, one run changed", best(change_and_list, 2.0))
        entries = store.entries()
        wanted = parse("cube depth>2 | /relu.*x/ !tag=paper")
        milliseconds("a filter over all", best(lambda: [wanted.accepts(each) for each in entries], 2.0))
        milliseconds("sorting by loss", best(lambda: ordered(entries, "loss"), 1.0))
        milliseconds(
            "heads of all files, without the index", best(lambda: [run.head() for run in store.runs()], 1.0)
        )
        command = [sys.executable, "-m", "nnexpr_tui", "runs", "list", "--last", "50", "--store", folder]
        milliseconds(
            "nnexpr-tui runs list, as a process",
            best(lambda: subprocess.run(command, check=True, capture_output=True), 2.0),
        )
        size = (Path(folder) / "index.sqlite").stat().st_size
        print(f"the index has {size / 1e6:.1f} MB, the files {runs * len(content) / 1e6:,.0f} MB")
    questions(runs)


if __name__ == "__main__":
    main()
