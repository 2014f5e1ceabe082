"""Vector instructions for compiled functions, written as LLVM's own: what loops over small matrices are made of.

Numba's vectoriser does not find the loops of a small matrix product, because it cannot know that arrays do not overlap.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.extending import intrinsic

__all__ = ["HAS_32_REGISTERS", "INDEX", "VECTOR_BYTES", "Emitter", "Value", "emitted"]

HAS_32_REGISTERS = bool(binding.get_host_cpu_features().get("avx512f"))
VECTOR_BYTES = 64 if HAS_32_REGISTERS else 32

INDEX = ir.IntType(64)
Value = Any  # an llvmlite value; the library is not typed


def emitted(returns: Any = None) -> Callable[[Callable[..., Value]], Any]:
    """A function of compiled code that is written in LLVM's own instructions, ``function(emit, *arguments)``.

    ``returns``: the Numba type of its result; unless given, that of its first argument.
    """

    def decorate(function: Callable[..., Value]) -> Any:
        @wraps(function)  # Numba looks at the names of its parameters
        def typed(_: Any, *kinds: Any) -> Any:
            def generate(context: Any, builder: Any, signature: Any, values: Any) -> Value:
                made = function(Emitter(context, builder, signature.args, values), *values)
                return context.get_dummy_value() if made is None else made

            return (returns or kinds[0])(*kinds), generate

        return intrinsic(typed)

    return decorate


class Emitter:
    """Instructions on vectors of one element type, that of the first array, or argument, of a function."""

    def __init__(self, context: Any, builder: Any, kinds: Any, arguments: Any) -> None:
        self.builder, self.context, self.kinds, self._arguments = builder, context, kinds, arguments
        arrays = [each.dtype for each in kinds if isinstance(each, types.Array)]
        self.element = context.get_value_type((*arrays, kinds[0])[0])
        self.bytes = 4 if isinstance(self.element, ir.FloatType) else 8
        self.lanes = VECTOR_BYTES // self.bytes
        self.vector = ir.VectorType(self.element, self.lanes)

    def data(self, index: int) -> Value:
        """The first element's address of an array argument."""
        made = self.context.make_array(self.kinds[index])
        return made(self.context, self.builder, self._arguments[index]).data

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
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        name = f"llvm.fma.v{self.lanes}f{8 * self.bytes}"
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, kind, name), [a, b, c])

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
