"""Questions in SQL are answered as the files say, read and do nothing else, and come to an end."""

from __future__ import annotations

import contextlib
import math
import os
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from light_runs import age, ids, write_run

from nnexpr.runs.filters import parse
from nnexpr.runs.index import IndexProblem, schema
from nnexpr.runs.index.database import reading
from nnexpr.runs.keeper import Keeper
from nnexpr.runs.store import Store
from nnexpr.runs.sweep_journal import CellEntry, Sweeps
from nnexpr.specification import FitSpecification, InputError
from nnexpr.training.fit import session_of

RUNS = ids(4)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    folder = tmp_path / "store"
    epochs = np.arange(0, 1000, 10)
    losses = np.stack([1 / (1 + epochs), np.full(100, np.nan)], axis=1).astype(np.float32)
    arrays = {
        "parameters": np.zeros((2, 3), np.float32), "loss": np.array([0.25, np.nan]),
        "best_loss": np.array([0.125, np.inf]), "epoch_of_best": np.array([7, 0]), "diverged": np.array([-1, 3]),
        "history.epochs": epochs, "history.losses": losses,
    }  # fmt: skip
    write_run(folder, RUNS[0], losses=(0.25, None), tensors=arrays, options={"depth": 5})
    write_run(folder, RUNS[1], state="failed", losses=(None,))
    write_run(folder, RUNS[2], tensors={"loss": np.zeros(3), "history.losses": np.zeros((2, 2), np.int32)})
    (folder / f"{RUNS[3]}.safetensors").write_bytes(b"nothing")
    age(folder / f"{RUNS[3]}.safetensors")
    return Store(folder)


def rows(store: Store, sql: str, **bounds: Any) -> list[tuple[Any, ...]]:
    return list(store.index().query(sql, **bounds).rows)


def test_runs_members_and_losses_over_time_are_there(store: Store) -> None:
    store.tag(RUNS[0], "good", "paper")
    states = (
        "SELECT state, least_loss, least_loss_state, json_extract(config, '$.depth') FROM runs ORDER BY id"
    )
    assert rows(store, states) == [
        ("interrupted", 0.25, "finite", 5), ("diverged", None, "nan", 3), ("interrupted", 0.5, "finite", 3),
        ("damaged", None, "nan", None),
    ]  # fmt: skip
    assert rows(store, "SELECT * FROM members") == [
        (RUNS[0], 0, "", 0.25, "finite", 0.125, "finite", 7, None),
        (RUNS[0], 1, "", None, "nan", None, "nan", 0, 3),
    ]  # fmt: skip
    metrics = rows(store, "SELECT epoch, least, median, largest, largest_state FROM metrics ORDER BY epoch")
    assert (len(metrics), metrics[0][0], metrics[-1][0]) == (32, 0, 990)
    assert all(row[1:] == (float(np.float32(1 / (1 + row[0]))),) * 3 + ("finite",) for row in metrics)
    assert rows(store, "SELECT tag FROM tags WHERE run = ?".replace("?", f"'{RUNS[0]}'")) == [
        ("good",),
        ("paper",),
    ]


