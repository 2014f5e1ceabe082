"""What is kept of the last hidden layer's gradients on cells."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnexpr.kernels.compiled import compiled, compiled_loosely
from nnexpr.kernels.rows import LANES, affine
from nnexpr.regions.bending import root
from nnexpr.regions.layer import Array, Index
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
def note(noted: Noted, cells: Narrow, block: Array) -> None:
    """Write down what gradients ``block (2 cells, units)``, an axis a row, say of ``cells``."""
    weights = noted.weights
    columns = np.empty((len(block), weights.shape[1]))
    affine(block, weights, np.zeros(weights.shape[1]), columns)
    _write(noted, cells, block, block.view(np.int64), columns)


@compiled_loosely
def _write(noted: Noted, cells: Narrow, block: Array, bits: Index, columns: Array) -> None:
    slopes, sizes, marks, _, factors = noted
    units = block.shape[1]
    for place in range(len(cells)):
        cell, mark = cells[place], 0
        for axis in range(2):
            row, square = 2 * place + axis, 0.0
            for unit in range(units):
                square += block[row, unit] * block[row, unit]
                own = bits[row, unit]  # of dyadic numbers the high bits alone, which products take no lower
                mark += (own ^ (own >> 20) ^ (own >> 40)) * factors[axis, unit]
            for each in range(slopes.shape[2]):
                slopes[cell, axis, each] = columns[row, each]
            sizes[cell, axis] = root(square)
        marks[cell] = mark
