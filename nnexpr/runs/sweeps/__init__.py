"""Sweeps: many fits from one file, trained as few ensembles, kept in the store and taken up again.

    file.py      the TOML file, checked with line numbers
    plan.py      which cells are trained together: jobs
    job.py       one job trained: JSON in, a run's file out
    results.py   what is told of each cell
    sweep.py     what is done and left, in the store
    local.py     all jobs, on this machine's cores

Importing this costs neither NumPy nor torch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nnexpr.runs.sweeps.faults import SweepFileError
from nnexpr.runs.sweeps.file import SweepFile, read_file
from nnexpr.runs.sweeps.plan import Job, Plan, plan_of

if TYPE_CHECKING:
    from nnexpr.runs.sweeps.job import JobStopped
    from nnexpr.runs.sweeps.sweep import ResultDiffers, Sweep

__all__ = [
    "Job", "JobStopped", "Plan", "ResultDiffers", "Sweep", "SweepFile", "SweepFileError", "plan_of", "read_file",
    "run_job",
]  # fmt: skip

_HOMES = {"JobStopped": "job", "ResultDiffers": "sweep", "Sweep": "sweep"}


def __getattr__(name: str) -> object:
    """What needs more than the declarations is loaded when it is used."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def run_job(
    text: str,
    keep: Callable[[bytes], None] | None = None,
    stop: Callable[[], bool] | None = None,
    checkpoint: bytes | None = None,
    tell: Callable[[int], None] | None = None,
) -> bytes:
    """See :func:`nnexpr.runs.sweeps.job.run_job`; loads torch."""
    from nnexpr.runs.sweeps import job

    return job.run_job(text, keep, stop, checkpoint, tell)
