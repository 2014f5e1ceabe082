"""Successive halving: cells are trained for a few epochs, the best third goes on for three times as many, and so on.

After Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization" (AISTATS 2016). A
rung trains its cells from the start, to the epochs that it has, as on the way to all: a schedule over all epochs is not
squeezed into fewer. So what a cell that is left gives in the end is, to the bit, what it gives in a sweep without
halving, and only what was pruned has to be recorded. To train anew costs half as much again as to go on would, with
rungs three times as long as the one before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from threading import Event

from nnexpr.declarations import InputError
from nnexpr.runs.sweeps.job import JobStopped, score_job
from nnexpr.runs.sweeps.local import Progress, side_by_side
from nnexpr.runs.sweeps.plan import Job
from nnexpr.runs.sweeps.rungs import FACTOR, rungs
from nnexpr.runs.sweeps.sweep import Sweep

__all__ = ["Scores", "epochs_of", "halve", "scores_here"]

# What each cell of the jobs is judged by after this share of its epochs, less being better; None where it was stopped.
Scores = Callable[[Sequence[Job], float], Mapping[int, float] | None]


def halve(sweep: Sweep, scores_of: Scores) -> bool:
    """Prune the sweep's cells, rung by rung, to those that are trained to the end; False where it was stopped.

    To be called while the sweep is held. What a rung has pruned is recorded when the rung is done, so that it goes on
    with the next one.
    """
    for count, share in rungs(len(sweep.cells))[:-1]:
        alive = sum(cell.state != "pruned" for cell in sweep.cells)
        if alive < count:  # this rung was done before
            continue
        jobs = sweep.jobs
        scores = scores_of(jobs, share)
        if scores is None:
            return False
        ranked = sorted(scores, key=lambda cell: (scores[cell], cell))
        epochs = {cell: epochs_of(job, share) for job in jobs for cell in job.cells}
        sweep.prune({cell: scores[cell] for cell in sorted(ranked[count // FACTOR :])}, sweep.halving, epochs)
    return True


def epochs_of(job: Job, share: float) -> int:
    """How many of a job's epochs its share is."""
    return max(1, math.ceil(job.epochs * share))


def scores_here(
    by: str, *, workers: int, tell: Callable[[Progress], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> Scores:  # fmt: skip
    """By jobs on this machine, so many at once. One that cannot be trained has no good score."""
    return lambda jobs, share: _scores(jobs, share, by, workers, tell, stop)


def _scores(
    jobs: Sequence[Job], share: float, by: str, workers: int, tell: Callable[[Progress], None],
    stop: Callable[[], bool],
) -> dict[int, float] | None:  # fmt: skip
    progress, scores = Progress(jobs), dict[int, float]()

    def work(job: Job, ending: Event) -> list[float]:
        def reached(epoch: int) -> None:
            progress.reached[job.number] = round(epoch / share)

        return score_job(job, epochs_of(job, share), by, ending.is_set, reached)

    def take(job: Job, future: Future[list[float]]) -> None:
        try:
            scores.update(zip(job.cells, future.result(), strict=True))
            progress.done.add(job.number)
        except JobStopped:
            progress.stopped = True
        except (InputError, MemoryError, RuntimeError, ValueError, ArithmeticError):
            scores.update(dict.fromkeys(job.cells, math.inf))
            progress.done.add(job.number)

    def is_over() -> bool:
        tell(progress)
        return stop()

    side_by_side(jobs, work, take, workers=workers, is_over=is_over)
    return scores if len(progress.done) == len(jobs) else None
