"""What is told of a sweep's results: the JSON document, and for people tables and pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from nnexpr.specification import OPTIONS, FitSpecification, command_line
from nnexpr_tui.commands.output import (
    count,
    figure,
    number,
    print_drawn,
    print_table,
    print_text,
)

if TYPE_CHECKING:
    from nnexpr.runs.sweeps.sweep import Sweep
    from nnexpr.runs.sweeps.table import Group, Table

__all__ = ["document", "show_failures", "show_results"]

MOST_FAILURES = 10  # that are told to people
_PARALLEL_SIZE = 120, 22  # cells at most
_MAP_WIDTH = 120
MOST_COLUMNS = 6  # options beside the results, in a table


def document(sweep: Sweep, state: str) -> dict[str, Any]:
    """The JSON document of a sweep as it stands."""
    from nnexpr.runs.sweeps.table import table_of

    rows = table_of(sweep).rows()
    failures = [
        {"job": job.number, "cells": list(job.cells), "problem": sweep.failures[job.number]}
        for job in sweep.plan.jobs
        if job.number in sweep.failures
    ]
    return {
        "schema": 1,
        "sweep": sweep.id,
        "name": sweep.name,
        "state": state,
        "varied": list(sweep.varied),
        "cells": len(rows),
        "done": sum(row["state"] == "done" for row in rows),
        "pruned": sum(row["state"] == "pruned" for row in rows),
        "diverged": sum(row["nonfinite"] is True for row in rows),
        "failed": failures,
        "results": rows,
    }


def show_results(table: Table, top: int, by: str = "loss") -> None:
    """The best cells, configurations over their seeds, heat maps and parallel coordinates."""
    from nnexpr.runs.sweeps.pictures import heat_maps, parallel
    from nnexpr_tui.charts.blocks import block_map
    from nnexpr_tui.charts.parallel import parallel_picture

    best = table.best(top, by)
    if not best:
        print_text("No cell has a finite loss.")
        return
    names = table.varied[:MOST_COLUMNS]
    rows = [_row(table, cell, names, by) for cell in best]
    ends = (by.replace("_", " "), "max error", "regions", "bends", "dead units")
    print_table(f"Best of {count(len(table.cells), 'cell')}", ("cell", *names, *ends), rows, narrow=True)
    if len(table.varied) > MOST_COLUMNS:
        print_text(f"Also varied: {', '.join(table.varied[MOST_COLUMNS:])}.")
    groups = table.groups(by)
    if len(groups) < len(table.cells) and len(groups) > 1:
        _show_groups(groups, names, top, by)
    for each in heat_maps(table, by):
        print_text(each.title.capitalize(), style="bold")
        print_drawn(partial(block_map, each), _MAP_WIDTH, len(each.y))
    if len(table.varied) > 1 and len(best) > 1:
        pruned = any(entry.state == "pruned" for entry in table.entries)
        print_text(f"All cells{' not pruned' * pruned}, the brightest the best", style="bold")
        lines = parallel(table, by)
        print_drawn(lambda ground: parallel_picture(lines, ground), *_PARALLEL_SIZE)
    print_text(f"The best alone: {command_line(_alone(table.cells[best[0]]))}")


def _alone(cell: FitSpecification) -> FitSpecification:
    """A cell as a fit that gives the same bits: jobs take one thread."""
    return cell if cell.threads else cell.replace(threads=1)


def _row(table: Table, cell: int, names: Sequence[str], by: str) -> tuple[str, ...]:
    metrics = table.entries[cell].metrics
    counts = (metrics.get(name, math.nan) for name in ("linear_regions", "bends", "dead_units"))
    return (
        str(cell),
        *(table.spelled(cell, name) for name in names),
        figure(metrics[by]),
        number(metrics.get("max_error")),
        *(number(int(each) if math.isfinite(each) else None) for each in counts),
    )


def _show_groups(groups: Sequence[Group], names: Sequence[str], top: int, by: str) -> None:
    shown = [name for name in names if name != "seed"]
    lost = any(group.diverged for group in groups[:top] if group.values)
    rows = [
        (
            *(OPTIONS[name].format(group.options[name]) for name in shown),
            f"{group.done:,}",
            *(number(value) for value in (group.values[0], group.median, group.values[-1])),
            number(group.regions),
            *([str(group.diverged)] if lost else []),
        )
        for group in groups[:top]
        if group.values
    ]
    title = (
        f"Best of {count(len(groups), 'configuration')}, by the median {by.replace('_', ' ')} of their seeds"
    )
    results = "least", "median", "greatest", "regions", *(["diverged"] if lost else [])
    print_table(title, (*shown, "cells", *results), rows, narrow=True)


def show_failures(failures: Mapping[int, str]) -> None:
    """The first of them, each with its reason."""
    rows = [(str(job), problem) for job, problem in list(failures.items())[:MOST_FAILURES]]
    if rows:
        print_table(f"{count(len(failures), 'job')} failed", ("job", "why"), rows, words=True)
