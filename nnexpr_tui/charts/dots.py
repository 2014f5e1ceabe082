"""Lines, points and bands as dots in a grid of cells.

A straight line between two dots visits every dot of its longer direction once and rounds the other (a DDA), for all
segments at once; clipped segments (Liang and Barsky, 1984) start and end at the canvas' edge. Lines that share a cell
share its character, which takes the colour of the later one. O(dots drawn), a handful of NumPy calls a series.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexpr_tui.charts.markers import MarkerSet
from nnexpr_tui.charts.prepare import Floats, Integers

__all__ = ["Canvas", "clip", "line_dots"]


def line_dots(
    x: Floats, y: Floats, pieces: Integers, width: int, height: int
) -> tuple[Integers, Integers, Integers]:
    """The dots of a polyline on a canvas of ``width`` x ``height`` dots, ``y`` upwards from 0.

    Returns columns, rows from the top, and each dot's place along its segment's longer direction (for dashes).
    """
    x, y = np.rint(x), np.rint(y)
    joined = pieces[1:] == pieces[:-1]
    x0, y0, x1, y1 = x[:-1][joined], y[:-1][joined], x[1:][joined], y[1:][joined]
    if not _inside(x, y, width, height).all():
        x0, y0, x1, y1 = (np.rint(end) for end in clip(x0, y0, x1, y1, width - 1, height - 1))
    rise, run = y1 - y0, x1 - x0
    steps = np.maximum(np.abs(rise), np.abs(run)).astype(np.intp)
    segment = np.repeat(np.arange(len(steps)), steps)
    share = (np.arange(len(segment)) - np.repeat(np.cumsum(steps) - steps, steps)) / steps[segment]
    columns = np.r_[np.rint(x0[segment] + run[segment] * share), x1, x]
    rows = np.r_[np.rint(y0[segment] + rise[segment] * share), y1, y]
    is_steep = np.abs(rise) > np.abs(run)
    steep = np.r_[is_steep[segment], is_steep, np.zeros(len(x), dtype=bool)]
    shown = _inside(columns, rows, width, height)
    across: Integers = columns[shown].astype(np.intp)
    up: Integers = rows[shown].astype(np.intp)
    place: Integers = np.where(steep[shown], up, across)
    return across, height - 1 - up, place


def _inside(x: Floats, y: Floats, width: int, height: int) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return inside


def clip(
    x0: Floats, y0: Floats, x1: Floats, y1: Floats, right: float, top: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """The parts of the segments in [0, right] x [0, top]; those without any are left out."""
    enter, leave = np.zeros(len(x0)), np.ones(len(x0))
    for start, end, high in ((x0, x1, right), (y0, y1, top)):
        change = end - start
        moving = np.abs(change) > 1e-9  # the rest stays where it starts, as far as dots go
        slope = np.where(moving, change, 1.0)
        near, far = np.sort([-start / slope, (high - start) / slope], axis=0)
        within = (start >= 0) & (start <= high)
        enter = np.maximum(enter, np.where(moving, near, np.where(within, -np.inf, np.inf)))
        leave = np.minimum(leave, np.where(moving, far, np.inf))
    kept = enter <= leave
    x0, y0, dx, dy = x0[kept], y0[kept], (x1 - x0)[kept], (y1 - y0)[kept]
    enter, leave = enter[kept], leave[kept]
    return x0 + enter * dx, y0 + enter * dy, x0 + leave * dx, y0 + leave * dy


class Canvas:
    """``height`` x ``width`` cells to draw on: code points and indices of colours, which the caller may have filled."""

    def __init__(self, codes: NDArray[np.uint32], colors: NDArray[np.int16], markers: MarkerSet) -> None:
        self.codes, self.colors, self.markers = codes, colors, markers
        self.height, self.width = codes.shape
        self.dots_wide, self.dots_high = self.width * markers.columns, self.height * markers.rows
        self._bits = np.zeros(codes.shape, dtype=np.uint8)
        self._glyphs = _code_points(markers.glyphs)
        self._weights = np.array(markers.weights, dtype=np.uint8)

    def line(
        self,
        x: Floats,
        y: Floats,
        pieces: Integers,
        color: int,
        pattern: tuple[int, ...] = (),
        character: str = "",
    ) -> None:
        """A polyline through dots ``x``, ``y`` (upwards from 0), of dots or of one character a cell."""
        columns, rows, place = line_dots(x, y, pieces, self.dots_wide, self.dots_high)
        if pattern:
            drawn = np.array(pattern, dtype=bool)[place % len(pattern)]
            columns, rows = columns[drawn], rows[drawn]
        cell_rows, cell_columns = rows // self.markers.rows, columns // self.markers.columns
        if character:
            self._place(cell_rows, cell_columns, character, color)
            return
        weights = self._weights[rows % self.markers.rows, columns % self.markers.columns]
        np.bitwise_or.at(self._bits, (cell_rows, cell_columns), weights)
        self.codes[cell_rows, cell_columns] = self._glyphs[self._bits[cell_rows, cell_columns]]
        self.colors[cell_rows, cell_columns] = color

    def points(self, x: Floats, y: Floats, color: int, character: str) -> None:
        """One character for each dot ``x``, ``y``."""
        columns, rows = np.rint(x), np.rint(y)
        shown = _inside(columns, rows, self.dots_wide, self.dots_high)
        rows = self.dots_high - 1 - rows[shown].astype(np.intp)
        columns = columns[shown].astype(np.intp)
        self._place(rows // self.markers.rows, columns // self.markers.columns, character, color)

    def band(self, x: Floats, lower: Floats, upper: Floats, color: int) -> None:
        """Shade the cells from ``lower`` to ``upper``; between the points of ``x`` both are straight."""
        if not len(x):
            return
        places = np.arange(self.dots_wide, dtype=np.float64)
        covered = (places >= np.rint(x[0])) & (places <= np.rint(x[-1]))
        low = np.where(covered, np.interp(places, x, np.minimum(lower, upper)), np.inf)
        high = np.where(covered, np.interp(places, x, np.maximum(lower, upper)), -np.inf)
        per_cell = (self.width, self.markers.columns)
        low, high = low.reshape(per_cell).min(axis=1), high.reshape(per_cell).max(axis=1)
        bottom = (np.arange(self.height)[::-1, None] * self.markers.rows).astype(np.float64)
        shaded = (high >= bottom - 0.5) & (low < bottom + self.markers.rows - 0.5)
        self.codes[shaded] = ord(self.markers.fill)
        self.colors[shaded] = color
        self._bits[shaded] = 0

    def ticks(self, x: Floats, color: int) -> None:
        """Marks at the dot columns ``x``, on every row."""
        columns = np.rint(x)
        columns = columns[(columns >= 0) & (columns < self.dots_wide)].astype(np.intp)
        bits = np.zeros(self.width, dtype=np.uint8)
        np.bitwise_or.at(
            bits, columns // self.markers.columns, (1 << columns % self.markers.columns).astype(np.uint8)
        )
        self.codes[:] = _code_points("".join(self.markers.ticks))[bits]
        self.colors[:] = np.where(bits > 0, color, self.colors)

    def rule(self, x: float, color: int) -> None:
        """A line from top to bottom through the cell of the dot column ``x``, behind what is drawn."""
        if 0 <= round(x) < self.dots_wide:
            column = round(x) // self.markers.columns
            free = self.codes[:, column] == ord(" ")
            self.codes[free, column] = ord(self.markers.rule)
            self.colors[free, column] = color

    def _place(self, rows: Integers, columns: Integers, character: str, color: int) -> None:
        self.codes[rows, columns] = ord(character)
        self.colors[rows, columns] = color
        self._bits[rows, columns] = 0


def _code_points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), dtype="<u4").astype(np.uint32)
