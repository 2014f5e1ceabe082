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

The spreads cost a product a layer and more, and networks in general position have no use for them. A member is first
counted without. It is suspect, and counted again with them, if somewhere a pre-activation comes within 2^-30 ||(w, b)||
||(a, 1)|| of a kink: for the others to have a tie, rounding would have to grow 2^19-fold above the default tolerance.
Slopes have a spread of the same kind (``bending.py``), which is carried too if slopes or weights ask for it, or the
output bends by less than 2^-20 of its terms.
"""

from __future__ import annotations

import numpy as np

from nnexpr.kernels.compiled import compiled, compiled_loosely, inlined
from nnexpr.regions.layer import (
    CANCELLED,
    Array,
    Bends,
    Index,
    Layer,
    Sparse,
    affine,
    column,
    ends_of,
    pieces_of,
    rooms_of,
    squared,
    steepest,
)
from nnexpr.regions.line.front import NOTHING, SLOPES, VALUES, Front, finite

__all__ = ["blurred", "near_row", "needed_care", "own_nearness", "settle", "spread"]

NEAR = 2.0**-30
VANISHING = 2.0**-50  # a weight, beside the others, that a slope may swallow


@compiled_loosely
def square_of(numbers: Array) -> float:
    """The sum of the squares of ``numbers (n,)``."""
    total = 0.0
    for each in range(len(numbers)):
        total += numbers[each] * numbers[each]
    return total


@compiled
def nearness(values: Array, longest: float) -> float:
    """What is near a kink over the values of one row below: 2^-30 of the most that the terms of any unit amount to."""
    near: float = NEAR * np.sqrt((1.0 + square_of(values)) * longest)
    return near


@compiled
def near_row(values: Array, given: Index, row: int, longest: float) -> float:
    """What is near a kink in a row above ``values (given rows, inputs)``; ``given`` is empty where every row is."""
    if len(given) == 0:
        return nearness(values[row], longest)
    left = given[row]
    return max(nearness(values[left], longest), nearness(values[min(left + 1, len(values) - 1)], longest))


@compiled
def needed_care(
    front: Front, below: Array, steepness: Array, layer: Layer, given: Index
) -> tuple[int, float]:
    """How much of what rounding leaves is needed to decide a layer's ``front``: NOTHING, VALUES or SLOPES; -1 if some
    value is not finite. And the largest ||(w, b)|| of a unit at most, squared. ``below``, ``steepness (given rows,
    inputs)``: the values of the layer below and its slopes, the steepest right of a row; ``given``: see ``near_row``.

    All rows are looked at together first, as if their terms were all in one: hardly any member has a number so small.
    """
    (most, least), rows, own, bends = steepest(layer), len(front.values), layer.own, layer.bends
    longest = most + square_of(layer.bias)
    values, slopes = below.reshape(below.size), steepness.reshape(steepness.size)
    near = NEAR * np.sqrt((rows + square_of(values)) * longest)
    if len(bends.runs) == 1 and own == len(layer.bias):
        infinite, close = _close(front.values.reshape(front.values.size), pieces_of(bends, 0)[0], near)
    else:
        infinite, close = not finite(front.values), 0
        for row in range(rows):
            close += _close_in(front.values[row], bends, near)
    if infinite:
        return -1, longest
    if least <= CANCELLED * CANCELLED * most and (
        least <= VANISHING * VANISHING * most or _faint_changes(front)
    ):
        return SLOPES, longest
    faint = CANCELLED * np.sqrt(square_of(slopes) * most)
    cancelled = _cancelled(front.slopes.reshape(front.slopes.size), faint)
    for row in range(rows if cancelled else 0):
        under = steepness[given[row] if len(given) else row]
        faint = CANCELLED * np.sqrt(square_of(under) * most)
        if _cancelled(front.slopes[row], faint) and _cancelled_in(front.slopes[row], under, layer, faint):
            return SLOPES, longest
    for row in range(rows if close else 0):
        near = near_row(below, given, row, longest)
        if _close_in(front.values[row], bends, near) and _on_kink(front, below, layer, given, row, near):
            return VALUES, longest
    return NOTHING, longest


@compiled
def reach(layer: Layer, unit: int, values: Array, one: float) -> float:
    """||(w, b)|| ||(a, 1)|| over the inputs a that feed one unit, of ``values (inputs,)``; without b and 1 where
    ``one`` is 0.
    """
    offsets, places, weights, _ = layer.sparse
    terms, size = one * layer.bias[unit] * layer.bias[unit], one
    for each in range(len(layer.weights)):
        weight = layer.weights[each, unit]
        terms += weight * weight
        size += values[each] * values[each] if weight != 0.0 else 0.0
    for at in range(offsets[unit] if len(offsets) else 0, offsets[unit + 1] if len(offsets) else 0):
        terms += weights[at] * weights[at]
        size += values[places[at]] * values[places[at]]
    found: float = np.sqrt(terms * size)
    return found


@compiled
def _cancelled_in(slopes: Array, under: Array, layer: Layer, faint: float) -> bool:
    """Whether a slope is next to nothing beside those of its own unit's inputs. Sums that pass, of which a maximum is
    made, cancel as others do; a unit of small weights has small slopes, of which nothing has cancelled.
    """
    for unit in range(len(slopes)):
        size = abs(slopes[unit])
        if 0.0 < size <= faint and size <= CANCELLED * reach(layer, unit, under, 0.0):
            return True
    return False


@compiled
def _on_kink(front: Front, below: Array, layer: Layer, given: Index, row: int, near: float) -> bool:
    """Of a sparse layer: whether a unit is near a kink beside its own inputs, and does not rest on it."""
    left = given[row] if len(given) else row
    for run in range(len(layer.bends.runs) if len(layer.weights) == 0 else 0):
        for kink in pieces_of(layer.bends, run)[0]:
            for unit in range(layer.bends.runs[run, 0], layer.bends.runs[run, 1]):
                distance = abs(front.values[row, unit] - kink)
                if distance > near or (distance == 0.0 and _rests(front.slopes, row, unit)):
                    continue
                if distance <= own_nearness(below, layer, unit, left):
                    return True
    return len(layer.weights) > 0


@compiled
def _rests(slopes: Array, row: int, unit: int) -> bool:
    """Whether a unit that is on a kink at a row stays there on either side, to the bit: all that it takes is off, or
    cancels. That is no tie that rounding could decide: it bends at no other place than this one.
    """
    after = slopes[row, unit] == 0.0 and row + 1 < len(slopes)
    return after or (row > 0 and slopes[row - 1, unit] == 0.0)


@compiled
def own_nearness(values: Array, layer: Layer, unit: int, left: int) -> float:
    """What is near a kink of one unit of a sparse layer, at a row of ``values`` or right of it."""
    right = min(left + 1, len(values) - 1)
    return NEAR * max(reach(layer, unit, values[left], 1.0), reach(layer, unit, values[right], 1.0))


@compiled
def _faint_changes(front: Front) -> bool:
    """Whether a slope changes at a bend, but by next to nothing beside itself."""
    slopes, units = front.slopes, front.slopes.shape[1]
    for row in range(1, len(slopes) - 1):
        number = 0
        for unit in range(units if front.births[row, 0] else 0):
            step, size = abs(slopes[row, unit] - slopes[row - 1, unit]), abs(slopes[row, unit])
            number += (step <= CANCELLED * size) & (step != 0.0)
        if number:
            return True
    return False


@compiled
def _close_in(values: Array, bends: Bends, near: float) -> int:
    """How often a unit of one row is ``near`` one of its kinks."""
    number = 0
    for run in range(len(bends.runs)):
        number += _close(values[bends.runs[run, 0] : bends.runs[run, 1]], pieces_of(bends, run)[0], near)[1]
    return number


@compiled_loosely
def _close(values: Array, kinks: Array, near: float) -> tuple[int, int]:
    """How many of ``values (n,)`` are not finite, and how often one is ``near`` a kink."""
    infinite, number = 0, 0
    for each in range(len(values)):
        infinite += not abs(values[each]) < np.inf
    for kink in kinks:
        for each in range(len(values)):
            number += abs(values[each] - kink) <= near
    return infinite, number


@compiled
def _cancelled(slopes: Array, faint: float) -> int:
    """How many of ``slopes (n,)`` are not zero, but ``faint`` at most."""
    number = 0
    for each in range(len(slopes)):
        number += (abs(slopes[each]) <= faint) & (slopes[each] != 0.0)
    return number


@compiled
def blurred(below: Front, layer: Layer) -> Array:
    """sigma(s)^2 of the slopes of a layer's pre-activations, ``(rows, outputs)``."""
    return affine(_squares(below.slopes, below.blurs), squared(layer), np.zeros(len(layer.bias)))


