"""A store that many use at once, that is full, or that lies where nothing can be written."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from light_runs import ids, write_run

from nnexpr.runs.index.database import reading
from nnexpr.runs.keeper import Keeper
from nnexpr.runs.store import Store
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import session_of
from nnexpr.training.session import Session

TOGETHER = Path(__file__).with_name("together.py")
MANY = 32


def test_processes_that_begin_at_once_on_an_empty_store_all_keep_their_runs(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    command, here = [sys.executable, TOGETHER, store.folder, str(MANY)], str(TOGETHER.parents[2])
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": here})
    assert (done.returncode, done.stderr) == (0, "")
    entries = store.entries()
    assert len(entries) == len({entry.config["seed"] for entry in entries}) == MANY
    assert {entry.tags for entry in entries} == {(f"of-{entry.config['seed']}",) for entry in entries}
    assert {(entry.epoch, entry.state) for entry in entries} == {(2, "interrupted")}
    with reading(store.folder / "index.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    left = {path.name for path in store.folder.iterdir() if path.name.endswith(".tmp")}
    assert left == set()


@pytest.fixture
def session() -> Session:
    return session_of(FitSpecification.make(members=2, points=32, width=(4,), epochs=100))


@contextmanager
def no_room(bytes_left: int) -> Iterator[None]:
    """No file can grow beyond so many bytes, as where a disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("room", [0, 1000, 3000])
def test_where_the_disk_is_full_the_last_checkpoint_stands_and_the_fit_goes_on(
    tmp_path: Path, session: Session, room: int
) -> None:
    store, keeper = Store(tmp_path / "store"), Keeper(Store(tmp_path / "store"), 0.0)
    for epoch in (1, 2):
        session.step()
        keeper.keep(session)
        assert (keeper.epoch, keeper.problem) == (epoch, "")
    [run] = store.runs()
    before = sorted(path.name for path in store.folder.iterdir())
    with no_room(room):
        session.step()
        keeper.keep(session)
        assert keeper.problem.endswith("; what is there is of epoch 2")
        assert sorted(path.name for path in store.folder.iterdir()) == before
        assert [entry.epoch for entry in store.entries()] == [2]
        session.step(5)
    assert run.session().epoch == 2
    assert run.read().stands_in == ""
    keeper.keep(session)
    assert (keeper.problem, run.head().epoch) == ("", 8)


def test_where_the_disk_is_full_lists_are_right_without_an_index(tmp_path: Path) -> None:
    store, runs = Store(tmp_path), ids(5)
    for run in runs:
        write_run(tmp_path, run)
    with no_room(4000):
        assert [entry.id for entry in store.entries()] == runs
    assert [entry.id for entry in store.entries()] == runs
    with no_room(4000):
        write_run(tmp_path, ids(6)[5], tensors=None)
        assert [entry.id for entry in store.entries()] == ids(6)
    over = store.index()
    assert ([entry.id for entry in over.entries()], over.notes) == (ids(6), [])
