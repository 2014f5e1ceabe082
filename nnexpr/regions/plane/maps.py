"""The affine map of every cell, of each output.

The gradient on a cell is a product of the layers' weights, each unit scaled by the slope of the piece it is on
(``tree.py``); no difference of values enters, so it has its digits however thin the cell is.

Cost: two forward passes for each cell below the last hidden layer. Error: the rounding of the products, for each
component

    rounding = eps sum_l (n_l + 1) (sum |w||g'| + sqrt(sum w^2 sigma(g')^2))

with w the output's weights, g' the gradients of the last hidden layer, n_l the widths, eps = 2^-52, and sigma(g') what
rounding has left in g', counted only on cells where something cancels in the layers below.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels.compiled import compiled, compiled_loosely
from nnexpr.regions.bending import EPS
from nnexpr.regions.bending import root as rounded
from nnexpr.regions.layer import Array, Index, Layer
from nnexpr.regions.plane.layers import Sides
from nnexpr.regions.plane.mesh import Narrow
from nnexpr.regions.plane.tree import BLOCK, carefully, descend, families
from nnexpr.regions.threads import in_shares

__all__ = ["Gradients", "gradients", "terms"]

FEWEST = 1 << 13  # cells worth a second thread


def terms(layers: list[Layer]) -> int:
    """How many terms a gradient gathers on its way: sum_l (n_l + 1), each at the cost of a rounding."""
    return sum(layer.terms + 1 for layer in layers)


class Gradients(NamedTuple):
    """The outputs', on every cell."""

    slopes: Array  # (cells, 2, outputs)
    rounding: Array  # (cells, 2, outputs) of each component
    marks: Index  # (cells,) a number, the same where the gradients that the outputs are made of are the same
    cancelling: NDArray[np.bool_]  # (cells,) whether something may cancel in the layers below


def gradients(root: Array, layers: list[Layer], sides: list[Sides]) -> Gradients:
    """Those of a network of ``layers`` that has cut the plane into cells with these ``sides``.

    ``root: (2, inputs)``: the inputs' gradients.
    """
    hidden, columns = layers[:-1], np.ascontiguousarray(layers[-1].weights.T)
    outputs, units = columns.shape
    cells = len(sides[-1].parents) if sides else 1
    slopes, sums = np.empty((cells, 2, outputs)), np.empty((cells, 2, outputs))
    marks, cancelling = np.empty(cells, np.int64), np.zeros(cells, np.bool_)
    fed = np.any(columns != 0.0, axis=0)
    most = 1 + BLOCK // (2 * units)  # cells at once

    def note(found: Narrow, block: Array) -> None:
        _sum(block, columns, found, slopes, sums)
        _mark(block, block.view(np.int64), fed, found, marks)

    def work(low: int, high: int) -> None:
        blocks, left_out = descend(root, hidden, sides, tree, low, high)
        for found, block in blocks:
            note(found, block)
        for found in left_out:
            cancelling[found] = True
            for first in range(0, len(found), most):
                some = found[first : first + most]
                *_, last = carefully(root, hidden, sides, some)
                note(some, last.gradients)
                _add_doubt(last.blurs, columns, some, sums)

    if sides:
        tree = families(sides)
        lowest = len(sides[0].parents)
        in_shares(work, lowest, 1 + lowest * FEWEST // cells)
    else:
        note(np.zeros(1, np.int32), root[None])
    return Gradients(slopes, EPS * terms(layers) * sums, marks, cancelling)


@compiled_loosely
def _sum(block: Array, columns: Array, cells: Narrow, slopes: Array, sums: Array) -> None:
    """The outputs' gradients, and the sums of the sizes of their terms, into the rows ``cells``.

    ``columns (outputs, units)``.
    """
    outputs, units = columns.shape
    for place in range(len(cells)):
        for axis in range(2):
            for each in range(outputs):
                total, size = 0.0, 0.0
                for unit in range(units):
                    term = block[place, axis, unit] * columns[each, unit]
                    total += term
                    size += abs(term)
                slopes[cells[place], axis, each], sums[cells[place], axis, each] = total, size


@compiled
def _add_doubt(blurs: Array, columns: Array, cells: Narrow, sums: Array) -> None:
    """Add sqrt(sum w^2 sigma^2) to the rows ``cells``."""
    outputs, units = columns.shape
    for place in range(len(cells)):
        for axis in range(2):
            for each in range(outputs):
                square = 0.0
                for unit in range(units):
                    square += columns[each, unit] * columns[each, unit] * blurs[place, axis, unit]
                sums[cells[place], axis, each] += rounded(square)


@compiled
def _mark(block: Array, bits: Index, fed: NDArray[np.bool_], cells: Narrow, marks: Index) -> None:
    """A number made of the ``bits`` of all gradients that some output is fed; either zero is the same."""
    for place in range(len(cells)):
        mark = 0
        for axis in range(2):
            for unit in range(len(fed)):
                if fed[unit] and block[place, axis, unit] != 0.0:
                    mark += bits[place, axis, unit] * (4 * unit + 2 * axis + 1)
        marks[cells[place]] = mark
