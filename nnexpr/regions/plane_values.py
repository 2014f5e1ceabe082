"""The values of one layer at many points, row by row.

Products go in blocks too small for OpenBLAS to spread over threads, which it does from 2^18 multiplications on. On
short products waiting for a thread costs more than it saves, by far if the machine is busy or members are spread over
threads already.
"""

from __future__ import annotations

import numpy as np

from nnexpr.compiled import compiled
from nnexpr.regions.plane_mesh import Array, Mesh

__all__ = ["activate", "add", "interpolate", "largest", "raise_rows"]

PRODUCT = 1 << 18
FEWEST = 8  # rows in a block; of 4 to 64, wide layers (256) were as fast with 8 as with any


def raise_rows(rows: Array, weights: Array, result: Array) -> None:
    """``rows @ weights`` into the first rows of ``result``: ``(rows, inputs)``, ``(inputs, outputs)``, contiguous."""
    count, step = len(rows), max(FEWEST, PRODUCT // weights.size)
    for low in range(0, count, step):
        high = min(low + step, count)
        np.dot(rows[low:high], weights, result[low:high])


@compiled
def interpolate(mesh: Mesh, new: int, a: int, b: int, unit: int, kink: float) -> None:
    """Place vertex ``new`` on the edge from a to b where ``unit`` meets its kink, with all values there.

    From the nearer end, which keeps equal values equal.
    """
    low, high = mesh.values[a, unit] - kink, mesh.values[b, unit] - kink
    share = low / (low - high)
    near, far = a, b
    if share > 0.5:
        near, far = b, a
        share = high / (high - low)
    for rows in (mesh.points, mesh.values):
        start, end, result = rows[near], rows[far], rows[new]
        for column in range(result.shape[0]):
            result[column] = start[column] + share * (end[column] - start[column])
    mesh.values[new, unit] = kink


@compiled
def activate(values: Array, kinks: Array, slopes: Array, intercepts: Array) -> None:
    """The activation, in place: ``(vertices, units)``."""
    for vertex in range(values.shape[0]):
        for unit in range(values.shape[1]):
            z = values[vertex, unit]
            piece = 0
            for number in range(kinks.shape[0]):
                piece += z > kinks[number]
            values[vertex, unit] = slopes[piece] * z + intercepts[piece]


@compiled
def add(values: Array, bias: Array) -> bool:
    """Add the biases to every row, in place; whether all is finite."""
    finite = True
    for vertex in range(values.shape[0]):
        for unit in range(values.shape[1]):
            values[vertex, unit] += bias[unit]
            finite &= abs(values[vertex, unit]) < np.inf
    return finite


@compiled
def largest(values: Array) -> Array:
    """The largest |value| of each unit, ``(units,)``."""
    result = np.zeros(values.shape[1])
    for vertex in range(values.shape[0]):
        for unit in range(values.shape[1]):
            result[unit] = max(result[unit], abs(values[vertex, unit]))
    return result
