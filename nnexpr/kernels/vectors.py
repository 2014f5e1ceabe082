"""Vector instructions for compiled functions, written as LLVM's own: what loops over small matrices are made of.

Numba's vectoriser does not find the loops of a small matrix product, because it cannot know that arrays do not overlap.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import binding, ir
from numba.core import cgutils

__all__ = ["HAS_32_REGISTERS", "INDEX", "VECTOR_BYTES", "Emitter", "Value"]

HAS_32_REGISTERS = bool(binding.get_host_cpu_features().get("avx512f"))
VECTOR_BYTES = 64 if HAS_32_REGISTERS else 32

INDEX = ir.IntType(64)
Value = Any  # an llvmlite value; the library is not typed


class Emitter:
    """Instructions on vectors of one element type, that of the argument numbered ``array``."""

    def __init__(self, context: Any, builder: Any, signature: Any, arguments: Any, array: int = 0) -> None:
        self.builder = builder
        self._context, self._signature, self._arguments = context, signature, arguments
        self.element = context.get_value_type(signature.args[array].dtype)
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
        return self.builder.add(start, self.builder.mul(stride, ir.Constant(INDEX, count)))

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
        first: list[Value],
        body: Callable[[Value, list[Value]], list[Value]],
    ) -> list[Value]:
        """``body(index, sums)`` gives the next sums, ``first`` at start, to below end; runs at least once."""
        builder = self.builder
        entry, head = builder.block, builder.append_basic_block("head")
        done = builder.append_basic_block("done")
        builder.branch(head)
        builder.position_at_end(head)
        index = builder.phi(INDEX)
        index.add_incoming(start, entry)
        before = [builder.phi(self.vector) for _ in first]
        after = body(index, before)
        following = builder.add(index, ir.Constant(INDEX, step))
        index.add_incoming(following, head)
        for phi, begin, value in zip(before, first, after, strict=True):
            phi.add_incoming(begin, entry)
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
