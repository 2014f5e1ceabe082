"""Products of rows with a sparse matrix, given by its columns.

    C[r, c] = b[c] + sum over i of V[r, p(c, i)] w(c, i)        i ascending

the places p and weights w of column c are those from ``offsets[c]`` to below ``offsets[c + 1]``. A block of rows is
turned, so that one input's numbers in all of them lie together; each column's sums stay in registers, in vector
instructions, while its inputs go by. Nothing is searched for, and an index is read once for the whole block.

Columns that take the same places, as a convolution's channels do at one pixel, go together: an input's numbers are read
once for several of them, and inputs that are zero in the whole block are left out, as half of a ReLU layer is in rows
that lie beside one another. What is left out would have added zero: a row's numbers are the same in whatever block it
is, and in whatever company its columns are.

Cost: a multiply-add for each row and weight, half of them where half is zero, and four passes over both arrays to turn
them and back. Error: each is at most (inputs of the column + 1) 2^-53 of the sum of its terms' sizes, as for any order
of the sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numpy.typing import NDArray

from nnexpr.kernels.compiled import compiled
from nnexpr.kernels.vectors import HAS_32_REGISTERS, INDEX, VECTOR_BYTES, Emitter, Value, emitted

__all__ = ["ROWS", "dense_turned", "raise_turned", "sparse_affine", "together", "turn", "turn_back"]

LANES = VECTOR_BYTES // 8  # float64 numbers of a vector
VECTORS = 4  # of rows at once: their sums take as many registers
ROWS = VECTORS * LANES
COLUMNS = 4 if HAS_32_REGISTERS else 2  # at once, of those that take the same places
SQUARE = 8  # rows and columns that are turned together: a line of the cache of each

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def together(offsets: Index, places: Index) -> Index:
    """The columns ``(columns,)`` with those of the same places one behind the other: c begins anew, ~c goes on."""
    counts, columns = np.diff(offsets), np.arange(len(offsets) - 1)
    marks = np.random.default_rng(0).integers(0, 2**63, int(places.max(initial=0)) + 1, dtype=np.uint64)
    sums = np.concatenate([[np.uint64(0)], np.cumsum(marks[places])])[offsets]
    _, first, which = np.unique(np.diff(sums), return_index=True, return_inverse=True)
    leader = first[which]
    # What has the same sum has the same places, but for chance: they are compared.
    at = np.repeat(offsets[leader] - offsets[:-1], counts) + np.arange(len(places))
    other = places[np.minimum(at, len(places) - 1)] != places
    others = np.diff(np.concatenate([[0], np.cumsum(other)])[offsets])
    leader = np.where((others > 0) | (counts[leader] != counts), columns, leader)
    order = np.argsort(leader, kind="stable")
    return np.where(leader[order] == order, order, ~order)


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


@emitted(types.void)
def _columns(
    emit: Emitter,
    out: Any,
    turned: Any,
    weights: Any,
    bias: Any,
    starts: Any,
    order: Any,
    first: Any,
    live: Any,
    taken: Any,
    number: Any,
) -> None:
    """The sums of ``COLUMNS`` columns, those of ``order`` from ``first``, over the inputs in ``live``, their places in
    ``turned``; column c's weights are at ``starts[c]`` plus what is in ``taken``. At least one input.
    """
    to, rows, values, begin, at_start, chosen = (emit.data(i) for i in range(6))
    places, weighed = emit.data(7), emit.data(8)
    builder = emit.builder
    steps = [ir.Constant(INDEX, v * emit.lanes) for v in range(VECTORS)]
    marked = [emit.scalar(chosen, builder.add(first, ir.Constant(INDEX, c))) for c in range(COLUMNS)]
    columns = [builder.xor(each, builder.ashr(each, ir.Constant(INDEX, 63))) for each in marked]
    beginnings = [emit.scalar(at_start, each) for each in columns]

    def body(at: Value, sums: list[Value]) -> list[Value]:
        place, weight = emit.scalar(places, at), emit.scalar(weighed, at)
        given = [emit.load(rows, builder.add(place, step)) for step in steps]
        factors = [emit.splat(emit.scalar(values, builder.add(each, weight))) for each in beginnings]
        return [emit.fma(factors[i // VECTORS], given[i % VECTORS], total) for i, total in enumerate(sums)]

    starting = [emit.splat(emit.scalar(begin, each)) for each in columns]
    sums = emit.loop(
        ir.Constant(INDEX, 0), number, 1, [each for each in starting for _ in range(VECTORS)], body
    )
    for i, total in enumerate(sums):
        row = builder.mul(columns[i // VECTORS], ir.Constant(INDEX, ROWS))
        emit.store(total, to, builder.add(row, steps[i % VECTORS]))


@compiled
def sparse_affine(
    values: Array, offsets: Index, places: Index, weights: Array, order: Index, bias: Array, out: Array
) -> None:
    """``out (rows, columns) = bias + values (rows, inputs) M``; ``out`` overlaps nothing. All contiguous.

    ``order``: the columns as :func:`together` puts them.
    """
    (rows, inputs), columns = values.shape, len(bias)
    turned, made = np.zeros((inputs, ROWS)), np.empty((columns, ROWS))
    for low in range(0, rows, ROWS):
        high = min(low + ROWS, rows)
        turn(values, turned, low, high)
        raise_turned(turned, offsets, places, weights, order, bias, made)
        turn_back(made, out, low, high)


@compiled
def raise_turned(
    turned: Array, offsets: Index, places: Index, weights: Array, order: Index, bias: Array, made: Array
) -> None:
    """The same of a block of rows that is turned, ``(inputs, ROWS)`` to ``made (columns, ROWS)``."""
    inputs, columns = len(turned), len(order)
    on, live, taken = (
        np.empty(inputs, dtype=np.int64),
        np.empty(inputs + 1, dtype=np.int64),
        np.empty(inputs + 1, dtype=np.int64),
    )
    _find_on(turned, on)
    first = 0
    while first < columns:
        column, end = order[first], first + 1
        while end < columns and order[end] < 0:
            end += 1
        low, high = offsets[column], offsets[column + 1]
        if end - first < COLUMNS or low == high:
            for at in range(first, end):
                column = max(order[at], ~order[at])
                if high > low:
                    start = offsets[column]
                    _column(made, turned, weights, places, bias[column], start, start + high - low, column)
                else:
                    made[column, :] = bias[column]
        else:
            number = 0
            for at in range(low, high):
                live[number], taken[number] = places[at] * ROWS, at - low
                number += on[places[at]]
            number, at = max(number, 1), first
            while at < end:  # the last columns overlap those before
                at = min(at, end - COLUMNS)
                _columns(made, turned, weights, bias, offsets, order, at, live, taken, number)
                at += COLUMNS
        first = end


@compiled
def dense_turned(turned: Array, weights: Array, bias: Array, made: Array) -> None:
    """``made (columns, ROWS)`` of a block of rows ``turned (inputs, ROWS)`` and a whole matrix, by its rows."""
    inputs, columns = weights.shape
    on, live, taken = (
        np.empty(inputs, dtype=np.int64),
        np.empty(inputs + 1, dtype=np.int64),
        np.empty(inputs + 1, dtype=np.int64),
    )
    _find_on(turned, on)
    number, order = 0, np.arange(columns)
    for each in range(inputs):
        live[number], taken[number] = each * ROWS, each * columns
        number += on[each]
    number, at = max(number, 1), 0
    while at < columns and columns >= COLUMNS:
        at = min(at, columns - COLUMNS)
        _columns(made, turned, weights, bias, order, order, at, live, taken, number)
        at += COLUMNS
    for column in range(columns if columns < COLUMNS else 0):
        made[column, :] = bias[column]
        for each in range(inputs):
            for row in range(ROWS):
                made[column, row] += turned[each, row] * weights[each, column]


@compiled
def _find_on(turned: Array, on: Index) -> None:
    """1 for inputs that are not zero in some row of a block, else 0."""
    for each in range(len(turned)):
        number = 0
        for row in range(ROWS):
            number += turned[each, row] != 0.0
        on[each] = number > 0


@compiled
def turn(values: Array, turned: Array, low: int, high: int) -> None:
    """``turned[j, r] = values[low + r, j]``."""
    inputs = values.shape[1]
    for start in range(0, inputs, SQUARE):
        end = min(start + SQUARE, inputs)
        for row in range(low, high):
            for each in range(start, end):
                turned[each, row - low] = values[row, each]


@compiled
def turn_back(made: Array, out: Array, low: int, high: int) -> None:
    """``out[low + r, c] = made[c, r]``."""
    columns = len(made)
    for start in range(0, columns, SQUARE):
        end = min(start + SQUARE, columns)
        for row in range(low, high):
            for column in range(start, end):
                out[row, column] = made[column, row - low]
