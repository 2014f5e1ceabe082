"""What vouches for a count of regions: a comparison with the network itself, and how often the tie rule decided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnexpr.compiled import compiled
from nnexpr.regions.front import BLOCK, FEW, PRODUCT, gathered
from nnexpr.regions.propagate import is_relu, piece_of
from nnexpr.regions.stack import Array, Index, Places

__all__ = ["Certificate", "residual"]

POINTS = 256  # evaluated at once at most, so that values stay in the cache


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
    """The network evaluated layer by layer: ``points (inputs + 1, n)``, the last of them 1, to ``(outputs + 1, n)``.

    The row of ones takes the biases; units that are zero at all points are left out of the product above.
    """
    a, start, number = points, 0, points.shape[1]
    live = np.arange(len(points)).astype(np.uint64)
    for layer in range(len(shapes)):
        inputs, outputs, bends = shapes[layer]
        end = start + (inputs + 1) * outputs
        block = parameters[start:end].reshape(inputs + 1, outputs)
        if len(live) <= inputs:
            block = gathered(block, live, np.empty((len(live), outputs)))
        z = np.empty((outputs + 1, number))
        np.dot(block.T, a, z[:outputs])
        kinks, gains, shifts = pieces[layer, 0, :bends], pieces[layer, 1], pieces[layer, 2]
        flat = z.reshape(z.size)
        if is_relu(kinks, gains, shifts):
            for each in range(outputs * number):
                flat[each] = flat[each] if flat[each] > 0.0 else 0.0
        elif bends:
            for each in range(outputs * number):
                piece = piece_of(flat[each], flat[each], kinks)
                flat[each] = gains[piece] * flat[each] + shifts[piece]
        for each in range(outputs * number, flat.size):
            flat[each] = 1.0
        start = end
        live = np.empty(outputs + 1, dtype=np.uint64)
        alive = outputs + 1
        if bends and outputs >= FEW:
            alive = _compress(z, live)
        live, a = live[:alive], z[:alive]
    return a


@compiled
def _compress(z: Array, live: Places) -> int:
    """Move rows that are not all zero to the front, and write down which they are; how many."""
    end = 0
    for unit in range(len(z)):
        marks = 0
        for each in range(z.shape[1]):
            marks |= z[unit, each] != 0.0
        if marks and end < unit:
            for each in range(z.shape[1]):
                z[end, each] = z[unit, each]
        live[end] = unit
        end += marks
    return end


@compiled
def residual(
    positions: Array,
    births: Index,
    values: Array,
    slopes: Array,
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
    rows, inputs = len(positions), origins.shape[1]
    largest = 1
    for layer in range(len(shapes)):
        largest = max(largest, shapes[layer, 0] * shapes[layer, 1])
    step = max(BLOCK, min(POINTS, PRODUCT // largest))
    points, places, regions = np.ones((inputs + 1, step)), np.empty(step), np.empty(step, dtype=np.int64)
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
            points[each, filled] = origins[segment, each] + directions[segment, each] * place
        filled += 1
        if filled == step or sample == rows:
            if filled < step:
                points = _first(points, filled)
            found = direct(points, parameters, shapes, pieces)
            for at in range(filled):
                from_left = places[at] - positions[regions[at]]
                for each in range(values.shape[1]):
                    predicted = values[regions[at], each] + slopes[regions[at], each] * from_left
                    worst = max(worst, abs(predicted - found[each, at]))
            filled = 0
    return worst


@compiled
def _first(points: Array, count: int) -> Array:
    """The first columns, contiguous."""
    first = np.empty((points.shape[0], count))
    for each in range(points.shape[0]):
        for at in range(count):
            first[each, at] = points[each, at]
    return first
