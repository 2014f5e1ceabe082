"""A sweep in a store: what is done, what is left, and results as they come in, each once.

A job's result is a run of the store, whose id follows from the sweep's and the job's number; the sweep's journal
(:mod:`nnexpr.runs.sweep_journal`) says what became of each cell. The run is written first. So a process may be killed
at any moment: a run that is there without its record is found when the sweep is opened again, and what has neither is
trained again, from its last checkpoint where there is one.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from nnexpr.atomic import write_atomically
from nnexpr.declarations import InputError
from nnexpr.files import FileError, open_ordinary
from nnexpr.networks.tensor_file import read_metadata
from nnexpr.runs.store import Store
from nnexpr.runs.sweep_growth import SweepState
from nnexpr.runs.sweep_journal import CellEntry, SweepEntry
from nnexpr.runs.sweeps.file import SweepFile
from nnexpr.runs.sweeps.plan import Job, Plan, plan_of
from nnexpr.runs.sweeps.rungs import OBJECTIVES
from nnexpr.specification import OPTIONS

__all__ = ["ResultDiffers", "Sweep", "run_of"]


class ResultDiffers(Exception):
    """A job was done twice, and not to the same bits."""


def fingerprint(path: str) -> str:
    """The SHA-256 of a file's contents; empty where it cannot be read."""
    digest = hashlib.sha256()
    try:
        with open_ordinary(path) as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except (FileError, OSError):
        return ""
    return digest.hexdigest()


def run_of(sweep: str, job: int) -> str:
    """The id of the run that a job becomes: of the sweep's second, and as far behind it as the job's number."""
    return f"{sweep[:-6]}{(int(sweep[-6:], 16) + 1 + job) % (1 << 24):06x}"


class Sweep:
    """One that is there: see :meth:`begin`, :meth:`open`. Whoever writes does so inside :meth:`held`."""

    def __init__(self, store: Store, entry: SweepEntry) -> None:
        _require_words(entry)
        self._store, self._journal, self._entry = store, store.sweeps, entry
        self._cells = list(self._journal.cells(entry.id))
        self.id, self.name = entry.id, entry.name

    @classmethod
    def begin(cls, store: Store, file: SweepFile, *, halving: str = "") -> Sweep:
        """A new sweep of what the file says. Raises OSError where the store cannot be written.

        ``halving``: the result by which cells are pruned on the way, if they are.
        """
        journal = store.sweeps
        words: dict[str, Any] = {"path": os.path.abspath(file.path), "varied": list(file.varied)}
        words |= {"halving": halving} if halving else {}
        words["data"] = {path: fingerprint(path) for job in plan_of(file.configs).jobs for path in job.files}
        return cls(store, journal.named(journal.begin(file.name, file.text, file.configs, words)))

    @classmethod
    def open(cls, store: Store, sweep: str) -> Sweep:
        """The one whose id begins so, or the newest of that name; raises :class:`InputError` for none."""
        return cls(store, store.sweeps.named(sweep))

    @contextmanager
    def held(self) -> Iterator[None]:
        """While inside, no other process writes it; raises :class:`InputError` where one does.

        What was written without its record is found.
        """
        with self._journal.held(self.id):
            self._cells = list(self._journal.cells(self.id))
            self._find()
            yield

    # --- what it is

    @property
    def entry(self) -> SweepEntry:
        """At a glance, as the journal has it."""
        return self._entry

    @property
    def changed_data(self) -> tuple[str, ...]:
        """Files that do not hold what they held when the sweep began."""
        held = self._entry.words.get("data", {})
        return tuple(path for path, mark in held.items() if fingerprint(path) != mark)

    @property
    def varied(self) -> Sequence[str]:
        """The options that are not the same in all cells."""
        return tuple(map(str, self._entry.words.get("varied", ())))

    @property
    def halving(self) -> str:
        """The result by which cells are pruned on the way; empty where none are."""
        return str(self._entry.words.get("halving", ""))

    @property
    def cells(self) -> Sequence[CellEntry]:
        """By number, as they stand."""
        return tuple(self._cells)

    @cached_property
    def plan(self) -> Plan:
        """All cells and their jobs, with their ids; raises :class:`InputError` where this nnexpr cannot train them."""
        plan = plan_of([cell.config for cell in self._cells])
        jobs = (replace(job, sweep=self.id, run=run_of(self.id, job.number)) for job in plan.jobs)
        return replace(plan, jobs=tuple(jobs))

    @property
    def jobs(self) -> list[Job]:
        """Those of the plan, of the cells that were not pruned, in order."""
        if not any(cell.state == "pruned" for cell in self._cells):
            return list(self.plan.jobs)
        parts = (
            job.only([cell for cell in job.cells if self._cells[cell].state != "pruned"])
            for job in self.plan.jobs
        )
        return [replace(part, run=run_of(self.id, part.number)) for part in parts if part is not None]

    def left(self) -> list[Job]:
        """Jobs that are not done, in order; those that failed among them."""
        return [job for job in self.jobs if any(self._cells[cell].state != "done" for cell in job.cells)]

    @property
    def failures(self) -> Mapping[int, str]:
        """Why jobs failed, by their numbers."""
        problems = ((job.number, self._cells[job.number]) for job in self.jobs)
        return {number: cell.problem for number, cell in problems if cell.state == "failed"}

    def rows(self) -> list[dict[str, Any]]:
        """One of each cell: its number, state, run, member, options and results."""
        return [
            {
                "cell": cell.number, "state": cell.state, "run": cell.run, "member": cell.member,
                **cell.config, **cell.metrics, "problem": cell.problem,
            }
            for cell in self._cells
        ]  # fmt: skip

    # --- what comes in

    def accept(self, job: Job, content: bytes) -> bool:
        """Keep a job's result; False where it was there, and is the same to the bit, times apart.

        Raises :class:`ResultDiffers` where it is not, :class:`InputError` where the contents are not this job's, and
        OSError where the store cannot be written.
        """
        told = _told(content, job)
        known = self._known(job)
        if known is not None and known.get("done"):
            if not _is_same(self._place(job.run).read_bytes(), content, job.run):
                raise ResultDiffers(
                    f"job {job.number} of sweep {self.id} was done twice, and gave other bits"
                )
            self._record_done(job, known)
            return False
        write_atomically(self._place(job.run), content)
        self._record_done(job, told)
        return True

    def keep(self, job: Job, content: bytes) -> None:
        """A checkpoint of a job that goes on. Raises OSError."""
        write_atomically(self._place(job.run), content)

    def checkpoint(self, job: Job) -> bytes | None:
        """The last checkpoint of a job that is not done; None where there is none."""
        known = self._known(job)
        return None if known is None or known.get("done") else self._place(job.run).read_bytes()

    def fail(self, job: Job, reason: str) -> None:
        """Record that the job could not be trained."""
        self._record([replace(self._cells[cell], state="failed", problem=reason) for cell in job.cells])

    def prune(self, scores: Mapping[int, float], by: str, epochs: Mapping[int, int]) -> None:
        """Record that cells are not trained on, with what they were judged by and after how many epochs."""
        self._record(
            [
                replace(
                    self._cells[cell],
                    state="pruned",
                    metrics={by: score, "trained_epochs": float(epochs[cell])},
                )
                for cell, score in scores.items()
            ]
        )

    def conclude(self, state: SweepState) -> None:
        """Record how the sweep stands, and wait until the disk has it."""
        self._journal.conclude(self.id, state)

    def _find(self) -> None:
        """Record the jobs that are done and have no record, because their process was killed."""
        for job in self.left():
            known = self._known(job)
            if known is not None and known.get("done"):
                self._record_done(job, known)

    def _record_done(self, job: Job, told: Mapping[str, Any]) -> None:
        self._record(
            [
                replace(
                    self._cells[cell],
                    state="done",
                    run=job.run,
                    member=member,
                    problem="",
                    metrics=_numbers(row),
                )
                for member, (cell, row) in enumerate(zip(job.cells, told["cells"], strict=True))
                if self._cells[cell].state != "done"
            ]
        )

    def _record(self, cells: Sequence[CellEntry]) -> None:
        if cells:
            self._journal.record(self.id, cells)
        for cell in cells:
            self._cells[cell.number] = cell

    def _known(self, job: Job) -> Mapping[str, Any] | None:
        """What the head of the job's run says of it; None where there is no such run, or it is damaged."""
        if not self._place(job.run).is_file():
            return None
        try:
            return _words(read_metadata(self._place(job.run)).get("nnexpr", ""), job)
        except InputError:
            return None

    def _place(self, run: str) -> Path:
        return self._store.folder / f"{run}.safetensors"


