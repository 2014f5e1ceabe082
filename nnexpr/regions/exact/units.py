"""The affine map of a few units on a cell of a path, exactly: only what feeds them there is looked at.

On a cell every unit is on a known piece of its function, so that a unit is an affine function of the share of the
segment: slope and constant are whole numbers times a power of two that the units of a step share (``maps.py``). What
lies below the first bends is the same on all cells of a segment, and kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from nnexpr.regions.exact.maps import Maps, Whole, aligned, whole
from nnexpr.regions.exact.walk import TooMuch
from nnexpr.regions.layer import Array, Index
from nnexpr.regions.steps import Bend, Joined, Mapped, Step

__all__ = ["CALL", "Cell", "Units", "ranges", "values_at", "width_of", "zero_of"]


CALL = 1 << 10  # multiplications that asking a step is charged as, of which a path has some thousands


class Cell(Protocol):
    """A cell, as far as it matters here."""

    @property
    def segment(self) -> int: ...

    def pieces(self, step: int) -> NDArray[np.int8]:
        """On which piece of its function each unit of a step that bends is."""
        ...


class Some(NamedTuple):
    """The maps of some units, ``(2, units)`` slopes and constants, by their numbers, which ascend."""

    units: Index
    numbers: Whole
    exponent: int

    def of(self, units: Index) -> Whole:
        """Those of some of them."""
        found: Whole = self.numbers[:, np.searchsorted(self.units, units)]
        return found


class _Columns(NamedTuple):
    """A matrix in whole numbers by its columns."""

    offsets: Index
    places: Index
    weights: Whole
    exponent: int
    bias: Whole
    power: int


class Units:
    """Of a graph's steps on the polyline through ``vertices (V, d)``, with so many multiplications ``left``."""

    def __init__(self, steps: Sequence[Step | None], vertices: Array, most: int) -> None:
        self.steps, self.vertices, self.left = steps, vertices, most
        self._columns: dict[int, _Columns] = {}
        self._functions: dict[int, tuple[Whole, int, Whole, int]] = {}
        self._below: list[bool] = []  # whether a step lies below all bends
        for step in steps:
            given = [] if step is None else step.of if isinstance(step, Joined) else [step.of]
            self._below.append(not isinstance(step, Bend) and all(self._below[each] for each in given))
        self._kept: dict[tuple[int, int], Some] = {}

    def spend(self, multiplications: int) -> None:
        """Raises ``TooMuch`` where there are none left."""
        self.left -= multiplications
        if self.left < 0:
            raise TooMuch

    def maps(self, cell: Cell, step: int, units: Index) -> Maps:
        """Slopes and constants of ``units`` of a step on a cell, ``(1, 2, units)``."""
        wanted: dict[int, list[Index]] = defaultdict(list)
        wanted[step].append(np.asarray(units))
        missing: dict[int, Index] = {}
        for number in range(step, -1, -1):
            if number in wanted:
                own = np.unique(np.concatenate(wanted[number]))
                kept = self._kept.get((cell.segment, number))
                missing[number] = own if kept is None else np.setdiff1d(own, kept.units, assume_unique=True)
                self._want(cell, number, missing[number], wanted)
        found: dict[int, Some] = {}
        for number in sorted(missing):
            found[number] = self._found(cell, number, missing[number], found)
        return Maps(found[step].of(units)[None], found[step].exponent)

    def _want(self, cell: Cell, number: int, units: Index, wanted: dict[int, list[Index]]) -> None:
        """Note the units below that these take; of those that are off none."""
        step = self.steps[number]
        if isinstance(step, Mapped):
            columns = self._columns_of(number, step)
            taken = ranges(columns.offsets[units], columns.offsets[units + 1])
            wanted[step.of].append(columns.places[taken])
        elif isinstance(step, Bend):
            gains = self.functions(number, step)[0][step.which[units], cell.pieces(number)[units]]
            wanted[step.of].append(units[gains != 0])
        elif isinstance(step, Joined) and step.behind:
            ends = np.cumsum([0, *(self.width(each) for each in step.of)])
            for each, first, end in zip(step.of, ends[:-1], ends[1:], strict=True):
                wanted[each].append(units[(first <= units) & (units < end)] - first)
        elif isinstance(step, Joined):
            for each in step.of:
                wanted[each].append(units)

    def _found(self, cell: Cell, number: int, units: Index, found: dict[int, Some]) -> Some:
        """The maps of a step's units, and those that are kept of it."""
        self.spend(CALL)
        if number == 0:
            start, end = self.vertices[cell.segment], self.vertices[cell.segment + 1]
            # The end less the start need not be a float64 number.
            both, power = whole(np.stack([start, end]))
            made = Some(units, np.stack([both[1] - both[0], both[0]])[:, units], power)
        else:
            made = Some(units, *self._made(cell, number, units, found))
        if not self._below[number]:
            return made
        kept = self._kept.get((cell.segment, number))
        if kept is not None:
            order = np.argsort(every := np.concatenate([kept.units, units]))
            (old, new), power = aligned((kept.numbers, kept.exponent), (made.numbers, made.exponent))
            made = Some(every[order], np.concatenate([old, new], axis=1)[:, order], power)
        self._kept[cell.segment, number] = made
        return made

    def _made(self, cell: Cell, number: int, units: Index, found: dict[int, Some]) -> tuple[Whole, int]:
        step = self.steps[number]
        if isinstance(step, Mapped):
            return self._mapped(self._columns_of(number, step), found[step.of], units)
        if isinstance(step, Bend):
            gains, power, shifts, other = self.functions(number, step)
            which = step.which[units], cell.pieces(number)[units]
            below, own = found[step.of], np.flatnonzero(gains[which] != 0)
            made = np.zeros((2, len(units)), dtype=object)
            made[:, own] = below.of(units[own]) * gains[which][own]
            return _shifted(made, below.exponent + power, shifts[which], other)
        assert isinstance(step, Joined)  # noqa: S101 - what is left
        if step.behind:
            ends = np.cumsum([0, *(self.width(each) for each in step.of)])
            parts = []
            for each, first, end in zip(step.of, ends[:-1], ends[1:], strict=True):
                own = units[(first <= units) & (units < end)] - first
                parts.append((found[each].of(own), found[each].exponent))
            numbers, power = aligned(*parts)
            return np.concatenate(numbers, axis=1), power
        numbers, power = aligned(*((found[each].of(units), found[each].exponent) for each in step.of))
        return sum(numbers[1:], numbers[0]), power

    def _mapped(self, columns: _Columns, below: Some, units: Index) -> tuple[Whole, int]:
        starts, ends = columns.offsets[units], columns.offsets[units + 1]
        taken, owner = ranges(starts, ends), np.repeat(np.arange(len(units)), ends - starts)
        at = np.searchsorted(below.units, columns.places[taken])
        on = (below.numbers != 0).any(axis=0)[at]
        taken, owner, at = taken[on], owner[on], at[on]
        self.spend(2 * len(taken))
        made = np.zeros((2, len(units)), dtype=object)
        if len(taken):
            own, first = np.unique(owner, return_index=True)
            made[:, own] = np.add.reduceat(columns.weights[taken] * below.numbers[:, at], first, axis=1)
        return _shifted(made, below.exponent + columns.exponent, columns.bias[units], columns.power)

    def _columns_of(self, number: int, step: Mapped) -> _Columns:
        if number not in self._columns:
            matrix = step.matrix.tocsc()
            weights, exponent = whole(matrix.data)
            offsets, places = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64)
            self._columns[number] = _Columns(offsets, places, weights, exponent, *whole(step.bias))
        return self._columns[number]

    def functions(self, number: int, step: Bend) -> tuple[Whole, int, Whole, int]:
        """Slopes and intercepts ``(functions, pieces)`` in whole numbers, and their powers of two."""
        if number not in self._functions:
            most = max(len(function.slopes) for function in step.pieces)
            both = np.zeros((2, len(step.pieces), most))
            for row, function in enumerate(step.pieces):
                both[:, row, : len(function.slopes)] = function.slopes, function.intercepts
            self._functions[number] = *whole(both[0]), *whole(both[1])
        return self._functions[number]

    def width(self, number: int) -> int:
        """How many units a step has."""
        return width_of(self.steps, number, int(self.vertices.shape[1]))


