"""Products of rows with a matrix, without the inputs that are zero in all rows of a block.

    C[r, c] = b[c] + sum over k of V[r, k] W[k, c]        rows r of a block at once, k ascending

Half of the values of a ReLU layer are zero, and rows that lie beside one another share most of the zeros. A block of
rows keeps its sums in registers while the inputs that are on in any of its rows go by. What is left out would have
added zero, so the numbers of a row are the same in whatever block it is: they do not depend on the other rows.

Cost: with AVX-512 on one core about 25 billion multiply-adds a second where nothing is zero, which is a tenth less than
OpenBLAS does, and 45 billion, left-out ones included, where half is.
Error: each is at most (inputs + 1) 2^-53 of the sum of its terms' sizes, as for any order of the sum.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numpy.typing import NDArray

from nnexpr.kernels.compiled import compiled
from nnexpr.kernels.tiles import dots
from nnexpr.kernels.vectors import HAS_32_REGISTERS, INDEX, VECTOR_BYTES, Emitter, Value, emitted

__all__ = ["affine"]

# Rows at once. With 8 the compiler runs out of registers, and what it keeps on the stack instead takes half as long
# again whenever the stack does not begin with a line of the cache; 4 share more zeros, and were 2% slower.
BLOCK = 6 if HAS_32_REGISTERS else 4
LANES = VECTOR_BYTES // 8  # float64 numbers of a vector
LARGE = 1 << 13  # weights: from here on a matrix is copied strip by strip
FEW = 4  # blocks of rows for which that is not worth it

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def _tile(vectors: int) -> Any:
    @emitted(types.void)
    def tile(
        emit: Emitter, out: Any, weights: Any, bias: Any, column: Any, width: Any, start: Any, stride: Any,
        values: Any, row: Any, inputs: Any, last: Any, live: Any, number: Any,
    ) -> None:  # fmt: skip
        """A block of rows of C from ``row`` to at most ``last``, at so many vectors of columns from ``column``; their
        weights are from ``start`` on, the rows of these ``stride`` apart.
        """
        to, matrix, first, rows, chosen = (emit.data(i) for i in (0, 1, 2, 7, 11))
        builder, places = emit.builder, _block(emit, row, last)
        starts = [builder.gep(rows, [builder.mul(place, inputs)]) for place in places]
        columns, weighed = (
            [emit.offset(begin, ir.Constant(INDEX, emit.lanes), v) for v in range(vectors)]
            for begin in (column, start)
        )

        def body(at: Value, sums: list[Value]) -> list[Value]:
            k = emit.scalar(chosen, at)
            at_row = builder.mul(k, stride)
            weight = [emit.load(matrix, builder.add(at_row, each)) for each in weighed]
            value = [emit.splat(emit.scalar(each, k)) for each in starts]
            return [emit.fma(value[i // vectors], weight[i % vectors], total) for i, total in enumerate(sums)]

        begin = [emit.load(first, each) for each in columns] * BLOCK
        sums = emit.loop(ir.Constant(INDEX, 0), number, 1, begin, body)
        for i, total in enumerate(sums):
            at = builder.add(builder.mul(places[i // vectors], width), columns[i % vectors])
            emit.store(total, to, at)

    return tile


@emitted(types.int64)
def _on(emit: Emitter, values: Any, row: Any, inputs: Any, last: Any, first: Any) -> Any:
    """The bits of a vector of inputs from ``first``: not zero in some row from ``row`` to ``last``."""
    builder, found = emit.builder, []
    for place in _block(emit, row, last):
        vector = emit.load(emit.data(0), builder.add(builder.mul(place, inputs), first))
        found.append(builder.fcmp_unordered("!=", vector, emit.zero()))
    return builder.zext(builder.bitcast(reduce(builder.or_, found), ir.IntType(emit.lanes)), INDEX)


def _block(emit: Emitter, row: Value, last: Value) -> list[Value]:
    """The rows of a block; those beyond the last are the last one again."""
    builder = emit.builder
    places = [builder.add(row, ir.Constant(INDEX, each)) for each in range(BLOCK)]
    return [builder.select(builder.icmp_signed("<", place, last), place, last) for place in places]


_one, _two = _tile(1), _tile(2)
_add_dot = dots[1, 1]


@compiled
def _block_product(
    out: Array, values: Array, weights: Array, bias: Array, low: int, high: int, live: Index, number: int
) -> None:
    """``out[low:high] = bias + values[low:high] weights``, at most a block of rows, over the first of ``live``.

    ``weights (inputs, columns)``; columns are at least a vector. All contiguous.
    """
    inputs, width = weights.shape
    column = 0
    while column < width:
        if width - column > LANES and width >= 2 * LANES:  # the last vectors overlap those before
            column = min(column, width - 2 * LANES)
            _two(
                out, weights, bias, column, width, column, width, values, low, inputs, high - 1, live, number
            )
            column += 2 * LANES
        else:
            column = min(column, width - LANES)
            _one(
                out, weights, bias, column, width, column, width, values, low, inputs, high - 1, live, number
            )
            column += LANES


@compiled
def _live_inputs(values: Array, low: int, high: int, live: Index) -> int:
    """Write down which inputs are not zero in some row from ``low`` to below ``high``; how many, at least one.

    At most a block of rows. What is written may be one more than is counted.
    """
    inputs, number, first = values.shape[1], 0, 0
    while first + LANES <= inputs:
        bits = _on(values, low, inputs, high - 1, first)
        for lane in range(LANES):
            live[number] = first + lane
            number += (bits >> lane) & 1
        first += LANES
    for each in range(first, inputs):
        on = False
        for row in range(low, high):
            on |= values[row, each] != 0.0
        live[number] = each
        number += on
    return max(number, 1)


@compiled
def _sparse(values: Array, weights: Array, bias: Array, out: Array) -> None:
    """``out (rows, columns) = bias + values (rows, inputs) weights (inputs, columns)``; at least ``LANES`` columns."""
    inputs, rows = weights.shape[0], values.shape[0]
    live = np.empty(inputs + 1, dtype=np.int64)
    for low in range(0, rows, BLOCK):
        high = min(low + BLOCK, rows)
        _block_product(out, values, weights, bias, low, high, live, _live_inputs(values, low, high, live))


@compiled
def _by_columns(values: Array, weights: Array, bias: Array, out: Array) -> None:
    """The same of a large matrix: a strip of its columns, copied so that it stays in the cache, at all rows."""
    (inputs, width), strip = weights.shape, 2 * LANES
    blocks, column = -(-len(values) // BLOCK), 0
    live, numbers = np.empty((blocks, inputs + 1), dtype=np.int64), np.empty(blocks, dtype=np.int64)
    near = np.empty((inputs, strip))
    for block in range(blocks):
        low, high = BLOCK * block, min(BLOCK * (block + 1), len(values))
        numbers[block] = _live_inputs(values, low, high, live[block])
    while column < width:
        column = min(column, width - strip)
        for each in range(inputs):
            for place in range(strip):
                near[each, place] = weights[each, column + place]
        for block in range(blocks):
            low, last = BLOCK * block, min(BLOCK * (block + 1), len(values)) - 1
            own, number = live[block], numbers[block]
            _two(out, near, bias, column, width, 0, strip, values, low, inputs, last, own, number)
        column += strip


@compiled
def _narrow(values: Array, weights: Array, bias: Array, out: Array) -> None:
    """The same for fewer columns: each number is a sum along vectors of inputs, folded at its end."""
    inputs, columns = weights.shape
    whole = inputs // LANES * LANES  # the inputs of whole vectors
    turned = np.empty((columns, inputs))
    for column in range(columns):
        for each in range(inputs):
            turned[column, each] = weights[each, column]
    for row in range(len(values)):
        for column in range(columns):
            out[row, column] = bias[column]
            if whole > 0:
                first, second = row * inputs, column * inputs
                _add_dot(out, row * columns + column, 0, values, first, turned, second, 0, whole)
            for each in range(whole, inputs):
                out[row, column] += values[row, each] * turned[column, each]


@compiled
def affine(values: Array, weights: Array, bias: Array, out: Array) -> None:
    """``out (rows, columns) = bias + values (rows, inputs) weights (inputs, columns)``; ``out`` overlaps nothing."""
    if weights.size > LARGE and len(values) > FEW * BLOCK and len(bias) >= 2 * LANES:
        _by_columns(values, weights, bias, out)
    elif len(bias) >= LANES:
        _sparse(values, weights, bias, out)
    else:
        _narrow(values, weights, bias, out)
