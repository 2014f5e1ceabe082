"""What a sweep will take, before it begins: time from short probes, memory and disk from what is known.

A few jobs, spread over all in their size, are trained for some tenths of a second each; the others are taken to be as
fast, per multiply-add, as the probe that is nearest in size. The first probe loads or compiles the loops, which is not
counted.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from nnexpr.declarations import InputError
from nnexpr.networks.architecture import architecture
from nnexpr.runs.sweeps.job import session_of_job
from nnexpr.runs.sweeps.plan import Job, work_of
from nnexpr.training.devices import require_memory, resolve_device

__all__ = ["Estimate", "estimate", "require_fits"]

MOST_PROBES = 5
PROBE_SECONDS = 0.3
ENTRIES = 128  # of the history of each cell, as ``job`` keeps it
HEAD = 500  # bytes of a cell in the head of its run, and twice that in the journal


@dataclass(frozen=True)
class Estimate:
    """``seconds`` with so many jobs at once; ``bytes``: of memory at most; ``disk``: of all results."""

    seconds: float
    probes: int
    beside: int
    bytes: int
    disk: int


def require_fits(jobs: Sequence[Job], folder: Path) -> None:
    """Raise :class:`InputError`, naming an option, where a job does not fit into memory or all not onto the disk."""
    largest = max(jobs, key=lambda job: job.bytes)
    spec = largest.specification
    require_memory(spec, resolve_device(spec.device, spec.dtype))
    disk, free = disk_of(jobs), _free(folder)
    if disk > free:
        needed = f"its results take about {disk / 1e9:.1f} GB, and {folder} has {free / 1e9:.1f} GB left"
        raise InputError(
            "store", str(folder), f"{needed}; fewer or smaller cells, or another --store, need less"
        )


def estimate(
    jobs: Sequence[Job], workers: int, tell: Callable[[int, int], None] = lambda *_: None
) -> Estimate:
    """From probes of a few jobs; ``tell`` is told how many are done, of how many. Raises :class:`InputError`."""
    by_size = sorted(jobs, key=_epoch_of)
    count = min(MOST_PROBES, len({_epoch_of(job) for job in jobs}))
    chosen = [by_size[round(at * (len(by_size) - 1) / max(1, count - 1))] for at in range(count)]
    speeds: dict[float, float] = {}
    for number, job in enumerate(chosen):
        tell(number, count)
        speeds[_epoch_of(job)] = _speed(job)
    total = sum(job.work / speeds[min(speeds, key=lambda at: abs(at - _epoch_of(job)))] for job in jobs)
    longest = max(job.work / speeds[min(speeds, key=lambda at: abs(at - _epoch_of(job)))] for job in jobs)
    room = sum(sorted((job.bytes for job in jobs), reverse=True)[:workers])
    return Estimate(max(total / workers, longest), count, workers, room, disk_of(jobs))


def _epoch_of(job: Job) -> float:
    """The logarithm of one member's multiply-adds in an epoch."""
    return round(math.log(work_of(job.specification) / max(1, job.epochs)), 2)


def _speed(job: Job) -> float:
    """Multiply-adds a second of one thread at this job."""
    session = session_of_job(job)
    if not job.epochs:
        return math.inf
    session.step(1)  # in which loops may be loaded or compiled
    began, first = perf_counter(), session.epoch
    while session.state == "paused" and perf_counter() < began + PROBE_SECONDS:
        session.step(max(1, session.epoch))
    if session.epoch == first:  # there was one epoch only
        return math.inf
    return job.work / job.epochs * (session.epoch - first) / (perf_counter() - began)


def disk_of(jobs: Sequence[Job]) -> int:
    """Bytes of all results, about: parameters twice, the history, and what is told of each cell."""
    total = 0
    for job in jobs:
        spec = job.specification
        try:
            parameters = architecture(spec, 1).parameter_count
        except InputError:
            parameters = architecture(spec, 2).parameter_count
        itemsize = 8 if spec.dtype == "float64" else 4
        entries = min(ENTRIES, job.epochs + 1)
        total += len(job.cells) * (2 * itemsize * parameters + 4 * entries + 3 * HEAD)
    return total


def _free(folder: Path) -> int:
    """On the disk of a folder that may not be there yet."""
    for place in (folder, *folder.parents):
        if place.exists():
            return shutil.disk_usage(place).free
    return 1 << 62
