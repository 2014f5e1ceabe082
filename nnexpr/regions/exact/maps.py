"""The affine maps of all units on all cells, exactly: whole numbers times a power of two that a step's maps share.

Weights are dyadic, and so are the coordinates' own maps; no step divides. On the cells of a line a map has a slope and
a constant, in the plane two slopes and a constant: ``(cells, coordinates + 1, units)`` whole numbers of any size. What
bends is told by the caller, who knows the cells' shapes: on which piece each unit is on each cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexpr.regions.layer import Array, Index
from nnexpr.regions.steps import Bend, Joined, Mapped

__all__ = ["Maps", "Whole", "bent", "inputs_of", "joined", "less_kinks", "mapped", "whole"]

Whole = NDArray[np.object_]  # of Python's integers


@dataclass(frozen=True)
class Maps:
    """``numbers * 2**exponent``, ``(cells, coordinates + 1, units)``; the last row of a map is its constant."""

    numbers: Whole
    exponent: int

    def on(self, cells: Index) -> Maps:
        """Those of parts of cells, by the cell that each is a part of."""
        return Maps(self.numbers[cells], self.exponent)


def whole(numbers: Array) -> tuple[Whole, int]:
    """Float64 numbers as whole ones times 2 to the power of an exponent."""
    fractions, powers = np.frexp(np.asarray(numbers, dtype=np.float64))
    given = np.ldexp(fractions, 53).astype(np.int64)
    some = given != 0
    least = int(powers[some].min()) if some.any() else 53
    shifts = np.where(some, powers - least, 0)
    made = given.astype(object) << shifts.astype(object)
    return np.asarray(made, dtype=object), least - 53


def _aligned(*given: tuple[Whole, int]) -> tuple[list[Whole], int]:
    """Numbers of several exponents at the least of them."""
    least = min(exponent for _, exponent in given)
    return [each << (exponent - least) if exponent > least else each for each, exponent in given], least


def inputs_of(rows: Sequence[Array]) -> Maps:
    """One cell: of each coordinate, and of the constant behind them, what it adds to each input, ``(inputs,)``."""
    numbers, exponent = whole(np.stack(rows))
    return Maps(numbers[None], exponent)


def mapped(step: Mapped, below: Maps) -> Maps:
    """x M + b."""
    matrix = step.matrix.tocsc()
    weights, power = whole(matrix.data)
    made = np.zeros((*below.numbers.shape[:2], matrix.shape[1]), dtype=object)
    for unit in range(matrix.shape[1]):
        for at in range(matrix.indptr[unit], matrix.indptr[unit + 1]):
            made[:, :, unit] += weights[at] * below.numbers[:, :, matrix.indices[at]]
    return _shifted(made, below.exponent + power, step.bias)


def _shifted(numbers: Whole, exponent: int, shifts: Array) -> Maps:
    """With ``shifts (units,)`` or ``(cells, units)`` added to the constants."""
    if not shifts.any():
        return Maps(numbers, exponent)
    (made, added), least = _aligned((numbers, exponent), whole(shifts))
    made = made.copy()
    made[:, -1] += added
    return Maps(made, least)


def joined(step: Joined, given: Sequence[Maps]) -> Maps:
    """The sum of several, or several behind each other."""
    aligned, least = _aligned(*((each.numbers, each.exponent) for each in given))
    made = np.concatenate(aligned, axis=2) if step.behind else sum(aligned[1:], aligned[0])
    return Maps(made, least)


def bent(step: Bend, z: Maps, pieces: Index) -> Maps:
    """Every unit by the piece that it is on, ``pieces (cells, units)``."""
    most = max(len(function.slopes) for function in step.pieces)
    slopes, shifts = np.zeros((2, len(step.pieces), most))
    for row, function in enumerate(step.pieces):
        slopes[row, : len(function.slopes)] = function.slopes
        shifts[row, : len(function.slopes)] = function.intercepts
    gains, power = whole(slopes)
    made = z.numbers * gains[step.which, pieces][:, None, :]
    return _shifted(made, z.exponent + power, shifts[step.which, pieces])


def less_kinks(step: Bend, z: Maps) -> tuple[Whole, Index]:
    """The maps of all units less each of their kinks, ``(cells, coordinates + 1, kinks)``, and the unit of each."""
    units = np.repeat(np.arange(len(step.which)), [len(step.pieces[which].kinks) for which in step.which])
    kinks = np.array([kink for which in step.which for kink in step.pieces[which].kinks], dtype=np.float64)
    return _shifted(z.numbers[:, :, units], z.exponent, -kinks).numbers, units
