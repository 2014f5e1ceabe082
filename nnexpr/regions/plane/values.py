"""The values of one layer at the vertices, in blocks of rows that stay in the cache."""

from __future__ import annotations

import numpy as np

from nnexpr.kernels.compiled import compiled
from nnexpr.regions.layer import Array, Bends, Layer, affine_into, pieces_of
from nnexpr.regions.plane.mesh import Mesh

__all__ = ["activate", "interpolate", "largest", "raise_values"]

ROWS = 48  # at once: the values of a wide layer there stay in the cache


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
def activate(z: Array, bends: Bends, out: Array) -> None:
    """The activation of ``z (n,)``, of numbers that pass as they are; ``out`` is another array.

    In loops that become vector instructions.
    """
    end = 0
    for run in range(len(bends.runs)):
        (kinks, slopes, intercepts), first, end = (
            pieces_of(bends, run),
            bends.runs[run, 0],
            bends.runs[run, 1],
        )
        slope, intercept = slopes[0], intercepts[0]
        for unit in range(first, end):
            out[unit] = slope * z[unit] + intercept
        for number in range(len(kinks)):
            kink, slope, intercept = kinks[number], slopes[number + 1], intercepts[number + 1]
            for unit in range(first, end):
                out[unit] = slope * z[unit] + intercept if z[unit] > kink else out[unit]
    for unit in range(end, len(z)):
        out[unit] = z[unit]


@compiled
def largest(values: Array, bends: Bends, low: int, high: int) -> Array:
    """The largest size of each number in some rows, ``(n,)``, after the activation.

    ``values (vertices, n)`` are pre-activations.
    """
    width = values.shape[1]
    result, row_values = np.zeros(width), np.empty(width)
    for row in range(low, high):
        activate(values[row], bends, row_values)
        for unit in range(width):
            size = abs(row_values[unit])
            result[unit] = size if size > result[unit] else result[unit]
    return result


@compiled
def raise_values(below: Array, bends: Bends, layer: Layer, values: Array, low: int, high: int) -> bool:
    """The next layer's pre-activations of the rows ``low:high``; whether all is finite.

    ``below (vertices, inputs)``: pre-activations, and what ``bends`` them. ``values (vertices, units)`` may be the same
    array.
    """
    inputs, units, infinite = layer.inputs, len(layer.bias), 0
    active, raised = np.empty((ROWS, inputs)), np.empty((ROWS, units))
    for first in range(low, high, ROWS):
        count = min(ROWS, high - first)
        for row in range(count):
            activate(below[first + row], bends, active[row])
        affine_into(active[:count], layer, layer.bias, raised[:count])
        for row in range(count):
            for unit in range(units):
                values[first + row, unit] = raised[row, unit]
                infinite += not abs(raised[row, unit]) < np.inf
    return infinite == 0
