"""A rung of successive halving on a cluster: what comes back of a job is how good its cells are, and no run."""

from __future__ import annotations

import json
import math
from functools import partial
from typing import TYPE_CHECKING

from nnexpr.runs.cluster import worker
from nnexpr.runs.sweeps.plan import Job
from nnexpr.runs.sweeps.sweep import ResultDiffers
from nnexpr.specification import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Rung"]


class Rung:
    """Takes what a sweep takes of its jobs (:class:`~nnexpr.runs.cluster.carrying.Results`) and keeps it here.

    ``function`` is what the workers do. One that could not be trained has no good ``scores``.
    """

    def __init__(self, by: str, share: float) -> None:
        self.function: Callable[[str], bytes] = partial(worker.score, by, share)
        self.scores: dict[int, float] = {}

    def accept(self, job: Job, content: bytes) -> bool:
        """The scores of a job's cells; raises ResultDiffers for a second time with others, InputError for no scores."""
        try:
            found = [math.inf if each is None else float(each) for each in json.loads(content)]
            scores = dict(zip(job.cells, found, strict=True))
        except (ValueError, TypeError):
            raise InputError(
                "result", f"of job {job.number}", "it is not what its cells are judged by"
            ) from None
        known = {cell: self.scores[cell] for cell in job.cells if cell in self.scores}
        if known and known != scores:
            raise ResultDiffers(f"job {job.number} was done twice, and its cells were judged otherwise")
        self.scores |= scores
        return not known

    def fail(self, job: Job, reason: str) -> None:  # noqa: ARG002 - it is told where it is trained to the end
        """No cell of it is good."""
        self.scores |= dict.fromkeys(job.cells, math.inf)
