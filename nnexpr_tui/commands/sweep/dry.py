"""``sweep FILE.toml --dry-run``: the cells, what is trained together, and what it will take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnexpr.runs.store import Store
from nnexpr.runs.sweeps.file import SweepFile
from nnexpr.specification import OPTIONS
from nnexpr_tui.commands.output import Progress, count, print_json, print_table, print_text, say

if TYPE_CHECKING:
    from nnexpr.runs.sweeps.estimate import Estimate
    from nnexpr.runs.sweeps.plan import Job, Plan

__all__ = ["show_plan"]

MOST_ROWS = 40


def show_plan(read: SweepFile, store: Store, *, as_json: bool) -> int:
    """Print it; nothing is trained but short probes, for the estimate."""
    import torch

    from nnexpr.runs.sweeps.check import check_file
    from nnexpr.runs.sweeps.estimate import estimate, require_fits
    from nnexpr.runs.sweeps.local import beside
    from nnexpr.runs.sweeps.plan import plan_of

    for note in check_file(read):
        say(note)
    plan = plan_of(read.configs)
    require_fits(plan.jobs, store.folder)
    with Progress("measuring short probes", 1.0) as bar:
        found = estimate(
            plan.jobs, beside(plan.jobs, torch.get_num_threads()), lambda done, of: bar.show(done / of, "")
        )
    if as_json:
        print_json(_document(read, plan, found))
        return 0
    _show_cells(read, plan)
    _show_jobs(read, plan)
    print_text(
        f"About {duration(found.seconds)} with {count(found.beside, 'job')} at once, measured on "
        f"{count(found.probes, 'short probe')}; {found.bytes / 1e6:,.0f} MB of memory, {found.disk / 1e6:,.1f} MB on "
        "the disk."
    )
    return 0


def duration(seconds: float) -> str:
    """``12 s``, ``3 min``, ``4.5 h``, ``3 days``."""
    for unit, size in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.2g} {unit}"
    return f"{seconds:.2g} s" if seconds >= 1 else "a second"


def _document(read: SweepFile, plan: Plan, found: Estimate) -> dict[str, Any]:
    return {
        "schema": 1,
        "name": read.name,
        "varied": list(read.varied),
        "cells": [dict(config) for config in read.configs],
        "jobs": [
            {"number": job.number, "cells": list(job.cells), "threads": job.threads, "bytes": job.bytes}
            for job in plan.jobs
        ],
        "estimate": {
            "seconds": found.seconds, "probes": found.probes, "jobs_at_once": found.beside,
            "memory_bytes": found.bytes, "disk_bytes": found.disk,
        },
    }  # fmt: skip


def _show_cells(read: SweepFile, plan: Plan) -> None:
    rows = [
        (str(number), *(OPTIONS[name].format(getattr(cell, name)) for name in read.varied))
        for number, cell in enumerate(plan.cells[:MOST_ROWS])
    ]
    print_table(f"{read.name}: {count(len(plan.cells), 'cell')}", ("cell", *read.varied), rows)
    if len(plan.cells) > MOST_ROWS:
        print_text(f"... and {len(plan.cells) - MOST_ROWS:,} more (all with --json)")


def _show_jobs(read: SweepFile, plan: Plan) -> None:
    names = [name for name in read.varied if name != "seed" and (name != "lr" or _lr_apart(plan.jobs))]
    rows = [
        (
            str(job.number),
            f"{len(job.cells):,}",
            *(OPTIONS[name].format(getattr(job.specification, name)) for name in names),
        )
        for job in plan.jobs[:MOST_ROWS]
    ]
    title = f"{count(len(plan.jobs), 'job')}, each trained as one ensemble"
    print_table(title, ("job", "cells", *names), rows)
    if len(plan.jobs) > MOST_ROWS:
        print_text(f"... and {len(plan.jobs) - MOST_ROWS:,} more")


def _lr_apart(jobs: tuple[Job, ...]) -> bool:
    return all(len(set(job.rates)) == 1 for job in jobs)
