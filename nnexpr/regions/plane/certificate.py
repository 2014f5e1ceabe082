"""What vouches for a subdivision of the plane: points evaluated by the network itself."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels.bits import WORD
from nnexpr.kernels.compiled import compiled
from nnexpr.kernels.rows import affine
from nnexpr.regions.plane.layers import Sides
from nnexpr.regions.plane.mesh import Bits
from nnexpr.regions.plane.values import activate
from nnexpr.regions.stack import Array, Index, Layer, Pieces

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
        z = np.empty((len(inputs), len(layer.bias)))
        affine(a, layer.weights, layer.bias, z)
        a = np.empty_like(z)
        _contradict(z, each.above, own, layer.pieces, each.limits, wrong, a)
    weights, bias = layers[-1].weights, layers[-1].bias
    terms = np.abs(a) @ np.abs(weights) + np.abs(bias)
    return Compared(wrong, a @ weights + bias, float(terms.max()))


@compiled
def _contradict(
    z: Array,
    above: Bits,
    cells: Index,
    pieces: Pieces,
    limits: Array,
    wrong: NDArray[np.bool_],
    active: Array,
) -> None:
    """Mark the points whose ``z: (points, n)`` are on another side of a kink than their cells' bits say.

    ``limits: (units,)``, of the first; ``active: (points, n)`` takes their activation, and the others as they are.
    """
    kinks = pieces[0]
    for point in range(z.shape[0]):
        bits = above[cells[point]]
        for number in range(len(kinks)):
            first = number * (len(bits) // len(kinks))
            for unit in range(len(limits)):
                height = z[point, unit] - kinks[number]
                is_above = (bits[first + unit // WORD] >> (unit % WORD)) & 1 != 0
                wrong[point] |= is_above != (height > 0.0) and abs(height) > limits[unit]
        activate(z[point], len(limits), pieces, active[point])