def test_a_fit_is_there_as_it_was_kept(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    session = session_of(FitSpecification.make(width=(4,), members=3, points=32, epochs=50, seed=5))
    session.step(50)
    Keeper(store, 0.0).keep(session)
    told = rows(store, "SELECT seed, loss, best_loss, epoch_of_best FROM members ORDER BY member")
    expected = zip(session.losses(), session.best_loss, session.epoch_of_best.tolist(), strict=True)
    assert told == [(str(5 + at), *each) for at, each in enumerate(expected)]
    [(last,)] = rows(store, "SELECT least FROM metrics ORDER BY epoch DESC LIMIT 1")
    assert last == session.history.losses[-1].min()


def test_what_changed_is_answered_anew_and_what_went_no_longer(store: Store) -> None:
    count = (
        "SELECT (SELECT count(*) FROM members), (SELECT count(*) FROM metrics), (SELECT count(*) FROM tags)"
    )
    store.tag(RUNS[0], "good")
    assert rows(store, count) == [(2, 32, 1)]
    write_run(
        store.folder, RUNS[1],
        tensors={name: np.array([value]) for name, value in
                 (("loss", 0.5), ("best_loss", 0.5), ("epoch_of_best", 1), ("diverged", -1))}
        | {"history.epochs": np.arange(5), "history.losses": np.ones((5, 1))},
    )  # fmt: skip
    assert rows(store, count) == [(3, 37, 1)]
    store.trash(RUNS[0])
    assert rows(store, count) == [(1, 5, 0)]
    store.restore(RUNS[0])
    assert rows(store, count) == [(3, 37, 1)]
    before = rows(store, "SELECT * FROM members ORDER BY run, member")
    store.index().rebuild()
    assert rows(store, "SELECT * FROM members ORDER BY run, member") == before
    assert rows(store, count) == [(3, 37, 1)]


def test_sweeps_and_their_cells_are_there(store: Store) -> None:
    journal = Sweeps(store.folder)
    (store.folder / "sweeps").mkdir()
    sweep = journal.begin("widths", "[grid]\nwidth = [4, 8]\n", [{"width": 4}, {"width": 8}, {"width": 16}])
    assert rows(store, "SELECT id, name, state, cells FROM sweeps") == [(sweep, "widths", "running", 3)]
    metrics = {"loss": 0.5, "max_error": math.nan, "speed": math.inf}
    journal.record(sweep, [
        CellEntry(sweep, 0, {}, "done", RUNS[0], 1, metrics),
        CellEntry(sweep, 1, {}, "failed", problem="no memory"),
    ])  # fmt: skip
    journal.conclude(sweep, "failed")
    cells = "SELECT number, state, run, member, problem, json_extract(config, '$.width') FROM cells ORDER BY number"
    assert rows(store, cells) == [
        (0, "done", RUNS[0], 1, "", 4), (1, "failed", "", None, "no memory", 8), (2, "waiting", "", None, "", 16),
    ]  # fmt: skip
    assert rows(store, "SELECT name, value, value_state FROM cell_metrics ORDER BY name") == [
        ("loss", 0.5, "finite"), ("max_error", None, "nan"), ("speed", None, "inf"),
    ]  # fmt: skip
    assert rows(store, "SELECT state FROM sweeps") == [("failed",)]
    (store.folder / "index.sqlite").unlink()
    assert len(rows(store, cells)) == 3, "made again from the journal"
    next((store.folder / "sweeps").glob("*.jsonl")).unlink()
    assert rows(store, "SELECT count(*) FROM sweeps") == [(0,)]
    assert rows(store, "SELECT count(*) FROM cells") == [(0,)]


def listing(store: Store) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in store.folder.parent.rglob("*") if path.is_file()}


WRITING = [
    "DELETE FROM runs", "UPDATE runs SET name = 'x'", "INSERT INTO tags VALUES ('a', 'b')", "DROP TABLE runs",
    "CREATE TABLE x (y)", "CREATE TEMP TABLE x (y)", "ALTER TABLE runs ADD COLUMN x", "VACUUM", "REINDEX",
    "VACUUM INTO 'copy.sqlite'", "ATTACH 'other.sqlite' AS other", "PRAGMA user_version=7", "PRAGMA journal_mode=off",
    "PRAGMA query_only=0", "PRAGMA writable_schema=1", "PRAGMA hard_heap_limit=1", "BEGIN", "SAVEPOINT a",
    "SELECT load_extension('x')", "WITH x AS (SELECT 1) DELETE FROM runs", "EXPLAIN DELETE FROM runs",
    "SELECT 1; DELETE FROM runs", "SELECT writefile('x', 'y')", "SELECT readfile('/etc/passwd')", "ANALYZE",
]  # fmt: skip


@pytest.mark.parametrize("sql", WRITING)
def test_whatever_would_do_more_than_read_is_refused(
    store: Store, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows(store, "SELECT 1")
    before = listing(store)
    with pytest.raises(InputError):
        rows(store, sql)
    assert listing(store) == before


NOTHING = ["", ";", "-- nothing", "SELECT", "SELECT nothing FROM runs", "hello", "SELECT '\x00'", "\ud800"]


@pytest.mark.parametrize("sql", NOTHING)
def test_what_is_no_question_is_refused_in_sqlites_words(store: Store, sql: str) -> None:
    with pytest.raises(InputError) as refused:
        rows(store, sql)
    assert refused.value.allowed


ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT ? FROM c"


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        (ENDLESS.replace("?", "count(*)"), "took longer than 0.02 seconds"),
        (ENDLESS.replace("?", "x") + " ORDER BY -x", "took longer"),
        ("SELECT zeroblob(1000000000)", "too big"),
        ("SELECT hex(zeroblob(9000000))", "too big"),
    ],
)
def test_a_question_without_an_end_is_ended(store: Store, sql: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        rows(store, sql, seconds=0.02)


def test_rows_beyond_those_asked_for_are_left_out(store: Store) -> None:
    answer = store.index().query(ENDLESS.replace("?", "x, x'00ff' AS bytes"), rows=3)
    assert answer.columns == ("x", "bytes")
    assert answer.rows == ((1, "00ff"), (2, "00ff"), (3, "00ff"))
    assert answer.is_cut
    assert not store.index().query("SELECT 1", rows=1).is_cut


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(
    ["SELECT", "*", "FROM", "runs", "members", "WHERE", "id", "=", "'a'", "1", "(", ")", ",", "DELETE", "PRAGMA",
     "UNION", "WITH", "AS", "x", "json_extract(config, '$')", "ORDER BY", "LIMIT", "-1", ";", "--", "x'00'", "NULL"],
), max_size=12).map(" ".join) | st.text(max_size=20))  # fmt: skip
def test_no_text_does_more_than_answer_or_be_refused(store: Store, sql: str) -> None:
    rows(store, "SELECT 1")
    before = (store.folder / "index.sqlite").read_bytes()
    with contextlib.suppress(InputError):
        rows(store, sql, seconds=0.2, rows=10)
    assert (store.folder / "index.sqlite").read_bytes() == before


