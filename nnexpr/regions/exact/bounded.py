"""Numbers of many units at many places with bounds of how far each may be off, through the steps of a graph.

Bounds are worst cases, as in ``nnexpr/regions/enclosed.py``: with u = 2^-53 and n terms at most

    z = sum_j w_j a_j + b        e(z) = sum_j |w_j| (e(a_j) + (n + 2) u |a_j|) + (n + 2) u |b|

What is made of zeros alone, as the comparison of two units that are off, is known to the bit: its bound is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nnexpr.kernels.sparse import together
from nnexpr.regions.enclosed import LEAST, UNIT
from nnexpr.regions.layer import Array, Bends, Index, Layer, Sparse, affine
from nnexpr.regions.lowered import DENSE
from nnexpr.regions.steps import Matrix

__all__ = ["Bounded", "Product", "added", "behind", "between", "shares", "times"]

Flags = NDArray[np.bool_]

FAINT = 2.0**-1000  # products of what is smaller may underflow
NOTHING = Bends(np.zeros((0, 3), dtype=np.int64), np.zeros((0, 3, 1)))


class Bounded(NamedTuple):
    """``values (rows, units)``, each off by its number of ``errors (rows, units)`` at most."""

    values: Array
    errors: Array

    def on(self, rows: Index) -> Bounded:
        """Of some rows, copied."""
        return Bounded(self.values[rows], self.errors[rows])


class Product:
    """x M of one step."""

    def __init__(self, matrix: Matrix) -> None:
        self.weights = int(matrix.nnz)
        by_column = matrix.tocsc()
        by_column.sort_indices()
        fan = int(np.diff(by_column.indptr).max(initial=0))
        self.terms = fan + 2
        sizes = np.abs(by_column.data)
        self.least = float(sizes[sizes > 0.0].min(initial=np.inf))
        self._map, self._sizes = _layer(by_column, by_column.data, fan), _layer(by_column, sizes, fan)

    def of(self, below: Bounded, bias: Array) -> Bounded:
        """x M + b."""
        values = affine(np.ascontiguousarray(below.values), self._map, bias)
        sizes = below.errors + self.terms * UNIT * np.abs(below.values)
        spread = affine(sizes, self._sizes, np.zeros(len(bias)))
        errors = spread * (1.0 + (self.terms + 4) * UNIT) + self.terms * (UNIT * np.abs(bias) + LEAST)
        some = (below.values != 0.0) | (below.errors > 0.0)
        if self.least * sizes.min(where=some, initial=np.inf) >= FAINT:
            errors[spread == 0.0] = 0.0  # of zeros alone
        return Bounded(values, errors)


def _layer(by_column: sparse.csc_array, weights: Array, fan: int) -> Layer:
    (inputs, outputs), none = by_column.shape, np.zeros(0, dtype=np.int64)
    offsets, places = (each.astype(np.int64) for each in (by_column.indptr, by_column.indices))
    dense = len(weights) > DENSE * inputs * outputs
    matrix, few = np.zeros((0, outputs)), Sparse(none, none, np.zeros(0), none)
    if dense:
        matrix = np.zeros((inputs, outputs))
        matrix[places, np.repeat(np.arange(outputs), np.diff(offsets))] = weights
    else:
        few = Sparse(offsets, places, np.array(weights), together(offsets, places))
    return Layer(matrix, few, np.zeros(outputs), NOTHING, outputs, inputs, max(fan, 1))


def added(given: Sequence[Bounded]) -> Bounded:
    """The sum of several."""
    values, errors = (np.sum([each[side] for each in given], axis=0) for side in (0, 1))
    several = np.sum([each.values != 0.0 for each in given], axis=0) > 1  # a sum with zeros is exact
    sizes = np.sum([np.abs(each.values) for each in given], axis=0)
    return Bounded(values, errors * (1.0 + 2 * len(given) * UNIT) + several * len(given) * UNIT * sizes)


def behind(given: Sequence[Bounded]) -> Bounded:
    """Several behind each other."""
    return Bounded(*(np.concatenate([each[side] for each in given], axis=1) for side in (0, 1)))


def times(given: Bounded, gains: Array, shifts: Array) -> Bounded:
    """Each times its gain, and its shift added."""
    values, sizes = gains * given.values, np.abs(gains)
    exact = (shifts == 0.0) & ((sizes == 1.0) | (gains == 0.0))
    rounded = 4.0 * (UNIT * (np.abs(values) + np.abs(shifts)) + LEAST)
    errors = sizes * given.errors * (1.0 + 4.0 * UNIT) + np.where(exact, 0.0, rounded)
    return Bounded(values + shifts, errors)


class Shares(NamedTuple):
    """Places between two others: ``left``, ``right (n,)`` their weights, each accurate on its own, and by how much the
    share of the way is off at most.
    """

    left: Array
    right: Array
    errors: Array


def shares(left: Bounded, right: Bounded) -> Shares:
    """Where numbers are zero that are above it at one end and below at the other, ``(n,)`` each, by more than twice
    their bounds.

    With p and q their sizes at the ends, off by e and f, the share p / (p + q) is off by no more than
    (e q + f p) / ((p + q) (p + q - e - f)).
    """
    p, q = np.abs(left.values), np.abs(right.values)
    whole = p + q
    low, high, e, f = (each / whole for each in (p, q, left.errors, right.errors))
    off = (e * high + f * low) / (1.0 - e - f) * (1.0 + 2.0**-20)
    return Shares(high, low, off + 8.0 * (UNIT * low + LEAST))


def between(given: Bounded, cells: Index, at: Shares) -> Bounded:
    """What is linear from each row of ``given (rows, units)`` to the next, at a share of the way from rows ``cells
    (n,)``, which ascend.
    """
    units = given.values.shape[1]
    made = Bounded(np.empty((len(cells), units)), np.empty((len(cells), units)))
    weights, more = np.stack(at, axis=1), 1.0 + 64 * UNIT
    firsts = np.flatnonzero(np.diff(cells, prepend=-1))
    for first, end in pairwise([*firsts.tolist(), len(cells)]):
        both = slice(cells[first], cells[first] + 2)
        values, errors = given.values[both], given.errors[both]
        sizes = errors + 16.0 * UNIT * np.abs(values)
        apart = np.abs(values[1] - values[0]) + errors[0] + errors[1]
        sizes += ((values != 0.0).any(axis=0) | (apart > 0.0)) * 64.0 * LEAST
        np.matmul(weights[first:end, :2], values, out=made.values[first:end])
        np.matmul(more * weights[first:end], np.stack([*sizes, apart]), out=made.errors[first:end])
    return made
