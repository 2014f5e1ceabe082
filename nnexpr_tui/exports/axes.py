"""Axes in pixels: where values lie on them, their numbers and grid, and curves cut off at their ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnexpr_tui.charts.limits import Limits, linear_ticks, log_ticks
from nnexpr_tui.exports.marks import Bars, Curve, Dots, Mark, Rule, Text
from nnexpr_tui.exports.thinning import finite_pieces, thinned

__all__ = ["Panel", "Scale", "cut"]

Floats = NDArray[np.float64]

TOLERANCE = 0.35  # pixels that a drawn curve may be off, measured vertically
SMALL = 11  # of numbers at an axis
PIXELS_A_COLUMN, PIXELS_A_ROW = 74, 36  # for one number
BEND_HEIGHT = 7.0
FINEST = (1.0, 4.0)  # pixels between two bends that are drawn; where there are many
MANY_BENDS = 160


@dataclass(frozen=True, slots=True)
class Scale:
    """Values on pixels. ``limits``: exponents of ten where it is logarithmic; ``start``: the place of the lower."""

    limits: Limits
    start: float
    end: float
    log: bool = False

    def __call__(self, values: ArrayLike) -> Floats:
        """Where they are; NaN for what has no place."""
        given = np.asarray(values, dtype=np.float64)
        with np.errstate(all="ignore"):
            exact = np.log10(np.where(given > 0, given, np.nan)) if self.log else given
            return self.at(exact)

    def at(self, positions: Floats) -> Floats:
        """Where positions on the axis are."""
        low, high = self.limits
        return self.start + (positions - low) / (high - low) * (self.end - self.start)

    def ticks(self, pixels: float) -> list[tuple[float, str]]:
        """Places and numbers, one for about so many pixels."""
        most = max(2, int(abs(self.end - self.start) / pixels))
        made = log_ticks(self.limits, most) if self.log else linear_ticks(self.limits, most)
        return [(float(self.at(np.array(tick.position))), tick.label) for tick in made]


@dataclass(frozen=True, slots=True)
class Panel:
    """A pair of axes; those of y go upwards."""

    x: Scale
    y: Scale

    @property
    def corner(self) -> tuple[float, float]:
        """The upper left one."""
        return self.x.start, self.y.end

    def axes(self, *, x_name: str = "", x_numbers: bool = True, y_numbers: bool = True) -> list[Mark]:
        """Grid, axes, numbers, and the name of x below."""
        (left, top), right, bottom = self.corner, self.x.end, self.y.start
        marks: list[Mark] = []
        for at, label in self.y.ticks(PIXELS_A_ROW):
            marks.append(Rule(left, at, right, at, "grid"))
            if y_numbers:
                marks.append(Text(left - 6, at + 4, label, "faint", SMALL, "end"))
        for at, label in self.x.ticks(PIXELS_A_COLUMN):
            marks.append(Rule(at, top, at, bottom, "grid"))
            if x_numbers:
                marks.append(Text(at, bottom + 15, label, "faint", SMALL, "middle"))
        marks += [Rule(left, bottom, right, bottom, "axis"), Rule(left, top, left, bottom, "axis")]
        if x_name:
            marks.append(Text((left + right) / 2, bottom + 28, x_name, "faint", SMALL, "middle"))
        return marks

    def curve(self, x: ArrayLike, y: ArrayLike, ink: str, width: float = 1.6) -> list[Mark]:
        """The line through these values, cut off at the panel's ends and in pieces where they are not finite."""
        across, down = cut(self.x(x), self.y(y), self.y.end, self.y.start)
        pieces = (thinned(piece, TOLERANCE) for piece in finite_pieces(across, down))
        return [Curve(piece, ink, width) for piece in pieces]

    def dots(self, x: ArrayLike, y: ArrayLike, ink: str, radius: float) -> list[Mark]:
        """A disc at each of these values that is within the panel."""
        points = np.stack([self.x(x), self.y(y)], axis=1)
        inside = (points[:, 1] >= self.y.end - 1e-6) & (points[:, 1] <= self.y.start + 1e-6)
        inside &= (points[:, 0] >= self.x.start - 1e-6) & (points[:, 0] <= self.x.end + 1e-6)
        return [Dots(points[inside], radius, ink)] if inside.any() else []

    def bends(self, places: Floats, ink: str) -> list[Mark]:
        """Short strokes on the lower axis; of many, one in four pixels at most."""
        at = np.unique(np.round(self.x(places), 1))
        if len(at) > MANY_BENDS:
            finest = FINEST[0] if len(np.unique(np.round(at))) <= MANY_BENDS else FINEST[1]
            at = np.unique(np.round(at / finest) * finest)
        return [Bars(at, self.y.start, BEND_HEIGHT, ink)] if len(at) else []


def cut(x: Floats, y: Floats, low: float, high: float) -> tuple[Floats, Floats]:
    """The line through these points where it is between ``low`` and ``high``, exactly up to there; NaN parts it."""
    for bound in (low, high):
        off = y - bound
        with np.errstate(all="ignore"):
            crossing = np.flatnonzero(np.sign(off[:-1]) * np.sign(off[1:]) < 0)
            share = off[crossing] / (off[crossing] - off[crossing + 1])
        across = x[crossing] + share * (x[crossing + 1] - x[crossing])
        x, y = np.insert(x, crossing + 1, across), np.insert(y, crossing + 1, bound)
    with np.errstate(all="ignore"):
        outside = (y < low) | (y > high)
    return x, np.where(outside, np.nan, y)