def _require_words(entry: SweepEntry) -> None:
    """What :meth:`Sweep.begin` wrote down; raises :class:`InputError` for what it never would."""
    varied, halving = entry.words.get("varied", []), entry.words.get("halving", "")
    data = entry.words.get("data", {})
    if not (
        isinstance(varied, list)
        and all(isinstance(name, str) and name in OPTIONS for name in varied)
        and (halving == "" or halving in OBJECTIVES)
        and isinstance(data, dict)
        and all(isinstance(mark, str) for mark in data.values())
    ):
        raise InputError("sweep", entry.id, "its journal is damaged: it says of itself what no sweep is")


def _told(content: bytes, job: Job) -> Mapping[str, Any]:
    """What a job's result says of its cells; raises :class:`InputError` where it is not one of this job."""
    from nnexpr.networks.tensor_file import tensors_in

    told = _words(tensors_in(content, f"job {job.number}")[1].get("nnexpr", ""), job)
    if not told.get("done"):
        raise InputError("result", f"of job {job.number}", "it is not the end of it")
    return told


def _words(text: str, job: Job) -> Mapping[str, Any]:
    try:
        extra = json.loads(text)["extra"]
        told: Mapping[str, Any] = extra["job"]
        cells = [(each["cell"], each["seed"], each["lr"]) for each in told["cells"]]
        if extra["sweep"] == job.sweep and cells == list(zip(job.cells, job.seeds, job.rates, strict=True)):
            return told
    except (ValueError, TypeError, LookupError, RecursionError):
        pass
    raise InputError("result", f"of job {job.number}", "it is not of this job")


def _numbers(row: Mapping[str, Any]) -> dict[str, float]:
    """Of a cell's results; what there is none of is left out."""
    return {
        name: float(value)
        for name, value in row.items()
        if name not in ("cell", "seed", "lr") and isinstance(value, (int, float))
    }


def _is_same(one: bytes, other: bytes, run: str) -> bool:
    """Whether two results hold the same tensors, NaN being itself."""
    from nnexpr.networks.tensor_file import tensors_in

    tensors, others = tensors_in(one, run)[0], tensors_in(other, run)[0]
    return tensors.keys() == others.keys() and all(
        tensor.shape == others[name].shape
        and tensor.dtype == others[name].dtype
        and tensor.numpy().tobytes() == others[name].numpy().tobytes()
        for name, tensor in tensors.items()
    )
