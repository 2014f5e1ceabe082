"""What is kept of the last hidden layer's gradients on cells."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnexpr.kernels.compiled import compiled, compiled_loosely, inlined
from nnexpr.kernels.rows import LANES, affine
from nnexpr.regions.bending import root
from nnexpr.regions.layer import Array, Index
from nnexpr.regions.plane.families import Parts
from nnexpr.regions.plane.mesh import Narrow

__all__ = ["Noted", "note", "nothing_noted"]


class Noted(NamedTuple):
    """Row by row of cells, and what it takes to fill them in."""

    slopes: Array  # (cells, 2, outputs) the outputs' gradients
    sizes: Array  # (cells, 2) along each axis the length of the last hidden layer's
    marks: Index  # (cells,) a number, the same where the gradients that the outputs are made of are the same
    weights: Array  # (units, outputs or more) of the outputs
    factors: (
        Index  # (2, units) that the gradients' bits are multiplied with for a mark, 0 where no output is fed
    )


def nothing_noted(weights: Array, cells: int) -> Noted:
    """Room for so many cells of outputs of ``weights (units, outputs)``.

    Columns of zeros are put behind a few, so that inputs that are zero are left out, and an output's sums are the same
    numbers whatever others there are.
    """
    units, outputs = weights.shape
    odd = 2 * np.random.default_rng(0).integers(-(2**62), 2**62, (2, units)) + 1
    return Noted(
        np.empty((cells, 2, outputs)),
        np.empty((cells, 2)),
        np.empty(cells, dtype=np.int64),
        np.pad(weights, ((0, 0), (0, max(0, LANES - outputs)))),
        odd * np.any(weights != 0.0, axis=1),
    )


@compiled
def note(noted: Noted, cells: Narrow, parts: Parts, block: Array) -> None:
    """Write down what gradients say of ``cells``, which are ``parts`` with the terms ``block (2 sums, units)``, an axis
    a row.
    """
    weights = noted.weights
    columns = np.empty((len(block), weights.shape[1]))
    affine(block, weights, np.zeros(weights.shape[1]), columns)
    squares, marks = np.empty(len(block)), np.empty(len(block), dtype=np.int64)
    _measure(block, block.view(np.int64), noted.factors, squares, marks)
    _write(noted, cells, parts, parts.steps.view(np.int64), columns, squares, marks)


@inlined
def _folded(bits: int) -> int:
    """Of dyadic numbers only high bits are set, and products take those no lower: they are brought down."""
    return bits ^ (bits >> 20) ^ (bits >> 40)


@compiled_loosely
def _measure(block: Array, bits: Index, factors: Index, squares: Array, marks: Index) -> None:
    """Of every row the sum of squares, and the mark."""
    for row in range(len(block)):
        square, mark = 0.0, 0
        for unit in range(block.shape[1]):
            square += block[row, unit] * block[row, unit]
            mark += _folded(bits[row, unit]) * factors[row % 2, unit]
        squares[row], marks[row] = square, mark


@compiled
def _write(
    noted: Noted, cells: Narrow, parts: Parts, bits: Index, columns: Array, squares: Array, marks: Index
) -> None:
    slopes, sizes, found, weights, factors = noted
    outputs = slopes.shape[2]
    for place in range(len(cells)):
        cell, mark = cells[place], 0
        for axis in range(2):
            row = 2 * parts.sources[place] + axis
            square = squares[row]
            mark += marks[row]
            for each in range(outputs):
                slopes[cell, axis, each] = columns[row, each]
            for at in range(parts.offsets[place], parts.offsets[place + 1]):
                step, unit = parts.steps[at, axis], parts.units[at]
                square += step * step
                mark += _folded(bits[at, axis]) * factors[axis, unit]
                for each in range(outputs):
                    slopes[cell, axis, each] += step * weights[unit, each]
            sizes[cell, axis] = root(square)
        found[cell] = mark