def values_at(maps: Maps, share: Fraction) -> list[Fraction]:
    """The values of units at a share of the segment."""
    top, bottom, (slopes, constants) = share.numerator, share.denominator, maps.numbers[0]
    factor = Fraction(2) ** maps.exponent / bottom
    return [(slope * top + own * bottom) * factor for slope, own in zip(slopes, constants, strict=True)]


def zero_of(maps: Maps, kink: float) -> Fraction:
    """The share of the segment at which one unit, which is not constant, is at its kink."""
    [slope], [constant] = maps.numbers[0]
    found: Fraction = (Fraction(kink) / Fraction(2) ** maps.exponent - constant) / slope
    return found


def _shifted(numbers: Whole, exponent: int, shifts: Whole, power: int) -> tuple[Whole, int]:
    """With ``shifts (units,)`` times a power of two added to the constants."""
    if not (shifts != 0).any():
        return numbers, exponent
    (made, more), least = aligned((numbers, exponent), (shifts, power))
    return np.stack([made[0], made[1] + more]), least


def ranges(starts: Index, ends: Index) -> Index:
    """All numbers from each start to below its end, one range behind the other."""
    counts = ends - starts
    before = np.cumsum(counts) - counts
    made: Index = np.arange(int(counts.sum())) + np.repeat(starts - before, counts)
    return made


def width_of(steps: Sequence[Step | None], number: int, inputs: int) -> int:
    """How many units a step has."""
    step = steps[number]
    if isinstance(step, Mapped):
        return int(step.matrix.shape[1])
    if isinstance(step, Bend):
        return len(step.which)
    if isinstance(step, Joined):
        widths = [width_of(steps, each, inputs) for each in step.of]
        return sum(widths) if step.behind else widths[0]
    return inputs
