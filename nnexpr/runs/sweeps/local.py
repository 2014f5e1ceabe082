"""All jobs of a sweep on this machine: as many side by side as there are cores and memory for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Event
from typing import TypeVar

import psutil

from nnexpr.declarations import InputError
from nnexpr.runs.sweeps.job import JobStopped, run_job
from nnexpr.runs.sweeps.plan import Job
from nnexpr.runs.sweeps.sweep import ResultDiffers, Sweep
from nnexpr.training.devices import resolve_device

__all__ = ["Progress", "beside", "run_here", "side_by_side"]

Result = TypeVar("Result")

LOOK = 0.25  # seconds between two looks at what is done
SHARE = 0.8  # of the free memory


@dataclass
class Progress:
    """How far a sweep is. Work is in multiply-adds; ``reached``: epochs of the jobs under way, by number."""

    jobs: Sequence[Job]
    done: set[int] = field(default_factory=set)  # numbers of jobs, since the sweep was taken up
    failed: dict[int, str] = field(default_factory=dict)
    reached: dict[int, int] = field(default_factory=dict)
    stopped: bool = False

    @property
    def work(self) -> float:
        """Of all jobs."""
        return sum(job.work for job in self.jobs)

    @property
    def work_done(self) -> float:
        """Of those that are done or failed, and of the others as far as they are."""
        return sum(job.work * self._share(job) for job in self.jobs)

    def _share(self, job: Job) -> float:
        if job.number in self.done or job.number in self.failed:
            return 1.0
        return self.reached.get(job.number, 0) / max(1, job.epochs)


def beside(jobs: Sequence[Job], threads: int) -> int:
    """How many of the jobs this machine trains at once: by its threads, one on a graphics processor, and by memory."""
    if any(resolve_device(device).type != "cpu" for device in {job.specification.device for job in jobs}):
        return 1
    each = max(1, max((job.threads for job in jobs), default=1))
    room = SHARE * psutil.virtual_memory().available / max((job.bytes for job in jobs), default=1)
    return max(1, min(threads // each, int(room), len(jobs)))


def run_here(
    sweep: Sweep, jobs: Sequence[Job], *, workers: int, tell: Callable[[Progress], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False, stop_after: int | None = None,
) -> Progress:  # fmt: skip
    """Train the jobs, ``workers`` at once, and keep their results; to be called while the sweep is held.

    ``tell`` is told several times a second how far they are, and ``stop`` asked: once it says so, or so many jobs have
    failed, those under way are kept where they are. A job that cannot be trained is recorded with its reason. Raises
    OSError where the store cannot be written, after the jobs under way have ended.
    """
    progress = Progress(jobs)

    def work(job: Job, ending: Event) -> bytes:
        def reached(epoch: int) -> None:
            progress.reached[job.number] = epoch

        def keep(content: bytes) -> None:
            sweep.keep(job, content)

        return run_job(job.to_json(), keep, ending.is_set, sweep.checkpoint(job), reached)

    def is_over() -> bool:
        tell(progress)
        return stop() or (stop_after is not None and len(progress.failed) >= stop_after)

    def take(job: Job, future: Future[bytes]) -> None:
        _take(sweep, job, future, progress)

    side_by_side(jobs, work, take, workers=workers, is_over=is_over)
    progress.stopped = len(progress.done) + len(progress.failed) < len(jobs)
    return progress


def side_by_side(
    jobs: Sequence[Job], work: Callable[[Job, Event], Result], take: Callable[[Job, Future[Result]], None], *,
    workers: int, is_over: Callable[[], bool],
) -> None:  # fmt: skip
    """Do the ``work`` of every job, so many at once in order, and ``take`` what comes of each in this thread.

    ``is_over`` is asked several times a second; once it says so nothing more begins, and the event given to the work
    that is under way is set. What ``take`` raises ends it likewise.
    """
    ending, waiting, under_way = Event(), list(reversed(jobs)), dict[Future[Result], Job]()
    with ThreadPoolExecutor(workers, "job") as pool:
        try:
            while waiting or under_way:
                while waiting and len(under_way) < workers and not ending.is_set():
                    job = waiting.pop()
                    under_way[pool.submit(work, job, ending)] = job
                if not under_way:
                    break
                finished, _ = wait(under_way, LOOK, FIRST_COMPLETED)
                for future in finished:
                    take(under_way.pop(future), future)
                if is_over():
                    ending.set()
        finally:
            ending.set()


def _take(sweep: Sweep, job: Job, future: Future[bytes], progress: Progress) -> None:
    """What has come of a job; an error of the store is raised."""
    try:
        content = future.result()
    except JobStopped:
        return
    except (InputError, MemoryError, RuntimeError, ValueError, ArithmeticError) as error:
        _fail(sweep, job, str(error) or type(error).__name__, progress)
        return
    try:
        sweep.accept(job, content)
        progress.done.add(job.number)
    except ResultDiffers as error:
        _fail(sweep, job, str(error), progress)


def _fail(sweep: Sweep, job: Job, reason: str, progress: Progress) -> None:
    progress.failed[job.number] = " ".join(reason.split())
    sweep.fail(job, progress.failed[job.number])
