"""What vouches for a subdivision of the plane: counts that must agree, and points evaluated by the network itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels.bits import WORD
from nnexpr.kernels.compiled import compiled
from nnexpr.kernels.rows import affine
from nnexpr.regions.plane.layers import PlaneNetwork, Sides
from nnexpr.regions.plane.mesh import Array, Bits, Pieces
from nnexpr.regions.plane.values import activate

__all__ = ["PlaneCertificate", "compared"]

Cells = NDArray[np.int64]


@dataclass(frozen=True)
class PlaneCertificate:
    """``euler``: vertices - edges + cells, which is 1 for a subdivision of a rectangle.

    ``area_error``: |sum of areas - area of the domain| over the latter; rounding.

    ``twice_crossed``: how often a line had to be taken to cross a cell more than twice, which no line does to a convex
    cell; 0 unless rounding has bent one.

    ``sampled_points``: points drawn uniformly from the domain, and middles of cells, at which the network was evaluated
    directly, layer by layer; ``sampled_mismatches``: at how many of them a unit was on another piece than the cell
    says, by more than the tie rule forgives.

    ``max_residual``: the largest |cell's affine map - network| there, in the output's units.

    ``mean_degree``: of the graph that joins neighbouring cells, 2 (inner edges) / cells: below 4 (Gaines and Bi, ICLR
    2026).

    ``ties``: how many pre-activations at vertices the tie rule placed on a kink. Zero for a network in general
    position.
    """

    euler: int
    area_error: float
    twice_crossed: int
    sampled_points: int
    sampled_mismatches: int
    max_residual: float
    mean_degree: float
    ties: int


def compared(
    network: PlaneNetwork, sides: list[Sides], points: Array, cells: Cells, slopes: Array, intercepts: Array
) -> tuple[int, float]:
    """At how many of ``points: (n, 2)`` in ``cells: (n,)`` some unit is on another piece; and the largest residual."""
    ancestors = [cells]
    for each in reversed(sides[1:]):
        ancestors.append(each.parents[ancestors[-1]].astype(np.int64))
    wrong = np.zeros(len(points), dtype=np.bool_)
    a = points
    for layer, each, own in zip(network.hidden, sides, reversed(ancestors), strict=False):
        z = np.empty((len(points), layer.units))
        affine(a, layer.weights, layer.bias, z)
        a = np.empty_like(z)
        _contradict(z, each.above, own, layer.table, each.limits, wrong, a)
    direct = a @ network.output.weights[:, 0] + network.output.bias[0]
    predicted = np.einsum("pi,pi->p", slopes[cells], points) + intercepts[cells]
    return int(np.count_nonzero(wrong)), float(np.abs(predicted - direct).max())


@compiled
def _contradict(
    z: Array,
    above: Bits,
    cells: Cells,
    pieces: Pieces,
    limits: Array,
    wrong: NDArray[np.bool_],
    active: Array,
) -> None:
    """Mark the points whose ``z: (points, units)`` are on another side of a kink than their cells' bits say.

    ``active: (points, units)`` takes the activation.
    """
    kinks = pieces[0]
    for point in range(z.shape[0]):
        bits = above[cells[point]]
        for number in range(len(kinks)):
            first = number * (len(bits) // len(kinks))
            for unit in range(z.shape[1]):
                height = z[point, unit] - kinks[number]
                is_above = (bits[first + unit // WORD] >> (unit % WORD)) & 1 != 0
                wrong[point] |= is_above != (height > 0.0) and abs(height) > limits[unit]
        activate(z[point], pieces, active[point])
