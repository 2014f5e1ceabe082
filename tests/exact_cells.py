"""An oracle: a function of many numbers on a segment or a rectangle, in rational arithmetic, by its definition alone.

The function is a sequence of steps, called on affine maps in place of numbers. They are added, multiplied by constants
and compared; where a comparison comes out differently on two parts of a cell, the cell is cut there and the step is
called on each part anew. Nothing of graphs is used: what is called is the definition of an operator, or a matrix told
by torch itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import lcm
from typing import Any

import numpy as np
import torch
from plane_exact import ExactPlane, Polygon, cut

Number = int | Fraction
Map = tuple[Number, Number, Number]  # by s and by t, and the constant; on a segment t is 0
Numbers = np.ndarray  # of Units, or of numbers
Function = Callable[[Numbers], Numbers]


def exact(number: float | Number) -> Number:
    """A number as it is, an int where it is one: those are faster."""
    if isinstance(number, int):
        return number
    if isinstance(number, Fraction):
        return number.numerator if number.denominator == 1 else number
    return int(number) if float(number).is_integer() else Fraction(float(number))


def told(number: float) -> Number:
    """The fraction that a rounded number is of, where there is one of few digits: a sixth."""
    near = Fraction(number).limit_denominator(10_000)
    return exact(near if abs(near - Fraction(number)) <= 2.0**-50 * abs(near) else number)


class Cut(Exception):
    """A comparison comes out differently on two parts of the cell: where the map is zero."""

    def __init__(self, ahead: Map) -> None:
        self.ahead = ahead


Corner = tuple[int, int, int]  # (s w, t w, w), w > 0: of whole numbers, which are far faster than fractions


def corners_of(cell: Polygon) -> list[Corner]:
    """Those of a cell."""
    wholes = [lcm(s.denominator, t.denominator) for s, t in cell]
    return [(int(s * w), int(t * w), w) for (s, t), w in zip(cell, wholes, strict=True)]


class Unit:
    """An affine map on a cell, known by its corners."""

    __slots__ = ("corners", "map")

    def __init__(self, of: Map, corners: Sequence[Corner]) -> None:
        self.map, self.corners = of, corners

    def __add__(self, other: Any) -> Unit:
        a, b, c = self.map
        if isinstance(other, Unit):
            d, e, f = other.map
            return Unit((a + d, b + e, c + f), self.corners)
        return Unit((a, b, c + exact(other)), self.corners)

    def __mul__(self, factor: Any) -> Unit:
        by = exact(factor)
        return Unit(tuple(part * by for part in self.map), self.corners)

    def __truediv__(self, divisor: Any) -> Unit:
        return self * (Fraction(1) / exact(divisor))

    def __neg__(self) -> Unit:
        return self * -1

    def __sub__(self, other: Any) -> Unit:
        return self + (-other)

    def __rsub__(self, other: Any) -> Unit:
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def __abs__(self) -> Unit:
        return self if self >= 0 else -self

    def __ge__(self, other: Any) -> bool:
        """Whether it is so on the whole cell; Cut where it is on a part."""
        a, b, c = ahead = (self - other).map
        heights = [a * s + b * t + c * w for s, t, w in self.corners]
        if min(heights) < 0 < max(heights):
            raise Cut(ahead)
        return min(heights) >= 0

    def __le__(self, other: Any) -> bool:
        return -self >= -other

    def __gt__(self, other: Any) -> bool:
        return not self <= other

    def __lt__(self, other: Any) -> bool:
        return not self >= other


def cells_of(steps: Sequence[Function], inputs: Sequence[Map], whole: Polygon) -> ExactPlane:
    """Its cells and the maps of all numbers that it gives on each."""
    start: Numbers = np.array([Unit(each, ()) for each in inputs], dtype=object)
    todo, polygons, maps = [(whole, 0, start)], [], []
    while todo:
        cell, done, x = todo.pop()
        corners = corners_of(cell)
        x = _each(x, lambda of, corners=corners: Unit(of, corners))
        try:
            for step in steps[done:]:
                x = step(x)
                done += 1
        except Cut as found:
            todo += [(part, done, x) for part in _parts(cell, found.ahead)]
            continue
        polygons.append(cell)
        maps.append(tuple(map_of(unit) for unit in x.ravel()))
    return ExactPlane(polygons, maps)


def map_of(unit: Any) -> Map:
    """Of a unit, or of a number."""
    return unit.map if isinstance(unit, Unit) else (0, 0, exact(unit))


def _each(x: Numbers, made: Callable[[Map], Unit]) -> Numbers:
    """The same with other units in place of units."""
    new = np.empty(x.size, dtype=object)
    for place, unit in enumerate(x.ravel()):
        new[place] = made(unit.map) if isinstance(unit, Unit) else unit
    return new.reshape(x.shape)


def _parts(cell: Polygon, ahead: Map) -> list[Polygon]:
    if len(cell) > 2:
        return cut(cell, ahead, Fraction(0))
    at = (Fraction(-ahead[2]) / ahead[0], Fraction(0))
    return [[cell[0], at], [at, cell[1]]]


def on_segment(steps: Sequence[Function], a: Sequence[int], b: Sequence[int]) -> ExactPlane:
    """From a to b, s from 0 to 1, the cells in their order."""
    inputs = [(exact(y - x), 0, exact(x)) for x, y in zip(a, b, strict=True)]
    found = cells_of(steps, inputs, [(Fraction(0), Fraction(0)), (Fraction(1), Fraction(0))])
    order = sorted(range(len(found.polygons)), key=lambda cell: found.polygons[cell][0])
    return ExactPlane([found.polygons[cell] for cell in order], [found.maps[cell] for cell in order])


def breakpoints(line: ExactPlane) -> list[Fraction]:
    """Where the maps change."""
    cells = pairwise(zip(line.polygons, line.maps, strict=True))
    return [right[0][0] for (_, below), (right, above) in cells if below != above]


def in_plane(
    steps: Sequence[Function], plane: Sequence[Sequence[int]], box: Sequence[Sequence[int]]
) -> ExactPlane:
    """On a rectangle of x = origin + s u + t v."""
    (a1, b1), (a2, b2) = (tuple(map(Fraction, side)) for side in box)
    inputs = [tuple(map(exact, (u, v, o))) for o, u, v in zip(*plane, strict=True)]
    return cells_of(steps, inputs, [(a1, a2), (b1, a2), (b1, b2), (a1, b2)])


@dataclass(frozen=True, eq=False)
class Affine:
    """``(weights x + shifts) / over``: ``weights (m, n)``, ``shifts (m,)`` of whole numbers."""

    weights: Numbers
    shifts: Numbers
    over: int
    shape: tuple[int, ...]  # of what it gives

    @classmethod
    def of(cls, weights: np.ndarray, shifts: np.ndarray) -> Affine:
        numbers, where = np.unique(
            np.concatenate([weights.ravel(), shifts.ravel()], dtype=float), return_inverse=True
        )
        found = [told(number) for number in numbers.tolist()]
        over = lcm(*(number.denominator for number in found))
        wholes = np.array([int(number * over) for number in found], dtype=object)[where]
        return cls(wholes[: weights.size].reshape(weights.shape), wholes[weights.size :], over, shifts.shape)

    def after(self, below: Affine) -> Affine:
        """Both, the other one first."""
        shifts = self.weights @ below.shifts + self.shifts * below.over
        return Affine(self.weights @ below.weights, shifts, self.over * below.over, self.shape)

    @cached_property
    def _entries(self) -> list[tuple[int, list[tuple[int, int]]]]:
        """The shift of each number that it gives, and what it takes times what."""
        rows = zip(self.shifts, self.weights, strict=True)
        return [(shift, [(place, row[place]) for place in np.flatnonzero(row)]) for shift, row in rows]

    def __call__(self, x: Numbers) -> Numbers:
        corners = next((unit.corners for unit in x.flat if isinstance(unit, Unit)), None)
        maps = [map_of(unit) for unit in x.flat]
        made = np.empty(len(self.shifts), dtype=object)
        for number, (shift, entries) in enumerate(self._entries):
            a, b, c = 0, 0, shift
            for place, weight in entries:
                d, e, f = maps[place]
                a, b, c = a + d * weight, b + e * weight, c + f * weight
            made[number] = (
                self._over(c) if corners is None else Unit(tuple(map(self._over, (a, b, c))), corners)
            )
        return made.reshape(self.shape)

    def _over(self, number: Number) -> Number:
        return number if self.over == 1 else exact(Fraction(number) / self.over)


def told_by(operator: Callable[[torch.Tensor], torch.Tensor], shape: Sequence[int]) -> Affine:
    """The affine map that an operator of torch is: its values where one number is 1, less those where all are 0."""
    with torch.no_grad():
        zero = torch.zeros(1, *shape, dtype=torch.float64)
        shifts = operator(zero)
        units = torch.eye(zero.numel(), dtype=torch.float64).reshape(-1, 1, *shape)
        weights = torch.stack([(operator(unit) - shifts).flatten() for unit in units], dim=1)
        x = torch.arange(zero.numel()).double() % 5 - 2
        torch.testing.assert_close(
            operator(x.reshape(1, *shape)), shifts + (weights @ x).reshape(shifts.shape)
        )
    return Affine.of(weights.numpy(), shifts.numpy())
