"""What vouches for a count of regions: a comparison with the network itself, and how often the tie rule decided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnexpr.kernels.compiled import compiled
from nnexpr.regions.line.front import Front, affine, layer_of
from nnexpr.regions.line.propagate import is_relu, piece_of
from nnexpr.regions.stack import Array, Index

__all__ = ["Certificate", "residual"]

POINTS = 256  # evaluated at once, so that values stay in the cache


@dataclass(frozen=True)
class Certificate:
    """``max_residual``: the largest |pieces(x) - network(x)|, in the output's units, with the network evaluated
    directly in float64 at both ends and half-way between every two neighbouring positions where some unit changes its
    piece; None if it was not asked for. (Two continuous functions that are affine between the same positions and agree
    at one end and half-way are equal.) It should be the rounding of that evaluation: a few 2^-53 of the terms that are
    summed, times the gain of the layers above, plus the steepest slope times the rounding of x. Where ties are decided
    with a tolerance wider than 2^-49, as for float32 weights, it is about that tolerance.

    ``ties``: how many pre-activations the tie rule placed on a kink: kinks that coincide with one another, with a bend
    of an earlier layer or with an end of the domain. Zero for a network in general position.

    ``unresolved``: neighbouring breakpoints that are one float64 number. The count is right; their positions are not
    told apart.
    """

    max_residual: float | None
    ties: int
    unresolved: int = 0


@compiled
def direct(points: Array, parameters: Array, shapes: Index, pieces: Array) -> Array:
    """The network evaluated layer by layer: ``points (n, inputs)`` to ``(n, outputs)``."""
    a, start = points, 0
    for layer in range(len(shapes)):
        weights, bias = layer_of(parameters, start, shapes[layer, 0], shapes[layer, 1])
        start += weights.size + len(bias)
        a = affine(a, weights, bias)
        kinks, gains, shifts = pieces[layer, 0, : shapes[layer, 2]], pieces[layer, 1], pieces[layer, 2]
        flat = a.reshape(a.size)
        if is_relu(kinks, gains, shifts):
            for each in range(len(flat)):
                flat[each] = flat[each] if flat[each] > 0.0 else 0.0
        elif len(kinks):
            for each in range(len(flat)):
                piece = piece_of(flat[each], flat[each], kinks)
                flat[each] = gains[piece] * flat[each] + shifts[piece]
    return a


@compiled
def residual(
    front: Front,
    ends: Index,
    origins: Array,
    directions: Array,
    parameters: Array,
    shapes: Index,
    pieces: Array,
) -> float:
    """The largest |pieces - network| of one member, from its output's front.

    ``ends``: the rows at which regions begin, and the last row.
    ``origins`` and ``directions (segments, inputs)``: the input at position t is origin + direction t.
    """
    positions, births, values, slopes, _ = front
    rows, inputs = len(positions), origins.shape[1]
    points, places, regions = np.empty((POINTS, inputs)), np.empty(POINTS), np.empty(POINTS, dtype=np.int64)
    worst, filled, region, segment = 0.0, 0, -1, -1
    for sample in range(rows + 1):  # the left end, every middle, the right end
        row = min(max(sample - 1, 0), rows - 2)
        if sample != 1 and sample != rows:
            segment += births[row, 0] == 0
            region += ends[region + 1] == row
        place = 0.5 * (positions[row] + positions[row + 1])
        if sample == 0 or sample == rows:
            place = positions[0 if sample == 0 else rows - 1]
        places[filled], regions[filled] = place, ends[region]
        for each in range(inputs):
            points[filled, each] = origins[segment, each] + directions[segment, each] * place
        filled += 1
        if filled == POINTS or sample == rows:
            found = direct(points[:filled], parameters, shapes, pieces)
            for at in range(filled):
                from_left = places[at] - positions[regions[at]]
                for each in range(values.shape[1]):
                    predicted = values[regions[at], each] + slopes[regions[at], each] * from_left
                    worst = max(worst, abs(predicted - found[at, each]))
            filled = 0
    return worst
