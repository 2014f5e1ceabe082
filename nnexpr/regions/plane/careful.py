"""The gradients of hidden layers on given cells, together with what rounding has left in them.

Slopes that cancel inside a hidden layer leave rounding behind that looks like a slope (``bending.py``), and strong ones
swallow weak ones. To carry what it leaves doubles the work, so it is done on the few cells where that may be.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nnexpr.kernels.compiled import compiled
from nnexpr.regions.layer import Array, Bends, Index, Layer, affine, squared
from nnexpr.regions.plane.families import scales_on
from nnexpr.regions.plane.layers import Sides
from nnexpr.regions.plane.mesh import Bits, Narrow

__all__ = ["BLOCK", "Level", "carefully"]

BLOCK = 1 << 17  # numbers in a block of gradients: 1 MiB


class Level(NamedTuple):
    """A layer on given cells of the last one. The layer's cells are those that these are parts of, each once."""

    layer: Layer
    below: Array  # (cells below, 2, inputs) the gradients of the values below
    raised: Array  # (cells below, 2, units) of the pre-activations
    places: Index  # (given cells,) in which of the cells below each lies
    gradients: Array  # (cells, 2, units) of the values; in the last layer the given cells
    blurs: Array  # (cells, 2, units) what rounding has left in those, squared


def carefully(root: Array, hidden: list[Layer], sides: list[Sides], cells: Narrow) -> Iterator[Level]:
    """The hidden layers on ``cells`` of the last one, from the first layer to the last."""
    steps, places = [], np.arange(len(cells))
    for each in reversed(sides):
        parents, inverse = np.unique(each.parents[cells], return_inverse=True)
        places = inverse[places]
        steps.append((cells, inverse.astype(np.int32), places))
        cells = parents.astype(np.int32)
    gradients, blurs = root[None], np.zeros((1, *root.shape))
    for layer, each, (own, rows, places) in zip(hidden, sides, reversed(steps), strict=True):
        below = gradients
        raised, doubts = _raised(below, layer), _raised(below**2 + blurs, squared(layer))
        gradients = _scaled(raised, rows, own, each.above, layer.bends, False)
        blurs = _scaled(doubts, rows, own, each.above, layer.bends, True)
        yield Level(layer, below, raised, places, gradients, blurs)


def _raised(below: Array, layer: Layer) -> Array:
    """``below (cells, 2, inputs)`` through a layer's matrix, ``(cells, 2, units)``."""
    units = len(layer.bias)
    raised = affine(np.ascontiguousarray(below).reshape(-1, layer.inputs), layer, np.zeros(units))
    return raised.reshape(-1, 2, units)


@compiled
def _scaled(gradient: Array, rows: Narrow, cells: Narrow, above: Bits, bends: Bends, square: bool) -> Array:
    """Each cell's row of ``gradient: (rows, 2, units)``, times the slope of the piece that each unit is on there, or
    its square; numbers that pass have slope 1.
    """
    units = gradient.shape[2]
    result, scales = np.empty((len(cells), 2, units)), np.ones(units)
    for place in range(len(cells)):
        scales_on(above[cells[place]], bends, scales)
        for axis in range(2):
            for unit in range(units):
                scale = scales[unit] * scales[unit] if square else scales[unit]
                result[place, axis, unit] = scale * gradient[rows[place], axis, unit] + 0.0
    return result
