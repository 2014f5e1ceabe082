"""Tiles of matrix products in vector instructions, the two inner loops that training is made of.

Matrices lie in flat arrays, points contiguous. A tile keeps all its sums in registers for the whole loop:

    product:  C[r, p] = sum over k of W[r, k] A[k, p]        rows r of a tile at 2 vectors of points
    dots:     G[r, c] += sum over p of D[r, p] A[c, p]       rows x columns of a tile at all points

Numba's own vectoriser does not find the first (it cannot know that arrays do not overlap), so both are written as LLVM
instructions on vectors of the processor's width. On processors with 16 vector registers a tile is smaller.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types

from nnexpr.kernels.vectors import HAS_32_REGISTERS, INDEX, VECTOR_BYTES, Emitter, Value, emitted

__all__ = ["BLOCK_BYTES", "DOT_TILES", "dots", "product"]

VECTORS = 2  # of points in a product tile
BLOCK_BYTES = VECTORS * VECTOR_BYTES  # points come in multiples of this many bytes
PRODUCT_ROWS = range(1, 9 if HAS_32_REGISTERS else 5)
DOT_TILES = (1, 2, 4) if HAS_32_REGISTERS else (1, 2)  # rows, and columns, of a dots tile


def _product_tile(rows: int) -> Any:
    @emitted(types.void)
    def tile(
        emit: Emitter, c: Any, c0: Any, w: Any, w0: Any, w_row: Any, w_column: Any, a: Any, a0: Any,
        stride: Any, inner: Any,
    ) -> None:  # fmt: skip
        """``rows`` rows of C from offset c0, at 2 vectors of points; rows of C and A are ``stride`` apart."""
        builder, out, weights, inputs = emit.builder, emit.data(0), emit.data(2), emit.data(6)
        starts = [emit.offset(w0, w_row, row) for row in range(rows)]

        def body(k: Value, sums: list[Value]) -> list[Value]:
            column = builder.mul(k, w_column)
            at = builder.add(a0, builder.mul(k, stride))
            values = [
                emit.load(inputs, emit.offset(at, ir.Constant(INDEX, emit.lanes), v)) for v in range(VECTORS)
            ]
            weight = [emit.splat(emit.scalar(weights, builder.add(start, column))) for start in starts]
            return [
                emit.fma(weight[i // VECTORS], values[i % VECTORS], total) for i, total in enumerate(sums)
            ]

        sums = emit.loop(ir.Constant(INDEX, 0), inner, 1, [emit.zero()] * (rows * VECTORS), body)
        for i, total in enumerate(sums):
            row = emit.offset(c0, stride, i // VECTORS)
            emit.store(total, out, emit.offset(row, ir.Constant(INDEX, emit.lanes), i % VECTORS))

    return tile


def _dots_tile(rows: int, columns: int) -> Any:
    @emitted(types.void)
    def tile(
        emit: Emitter, g: Any, g0: Any, g_row: Any, d: Any, d0: Any, a: Any, a0: Any, stride: Any, points: Any
    ) -> None:
        """Add to ``rows x columns`` entries of G from offset g0; rows of D and A are ``stride`` apart."""
        builder, out, deltas, inputs = emit.builder, emit.data(0), emit.data(3), emit.data(5)
        d_rows = [emit.offset(d0, stride, row) for row in range(rows)]
        a_rows = [emit.offset(a0, stride, column) for column in range(columns)]

        def body(p: Value, sums: list[Value]) -> list[Value]:
            left = [emit.load(deltas, builder.add(row, p)) for row in d_rows]
            right = [emit.load(inputs, builder.add(row, p)) for row in a_rows]
            return [emit.fma(left[i // columns], right[i % columns], total) for i, total in enumerate(sums)]

        zeros = [emit.zero()] * (rows * columns)
        sums = emit.loop(ir.Constant(INDEX, 0), points, emit.lanes, zeros, body)
        at_once = max(1, min(rows, emit.lanes // columns))
        for first in range(0, rows, at_once):
            totals = emit.totals(sums[first * columns : (first + at_once) * columns])
            for row in range(first, min(first + at_once, rows)):
                at = emit.offset(g0, g_row, row)
                lanes = [(row - first) * columns + column for column in range(columns)]
                part = emit.shuffle(totals, totals, lanes)
                emit.store(builder.fadd(emit.load(out, at, columns), part), out, at, columns)

    return tile


product = {rows: _product_tile(rows) for rows in PRODUCT_ROWS}
dots = {(rows, columns): _dots_tile(rows, columns) for rows in DOT_TILES for columns in DOT_TILES}
