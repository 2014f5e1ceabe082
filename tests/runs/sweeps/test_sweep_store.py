"""A sweep in a store: each result once, nothing lost to a process that is killed, nothing believed unseen."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nnexpr.declarations import InputError
from nnexpr.runs.store import Store
from nnexpr.runs.sweep_journal import MOST_BYTES, CellEntry, Sweeps
from nnexpr.runs.sweeps import JobStopped, ResultDiffers, Sweep, run_job
from nnexpr.runs.sweeps.file import read_text
from nnexpr.runs.sweeps.local import run_here
from nnexpr.runs.sweeps.sweep import run_of

TEXT = "seeds = 2\n[base]\npoints = 32\nepochs = 20\n[grid]\nwidth = [4, 6]\nlr = [1e-3, 1e-2]\n"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def begun(store: Store, text: str = TEXT) -> Sweep:
    return Sweep.begin(store, read_text(text, "s.toml"))


def run(sweep: Sweep, **how: object) -> None:
    with sweep.held():
        run_here(sweep, sweep.left(), workers=2, **how)  # type: ignore[arg-type]


def test_all_cells_are_done_and_their_runs_are_runs(store: Store) -> None:
    sweep = begun(store)
    run(sweep)
    again = Sweep.open(store, sweep.id)
    assert again.left() == []
    rows = again.rows()
    assert [row["state"] for row in rows] == ["done"] * 8
    for job in again.plan.jobs:
        head = store.named(job.run).head()
        assert head.members == len(job.cells)
        for member, cell in enumerate(job.cells):
            assert (rows[cell]["run"], rows[cell]["member"]) == (job.run, member)
            assert rows[cell]["loss"] == head.losses[member]


def test_a_result_that_comes_twice_is_kept_once_and_compared(store: Store) -> None:
    sweep = begun(store)
    first, second = sweep.plan.jobs
    with sweep.held():
        content = run_job(first.to_json())
        assert sweep.accept(first, content)
        assert not sweep.accept(first, run_job(first.to_json()))  # other times, the same bits
        with pytest.raises(InputError, match="not of this job"):
            sweep.accept(second, content)
        for damaged in (b"", content[:-1], content.replace(rb"\"done\": true", rb"\"done\":false")):
            with pytest.raises(InputError):
                sweep.accept(first, damaged)
        wrong = bytearray(content)
        wrong[-1] ^= 1
        with pytest.raises(ResultDiffers):
            sweep.accept(first, bytes(wrong))
        assert sweep.left() == [second]


def test_a_run_that_was_written_without_its_record_is_found(store: Store) -> None:
    """As after a kill -9 between the two; and a record that was half written is none."""
    sweep = begun(store)
    job = sweep.plan.jobs[0]
    (store.folder / f"{job.run}.safetensors").write_bytes(run_job(job.to_json()))
    journal = store.folder / "sweeps" / f"{sweep.id}.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"records": [[0, "done", "')
    again = Sweep.open(store, sweep.id)
    assert len(again.left()) == 2
    with again.held():
        assert [each.number for each in again.left()] == [again.plan.jobs[1].number]
    assert (
        Sweep.open(store, sweep.id).rows()[0]["state"] == "done"
    )  # what was added behind the torn line counts


def test_a_job_goes_on_from_the_checkpoint_that_was_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnexpr.runs.sweeps.job.TURN", 0.0)  # epoch by epoch
    whole, parted = begun(store), begun(store)
    run(whole)
    with parted.held():
        job = parted.left()[0]
        with pytest.raises(JobStopped):
            run_job(job.to_json(), lambda content: parted.keep(job, content), lambda: True)
    again = Sweep.open(store, parted.id)
    assert again.checkpoint(job) is not None
    with pytest.raises(
        InputError, match="not a checkpoint"
    ):  # by itself, without the cells' own learning rates
        store.named(job.run).session()
    assert store.entry(job.run).state == "kept"
    reached: list[int] = []
    run_job(job.to_json(), checkpoint=again.checkpoint(job), tell=reached.append)
    assert reached[0] > 1  # where a job that begins anew is told of 1
    run(again)
    told = [[{**row, "run": "", "seconds": 0} for row in each.rows()] for each in (whole, again)]
    assert told[0] == told[1]
    assert again.checkpoint(job) is None


def test_a_sweep_that_is_stopped_keeps_what_was_under_way(store: Store) -> None:
    sweep = begun(store, TEXT.replace("epochs = 20", "epochs = 1000000"))
    asked = iter([False, False])
    with sweep.held():
        progress = run_here(sweep, sweep.left()[:1], workers=1, stop=lambda: next(asked, True))
    assert progress.stopped
    assert not progress.done
    assert 0 < progress.work_done < progress.work
    assert sweep.checkpoint(sweep.left()[0]) is not None


def test_jobs_that_fail_are_listed_and_tried_again(store: Store, tmp_path: Path) -> None:
    table = tmp_path / "d.csv"
    text = f"[grid]\nepochs = [5]\ntarget = ['cube', 'csv:{table}', 'csv:{table}x', 'csv:{table}y']"
    sweep = begun(store, text)
    run(sweep)
    assert set(sweep.failures) == {1, 2, 3}
    assert "there is no such file" in sweep.failures[1]
    assert [job.number for job in sweep.left()] == [1, 2, 3]
    table.write_text("x,y\n0,1\n1,2\n2,5\n")
    run(sweep, stop_after=1)
    assert sweep.rows()[1]["state"] == "done"
    assert set(sweep.failures) == {2, 3}


def test_two_processes_do_not_write_one_sweep(store: Store) -> None:
    """A lock is of an open file, so another object of the same process stands for another process."""
    sweep, other = begun(store), Sweep.open(store, begun(store).id)
    with sweep.held():
        with pytest.raises(InputError, match="another process"):
            Sweep.open(store, sweep.id).held().__enter__()
        with other.held():
            pass
    with sweep.held():
        pass


def test_runs_of_a_sweep_have_ids_of_their_own() -> None:
    ids = {run_of("20260101-000000-fffff0", job) for job in range(100_000)}
    assert len(ids) == 100_000
    assert "20260101-000000-fffff0" not in ids


def test_a_journal_keeps_numbers_that_are_none(tmp_path: Path) -> None:
    sweeps = Sweeps(tmp_path)
    sweep = sweeps.begin("s", "text", [{"lr": 1.0}, {"lr": 2.0}], {"path": "x"})
    metrics = {"a": math.nan, "b": math.inf, "c": -math.inf, "d": 0.1}
    sweeps.record(sweep, [CellEntry(sweep, 1, {}, "done", "r", 3, metrics)])
    cell = sweeps.cells(sweep)[1]
    assert math.isnan(cell.metrics["a"])
    assert (cell.metrics["b"], cell.metrics["c"], cell.metrics["d"]) == (math.inf, -math.inf, 0.1)
    assert (cell.config, cell.run, cell.member) == ({"lr": 2.0}, "r", 3)
    assert list(sweeps.add(sweep, [{}, {}])) == [2, 3]
    sweeps.conclude(sweep, "finished")
    [entry] = sweeps.all()
    assert (entry.cells, entry.state, entry.words) == (4, "finished", {"path": "x"})


@pytest.mark.parametrize("end", range(0, 400, 7))
def test_a_journal_that_is_cut_anywhere_is_read_or_refused(tmp_path: Path, end: int) -> None:
    sweeps = Sweeps(tmp_path)
    sweep = sweeps.begin("s", "text", [{"lr": 1.0}, {"lr": 2.0}])
    sweeps.record(sweep, [CellEntry(sweep, 0, {}, "done", "r", 0, {"loss": 1.0})])
    sweeps.record(sweep, [CellEntry(sweep, 1, {}, "failed", problem="why")])
    place = tmp_path / "sweeps" / f"{sweep}.jsonl"
    place.write_bytes(place.read_bytes()[:end])
    try:
        cells = sweeps.cells(sweep)
    except InputError:
        assert sweeps.all() == ()
        return
    sweeps.add(sweep, [{"lr": 3.0}])
    assert sweeps.cells(sweep)[: len(cells)] == cells
    assert sweeps.cells(sweep)[-1].config == {"lr": 3.0}


HEAD = '{"sweep": 1, "name": "s", "text": "", "created": "", "stamp": 0, "words": {}}'


@pytest.mark.parametrize(
    "line",
    [
        '{"sweep": 9, "name": "s"}', '{"sweep": "x"}', "[]", HEAD.replace("{}", "5"),
        HEAD + '\n{"records": [[0, "done", "", 0, {}, ""]]}',
        HEAD + '\n{"state": "odd"}',
        HEAD + '\n{"first": 0, "cells": [{}]}\n{"records": [[0, "odd", "", 0, {}, ""]]}',
        HEAD.replace('"stamp": 0', '"stamp": 1e400'),
        HEAD.replace('"name": "s"', '"name": ["s"]'),
        *(HEAD + f'\n{{"first": 0, "cells": {cells}}}' for cells in ("5", "[null, {}]", '["lr"]', "[[]]")),
        *(
            HEAD + f'\n{{"first": 0, "cells": [{{}}]}}\n{{"records": [{row}]}}'
            for row in (
                '[-1, "done", "", 0, {}, ""]', '[true, "done", "", 0, {}, ""]', '[0, "done", "", 1e400, {}, ""]',
                '[0, "done", "", -1, {}, ""]', f'[0, "done", "", {10**30}, {{}}, ""]', '[0, "done", [], 0, {}, ""]',
                f'[0, "done", "", 0, {{"loss": {10**400}}}, ""]',
            )
        ),
    ],
)  # fmt: skip
def test_a_journal_that_is_none_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "sweeps").mkdir()
    (tmp_path / "sweeps" / "20260101-000000-abcdef.jsonl").write_text(line + "\n")
    with pytest.raises(InputError):
        Sweeps(tmp_path).cells("20260101-000000-abcdef")
    found, unreadable = Sweeps(tmp_path).all_and_unreadable()
    assert (found, list(unreadable)) == ((), ["20260101-000000-abcdef"])
    assert json.loads(line.splitlines()[0]) is not None


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.write(HEAD.encode())
        file.truncate(MOST_BYTES + 1)


@pytest.mark.parametrize(
    "put",
    [os.mkfifo, Path.mkdir, _sparse, lambda path: path.symlink_to("/dev/zero"), lambda path: path.symlink_to(path)],
)  # fmt: skip
def test_what_is_no_file_or_too_large_is_named_and_not_waited_for(
    tmp_path: Path, put: Callable[[Path], None]
) -> None:
    (tmp_path / "sweeps").mkdir()
    put(tmp_path / "sweeps" / "20260101-000000-abcdef.jsonl")
    found, unreadable = Sweeps(tmp_path).all_and_unreadable()
    assert (found, list(unreadable)) == ((), ["20260101-000000-abcdef"])


@pytest.mark.parametrize(
    "words",
    [{"varied": 5}, {"varied": "lr"}, {"varied": ["nosuch"]}, {"varied": [["lr"]]}, {"data": []}, {"data": {"a": 5}},
     {"halving": "nosuch"}, {"halving": {}}],
)  # fmt: skip
def test_a_sweep_that_says_of_itself_what_none_is_is_refused(store: Store, words: dict[str, object]) -> None:
    sweep = Sweeps(store.folder).begin("s", "", [{"lr": 1.0}], words)
    with pytest.raises(InputError, match="damaged"):
        Sweep.open(store, sweep)
