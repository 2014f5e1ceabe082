"""Operators that bend, by their definitions, on arrays of numbers that can be added, multiplied and compared.

Each takes ``x (1, channels, ...)`` as torch and ONNX do. How many windows there are is told, not worked out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import product

import numpy as np

Numbers = np.ndarray


def relu(x: Numbers) -> Numbers:
    return np.maximum(x, 0)


def leaky(x: Numbers, slopes: object) -> Numbers:
    return np.maximum(x, 0) + np.minimum(x, 0) * slopes


def clamp(x: Numbers, low: object, high: object) -> Numbers:
    return np.minimum(np.maximum(x, low), high)


def soft_shrink(x: Numbers, width: float) -> Numbers:
    return np.maximum(x - width, 0) + np.minimum(x + width, 0)


def largest(x: Numbers, axes: Sequence[int], keep: bool = False) -> Numbers:
    for axis in axes:
        x = np.maximum.reduce(x, axis=axis, keepdims=True)
    return x if keep else np.squeeze(x, tuple(axes))


def least(x: Numbers, axes: Sequence[int], keep: bool = False) -> Numbers:
    return -largest(-x, axes, keep)


def pooled(
    x: Numbers,
    made: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    before: Sequence[int],
    dilation: Sequence[int] | None = None,
) -> Numbers:
    """The largest of each window: window i of an axis sees the places i stride - before + k dilation that there are."""
    dilation = dilation or (1,) * len(kernel)

    def seen(axis: int, window: int) -> list[int]:
        start = window * stride[axis] - before[axis]
        places = [start + k * dilation[axis] for k in range(kernel[axis])]
        return [place for place in places if 0 <= place < x.shape[2 + axis]]

    return _of_windows(x, made, seen)


def pooled_adaptively(x: Numbers, made: Sequence[int]) -> Numbers:
    """The largest of each window: window i of m sees the places from floor(i n / m) to ceil((i + 1) n / m)."""

    def seen(axis: int, window: int) -> range:
        size = x.shape[2 + axis]
        return range(window * size // made[axis], -((window + 1) * size // -made[axis]))

    return _of_windows(x, made, seen)


def _of_windows(x: Numbers, made: Sequence[int], seen: Callable[[int, int], Sequence[int]]) -> Numbers:
    found = np.empty((*x.shape[:2], *made), dtype=object)
    for window in product(*map(range, made)):
        parts = product(*(seen(axis, number) for axis, number in enumerate(window)))
        found[:, :, *window] = reduce(np.maximum, (x[:, :, *place] for place in parts))
    return found
