"""What SQL says of sweeps is what their journals say, whatever becomes of them between two questions."""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.runs.index import schema
from nnexpr.runs.store import Store
from nnexpr.runs.sweep_growth import growth
from nnexpr.runs.sweep_journal import CellEntry, Sweeps
from nnexpr.runs.sweeps import Sweep, run_job
from nnexpr.runs.sweeps.file import read_text
from nnexpr.runs.sweeps.local import run_here
from nnexpr.specification import InputError

WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
OTHER = "20260101-000000-abcdef"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def rows(store: Store, sql: str) -> list[tuple[Any, ...]]:
    return list(store.index().query(sql).rows)


def place(store: Store, sweep: str) -> Path:
    return store.folder / "sweeps" / f"{sweep}.jsonl"


def by_sql(store: Store, sweep: str) -> list[CellEntry]:
    """Its cells as the index has them."""
    metrics: dict[int, dict[str, float]] = {}
    of_it = f"WHERE sweep = '{sweep}'"
    measured = f"SELECT number, name, value, value_state FROM cell_metrics {of_it}"  # noqa: S608 - our own id
    for number, name, value, state in rows(store, measured):
        metrics.setdefault(number, {})[name] = WORDS.get(state, value)
    columns = "number, config, state, run, member, problem"
    found = rows(store, f"SELECT {columns} FROM cells {of_it} ORDER BY number")  # noqa: S608 - our own id
    return [
        CellEntry(sweep, number, json.loads(config), state, run, member, metrics.get(number, {}), problem)
        for number, config, state, run, member, problem in found
    ]


def agrees(store: Store, sweep: str) -> None:
    """As text, where NaN is NaN and its order none."""
    columns = "state, cells, waiting, running, done, failed, pruned"
    told = rows(store, f"SELECT {columns} FROM sweeps WHERE id = '{sweep}'")  # noqa: S608 - our own id
    try:
        cells, entry = Sweeps(store.folder).cells(sweep), Sweeps(store.folder).named(sweep)
    except InputError:
        assert told == [("damaged", 0, 0, 0, 0, 0, 0)]
        assert by_sql(store, sweep) == []
        return
    states = [cell.state for cell in cells]
    counts = [states.count(state) for state in ("waiting", "running", "done", "failed", "pruned")]
    assert told == [(entry.state, len(cells), *counts)]

    def shown(each: CellEntry) -> str:
        return repr(
            (each.number, dict(each.config), each.row[1:4], sorted(each.row[4].items()), each.problem)
        )

    assert list(map(shown, by_sql(store, sweep))) == list(map(shown, cells))


CONFIGS = st.lists(
    st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3) | st.booleans(), max_size=2),
    min_size=1, max_size=4,
)  # fmt: skip
RECORDS = st.lists(
    st.tuples(
        st.integers(0, 7), st.sampled_from(["waiting", "running", "done", "failed", "pruned"]),
        st.none() | st.integers(0, 300),
        st.dictionaries(st.sampled_from(["loss", "max_error", "kinks"]), st.floats()), st.text("a'\x00é", max_size=3),
    ), max_size=4,
)  # fmt: skip
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), CONFIGS), st.tuples(st.just("record"), RECORDS),
        st.tuples(st.just("conclude"), st.sampled_from(["finished", "running", "stopped"])),
        st.tuples(st.just("cut"), st.integers(1, 200)), st.tuples(st.just("replace"), CONFIGS),
        st.tuples(st.just("ask"), st.none()),
    ), max_size=9,
)  # fmt: skip


def take(journal: Sweeps, sweep: str, path: Path, step: tuple[str, Any]) -> None:
    """What ``step`` does to the journal; nothing to one that is damaged."""
    what, given = step
    if what == "add":
        journal.add(sweep, given)
    elif what == "record":
        last = len(journal.cells(sweep)) - 1
        journal.record(sweep, [
            CellEntry(sweep, min(number, last), {}, state, "r", member, metrics, problem)
            for number, state, member, metrics, problem in given if last >= 0
        ])  # fmt: skip
    elif what == "conclude":
        journal.conclude(sweep, given)
    elif what == "cut":
        path.write_bytes(path.read_bytes()[: -given or None])
    elif what == "replace":
        other = journal.begin("other", "", given)
        os.replace(path.with_name(f"{other}.jsonl"), path)


