"""Whether a slope changes where units bend: the change carried up in whole numbers, through what it reaches alone."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from nnexpr.regions.exact.maps import Whole, aligned, whole
from nnexpr.regions.exact.strip import CellOf, Strip
from nnexpr.regions.exact.units import CALL, Units, ranges
from nnexpr.regions.layer import Index
from nnexpr.regions.steps import Bend, Joined, Mapped

__all__ = ["changed", "reaches", "slope_of"]

Jump = tuple[
    Index, Whole, int
]  # units, by how much their slopes change, in whole numbers, times a power of two

NONE = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=object), 0


def changed(strip: Strip, number: int, row: int) -> tuple[Index, Index, Index]:
    """The units that are on another piece right of a place than left of it, and the pieces."""
    left, right = (strip.pieces_on(number, cell) for cell in (row - 1, row))
    units = np.flatnonzero(left != right)
    return units, left[units].astype(np.int64), right[units].astype(np.int64)


def slope_of(units: Units, cell: CellOf, step: int, unit: int) -> Fraction:
    """The slope of a unit on a cell, by the share of the segment."""
    maps = units.maps(cell, step, np.array([unit]))
    return Fraction(maps.numbers[0, 0, 0]) * Fraction(2) ** maps.exponent


def reaches(units: Units, strip: Strip, row: int, last: int) -> bool:
    """Whether the slope of some unit of the ``last`` step changes at a place."""
    jumps: dict[int, Jump] = {}
    sources = sum(
        len(changed(strip, number, row)[0])
        for number, step in enumerate(units.steps[: last + 1])
        if isinstance(step, Bend)
    )
    for number, step in enumerate(units.steps[: last + 1]):
        if isinstance(step, Mapped):
            jumps[number] = _mapped(units, step, jumps.get(step.of, NONE))
        elif isinstance(step, Joined):
            jumps[number] = _joined(units, step, [jumps.get(each, NONE) for each in step.of])
        elif isinstance(step, Bend):
            jumps[number] = _bent(units, strip, row, number, step, jumps.get(step.of, NONE), sources == 1)
    return len(jumps[last][0]) > 0


def _some(own: Index, numbers: Whole, exponent: int) -> Jump:
    """Without those that are zero."""
    some = np.flatnonzero(numbers != 0)
    return own[some], numbers[some], exponent


def _summed(own: Index, numbers: Whole, exponent: int) -> Jump:
    """Those of the same unit added."""
    if len(own) == 0:
        return NONE
    order = np.argsort(own, kind="stable")
    every, first = np.unique(own[order], return_index=True)
    return _some(every, np.add.reduceat(numbers[order], first), exponent)


def _mapped(units: Units, step: Mapped, below: Jump) -> Jump:
    own, numbers, exponent = below
    if len(own) == 0:
        return NONE
    matrix = step.matrix
    starts, ends = (matrix.indptr[own + side].astype(np.int64) for side in (0, 1))
    taken = ranges(starts, ends)
    units.spend(CALL + len(taken))
    weights, power = whole(matrix.data[taken])
    spread = np.repeat(numbers, ends - starts)
    return _summed(matrix.indices[taken].astype(np.int64), weights * spread, exponent + power)


def _joined(units: Units, step: Joined, given: list[Jump]) -> Jump:
    numbers, power = aligned(*((each[1], each[2]) for each in given))
    firsts = np.cumsum([0, *(units.width(each) for each in step.of)]) if step.behind else [0] * len(given)
    own = np.concatenate([each[0] + first for each, first in zip(given, firsts, strict=False)])
    return _summed(own, np.concatenate(numbers), power)


def _bent(units: Units, strip: Strip, row: int, number: int, step: Bend, below: Jump, alone: bool) -> Jump:
    """What goes through a step that bends, and what begins there: gain right (slope left + jump) - gain left slope
    left. Of the one unit that bends ``alone`` the slope does not matter, as long as it is not zero.
    """
    own, numbers, exponent = below
    gains, power, _, _ = units.functions(number, step)
    bending, left, right = changed(strip, number, row)
    pieces = strip.pieces_on(number, row).astype(np.int64)
    parts = [(own, numbers * gains[step.which[own], pieces[own]], exponent + power)]
    if len(bending):
        step_of = gains[step.which[bending], right] - gains[step.which[bending], left]
        if alone:
            parts.append((bending, step_of, 0))
        else:
            maps = units.maps(CellOf(strip, row - 1), step.of, bending)
            parts.append((bending, step_of * maps.numbers[0, 0], maps.exponent + power))
    made, least = aligned(*((each[1], each[2]) for each in parts))
    return _summed(np.concatenate([each[0] for each in parts]), np.concatenate(made), least)