@compiled
def spread(below: Front, layer: Layer) -> Array:
    """sigma(z)^2 of a layer's pre-activations, ``(rows, outputs)``."""
    squares = squared(layer)
    return affine(_squares(below.values, below.variances), squares, squares.bias)


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
def settle(front: Front, below: Front, layer: Layer, tolerance: float) -> tuple[Index, int]:
    """Set what counts as on a kink to it, in place; ``(places, 3)``: of every such place the row, the unit, and whether
    it was on it to the bit; and how many of these are ties.

    ``front``: the layer's pre-activations with their variances; ``below``: the outputs below, with theirs. Squares
    overflow from 1e154 on: nothing is taken for a tie there.
    """
    z, variances, bends = front.values, front.variances, layer.bends
    (runs, functions), rooms = bends, rooms_of(bends)
    tied, met = np.empty((16, 3), dtype=np.int64), np.empty(z.shape[1] * functions.shape[2])
    shared, own, end = np.empty(z.shape[1]), np.empty(layer.inputs), 0
    for row in range(len(z)):
        first = end
        for run in range(len(runs)):
            most, (begin, width) = rooms[run], ends_of(runs, run)
            for at in range(runs[run, 2]):
                kink = functions[run, 0, at]
                for unit in range(begin, width):
                    distance, limit = abs(z[row, unit] - kink), tolerance * tolerance * variances[row, unit]
                    if (distance * distance <= limit < np.inf and distance < most) or distance == 0.0:
                        if end == len(tied):
                            tied = _longer(tied)
                        tied[end, 0], tied[end, 1], tied[end, 2] = row, unit, distance == 0.0
                        met[end - first] = kink
                        end += 1
        if end > first and variances[row, tied[first, 1]] > 0.0:
            if len(layer.weights):
                _covary(below.values, below.variances, row, layer.weights, tied[first, 1], shared)
            else:
                column(layer.weights, layer.sparse, tied[first, 1], own)
                _covary_sparse(below, row, layer.sparse, own, shared)
            _measure(z, variances, row, tied[first, 1], met[0], shared)
        for at in range(first, end):
            z[row, tied[at, 1]] = met[at - first]
            variances[row, tied[at, 1]] = 0.0
    return tied[:end], _ties(z, tied[:end])