def test_an_index_of_before_is_brought_up_to_date_and_a_copy_kept(store: Store) -> None:
    path = store.folder / "index.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as old:
        old.executescript(f"{schema._RUNS} PRAGMA user_version=1;")
    assert [entry.id for entry in store.entries()] == RUNS
    assert len(rows(store, "SELECT * FROM members")) == 2
    with reading(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
    backup = store.folder / "index.v1.sqlite"
    with contextlib.closing(sqlite3.connect(f"file:{backup}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert backup.stat().st_mode & 0o077 == path.stat().st_mode & 0o077


def test_an_older_index_has_the_tables_of_a_new_one(store: Store, tmp_path: Path) -> None:
    store.entries()
    old = tmp_path / "old"
    old.mkdir()
    with contextlib.closing(sqlite3.connect(old / "index.sqlite")) as connection:
        connection.executescript(f"{schema._RUNS} PRAGMA user_version=1;")
    write_run(old, RUNS[0])
    Store(old).entries()
    made = []
    for folder in (store.folder, old):
        with reading(folder / "index.sqlite") as connection:
            made.append(connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall())
    assert made[0] == made[1]
    described = {name for name, _ in made[0] if not name.startswith("sqlite_")}
    assert described == {*schema.DESCRIBED, "details"}


def test_without_an_index_nothing_is_answered_and_why_is_said(store: Store) -> None:
    (store.folder / "index.sqlite").mkdir()
    assert [entry.id for entry in store.entries()] == RUNS
    with pytest.raises(IndexProblem, match="cannot be used"):
        rows(store, "SELECT 1")
    os.rmdir(store.folder / "index.sqlite")
    assert rows(store, "SELECT 1") == [(1,)]


def test_a_store_that_is_not_there_yet_has_no_rows_and_none_is_made(tmp_path: Path) -> None:
    store = Store(tmp_path / "none")
    index = store.index()
    for table in ("runs", "members", "metrics", "tags", "sweeps", "cells", "cell_metrics"):
        assert index.query(f"SELECT * FROM {table}").rows == ()  # noqa: S608 - constants
    assert index.query("SELECT count(*) AS runs FROM runs").rows == ((0,),)
    assert index.notes[0] == f"no run is kept in {store.folder}"
    assert not store.folder.exists()
    with pytest.raises(InputError, match="no such table"):
        index.query("SELECT * FROM no_table")


def test_what_members_have_of_their_own_is_found_by_filters_and_questions(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    cells = [{"cell": at, "seed": 0, "lr": lr} for at, lr in enumerate((0.001, 0.01))]
    write_run(store.folder, RUNS[0], losses=(0.5, 0.25), job={"number": 0, "done": True, "cells": cells})
    write_run(store.folder, RUNS[1], options={"lr": 0.1})
    for text, found in (
        ("lr=0.01", RUNS[:1]),
        ("lr=0.001", RUNS[:1]),
        ("lr=0.1", RUNS[1:2]),
        ("seed=0", RUNS[:2]),
    ):
        assert [each.id for each in store.entries() if parse(text).accepts(each)] == found, text
    assert rows(store, "SELECT json_extract(own, '$.lr[1]'), own FROM runs ORDER BY id") == [
        (0.01, '{"lr": [0.001, 0.01]}'),
        (None, "{}"),
    ]


@pytest.mark.parametrize("job", [{"cells": 7}, {"cells": [{"lr": "fast", "seed": 0}]}, {}, []])
def test_cells_that_are_none_make_a_head_damaged(tmp_path: Path, job: Any) -> None:
    store = Store(tmp_path / "store")
    write_run(store.folder, RUNS[0], job=job)
    assert [each.state for each in store.entries()] == ["damaged"]
