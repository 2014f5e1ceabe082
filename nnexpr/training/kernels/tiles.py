"""Tiles of matrix products in vector instructions, the two inner loops that training is made of.

Matrices lie in flat arrays, points contiguous. A tile keeps all its sums in registers for the whole loop:

    product:  C[r, p] = sum over k of W[r, k] A[k, p]        rows r of a tile at 2 vectors of points
    dots:     G[r, c] += sum over p of D[r, p] A[c, p]       rows x columns of a tile at all points

Numba's own vectoriser does not find the first (it cannot know that arrays do not overlap), so both are written as LLVM
instructions on vectors of the processor's width. On processors with 16 vector registers a tile is smaller.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import binding, ir
from numba.core import cgutils, types

from nnexpr.compiled import emitted

__all__ = ["BLOCK_BYTES", "DOT_TILES", "PRODUCT_ROWS", "dots", "product"]

_HAS_32_REGISTERS = bool(binding.get_host_cpu_features().get("avx512f"))
VECTOR_BYTES = 64 if _HAS_32_REGISTERS else 32
VECTORS = 2  # of points in a product tile
BLOCK_BYTES = VECTORS * VECTOR_BYTES  # points come in multiples of this many bytes
PRODUCT_ROWS = (8, 6, 5, 4, 3, 2, 1) if _HAS_32_REGISTERS else (4, 3, 2, 1)
DOT_TILES = (4, 2, 1) if _HAS_32_REGISTERS else (2, 1)  # rows, and columns, of a dots tile

_INDEX = ir.IntType(64)
Value = Any  # an llvmlite value; the library is not typed


class _Emitter:
    """Instructions on vectors of one element type."""

    def __init__(self, context: Any, builder: Any, signature: Any, arguments: Any) -> None:
        self.builder = builder
        self._context, self._signature, self._arguments = context, signature, arguments
        self.element = context.get_value_type(signature.args[0].dtype)
        self.bytes = 4 if isinstance(self.element, ir.FloatType) else 8
        self.lanes = VECTOR_BYTES // self.bytes
        self.vector = ir.VectorType(self.element, self.lanes)
        suffix = f"v{self.lanes}f{8 * self.bytes}"
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        self._fma = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.{suffix}")

    def data(self, index: int) -> Value:
        """The first element's address of an array argument."""
        made = self._context.make_array(self._signature.args[index])
        return made(self._context, self.builder, self._arguments[index]).data

    def offset(self, start: Value, stride: Value, count: int) -> Value:
        return self.builder.add(start, self.builder.mul(stride, ir.Constant(_INDEX, count)))

    def scalar(self, base: Value, index: Value) -> Value:
        return self.builder.load(self.builder.gep(base, [index]))

    def splat(self, scalar: Value) -> Value:
        undefined = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(undefined, scalar, ir.Constant(ir.IntType(32), 0))
        return self.shuffle(first, undefined, [0] * self.lanes)

    def shuffle(self, a: Value, b: Value, lanes: list[int]) -> Value:
        mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)
        return self.builder.shuffle_vector(a, b, mask)

    def _at(self, base: Value, index: Value, lanes: int) -> Value:
        pointer = ir.VectorType(self.element, lanes).as_pointer()
        return self.builder.bitcast(self.builder.gep(base, [index]), pointer)

    def load(self, base: Value, index: Value, lanes: int | None = None) -> Value:
        made = self.builder.load(self._at(base, index, lanes or self.lanes))
        made.align = self.bytes
        return made

    def store(self, value: Value, base: Value, index: Value, lanes: int | None = None) -> None:
        made = self.builder.store(value, self._at(base, index, lanes or self.lanes))
        made.align = self.bytes

    def fma(self, a: Value, b: Value, c: Value) -> Value:
        return self.builder.call(self._fma, [a, b, c])

    def zero(self) -> Value:
        return ir.Constant(self.vector, [0.0] * self.lanes)

    def loop(
        self,
        start: Value,
        end: Value,
        step: int,
        sums: int,
        body: Callable[[Value, list[Value]], list[Value]],
    ) -> list[Value]:
        """``body(index, sums)`` gives the next sums, from start below end; runs at least once."""
        builder = self.builder
        entry, head = builder.block, builder.append_basic_block("head")
        done = builder.append_basic_block("done")
        builder.branch(head)
        builder.position_at_end(head)
        index = builder.phi(_INDEX)
        index.add_incoming(start, entry)
        before = [builder.phi(self.vector) for _ in range(sums)]
        after = body(index, before)
        following = builder.add(index, ir.Constant(_INDEX, step))
        index.add_incoming(following, head)
        for phi, value in zip(before, after, strict=True):
            phi.add_incoming(self.zero(), entry)
            phi.add_incoming(value, head)
        builder.cbranch(builder.icmp_signed("<", following, end), head, done)
        builder.position_at_end(done)
        return after

    def totals(self, vectors: list[Value]) -> Value:
        """A vector whose lane i is the sum of ``vectors[i]``; there are at most as many as lanes."""
        level = vectors + [self.zero()] * (self.lanes - len(vectors))
        size = self.lanes
        while len(level) > 1:
            half = size // 2
            low: list[int] = []
            high: list[int] = []
            for block in range(0, self.lanes, size):
                for part in (0, self.lanes):  # from the first vector, then from the second
                    low += range(part + block, part + block + half)
                    high += range(part + block + half, part + block + size)
            count = len(level) // 2
            level = [
                self.builder.fadd(self.shuffle(a, b, low), self.shuffle(a, b, high))
                for a, b in zip(level[:count], level[count:], strict=True)
            ]
            size = half
        return level[0]


