"""What vouches for a subdivision of the plane: points evaluated by the network itself."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels.bits import exceeding
from nnexpr.kernels.compiled import compiled
from nnexpr.regions.layer import Array, Bends, Index, Layer, affine
from nnexpr.regions.plane.layers import Sides
from nnexpr.regions.plane.mesh import Bits, Lines, lines_of
from nnexpr.regions.plane.values import activate

__all__ = ["Compared", "compared"]


class Compared(NamedTuple):
    """The network evaluated layer by layer at some points, and what its cells say of them."""

    wrong: NDArray[np.bool_]  # (points,) where some unit is on another piece
    values: Array  # (points, outputs) of the network
    scale: float  # the most that an output's terms amount to


def compared(layers: list[Layer], sides: list[Sides], inputs: Array, cells: Index) -> Compared:
    """The network at ``inputs: (n, d)`` of points in ``cells: (n,)`` of the last hidden layer."""
    ancestors = [cells]
    for each in reversed(sides[1:]):
        ancestors.append(each.parents[ancestors[-1]].astype(np.int64))
    wrong = np.zeros(len(inputs), dtype=np.bool_)
    a = inputs
    for layer, each, own in zip(layers, sides, reversed(ancestors), strict=False):
        z = affine(a, layer, layer.bias)
        a = np.empty_like(z)
        _contradict(z, each.above, own, layer.bends, lines_of(layer.bends), each.limits, wrong, a)
    weights, bias = layers[-1].weights, layers[-1].bias
    terms = np.abs(a) @ np.abs(weights) + np.abs(bias)
    return Compared(wrong, a @ weights + bias, float(terms.max()))


@compiled
def _contradict(
    z: Array,
    above: Bits,
    cells: Index,
    bends: Bends,
    lines: Lines,
    limits: Array,
    wrong: NDArray[np.bool_],
    active: Array,
) -> None:
    """Mark the points whose ``z: (points, n)`` are on another side of a kink than their cells' bits say.

    ``limits: (units,)``, of the first; ``active: (points, n)`` takes their activation, and the others as they are.
    """
    heights, depths, groups = np.empty(z.shape[1]), np.empty(z.shape[1]), lines.groups
    higher, lower = np.empty(len(lines.firsts), dtype=np.int64), np.empty(len(lines.firsts), dtype=np.int64)
    for point in range(z.shape[0]):
        for group in range(len(groups)):
            first, end, word, words = groups[group, 0], groups[group, 1], groups[group, 2], groups[group, 3]
            kink = lines.kinks[word]
            for unit in range(first, end):
                heights[unit] = z[point, unit] - kink
                depths[unit] = -heights[unit]
            exceeding(heights[first:end], limits[first:end], higher[word : word + words])
            exceeding(depths[first:end], limits[first:end], lower[word : word + words])
        for word in range(len(lines.firsts)):
            bits = above[cells[point], word]
            wrong[point] |= (higher[word] & ~bits) | (lower[word] & bits) != 0
    activate(z, 0, len(z), bends, active)
