"""Along the segments of a path, exactly: every decision by numbers with bounds, and in whole numbers where these leave
it open.

The path is cut at the kinks of one step after another, as on the line in float64 (``nnexpr/regions/line``), but each
number is carried with a bound of how far it may be from that of exact arithmetic (``bounded.py``). Whether a unit is
above its kink, which of two units in a cell comes to its kink first, and whether a slope of the output changes is asked
of the bounds; where they do not tell, it is asked of the units in question alone, in whole numbers (``units.py``,
``jumps.py``). So what is found is what exact arithmetic finds for the weights and vertices as they are.

Where a unit bends, the slope of what it feeds changes by a multiple of the unit's own slope: multiples are carried up
and not the slopes, which would hide them. Places are worked on in strips of some hundred, for the sake of memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.regions.enclosed import LEAST, UNIT
from nnexpr.regions.exact.bounded import Bounded, Product, added, behind, times
from nnexpr.regions.exact.crossings import Crossings, crossings, order_of, signs_of, unbroken
from nnexpr.regions.exact.jumps import reaches, slope_of
from nnexpr.regions.exact.strip import CellOf, Order, Signs, Strip
from nnexpr.regions.exact.units import Units, values_at, zero_of
from nnexpr.regions.exact.walk import TooMuch
from nnexpr.regions.layer import Array, Index
from nnexpr.regions.steps import Bend, Joined, Mapped, Step

__all__ = ["Walk"]

Flags = NDArray[np.bool_]

ROWS = 64  # places of a strip, about
SURE = 2.0  # bounds that a number is away from a kink at least, if they tell on which side it is
VAST = 2.0**500  # beyond it products of two may overflow
PASSED = 6  # kinks at places whose numbers take as long
ROUNDED = 1 << 9  # multiplications of float64 numbers that take as long as one of whole numbers


class Birth(NamedTuple):
    """Where a place is: where a unit of a step is at a kink."""

    step: int
    unit: int
    kink: float


class Lines:
    """The kinks of a step's units, and its functions as tables."""

    def __init__(self, step: Bend) -> None:
        kinks = [function.kinks for function in step.pieces]
        counts = np.array([len(each) for each in kinks], dtype=np.int64)[step.which]
        self.units = np.repeat(np.arange(len(step.which)), counts)
        self.ranks = np.arange(len(self.units)) - np.repeat(np.cumsum(counts) - counts, counts)
        self.kinks = np.array([kink for which in step.which for kink in kinks[which]], dtype=np.float64)
        self.plain = bool((counts == 1).all() and (self.kinks == 0.0).all())
        table = np.zeros((2, len(kinks), max(map(len, kinks), default=0) + 1))
        for row, each in enumerate(step.pieces):
            table[:, row, : len(each.slopes)] = each.slopes, each.intercepts
        self.gains, self.shifts = table[:, step.which]  # (units, pieces)
        self.rectifies = (
            self.plain
            and table.shape[2] == 2
            and bool((self.gains == [0.0, 1.0]).all() and not self.shifts.any())
        )

    def heights(self, z: Bounded) -> Bounded:
        """Each unit less its kinks."""
        if self.plain:
            return z
        values = z.values[:, self.units] - self.kinks
        return Bounded(values, z.errors[:, self.units] + UNIT * np.abs(values) * (self.kinks != 0.0))

    def pieces(self, above: Flags) -> Signs:
        """On which piece each unit is, of which of its kinks it is above."""
        if self.plain:
            return above.astype(np.int8)
        made = np.zeros((len(above), len(self.gains)), dtype=np.int8)
        for rank in range(self.gains.shape[1] - 1):
            own = self.ranks == rank
            made[:, self.units[own]] += above[:, own]
        return made

    def bent(self, z: Bounded, pieces: Signs, *, shifted: bool = True) -> Bounded:
        """What units make of ``z`` on the pieces that they are on; of slopes nothing is ``shifted``."""
        if self.rectifies:
            return Bounded(*(np.where(pieces > 0, each, 0.0) for each in z))
        rows = np.arange(len(self.gains))
        gains = self.gains[rows, pieces]
        return times(z, gains, self.shifts[rows, pieces] if shifted else np.zeros_like(gains))