@compiled
def _ties(z: Array, tied: Index) -> int:
    """At how many places a unit is on its kink, but for those at which it is to the bit and stays there on some side:
    there it meets nothing. ``z`` is on it at all of them.
    """
    ties, last = 0, len(z) - 1
    for at in range(len(tied)):
        row, unit = tied[at, 0], tied[at, 1]
        stays = (row > 0 and z[row - 1, unit] == z[row, unit]) or (
            row < last and z[row + 1, unit] == z[row, unit]
        )
        ties += not (stays and tied[at, 2])
    return ties


@compiled
def _longer(tied: Index) -> Index:
    """Room for twice as many."""
    longer = np.empty((2 * len(tied), 3), dtype=np.int64)
    longer[: len(tied)] = tied
    return longer


@inlined
def _measure(z: Array, variances: Array, row: int, unit: int, kink: float, shared: Array) -> None:
    """Move a row by its regression on ``unit``, which was measured to be at ``kink``; ``shared (units,)``: how each
    unit covaries with it.
    """
    measured, move = variances[row, unit], kink - z[row, unit]
    for other in range(len(shared)):
        gain = shared[other] / measured
        z[row, other] += gain * move
        variances[row, other] = max(variances[row, other] - gain * shared[other], 0.0)


@inlined
def _covary(inputs: Array, doubts: Array, row: int, weights: Array, unit: int, shared: Array) -> None:
    """How much each unit of a dense layer covaries with ``unit`` at a row: two sums covary through the inputs that they
    share, and through the rounding of weights that are equal.
    """
    for other in range(len(shared)):
        total = 0.0
        for j in range(len(weights)):
            own, weight = weights[j, unit], weights[j, other]
            total += own * weight * doubts[row, j]
            if own == weight:
                total += own * weight * inputs[row, j] * inputs[row, j]
        shared[other] = total


@compiled
def _covary_sparse(below: Front, row: int, sparse: Sparse, own: Array, shared: Array) -> None:
    """The same of a sparse layer; ``own (inputs,)``: the weights of the unit."""
    offsets, places, weights, _ = sparse
    for other in range(len(shared)):
        total = 0.0
        for at in range(offsets[other], offsets[other + 1]):
            j, weight = places[at], weights[at]
            total += own[j] * weight * below.variances[row, j]
            if own[j] == weight:
                total += own[j] * weight * below.values[row, j] * below.values[row, j]
        shared[other] = total
