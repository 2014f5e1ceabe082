"""Comparisons as bits, one of an integer for each number, made from whole vectors at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numpy.typing import NDArray

from nnexpr.kernels.compiled import compiled
from nnexpr.kernels.vectors import INDEX, VECTOR_BYTES, Emitter, emitted

__all__ = ["WORD", "choose", "count", "exceeding", "lowest", "put"]

WORD = 64  # bits of an integer
LANES = VECTOR_BYTES // 8  # float64 numbers of a vector

Array = NDArray[np.float64]
Bits = NDArray[np.int64]


@emitted(types.int64)
def _greater(emit: Emitter, a: Any, b: Any, first: Any) -> Any:
    """The bits of a vector of numbers from ``first``: where a is greater than b."""
    left, right = (emit.load(emit.data(i), first) for i in (0, 1))
    on = emit.builder.fcmp_ordered(">", left, right)
    return emit.builder.zext(emit.builder.bitcast(on, ir.IntType(emit.lanes)), INDEX)


@compiled
def exceeding(a: Array, b: Array, words: Bits) -> None:
    """Set bit i % 64 of ``words[i // 64]`` iff ``a[i] > b[i]``, and no other: ``a``, ``b (n,)``."""
    for word in range(len(words)):
        first, end, bits = WORD * word, min(WORD * (word + 1), len(a)), 0
        at = first
        while at + LANES <= end:
            bits |= _greater(a, b, at) << (at - first)
            at += LANES
        while at < end:
            bits |= (1 if a[at] > b[at] else 0) << (at - first)
            at += 1
        words[word] = bits


@emitted(types.void)
def _select(emit: Emitter, bits: Any, number: Any, out: Any, first: Any) -> None:
    """Write a number to the places of a vector from ``first`` whose bits, the lowest ones, are set."""
    lanes = emit.builder.trunc(bits, ir.IntType(emit.lanes))
    mask = emit.builder.bitcast(lanes, ir.VectorType(ir.IntType(1), emit.lanes))
    kept = emit.builder.select(mask, emit.splat(number), emit.load(emit.data(2), first))
    emit.store(kept, emit.data(2), first)


@compiled
def put(number: float, words: Bits, out: Array) -> None:
    """Write a number to ``out[i]`` where bit i % 64 of ``words[i // 64]`` is set."""
    for word in range(len(words)):
        first, end, bits = WORD * word, min(WORD * (word + 1), len(out)), words[word]
        at = first
        while at + LANES <= end:
            _select(bits >> (at - first), number, out, at)
            at += LANES
        while at < end:
            if (bits >> (at - first)) & 1:
                out[at] = number
            at += 1


@emitted(types.void)
def _either(emit: Emitter, bits: Any, on: Any, off: Any, out: Any, first: Any) -> None:
    """Write one number to the places of a vector from ``first`` whose bits, the lowest ones, are set, else another."""
    lanes = emit.builder.trunc(bits, ir.IntType(emit.lanes))
    mask = emit.builder.bitcast(lanes, ir.VectorType(ir.IntType(1), emit.lanes))
    emit.store(emit.builder.select(mask, emit.splat(on), emit.splat(off)), emit.data(3), first)


@compiled
def choose(on: float, off: float, words: Bits, out: Array) -> None:
    """Write ``on`` to ``out[i]`` where bit i % 64 of ``words[i // 64]`` is set, and ``off`` where it is not."""
    for word in range(len(words)):
        first, end, bits = WORD * word, min(WORD * (word + 1), len(out)), words[word]
        at = first
        while at + LANES <= end:
            _either(bits >> (at - first), on, off, out, at)
            at += LANES
        while at < end:
            out[at] = on if (bits >> (at - first)) & 1 else off
            at += 1


@emitted(types.int64)
def lowest(emit: Emitter, bits: Any) -> Any:
    """The number of the lowest bit that is set; one must be."""
    return emit.builder.cttz(bits, ir.Constant(ir.IntType(1), 1))


@emitted(types.int64)
def count(emit: Emitter, bits: Any) -> Any:
    """How many bits are set."""
    return emit.builder.ctpop(bits)