def _product_tile(rows: int) -> Any:
    @emitted
    def tile(
        _: Any,
        c: Any,
        c0: Any,
        w: Any,
        w0: Any,
        w_row: Any,
        w_column: Any,
        a: Any,
        a0: Any,
        stride: Any,
        inner: Any,
    ) -> Any:
        """``rows`` rows of C from offset c0, at 2 vectors of points; rows of C and A are ``stride`` apart."""
        signature = types.void(c, c0, w, w0, w_row, w_column, a, a0, stride, inner)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            emit = _Emitter(context, builder, signature, arguments)
            out, weights, inputs = emit.data(0), emit.data(2), emit.data(6)
            c0, w0, w_row, w_column, a0, stride, inner = (arguments[i] for i in (1, 3, 4, 5, 7, 8, 9))
            starts = [emit.offset(w0, w_row, row) for row in range(rows)]

            def body(k: Value, sums: list[Value]) -> list[Value]:
                column = builder.mul(k, w_column)
                at = builder.add(a0, builder.mul(k, stride))
                values = [
                    emit.load(inputs, emit.offset(at, ir.Constant(_INDEX, emit.lanes), v))
                    for v in range(VECTORS)
                ]
                weight = [emit.splat(emit.scalar(weights, builder.add(start, column))) for start in starts]
                return [
                    emit.fma(weight[i // VECTORS], values[i % VECTORS], total) for i, total in enumerate(sums)
                ]

            sums = emit.loop(ir.Constant(_INDEX, 0), inner, 1, rows * VECTORS, body)
            for i, total in enumerate(sums):
                row = emit.offset(c0, stride, i // VECTORS)
                emit.store(total, out, emit.offset(row, ir.Constant(_INDEX, emit.lanes), i % VECTORS))
            return context.get_dummy_value()

        return signature, generate

    return tile


def _dots_tile(rows: int, columns: int) -> Any:
    @emitted
    def tile(
        _: Any, g: Any, g0: Any, g_row: Any, d: Any, d0: Any, a: Any, a0: Any, stride: Any, points: Any
    ) -> Any:
        """Add to ``rows x columns`` entries of G from offset g0; rows of D and A are ``stride`` apart."""
        signature = types.void(g, g0, g_row, d, d0, a, a0, stride, points)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            emit = _Emitter(context, builder, signature, arguments)
            out, deltas, inputs = emit.data(0), emit.data(3), emit.data(5)
            g0, g_row, d0, a0, stride, points = (arguments[i] for i in (1, 2, 4, 6, 7, 8))
            d_rows = [emit.offset(d0, stride, row) for row in range(rows)]
            a_rows = [emit.offset(a0, stride, column) for column in range(columns)]

            def body(p: Value, sums: list[Value]) -> list[Value]:
                left = [emit.load(deltas, builder.add(row, p)) for row in d_rows]
                right = [emit.load(inputs, builder.add(row, p)) for row in a_rows]
                return [
                    emit.fma(left[i // columns], right[i % columns], total) for i, total in enumerate(sums)
                ]

            sums = emit.loop(ir.Constant(_INDEX, 0), points, emit.lanes, rows * columns, body)
            at_once = max(1, min(rows, emit.lanes // columns))
            for first in range(0, rows, at_once):
                some = sums[first * columns : (first + at_once) * columns]
                totals = emit.totals(some)
                for row in range(first, min(first + at_once, rows)):
                    at = emit.offset(g0, g_row, row)
                    lanes = [(row - first) * columns + column for column in range(columns)]
                    part = emit.shuffle(totals, totals, lanes)
                    emit.store(builder.fadd(emit.load(out, at, columns), part), out, at, columns)
            return context.get_dummy_value()

        return signature, generate

    return tile


product = {rows: _product_tile(rows) for rows in PRODUCT_ROWS}
dots = {(rows, columns): _dots_tile(rows, columns) for rows in DOT_TILES for columns in DOT_TILES}
