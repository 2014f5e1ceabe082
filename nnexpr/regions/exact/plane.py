"""On a rectangle of a plane, exactly: convex polygons whose corners are where two of their sides' lines meet.

A corner is (X, Y, W), the point (X, Y) / W with W > 0, a cross product of two lines; a line is three whole numbers
without a common divisor. So numbers grow with the depth of the network and not with the number of cuts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.regions.exact.maps import Whole, inputs_of
from nnexpr.regions.exact.walk import largest, walked
from nnexpr.regions.layer import Array, Index
from nnexpr.regions.steps import Step

__all__ = ["InPlane", "Polygons", "in_plane"]

Flags = NDArray[np.bool_]
Line = tuple[int, int, int]
Corner = tuple[int, int, int]


class Polygon(NamedTuple):
    """Corners one after another, and the line of the side from each to the next."""

    corners: list[Corner]
    sides: list[Line]


def _line(numbers: Sequence[int]) -> Line:
    """Without a common divisor, the first number that is not zero above it."""
    a, b, c = numbers
    divisor = gcd(a, b, c)
    divisor = -divisor if (a or b) < 0 else divisor
    return a // divisor, b // divisor, c // divisor


def _meeting(one: Line, other: Line) -> Corner:
    (a, b, c), (d, e, f) = one, other
    x, y, w = b * f - c * e, c * d - a * f, a * e - b * d
    return (x, y, w) if w > 0 else (-x, -y, -w)


def _split(polygon: Polygon, line: Line) -> list[Polygon]:
    """The parts on both sides of a line; the polygon itself where it has corners on one side only."""
    a, b, c = line
    heights = [a * x + b * y + c * w for x, y, w in polygon.corners]
    if not min(heights) < 0 < max(heights):
        return [polygon]
    parts = []
    for sign in (1, -1):
        corners: list[Corner] = []
        sides: list[Line] = []
        for at, (corner, side) in enumerate(zip(*polygon, strict=True)):
            here, there = sign * heights[at], sign * heights[at + 1 - len(heights)]
            if here >= 0:
                corners.append(corner)
                sides.append(side if here > 0 or there > 0 else line)
            if here * there < 0:
                corners.append(_meeting(side, line))
                sides.append(line if here > 0 else side)
        parts.append(Polygon(corners, sides))
    return parts


@dataclass(frozen=True, eq=False)
class Polygons:
    """Cells in the plane."""

    cells: list[Polygon]

    def __len__(self) -> int:
        return len(self.cells)

    def _heights(self, cell: int, lines: Whole) -> Whole:
        """Of each corner above each line, ``(corners, lines)``, up to a factor above zero."""
        found: Whole = np.array(self.cells[cell].corners, dtype=object) @ lines[cell]
        return found

    def cut(self, lines: Whole) -> tuple[Polygons, Index]:
        """See ``Shapes``."""
        cells, parents = [], []
        for cell, polygon in enumerate(self.cells):
            parts, heights = [polygon], self._heights(cell, lines)
            for at in np.flatnonzero((heights > 0).any(axis=0) & (heights < 0).any(axis=0)):
                line = _line(lines[cell, :, at].tolist())
                parts = [half for part in parts for half in _split(part, line)]
            cells += parts
            parents += [cell] * len(parts)
        return Polygons(cells), np.array(parents)

    def above(self, lines: Whole) -> Flags:
        """See ``Shapes``."""
        return np.array([(self._heights(cell, lines) > 0).any(axis=0) for cell in range(len(self.cells))])


class InPlane(NamedTuple):
    """Exact counts on a rectangle: cells, linear regions, and connected sets of cells on which one output is the
    largest, of several the first; ``told``: whether nowhere several are.
    """

    cells: int
    regions: int
    decisions: int
    told: bool


def in_plane(
    steps: Sequence[Step | None],
    last: int,
    plane: tuple[Array, Array, Array],
    domain: tuple[tuple[float, float], tuple[float, float]],
    most: int,
    *,
    decisions: bool = False,
) -> InPlane:
    """Of a graph's steps on x = origin + s u + t v. Raises ``TooMuch``. ``decisions``: whether to look for those."""
    origin, u, v = plane
    found = walked(steps, last, Polygons([_rectangle(domain)]), inputs_of([u, v, origin]), most)
    polygons = found.shapes
    maps = [tuple(each.ravel().tolist()) for each in found.outputs.numbers]
    if not decisions:
        return InPlane(len(polygons), _together(polygons, maps), 0, True)
    shapes, tops = largest(found)
    classes = tops.argmax(axis=1).tolist()
    return InPlane(
        len(polygons),
        _together(polygons, maps),
        _together(shapes, classes),
        bool((tops.sum(axis=1) == 1).all()),
    )


def _rectangle(domain: tuple[tuple[float, float], tuple[float, float]]) -> Polygon:
    (left, right), (bottom, top) = [[Fraction(end) for end in side] for side in domain]
    upright = [_line((end.denominator, 0, -end.numerator)) for end in (left, right)]
    level = [_line((0, end.denominator, -end.numerator)) for end in (bottom, top)]
    sides = [level[0], upright[1], level[1], upright[0]]
    return Polygon([_meeting(sides[at - 1], sides[at]) for at in range(4)], sides)


def _together(polygons: Polygons, kinds: Sequence[object]) -> int:
    """How many sets of cells of one kind there are that hang together across sides."""
    lower = list(range(len(kinds)))

    def root(cell: int) -> int:
        while lower[cell] != cell:
            lower[cell] = lower[lower[cell]]
            cell = lower[cell]
        return cell

    beside: defaultdict[Line, list[tuple[Fraction, Fraction, int]]] = defaultdict(list)
    for number, (corners, sides) in enumerate(polygons.cells):
        for at, side in enumerate(sides):
            axis = 0 if side[1] else 1
            ends = [
                Fraction(corner[axis], corner[2]) for corner in (corners[at], corners[at + 1 - len(corners)])
            ]
            beside[side].append((min(ends), max(ends), number))
    for places in beside.values():
        places.sort()
        for at, (_, end, one) in enumerate(places):
            for start, _, other in places[at + 1 :]:
                if start >= end:
                    break
                if kinds[one] == kinds[other]:
                    low, high = sorted((root(one), root(other)))
                    lower[high] = low
    return sum(lower[cell] == cell for cell in range(len(kinds)))
