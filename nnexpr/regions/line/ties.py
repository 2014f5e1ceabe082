"""The tie rule: when a pre-activation counts as exactly on a kink.

Kinks that coincide by design (compositional networks, zero biases, duplicated units) do so only up to the rounding of
weights and values; taken literally, the rounded network has slivers of width 1e-17 there. The rule: at a position, z
counts as on the kink k if

    |z - k| <= tolerance * sigma(z),    sigma(z)^2 = sum_j w_j^2 (a_j^2 + sigma(a_j)^2) + b^2,

with sigma the spread of z if every weight, bias and value were off by about its own size, independently; so tolerance *
sigma is the rounding that z has gathered on its way, for numbers rounded to a relative tolerance. sigma is 0 for the
ends of the domain, for a value set to its kink and for one on a flat piece. A crossing's own place is uncertain by
sigma(z_u) / |slope of z_u|; that times the slope of each unit is added there, in squares.

A tie is a measurement. z is set to k, and the row's other pre-activations, which share inputs and often weights with
it, are moved by their regression on z and lose the variance that they share with it (one step of a Kalman filter, for
the first tie of a row). Without this, t1 = W and t2 = W - a of a compositional network would err independently, and
bends be lost where float32 weights are steep.

What it reaches, on [0, 1]: ``compositional`` with peaks uniform in (0, 1) and float64 weights has exactly 2^L
activation regions for every seed tried (100 each to L = 12, fewer to L = 20). With float32 weights and a tolerance of 2
eps, so have peaks in [0.1, 0.9] to L = 16; beyond that the rounding of the weights alone moves values past kinks.

No pre-activation is on two kinks: a quarter of the distance between them is the most that counts as near.

Slopes have a spread of the same kind, sigma(s)^2 = sum_j w_j^2 (s'_j^2 + sigma(s'_j)^2), zero for the path's own: what
rounding may have left of slopes that cancel (``outputs.py``).

The two spreads cost two more products a layer, and networks in general position have no use for them. A member is first
counted without. It is suspect, and counted again with care, if somewhere a pre-activation comes within 2^-30 ||(w, b)||
||(a, 1)|| of a kink, a slope is not zero but within 2^-26 ||w|| ||s'|| of it, a weight not zero but within 2^-26 of the
largest of its layer, or the output bends by less than 2^-20 of its terms. For the others to have a tie, rounding would
have to grow 2^19-fold above the default tolerance; to bend where they should not, by cancelling in several layers in
none of which more than 26 bits are lost.
"""

from __future__ import annotations

import numpy as np

from nnexpr.kernels.compiled import compiled, compiled_loosely
from nnexpr.regions.line.front import Front, affine
from nnexpr.regions.stack import Array, Index, Layer, room

__all__ = ["blurred", "nearness", "settle", "spread", "suspect"]

NEAR = 2.0**-30
CANCELLED = 2.0**-26


@compiled_loosely
def nearness(below: Front, layer: Layer) -> tuple[Array, Array, bool]:
    """What is next to nothing in each row of a layer, both ``(rows,)``: for a distance from a kink, 2^-30 of the most
    that the terms of any unit amount to; for a slope, 2^-26 of that. And whether a weight is, beside the others.
    """
    weights, bias = layer.weights, layer.bias
    inputs, outputs = weights.shape
    squares, steepest, largest = np.zeros(outputs), 0.0, 0.0
    for each in range(inputs):
        for unit in range(outputs):
            squares[unit] += weights[each, unit] * weights[each, unit]
    for unit in range(outputs):
        steepest = max(steepest, squares[unit])
        largest = max(largest, squares[unit] + bias[unit] * bias[unit])
    number, limit = 0, CANCELLED * CANCELLED * steepest
    for each in range(inputs):
        for unit in range(outputs):
            square = weights[each, unit] * weights[each, unit]
            number += (square <= limit) & (square > 0.0)
    near, faint = np.empty(len(below.values)), np.empty(len(below.values))
    for row in range(len(near)):
        length, slope = 1.0, 0.0
        for each in range(inputs):
            length += below.values[row, each] * below.values[row, each]
            slope += below.slopes[row, each] * below.slopes[row, each]
        near[row], faint[row] = NEAR * np.sqrt(length * largest), CANCELLED * np.sqrt(slope * steepest)
    return near, faint, number > 0


