"""Products of rows with a sparse matrix, given by its columns.

    C[r, c] = b[c] + sum over i of V[r, p(c, i)] w(c, i)

the places p and weights w of column c are those from ``offsets[c]`` to below ``offsets[c + 1]``. A block of rows is
turned, so that one input's numbers in all of them lie together; each column's sums stay in registers, in vector
instructions, while its inputs go by. Nothing is searched for, and an index is read once for the whole block.

Cost: a multiply-add for each row and weight, and four passes over both arrays to turn them and back.
Error: each is at most (inputs of the column + 1) 2^-53 of the sum of its terms' sizes, as for any order of the sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numpy.typing import NDArray

from nnexpr.kernels.compiled import compiled
from nnexpr.kernels.vectors import INDEX, VECTOR_BYTES, Emitter, Value, emitted

__all__ = ["sparse_affine"]

LANES = VECTOR_BYTES // 8  # float64 numbers of a vector
VECTORS = 4  # of rows at once: their sums take as many registers
ROWS = VECTORS * LANES
SQUARE = 8  # rows and columns that are turned together: a line of the cache of each

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@emitted(types.void)
def _column(
    emit: Emitter,
    out: Any,
    turned: Any,
    weights: Any,
    places: Any,
    start: Any,
    low: Any,
    high: Any,
    column: Any,
) -> None:
    """A column's sums over a block of rows, from ``start``; it has at least one weight."""
    to, rows, values, chosen = (emit.data(i) for i in range(4))
    builder, width = emit.builder, ir.Constant(INDEX, ROWS)
    steps = [ir.Constant(INDEX, v * emit.lanes) for v in range(VECTORS)]

    def body(at: Value, sums: list[Value]) -> list[Value]:
        first = builder.mul(emit.scalar(chosen, at), width)
        weight = emit.splat(emit.scalar(values, at))
        return [
            emit.fma(weight, emit.load(rows, builder.add(first, step)), total)
            for step, total in zip(steps, sums, strict=True)
        ]

    sums = emit.loop(low, high, 1, [emit.splat(start)] * VECTORS, body)
    first = builder.mul(column, width)
    for step, total in zip(steps, sums, strict=True):
        emit.store(total, to, builder.add(first, step))


@compiled
def sparse_affine(
    values: Array, offsets: Index, places: Index, weights: Array, bias: Array, out: Array
) -> None:
    """``out (rows, columns) = bias + values (rows, inputs) M``; ``out`` overlaps nothing. All contiguous."""
    (rows, inputs), columns = values.shape, len(bias)
    turned, made = np.zeros((inputs, ROWS)), np.empty((columns, ROWS))
    for low in range(0, rows, ROWS):
        high = min(low + ROWS, rows)
        _turn(values, turned, low, high)
        for column in range(columns):
            first, end = offsets[column], offsets[column + 1]
            if end > first:
                _column(made, turned, weights, places, bias[column], first, end, column)
            else:
                made[column, :] = bias[column]
        _turn_back(made, out, low, high)


@compiled
def _turn(values: Array, turned: Array, low: int, high: int) -> None:
    """``turned[j, r] = values[low + r, j]``."""
    inputs = values.shape[1]
    for start in range(0, inputs, SQUARE):
        end = min(start + SQUARE, inputs)
        for row in range(low, high):
            for each in range(start, end):
                turned[each, row - low] = values[row, each]


@compiled
def _turn_back(made: Array, out: Array, low: int, high: int) -> None:
    """``out[low + r, c] = made[c, r]``."""
    columns = len(made)
    for start in range(0, columns, SQUARE):
        end = min(start + SQUARE, columns)
        for row in range(low, high):
            for column in range(start, end):
                out[row, column] = made[column, row - low]