@settings(max_examples=25, deadline=None)
@given(first=CONFIGS, steps=STEPS)
def test_sql_says_what_the_journal_says(first: list[dict[str, Any]], steps: list[tuple[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        journal = Sweeps(store.folder)
        sweep = journal.begin("s", "", first)
        for step in steps:
            if step[0] == "ask":
                agrees(store, sweep)
            else:
                with contextlib.suppress(InputError):
                    take(journal, sweep, place(store, sweep), step)
        agrees(store, sweep)


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(RECORDS, max_size=5), cut=st.integers(0, 2000), torn=st.integers(0, 40))
def test_in_two_parts_a_journal_says_what_it_says_at_once(
    lines: list[list[tuple[Any, ...]]], cut: int, torn: int
) -> None:
    """Cut anywhere behind the cells, in a line or between two."""
    head = {"sweep": 1, "name": "s", "text": "", "created": "", "stamp": 0, "words": {}}
    beginning = [head, {"first": 0, "cells": [{"at": at} for at in range(8)]}]
    records = [
        {"records": [CellEntry("", number, {}, state, "r", member, metrics, problem).row
                     for number, state, member, metrics, problem in line]} for line in lines
    ]  # fmt: skip
    start = "".join(json.dumps(each) + "\n" for each in beginning).encode()
    data = start + "".join(json.dumps(each) + "\n" for each in records).encode()
    data = data[: max(len(start), len(data) - torn)]
    whole = growth(data)
    first = growth(data[: len(start) + cut])
    rest = growth(data, first.place)
    assert rest.place == whole.place
    assert (rest.head, rest.configs) == (None, {})
    together = {**first.records, **rest.records}
    assert [repr((at, together[at])) for at in sorted(together)] == [
        repr((at, whole.records[at])) for at in sorted(whole.records)
    ]


def test_a_folder_of_sweeps_that_cannot_be_read_keeps_no_other_question_from_its_answer(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = store.sweeps.begin("s", "", [{}, {}])
    agrees(store, sweep)
    genuine = os.listdir

    def refusing(folder: Any = ".") -> list[str]:
        if Path(folder).name == "sweeps":
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        return genuine(folder)

    monkeypatch.setattr(os, "listdir", refusing)
    over = store.index()
    assert over.query("SELECT (SELECT count(*) FROM runs), cells FROM sweeps").rows == ((0, 2),)
    assert over.notes == ["sweeps cannot be read (Permission denied): what is told of them is as it was last"]
    rebuilt = store.index().rebuild()
    assert (rebuilt.sweeps, len(rebuilt.problems)) == (1, 1)
    assert rows(store, "SELECT count(*) FROM cells") == [(2,)]


def test_only_what_was_added_is_read(store: Store) -> None:
    """A row that is changed behind the index's back stays so until the journal is another."""
    journal = Sweeps(store.folder)
    sweep = journal.begin("s", "", [{}, {}])
    agrees(store, sweep)
    with contextlib.closing(sqlite3.connect(store.folder / "index.sqlite")) as behind, behind:
        behind.execute("UPDATE cells SET problem = 'marked'")
    journal.record(sweep, [CellEntry(sweep, 1, {}, "done", metrics={"loss": 0.5})])
    marks = "SELECT problem FROM cells ORDER BY number"
    assert rows(store, marks) == [("marked",), ("",)]
    content = place(store, sweep).read_bytes()
    place(store, sweep).write_bytes(content.replace(b'"s"', b'"t"'))  # of the same size
    assert rows(store, marks) == [("",), ("",)]
    assert rows(store, "SELECT name FROM sweeps") == [("t",)]
    agrees(store, sweep)


HEAD = '{"sweep": 1, "name": "s", "text": "", "created": "", "stamp": 0, "words": {}}\n{"first": 0, "cells": [{}]}\n'
DAMAGED = {
    "no text": b"\xff\xfe\x00",
    "nothing": b"",
    "a newer one": HEAD.replace("1", "9", 1).encode(),
    "cells that are none": HEAD.replace("[{}]", "[5]").encode(),
    "a member beyond all integers": (HEAD + '{"records": [[0, "done", "r", 1e300, {}, ""]]}').encode(),
    "an integer beyond all floats":
        (HEAD + '{"records": [[0, "done", "r", 0, {"a": LARGE}, ""]]}').replace("LARGE", "1" * 400).encode(),
    "a cell that is not there": (HEAD + '{"records": [[-1, "done", "r", 0, {}, ""]]}').encode(),
    "depth": HEAD.replace("{}]", '{"a": ' + "[" * 900 + "]" * 900 + "}]").encode(),
}  # fmt: skip


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_journal_is_named_and_the_others_are_read(store: Store, content: bytes) -> None:
    sweep = Sweeps(store.folder).begin("s", "", [{}])
    place(store, OTHER).write_bytes(content)
    [(state, problem)] = rows(store, f"SELECT state, problem FROM sweeps WHERE id = '{OTHER}'")  # noqa: S608 - our own id
    if problem or content != DAMAGED["depth"]:  # how deep is too deep is Python's to say
        assert (state, bool(problem)) == ("damaged", True)
    agrees(store, sweep)
    before = (store.folder / "index.sqlite").stat().st_mtime_ns
    assert rows(store, "SELECT count(*) FROM sweeps") == [(2,)]
    assert (store.folder / "index.sqlite").stat().st_mtime_ns == before, "what is damaged is not read again"
    rebuilt = store.index().rebuild()
    assert (rebuilt.sweeps, len(rebuilt.problems)) == (2, int(state == "damaged"))
    assert all(OTHER in sentence for sentence in rebuilt.problems)
    place(store, OTHER).write_text(HEAD)
    agrees(store, OTHER)


def test_what_is_no_journal_is_no_sweep(store: Store) -> None:
    sweep = Sweeps(store.folder).begin("s", "", [{}])
    for name in ("notes.jsonl", "x.txt", ".jsonl"):
        place(store, sweep).with_name(name).write_text(HEAD)
    assert rows(store, "SELECT id, state FROM sweeps") == [(sweep, "running")]
    assert store.index().rebuild().problems == ()


PUT = {
    "a folder": Path.mkdir,
    "a pipe": os.mkfifo,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path),
}


@pytest.mark.parametrize("put", PUT.values(), ids=PUT.keys())
def test_what_is_no_file_is_named_and_not_waited_for(store: Store, put: Callable[[Path], None]) -> None:
    sweep = Sweeps(store.folder).begin("s", "", [{}])
    put(place(store, OTHER))
    assert rows(store, "SELECT id, state FROM sweeps ORDER BY id") == [(OTHER, "damaged"), (sweep, "running")]
    [problem] = store.index().rebuild().problems
    assert OTHER in problem


BEFORE = """
CREATE TABLE sweeps (
    id TEXT PRIMARY KEY, stamp TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, created TEXT NOT NULL,
    cells INTEGER NOT NULL, text TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE cells (sweep TEXT, number INTEGER, state TEXT);
CREATE TABLE cell_metrics (sweep TEXT, number INTEGER, name TEXT, value REAL, value_state TEXT);
INSERT INTO sweeps VALUES ('20250101-000000-abcdef', '', 'gone', 'running', '', 1, '');
PRAGMA user_version=2;
"""


def test_an_index_of_version_2_has_its_sweeps_from_the_journals(store: Store) -> None:
    sweep = Sweeps(store.folder).begin("s", "", [{"width": 4}])
    with contextlib.closing(sqlite3.connect(store.folder / "index.sqlite")) as old:
        old.executescript(schema._RUNS + schema._DETAILS + BEFORE)
    agrees(store, sweep)
    assert rows(store, "SELECT id FROM sweeps") == [(sweep,)]
    with contextlib.closing(sqlite3.connect(store.folder / "index.v2.sqlite")) as backup:
        assert backup.execute("SELECT name FROM sweeps").fetchall() == [("gone",)]


READER = """
import sys
import time
from pathlib import Path
from nnexpr.runs.store import Store

store, done, state, looks = Store(Path(sys.argv[1])), 0, "", 0
while state != "finished":
    store.entries()
    index = store.index()
    [(state, now, counted, without)] = index.query(
        "SELECT state, done, (SELECT count(*) FROM cells WHERE state = 'done'),"
        " (SELECT count(*) FROM cells LEFT JOIN cell_metrics USING (sweep, number)"
        "  WHERE state = 'done' AND name IS NULL) FROM sweeps"
    ).rows
    assert done <= now == counted and not without and not index.notes, (done, now, counted, without, index.notes)
    done, looks = now, looks + 1
    if looks == 1:
        print("ready", flush=True)
    time.sleep(0.02)  # the sweep has the processor too
print(done)
"""


def test_a_damaged_index_is_set_aside_for_a_question_where_there_are_no_runs(store: Store) -> None:
    sweep = Sweeps(store.folder).begin("s", "", [{"width": 4}])
    (store.folder / "index.sqlite").write_bytes(b"nonsense" * 100)
    index = store.index()
    assert index.query("SELECT id FROM sweeps").rows == ((sweep,),)
    assert "index.damaged-" in index.notes[0]


def test_two_processes_read_while_a_sweep_writes(store: Store) -> None:
    text = "seeds = 3\n[base]\npoints = 16\nepochs = 5\n[grid]\nwidth = [4, 5, 6]\n"
    sweep = Sweep.begin(store, read_text(text, "s.toml"))
    run_job(sweep.plan.jobs[0].to_json())  # compiles what is to be compiled
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, store.folder],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) for _ in range(2)
    ]  # fmt: skip
    try:
        ready = [each.stdout.readline() if each.stdout else "" for each in readers]
        with sweep.held():
            run_here(sweep, sweep.left(), workers=1)
            sweep.conclude("finished")
        ends = [each.communicate() for each in readers]
    finally:
        for each in readers:
            each.kill()
            each.communicate()
    assert (ready, [said for said, _ in ends]) == (["ready\n"] * 2, ["9\n"] * 2), [
        problem for _, problem in ends
    ]
    agrees(store, sweep.id)