@compiled_loosely
def suspect(front: Front, kinks: Array, near: Array, faint: Array) -> bool:
    """Whether some pre-activation is near a kink, or some slope not zero but next to nothing."""
    rows, width = front.values.shape
    for row in range(rows):
        number, limit, least = 0, near[row], faint[row]
        for kink in kinks:
            for unit in range(width):
                number += abs(front.values[row, unit] - kink) <= limit
        for unit in range(width):
            slope = front.slopes[row, unit]
            number += (abs(slope) <= least) & (slope != 0.0)
        if number:
            return True
    return False


@compiled
def blurred(below: Front, layer: Layer) -> Array:
    """sigma(s)^2 of the slopes of a layer's pre-activations, ``(rows, outputs)``."""
    weights = layer.weights
    return affine(_squares(below.slopes, below.blurs), weights * weights, np.zeros(weights.shape[1]))


@compiled
def spread(below: Front, layer: Layer) -> Array:
    """sigma(z)^2 of a layer's pre-activations, ``(rows, outputs)``."""
    weights, bias = layer.weights, layer.bias
    return affine(_squares(below.values, below.variances), weights * weights, bias * bias)


@compiled
def _squares(numbers: Array, doubts: Array) -> Array:
    """``numbers^2 + doubts``, in one pass."""
    rows, width = numbers.shape
    made = np.empty((rows, width))
    for row in range(rows):
        for unit in range(width):
            made[row, unit] = numbers[row, unit] * numbers[row, unit] + doubts[row, unit]
    return made


@compiled
def settle(front: Front, below: Front, layer: Layer, tolerance: float) -> Index:
    """Set what counts as on a kink to it, in place; ``(ties, 2)``: the row and the unit of every tie.

    ``front``: the layer's pre-activations with their variances; ``below``: the outputs below, with theirs. Squares
    overflow from 1e154 on: nothing is taken for a tie there.
    """
    z, variances, kinks = front.values, front.variances, layer.pieces[0]
    rows, width = z.shape
    most = room(kinks)
    tied = np.empty((16, 2), dtype=np.int64)
    met = np.empty(width * len(kinks))
    end = 0
    for row in range(rows):
        first = end
        for kink in kinks:
            for unit in range(width):
                distance, limit = abs(z[row, unit] - kink), tolerance * tolerance * variances[row, unit]
                if (distance * distance <= limit < np.inf and distance < most) or distance == 0.0:
                    if end == len(tied):
                        tied = _longer(tied)
                    tied[end, 0], tied[end, 1] = row, unit
                    met[end - first] = kink
                    end += 1
        if end > first:
            _measure(front, below, layer.weights, row, tied[first, 1], met[0])
        for at in range(first, end):
            z[row, tied[at, 1]] = met[at - first]
            variances[row, tied[at, 1]] = 0.0
    return tied[:end]


@compiled
def _longer(tied: Index) -> Index:
    """Room for twice as many."""
    longer = np.empty((2 * len(tied), 2), dtype=np.int64)
    for at in range(len(tied)):
        longer[at, 0], longer[at, 1] = tied[at, 0], tied[at, 1]
    return longer


@compiled
def _measure(front: Front, below: Front, weights: Array, row: int, unit: int, kink: float) -> None:
    """Move a row by its regression on ``unit``, which was measured to be at ``kink``.

    Two sums covary through the inputs they share, and through the rounding of weights that are equal.
    """
    z, variances = front.values[row], front.variances[row]
    inputs, doubts = below.values[row], below.variances[row]
    measured, move = variances[unit], kink - z[unit]
    if not measured > 0.0:
        return
    for other in range(len(z)):
        shared = 0.0
        for j in range(len(inputs)):
            own, weight = weights[j, unit], weights[j, other]
            shared += own * weight * doubts[j]
            if own == weight:
                shared += own * weight * inputs[j] * inputs[j]
        gain = shared / measured
        z[other] += gain * move
        variances[other] = max(variances[other] - gain * shared, 0.0)
