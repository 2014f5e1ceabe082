"""What changes with time as a picture: a column for each time, a row for each part, lighter where there is more.

Pure functions of arrays, as in ``maps``. Between two entries the earlier one is shown. Several maps stand beside one
another on one axis of time, so that a place is the same time in each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nnexpr_tui.charts import palettes
from nnexpr_tui.charts.heat import EMPTY, OWN, Picture, blank, levels_of, pixels, shaded, write
from nnexpr_tui.charts.limits import Limits, Tick, linear_ticks, log_ticks
from nnexpr_tui.charts.maps import GREY, Ground
from nnexpr_tui.charts.rows import shortened, told_apart

__all__ = ["TimeAxis", "TimeMap", "TimeMaps", "deep_rows", "even_rows", "time_map"]

TICK = 9  # cells for a number under the map
GAP = 1  # cells between two maps
MARKS = {True: "^", False: "▲"}  # under the time that is shown, in ASCII or not

Rows = tuple[
    NDArray[np.intp], tuple[tuple[int, str], ...]
]  # the part of each row of pixels; names, by such rows


@dataclass(frozen=True)
class TimeAxis:
    """From ``low`` to ``high``; of a logarithmic one these are exponents of ten."""

    low: float
    high: float
    log: bool = True

    def times(self, width: int) -> NDArray[np.float64]:
        """In the middles of so many columns."""
        places = self.low + (np.arange(width) + 0.5) * (self.high - self.low) / max(width, 1)
        return np.asarray(10.0**places if self.log else places)

    def column(self, place: float, width: int) -> int:
        """The column of a place on the axis, within it."""
        share = (place - self.low) / (self.high - self.low)
        return min(max(int(share * width), 0), width - 1)

    def place(self, time: float) -> float | None:
        """Where a time is; None where it has no place."""
        if not self.log:
            return time
        return math.log10(time) if time > 0 else None

    def ticks(self, most: int) -> tuple[Tick, ...]:
        """About so many numbers."""
        limits = self.low, self.high
        return log_ticks(limits, most) if self.log else linear_ticks(limits, most)


@dataclass(frozen=True, eq=False)
class TimeMap:
    """``values: (entries, parts)`` at ascending ``times: (entries,)``; NaN is grey, and nothing is after ``end``.

    ``shown``: a time that is marked. ``fronts: (parts,)``: for each part a time that is marked in its row.
    ``mark`` and ``title``: whose it is among several, its letter and its name. ``ends``: names of its highest and its
    lowest row, where the rows have none.
    """

    times: NDArray[np.floating] | NDArray[np.integer]
    values: NDArray[np.floating]
    end: float
    shown: float | None = None
    mark: str = ""
    title: str = ""
    ends: Sequence[str] = ()
    fronts: NDArray[np.float64] | None = None


def deep_rows(count: int, high: int, per_row: int) -> Rows:
    """Each part as many pixels deep as there is room for, those beyond left out; named by their numbers from 0."""
    deep = max(1, high // count)
    shown = min(high // deep, count)
    picked = np.repeat(np.arange(shown), deep)
    every = next((step for step in (1, 2, 5, 10, 20, 50) if step * deep >= per_row), 100)
    return picked, tuple((part * deep, str(part)) for part in range(0, shown, every))


def even_rows(count: int, high: int, per_row: int) -> Rows:  # noqa: ARG001
    """All parts spread over the rows, the last at the top; without names."""
    return (count - 1 - np.arange(high) * count // max(high, 1)).astype(np.intp), ()


def time_map(
    shown: TimeMap, axis: TimeAxis, rows: Rows, limits: Limits, ground: Ground, *, margin: int = 3
) -> Picture:
    """The map on its ground, with names at the left and times below."""
    width = ground.width - margin
    picture = blank(ground.width, ground.height)
    if width < 1 or ground.rows < 1:
        return picture
    per_row = 1 if ground.plain else 2
    if len(shown.times):
        drawn = _drawn(shown, axis, rows[0], limits, ground, width)
        picture[: len(drawn), margin:] = drawn
        if shown.fronts is not None:
            _mark_fronts(picture, shown.fronts, axis, rows[0], ground, margin)
    ends = tuple(zip((0, ground.rows - 1)[: ground.rows], shown.ends, strict=False))
    for row, name in (*((pixel // per_row, name) for pixel, name in rows[1]), *ends):
        write(picture, row, 0, f"{shortened(name, margin - 1):>{margin - 1}}")
    if ground.rows < ground.height:
        _number_times(picture, axis, shown.shown, ground, margin)
    return picture


def _drawn(
    shown: TimeMap, axis: TimeAxis, picked: NDArray[np.intp], limits: Limits, ground: Ground, width: int
) -> Picture:
    at = axis.times(width)
    entries = np.maximum(np.searchsorted(shown.times, at, side="right") - 1, 0)
    reached = (at >= shown.times[0]) & (at <= shown.end)
    levels = levels_of(shown.values[entries].T, limits, palettes.LEVELS)[picked]
    if ground.plain:
        drawn = shaded(levels, palettes.LEVELS, ground.shades)
        drawn["code"][:, ~reached] = ord(" ")
        return drawn
    colors = np.where(levels == EMPTY, GREY, palettes.sequential(ground.dark)[levels])
    colors = np.where(reached, colors, OWN)
    rest = np.full((len(colors) % 2, width), OWN)
    return pixels(np.vstack([colors, rest]).astype(np.int32))


def _mark_fronts(
    picture: Picture,
    fronts: NDArray[np.float64],
    axis: TimeAxis,
    picked: NDArray[np.intp],
    ground: Ground,
    margin: int,
) -> None:
    """A sign in each row of cells, where the first of its parts has its time."""
    per_row, width = (1 if ground.plain else 2), ground.width - margin
    ink = palettes.mark(ground.dark)
    for row in range(-(-len(picked) // per_row)):
        times = fronts[picked[row * per_row : (row + 1) * per_row]]
        place = axis.place(float(times.min())) if np.isfinite(times.min()) else None
        if place is not None and axis.low <= place <= axis.high:
            column = margin + axis.column(place, width)
            under = picture[row, column]
            paper = OWN if ground.plain else int(under["ink"])
            write(
                picture,
                row,
                column,
                "|" if ground.markers == "ascii" else "▏",
                OWN if ground.plain else ink,
                paper,
            )


def _number_times(picture: Picture, axis: TimeAxis, shown: float | None, ground: Ground, margin: int) -> None:
    """The times under the map, and a mark at the one that is shown; a number gives way to it, or is left out."""
    row, width = ground.height - 1, ground.width - margin
    place_of = None if shown is None else axis.place(shown)
    mark = ground.width if place_of is None else margin + axis.column(place_of, width)
    end = ground.width + 1  # of the room for a number, and a blank behind it
    for tick in reversed(axis.ticks(max(2, width // TICK))):
        place = min(margin + axis.column(tick.position, width), ground.width - len(tick.label))
        if place <= mark < place + len(tick.label):
            place = mark + 1
        if place + len(tick.label) < end:
            write(picture, row, place, tick.label)
            end = place
    if place_of is not None:
        write(picture, row, mark, MARKS[ground.markers == "ascii"])


def _one_row(high: int, per_row: int) -> Rows:
    return deep_rows(1, high, per_row)


@dataclass(frozen=True, eq=False)
class TimeMaps:
    """Maps of one kind on one axis; ``rows(high, per_row)`` shares out so many rows of pixels.

    ``title`` and ``note`` say what is seen; ``why`` there is nothing to be seen, if so.
    """

    title: str
    maps: Sequence[TimeMap] = ()
    axis: TimeAxis = TimeAxis(0.0, 1.0)
    rows: Callable[[int, int], Rows] = _one_row
    limits: Limits = (0.0, 1.0)
    margin: int = 3
    note: str = ""
    why: str = ""

    def drawn(self, ground: Ground) -> Picture:
        """All maps beside one another, each under whose it is where there are several."""
        whole = blank(ground.width, ground.height)
        if self.why or not self.maps:
            write(whole, 0, 0, self.why)
            return whole
        left, count, room = 0, len(self.maps), ground.width - GAP * (len(self.maps) - 1)
        above = int(any(each.mark for each in self.maps))
        titles = told_apart([each.title for each in self.maps], room // count - len("A "))
        for number, each in enumerate(self.maps):
            width = max(room * (number + 1) // count - room * number // count, 0)
            own = replace(ground, width=width, height=max(ground.height - above, 0))
            per_row = 1 if own.plain else 2
            rows = self.rows(own.rows * per_row, per_row)
            picture = time_map(each, self.axis, rows, self.limits, own, margin=self.margin)
            whole[above : above + len(picture), left : left + width] = picture
            if above:
                write(whole, 0, left, f"{each.mark} {titles[number]}"[:width])
            left += width + GAP
        return whole
