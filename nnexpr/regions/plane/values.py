"""The values of one layer at the vertices, and their sides of its lines, in blocks of rows that stay in the cache."""

from __future__ import annotations

import numpy as np

from nnexpr.kernels.compiled import compiled, inlined
from nnexpr.regions.layer import Array, Bends, Layer, affine_into, ends_of
from nnexpr.regions.plane.mesh import Lines, Mesh
from nnexpr.regions.plane.sides import Flags, classify

__all__ = ["activate", "interpolate", "raise_values"]

ROWS = 48  # at once: the values of a wide layer there stay in the cache


@inlined
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
    for axis in range(2):
        start = mesh.points[near, axis]
        mesh.points[new, axis] = start + share * (mesh.points[far, axis] - start)
    for column in range(mesh.values.shape[1]):
        value = mesh.values[near, column]
        mesh.values[new, column] = value + share * (mesh.values[far, column] - value)
    mesh.values[new, unit] = kink


@compiled
def activate(values: Array, low: int, high: int, bends: Bends, out: Array) -> None:
    """The activation of the rows ``low:high`` of ``values (rows, n)``, of numbers that pass as they are, into the first
    rows of ``out``, which is another array.

    In loops that become vector instructions.
    """
    (runs, functions), passing, width = bends, 0, values.shape[1]
    for run in range(len(runs)):
        (first, end), passing = ends_of(runs, run), runs[run, 1]
        for row in range(low, high):
            slope, intercept = functions[run, 1, 0], functions[run, 2, 0]
            for unit in range(first, end):
                out[row - low, unit] = slope * values[row, unit] + intercept
            for number in range(runs[run, 2]):
                kink = functions[run, 0, number]
                slope, intercept = functions[run, 1, number + 1], functions[run, 2, number + 1]
                for unit in range(first, end):
                    z = values[row, unit]
                    out[row - low, unit] = slope * z + intercept if z > kink else out[row - low, unit]
    if passing < width:
        for row in range(low, high):
            for unit in range(np.uint64(passing), np.uint64(width)):
                out[row - low, unit] = values[row, unit]


@compiled
def raise_values(
    below: Array, bends: Bends, layer: Layer, mesh: Mesh, lines: Lines, limits: Array, steepness: Array,
    rounded: Flags, low: int, high: int,
) -> tuple[Array, int]:  # fmt: skip
    """The next layer's pre-activations at the vertices ``low:high``, and on which side of its lines they lie
    (``classify``); the least and the largest of each, ``(2, units)``, NaN where one is not finite, and how many count
    as on a kink.

    ``below (vertices, inputs)``: pre-activations, and what ``bends`` them; it may be the mesh's own values.
    """
    units, ties, infinite = len(layer.bias), 0, 0
    active, raised, ranges = np.empty((ROWS, layer.inputs)), np.empty((ROWS, units)), np.empty((2, units))
    ranges[0], ranges[1] = np.inf, -np.inf
    for first in range(low, high, ROWS):
        count = min(ROWS, high - first)
        activate(below, first, first + count, bends, active)
        affine_into(active[:count], layer, layer.bias, raised[:count])
        for row in range(count):
            for unit in range(units):
                z = raised[row, unit]
                mesh.values[first + row, unit] = z
                ranges[0, unit] = z if z < ranges[0, unit] else ranges[0, unit]
                ranges[1, unit] = z if z > ranges[1, unit] else ranges[1, unit]
                infinite += not abs(z) < np.inf
        ties += classify(mesh, lines, limits, steepness, rounded, first, first + count)
    if infinite > 0:
        ranges[:] = np.nan
    return ranges, ties
