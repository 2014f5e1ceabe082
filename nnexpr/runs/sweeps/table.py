"""The results of a sweep as a table: one row a cell, what is best, and what seeds make of each configuration."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from nnexpr.runs.sweep_journal import CellEntry
from nnexpr.runs.sweeps.results import RESULTS
from nnexpr.specification import OPTIONS, FitSpecification

__all__ = ["Group", "Table", "table_of"]

FLAGS = ("collapsed", "certified", "nonfinite")
WHOLE = (
    "epoch_of_best", "linear_regions", "bends", "activation_regions", "dead_units", "trained_epochs", "diverged_at",
)  # fmt: skip
BEFORE = ("sweep", "cell", "state", "run", "member")  # columns of a row


@dataclass(frozen=True)
class Group:
    """Cells that differ in their seeds only."""

    options: Mapping[str, Any]  # those that vary, but for the seed
    cells: tuple[int, ...]
    done: int
    diverged: int
    values: tuple[float, ...]  # what they are judged by, of those that are done and finite, ascending
    regions: float | None  # their median

    @property
    def median(self) -> float:
        """Of the values; infinite where there are none."""
        return median(self.values) if self.values else math.inf


@dataclass(frozen=True)
class Table:
    """Of each cell, by number, its specification and what became of it; ``varied``: the options that differ."""

    sweep: str
    varied: tuple[str, ...]
    cells: tuple[FitSpecification, ...]
    entries: tuple[CellEntry, ...]

    def option(self, name: str) -> list[Any]:
        """Of each cell."""
        return [getattr(cell, name) for cell in self.cells]

    def result(self, name: str) -> list[float]:
        """Of each cell that was trained to the end, or as far as it has come; NaN where there is none.

        Of one that was pruned too: what it had on the way compares with nothing that others have at their end.
        """
        return [
            math.nan if entry.state == "pruned" else entry.metrics.get(name, math.nan)
            for entry in self.entries
        ]

    def spelled(self, cell: int, name: str) -> str:
        """An option of a cell, as a person would type it."""
        return OPTIONS[name].format(getattr(self.cells[cell], name))

    @property
    def columns(self) -> tuple[str, ...]:
        """Of :meth:`rows`: what the cell is, every option that its file names, results, and why it failed."""
        named = dict.fromkeys(name for entry in self.entries for name in entry.config)
        ordered = (*self.varied, *(name for name in named if name not in self.varied))
        return (*BEFORE, *ordered, *RESULTS, "problem")

    def rows(self) -> list[dict[str, Any]]:
        """One of each cell, by :attr:`columns`; what there is none of is None, and a list of one value that value."""
        options = [name for name in self.columns if name in OPTIONS]
        return [self._row(cell, entry, options) for cell, entry in zip(self.cells, self.entries, strict=True)]

    def _row(self, cell: FitSpecification, entry: CellEntry, options: Sequence[str]) -> dict[str, Any]:
        given = {name: _plain(getattr(cell, name)) for name in options}
        results = {name: _kept(name, entry.metrics.get(name)) for name in RESULTS}
        state = {"sweep": self.sweep, "cell": entry.number, "state": entry.state, "run": entry.run or None}
        return {**state, "member": entry.member, **given, **results, "problem": entry.problem or None}

    def best(self, count: int, by: str = "loss") -> list[int]:
        """The cells of the least values, the least first; those pruned or without one are left out."""
        values = self.result(by)
        done = [cell for cell, entry in enumerate(self.entries) if entry.state == "done"]
        finite = [cell for cell in done if math.isfinite(values[cell])]
        return sorted(finite, key=lambda cell: values[cell])[:count]

    def groups(self, by: str = "loss") -> list[Group]:
        """Configurations, the one of the least median result first."""
        names = [name for name in self.varied if name != "seed"]
        alike: dict[tuple[Any, ...], list[int]] = {}
        for number, cell in enumerate(self.cells):
            alike.setdefault(tuple(getattr(cell, name) for name in names), []).append(number)
        made = [self._group(dict(zip(names, key, strict=True)), cells, by) for key, cells in alike.items()]
        return sorted(made, key=lambda group: group.median)

    def _group(self, options: Mapping[str, Any], cells: Sequence[int], by: str) -> Group:
        entries = [self.entries[cell] for cell in cells if self.entries[cell].state == "done"]
        values = sorted(
            entry.metrics[by] for entry in entries if math.isfinite(entry.metrics.get(by, math.nan))
        )
        regions = [entry.metrics["linear_regions"] for entry in entries if "linear_regions" in entry.metrics]
        diverged = sum(entry.metrics.get("nonfinite", 0) > 0 for entry in entries)
        middle = median(regions) if regions else None
        return Group(options, tuple(cells), len(entries), diverged, tuple(values), middle)


def table_of(sweep: Any) -> Table:
    """Of a :class:`~nnexpr.runs.sweeps.sweep.Sweep` as it stands."""
    return Table(sweep.id, tuple(sweep.varied), sweep.plan.cells, tuple(sweep.cells))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return value[0] if len(value) == 1 else ",".join(f"{item:.12g}" for item in value)
    return value


def _kept(name: str, value: float | None) -> Any:
    """A result as the kind of value that it is."""
    if value is None or not math.isfinite(value):
        return None
    if name in FLAGS:
        return bool(value)
    return int(value) if name in WHOLE else value