class Walk:
    """Of a graph's steps on the polyline through ``vertices (V, d)``: the strips that are left, and what was found.

    Behind the ``last`` step, whose units are the outputs, steps may compare them; ``sides`` are the signs of the last
    of these steps' units on all cells.
    """

    def __init__(self, steps: Sequence[Step | None], last: int, vertices: Array, most: int) -> None:
        self.steps, self.last, self.vertices = steps, last, vertices
        self.units = Units(steps, vertices, most)
        self.products: dict[int, Product] = {}
        self.lines: dict[int, Lines] = {}
        self.uses = _last_uses(steps)
        self.born: list[Birth] = []  # of places behind the vertices
        self.known: dict[int, Fraction] = {}  # the share of the segment of places
        self.scales: dict[int, tuple[int, int]] = {}  # by whose slope a place's jumps are told: step and unit
        count = len(vertices)
        self.births, self.bends = np.zeros((2, count - 1), dtype=np.int64)
        self.turns = np.zeros(count, dtype=np.bool_)
        self.outer: list[list[Signs]] = [[], []]  # the pieces on the first cell and on the last
        self.sides: list[Signs] = []

    def through(self) -> None:
        """Work off all strips, from left to right."""
        count, none = len(self.vertices), np.zeros_like(self.vertices)
        values = {0: Bounded(self.vertices.copy(), none)}
        whole = Strip(np.arange(count), np.arange(count - 1), False, values)
        order = unbroken(count)
        left: list[tuple[Callable[[], Strip], int]] = []
        left += [(partial(whole.part, order, *each), 1) for each in _slices(0, count, False)][::-1]
        while left:
            make, number = left.pop()
            strip = make()
            parts: list[Callable[[], Strip]] = []
            while not parts:
                if number == self.last + 1:
                    self._count(strip)
                if number == len(self.steps):
                    break
                parts = self._over(strip, number)
                number += 1
            left += [(part, number) for part in reversed(parts)]

    def turned(self) -> list[int]:
        """The vertices at which some unit changes its piece; 0 stands for the last and the first, joined."""
        first, last = self.outer
        self.turns[0] = any((one != other).any() for one, other in zip(first, last, strict=True))
        found: list[int] = np.flatnonzero(self.turns[:-1]).tolist()
        return found

    def _over(self, strip: Strip, number: int) -> list[Callable[[], Strip]]:
        """Put a step's values into a strip; or, of one that bends, what makes the strips that take its place."""
        step = self.steps[number]
        if isinstance(step, Bend):
            return self._cut(strip, number, step)
        if isinstance(step, Mapped):
            if number not in self.products:
                self.products[number] = Product(step.matrix)
            product = self.products[number]
            self.units.spend(1 + 4 * len(strip.places) * product.weights // ROUNDED)
            strip.values[number] = product.of(strip.values[step.of], step.bias)
            if step.of in strip.jumps:
                strip.jumps[number] = product.of(strip.jumps[step.of], np.zeros(len(step.bias)))
        elif isinstance(step, Joined):
            together = behind if step.behind else added
            given = [strip.values[each] for each in step.of]
            strip.values[number] = together(given)
            if any(each in strip.jumps for each in step.of):
                zeros = [Bounded(*np.zeros((2, *each.values.shape))) for each in given]
                strip.jumps[number] = together(
                    [strip.jumps.get(each, zero) for each, zero in zip(step.of, zeros, strict=True)]
                )
        self._forget(strip, number)
        return []

    def _forget(self, strip: Strip, number: int) -> None:
        """What no step behind this one takes."""
        for known in (strip.values, strip.jumps):
            for each in [each for each in known if self.uses.get(each, self.last) <= number != each]:
                del known[each]

    def _cut(self, strip: Strip, number: int, step: Bend) -> list[Callable[[], Strip]]:
        """What makes the strips that are cut where units of a step meet their kinks."""
        z = strip.values[step.of]
        if not (np.abs(z.values).max(initial=0.0) < VAST and z.errors.max(initial=0.0) < VAST):
            raise TooMuch
        if number not in self.lines:
            self.lines[number] = Lines(step)
        lines = self.lines[number]
        heights = lines.heights(z)
        sure = np.abs(heights.values) > SURE * heights.errors
        signs = (np.sign(heights.values) * sure).astype(np.int8)
        doubts = ~sure & ((heights.values != 0.0) | (heights.errors != 0.0))
        for row in np.flatnonzero(doubts.any(axis=1)).tolist():
            self._settle(strip, row, step.of, lines, np.flatnonzero(doubts[row]), heights, signs)
        found = crossings(heights, signs, partial(self._zero, strip, step.of, lines))
        begun, first_number = strip.begun, len(self.vertices) + len(self.born)
        order = order_of(len(strip.places), found, first_number)
        for line in found.lines[found.first].tolist():
            self.born.append(Birth(step.of, int(lines.units[line]), float(lines.kinks[line])))
        begin = int(np.searchsorted(order.left, 1)) - 1 if begun else 0
        made = partial(self._bent, strip, number, step, order, found, signs)
        return [partial(made, *each) for each in _slices(begin, len(order.left), begun)]

    def _settle(
        self, strip: Strip, row: int, of: int, lines: Lines, some: Index, heights: Bounded, signs: Signs
    ) -> None:
        """Find on which side of their kinks units are at a place, in whole numbers."""
        cell = CellOf(strip, min(row, len(strip.segments) - 1))
        share = self._share(cell, row)
        exact = values_at(self.units.maps(cell, of, lines.units[some]), share)
        z = strip.values[of]
        for line, unit, value in zip(some.tolist(), lines.units[some].tolist(), exact, strict=True):
            apart = value - Fraction(float(lines.kinks[line]))
            signs[row, line] = (apart > 0) - (apart < 0)
            for numbers, at, number in ((z, unit, value), (heights, line, apart)):
                near = _nearest(number)
                numbers.values[row, at], numbers.errors[row, at] = near, 2.0 * UNIT * abs(near)

    def _share(self, cell: CellOf, row: int) -> Fraction:
        """The share of the segment at which a place is, which is an end of the cell."""
        place, count = int(cell.strip.places[row]), len(self.vertices)
        if place < count:
            return Fraction(place - cell.segment)
        if place not in self.known:
            birth = self.born[place - count]
            maps = self.units.maps(cell, birth.step, np.array([birth.unit]))
            self.known[place] = zero_of(maps, birth.kink)
        return self.known[place]

    def _zero(self, strip: Strip, of: int, lines: Lines, cell: int, line: int) -> Fraction:
        """The share of the segment at which a unit is at its kink on a cell."""
        maps = self.units.maps(CellOf(strip, cell), of, lines.units[line : line + 1])
        return zero_of(maps, float(lines.kinks[line]))

    def _bent(
        self, strip: Strip, number: int, step: Bend, order: Order, found: Crossings, signs: Signs,
        first: int, end: int, begun: bool,
    ) -> Strip:  # fmt: skip
        """A part of a strip above a step that bends, cut at the kinks of its units."""
        part, lines = strip.part(order, first, end, begun), self.lines[number]
        own, z = signs_of(order, found, signs, first, end), part.values[step.of]
        rows, at = np.nonzero(own == 0)
        z.values[rows, lines.units[at]], z.errors[rows, lines.units[at]] = lines.kinks[at], 0.0
        above = own > 0
        here, on = lines.pieces(above), lines.pieces(above[:-1] | above[1:])
        self.units.spend(1 + own.size // PASSED)
        part.values[number] = lines.bent(z, here)
        part.pieces[number], part.within[number] = on, np.arange(len(on))
        self._jump(part, number, step)
        if number == len(self.steps) - 1 != self.last:
            self.sides.append(np.where(own[:-1] != 0, own[:-1], own[1:])[part.own])
        self._forget(part, number)
        return part

    def _jump(self, part: Strip, number: int, step: Bend) -> None:
        """How much the slopes of a step's units change at the places of a strip."""
        lines, on, inner = self.lines[number], part.pieces[number], part.inner
        bending = (on[1:] != on[:-1]) & (part.places[inner] >= len(self.vertices))[:, None]
        below = part.jumps.get(step.of)
        counts = bending.sum(axis=1)
        if below is None and not counts.any():
            return
        made = Bounded(*np.zeros((2, len(part.places), len(step.which))))
        if below is not None:
            passed = lines.bent(Bounded(*(each[inner] for each in below)), on[:-1], shifted=False)
            made.values[inner], made.errors[inner] = passed
        part.jumps[number] = made
        for row in (np.flatnonzero(counts) + 1).tolist():
            place, units = int(part.places[row]), np.flatnonzero(bending[row - 1])
            right, left = (lines.gains[units, on[cell, units]] for cell in (row, row - 1))
            slopes, given = np.ones(1), Bounded(*np.zeros((2, len(units))))
            if place in self.scales or len(units) > 1:
                slopes = self._slopes(part, row, step.of, units)
                given = given if below is None else Bounded(*(each[row, units] for each in below))
            self.scales.setdefault(place, (step.of, int(units[0])))
            jumps, passed = (right - left) * slopes, right * given.values
            made.values[row, units] = passed + jumps
            sizes = np.abs(right) * given.errors + 8.0 * UNIT * (np.abs(passed) + np.abs(right * slopes))
            made.errors[row, units] = sizes + 8.0 * UNIT * np.abs(left * slopes) + 8.0 * LEAST

    def _slopes(self, part: Strip, row: int, of: int, units: Index) -> Array:
        """The slopes of units left of a place, as multiples of that by which its jumps are told."""
        cell = CellOf(part, row - 1)
        step, unit = self.scales.get(int(part.places[row]), (of, int(units[0])))
        scale, maps = slope_of(self.units, cell, step, unit), self.units.maps(cell, of, units)
        factor = Fraction(2) ** maps.exponent / scale
        return np.array([_nearest(each * factor) for each in maps.numbers[0, 0]])

    def _count(self, strip: Strip) -> None:
        """What is told of the places that have a cell of the strip on either side."""
        inner = strip.inner
        births = inner[strip.places[inner] >= len(self.vertices)]
        bends: Flags = np.zeros(len(strip.places), dtype=np.bool_)
        if self.last in strip.jumps:
            jumps = strip.jumps[self.last]
            bends[(np.abs(jumps.values) > jumps.errors).any(axis=1)] = True
            doubts = ~bends & ((jumps.values != 0.0) | (jumps.errors != 0.0)).any(axis=1)
            for row in births[doubts[births]].tolist():
                bends[row] = reaches(self.units, strip, row, self.last)
        np.add.at(self.births, strip.segments[births], 1)
        np.add.at(self.bends, strip.segments[births[bends[births]]], 1)
        for row in np.setdiff1d(inner, births).tolist():
            pairs = zip(self._pieces(strip, row - 1), self._pieces(strip, row), strict=True)
            self.turns[strip.places[row]] = any((one != other).any() for one, other in pairs)
        if strip.places[0] == 0 and not strip.begun:
            self.outer[0] = self._pieces(strip, 0)
        if strip.places[-1] == len(self.vertices) - 1:
            self.outer[1] = self._pieces(strip, -1)

    def _pieces(self, strip: Strip, cell: int) -> list[Signs]:
        return [strip.pieces_on(number, cell) for number in strip.pieces]


def _nearest(number: Fraction) -> float:
    """The float64 number next to it; ``TooMuch`` where there is none, or only zero."""
    try:
        near = float(number)
    except OverflowError:
        raise TooMuch from None
    if abs(near) < 2.0**-1000 and number != 0:
        raise TooMuch
    return near


def _last_uses(steps: Sequence[Step | None]) -> dict[int, int]:
    """Of each step that is taken by others the last of these."""
    found: dict[int, int] = {}
    for number, step in enumerate(steps):
        given = () if step is None else step.of if isinstance(step, Joined) else (step.of,)
        found.update(dict.fromkeys(given, number))
    return found


def _slices(begin: int, end: int, begun: bool) -> Iterator[tuple[int, int, bool]]:
    """Strips of the rows from ``begin`` to below ``end``: the first row of each, the one behind its last, and whether
    its first cell is the last of the strip before.
    """
    parts = -(-(end - begin) // ROWS) if end - begin > 2 * ROWS else 1
    cuts = np.linspace(begin, end - 1, parts + 1).astype(int).tolist()
    for number, (first, last) in enumerate(pairwise(cuts)):
        yield first - (number > 0), last + 1, begun or number > 0
