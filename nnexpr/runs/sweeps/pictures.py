"""What is drawn of a sweep's results, as data: a map over two options, and parallel coordinates of all that vary."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

from nnexpr.runs.sweeps.table import Table
from nnexpr.specification import OPTIONS

__all__ = ["Coordinate", "HeatMap", "Parallel", "heat_maps", "parallel"]

LOG_RATIO = 8.0  # of the largest to the least positive value, from which an axis is logarithmic
MOST_MAPS = 3
MOST_ALONG = 40  # values of an option that has a map; there is one label for each
LEAST_FILLED = 0.25  # of a map's places, where there are cells; draws hardly meet in one
MOST_TICKS = 8  # of an axis; of more values the ends and the middle are named
SMALLEST = 1e-300  # of a loss on a logarithmic axis


@dataclass(frozen=True)
class HeatMap:
    """``values[i][j]``: the median over the cells at ``(x[j], y[i])`` that were not pruned; NaN where none is finite.

    Places are evenly spaced, whatever the options' values are: ``x`` and ``y`` are how those are spelled, numbers in
    ascending order, anything else as it comes.
    """

    title: str
    x_label: str
    y_label: str
    x: Sequence[str]
    y: Sequence[str]
    values: Sequence[Sequence[float]]
    label: str
    log: bool  # whether the values are better told apart by their powers of ten

    @property
    def finite(self) -> list[float]:
        """The values that there are."""
        return [value for row in self.values for value in row if math.isfinite(value)]

    @property
    def has_gaps(self) -> bool:
        """Whether some place has no value."""
        return len(self.finite) < len(self.x) * len(self.y)


@dataclass(frozen=True)
class Coordinate:
    """One upright axis: a place in [0, 1] for each cell, and the names of some places, ascending."""

    name: str
    places: Sequence[float]  # NaN where a cell has none
    ticks: Sequence[tuple[float, str]]


@dataclass(frozen=True)
class Parallel:
    """Cells as lines across the axes, the last of which is what they are judged by, from the least loss upwards."""

    axes: Sequence[Coordinate]
    cells: Sequence[int]  # their numbers, the best last, so that it is drawn over the others


def heat_maps(table: Table, by: str = "loss") -> list[HeatMap]:
    """One for each two options that vary, those with the most places first; none where fewer than two do.

    Options of very many values have none, nor have two that are hardly ever combined: they were drawn, go together, or
    nearly all of their cells were pruned.
    """
    axes = [_Axis.of(table, name) for name in table.varied if name != "seed"]
    pairs = combinations([axis for axis in axes if 1 < len(axis.texts) <= MOST_ALONG], 2)
    kept = [place for place, entry in enumerate(table.entries) if entry.state != "pruned"]
    full = [pair for pair in pairs if _filled(*pair, kept) >= LEAST_FILLED]
    full.sort(key=lambda pair: -len(pair[0].texts) * len(pair[1].texts))
    return [_heat_map(table, *pair, by) for pair in full[:MOST_MAPS]]


@dataclass(frozen=True)
class _Axis:
    """An option: how its values are spelled, in their order, and which of them each cell has."""

    name: str
    texts: Sequence[str]
    at: Sequence[int]

    @classmethod
    def of(cls, table: Table, name: str) -> _Axis:
        spelled, numbers = (
            [table.spelled(cell, name) for cell in range(len(table.cells))],
            _numbers(table, name),
        )
        known = list(dict.fromkeys(spelled))
        if numbers is not None:
            number_of = dict(zip(spelled, numbers, strict=True))
            known.sort(key=lambda text: number_of[text])
        place = {text: at for at, text in enumerate(known)}
        return cls(name, [text or "none" for text in known], [place[text] for text in spelled])


def _filled(across: _Axis, up: _Axis, cells: Sequence[int]) -> float:
    """The share of the places of two options where there are some of the cells."""
    return len({(across.at[cell], up.at[cell]) for cell in cells}) / (len(across.texts) * len(up.texts))


def _heat_map(table: Table, across: _Axis, up: _Axis, by: str) -> HeatMap:
    there: dict[tuple[int, int], list[float]] = {}
    for x, y, value in zip(across.at, up.at, table.result(by), strict=True):
        if math.isfinite(value):
            there.setdefault((x, y), []).append(value)
    values = [
        [median(there[x, y]) if (x, y) in there else math.nan for x in range(len(across.texts))]
        for y in range(len(up.texts))
    ]
    several = " (median)" if any(len(found) > 1 for found in there.values()) else ""
    pruned = ", of cells not pruned" if any(entry.state == "pruned" for entry in table.entries) else ""
    title = f"{by.replace('_', ' ')}{several} over {across.name} and {up.name}{pruned}"
    told = [value for row in values for value in row if math.isfinite(value)]
    return HeatMap(
        title, across.name, up.name, across.texts, up.texts, values, by.replace("_", " "), _is_log(told)
    )


def _is_log(values: Sequence[float]) -> bool:
    return bool(values) and min(values) > 0 and max(values) >= LOG_RATIO * min(values)


def _numbers(table: Table, name: str) -> list[float] | None:
    """An option of each cell as a number; None where some have none, or several."""
    found: list[float] = []
    for value in table.option(name):
        one = value[0] if isinstance(value, tuple) and len(value) == 1 else value
        if not isinstance(one, (int, float)) or isinstance(one, bool):
            return None
        found.append(float(one))
    return found


def parallel(table: Table, by: str = "loss") -> Parallel:
    """Of the cells that have a finite value of ``by``; options that are no numbers have places as they come."""
    names = [name for name in table.varied if name != "seed"] or list(table.varied)
    axes = [_coordinate(table, name) for name in names]
    values = table.result(by)
    judged = [value if math.isfinite(value) else math.nan for value in values]
    axes.append(_scale(by, judged, lambda value: f"{value:.2g}"))
    cells = [cell for cell, value in enumerate(judged) if not math.isnan(value)]
    return Parallel(axes, sorted(cells, key=lambda cell: -judged[cell]))


def _coordinate(table: Table, name: str) -> Coordinate:
    numbers = _numbers(table, name)
    if numbers is not None:
        return _scale(name, numbers, lambda value: f"{value:.3g}")
    spelled = [table.spelled(cell, name) for cell in range(len(table.cells))]
    known = list(dict.fromkeys(spelled))
    places = {text: (at + 0.5) / len(known) for at, text in enumerate(known)}
    shown = known if len(known) <= MOST_TICKS else [known[0], known[-1]]
    return Coordinate(
        name, [places[text] for text in spelled], [(places[text], text or "none") for text in shown]
    )


def _scale(name: str, values: Sequence[float], told: Callable[[float], str]) -> Coordinate:
    finite = [value for value in values if not math.isnan(value)]
    log = _is_log([value for value in finite if value > 0]) and (name not in OPTIONS or min(finite) > 0)

    def at(value: float) -> float:
        return math.log(max(value, SMALLEST)) if log else value

    low, high = (at(min(finite)), at(max(finite))) if finite else (0.0, 1.0)
    span = high - low or 1.0
    places = [(at(value) - low) / span if high > low else 0.5 for value in values]
    distinct = sorted(set(finite))
    if len(distinct) > MOST_TICKS:
        middle = (low + high) / 2
        distinct = [distinct[0], math.exp(middle) if log else middle, distinct[-1]]
    ticks = [((at(value) - low) / span if high > low else 0.5, told(value)) for value in distinct]
    return Coordinate(name, places, ticks)
