"""One member from its input to its linear regions, in one compiled call.

A member is walked along a path: given positions t_0 < ... < t_S with an input at each, affine between them. The line
has two, its domain's ends. All that can be told about the member on the path is found in one pass up the layers.
"""

from __future__ import annotations

import numpy as np

from nnexpr.kernels.compiled import compiled
from nnexpr.regions.line.certificate import residual
from nnexpr.regions.line.crossings import LEFT, RIGHT, ROW, UNIT, coincident, find
from nnexpr.regions.line.front import Front, affine, finite, layer_of, length, product, squared
from nnexpr.regions.line.outputs import begin, rounding
from nnexpr.regions.line.propagate import activate, flatten, insert, turns
from nnexpr.regions.line.ties import any_near, nearness, settle
from nnexpr.regions.stack import Array, Index

__all__ = ["DONE", "OVERFLOW", "SUSPECT", "Traced", "trace"]

DONE, SUSPECT, OVERFLOW = 0, 1, 2

# status; the output's front; the rounding of its slopes; the rows at which a linear region begins, and the last; how
# many ties; dead (hidden units,); turned (given positions,): whether a unit changes its piece there; lengths (layers,);
# the largest residual, -1 if it was not asked for
Traced = tuple[int, Front, Array, Index, int, Index, Index, Array, float]


@compiled
def trace(
    parameters: Array,
    shapes: Index,
    pieces: Array,
    tolerance: float,
    knots: Array,
    inputs: Array,
    origins: Array,
    directions: Array,
    careful: bool,
    certify: bool,
    measure: bool,
) -> Traced:
    """Walk one member along a path; SUSPECT if it needs care and is not given it, OVERFLOW beyond float64.

    ``parameters``, ``shapes``, ``pieces``, ``tolerance``: as in ``Stack``. ``knots (S + 1,)``: the given positions, and
    ``inputs (S + 1, d)`` there; ``origins (S, d)`` and ``directions (S + 1, d)``, the last of them zero: the input at t
    is origin + direction t. ``measure``: whether to find lengths.
    """
    births, turned = np.zeros((len(knots), 2), dtype=np.int64), np.zeros(len(knots), dtype=np.int64)
    variances = np.zeros((len(knots) if careful else 0, inputs.shape[1]))
    front = Front(knots, births, inputs, directions, variances)
    status, lengths, ties, start, first = DONE, np.zeros(len(shapes)), 0, 0, 0
    dead = np.zeros(shapes[:-1, 1].sum(), dtype=np.int64)
    for layer in range(len(shapes) - 1):
        count = shapes[layer, 2]
        kinks, gains = pieces[layer, 0, :count], pieces[layer, 1, : count + 1]
        weights, bias = layer_of(parameters, start, shapes[layer, 0], shapes[layer, 1])
        front, tied, status = _raised(layer + 1, front, weights, bias, kinks, tolerance, careful)
        if status != DONE:
            break
        ties += tied
        _turn(front.births, front.values, kinks, turned)
        activate(front, kinks, gains, pieces[layer, 2], dead[first : first + len(bias)])
        lengths[layer] = length(front.values) if measure else 0.0
        start, first = start + weights.size + len(bias), first + len(bias)
    ends, terms, worst = np.empty(0, dtype=np.int64), front.slopes, -1.0
    if status == DONE:
        weights, bias = layer_of(parameters, start, shapes[-1, 0], shapes[-1, 1])
        terms = rounding(front.slopes, weights, shapes)
        front = _affine(front, weights, bias)
        if not (finite(front.values) and finite(front.slopes)):
            status = OVERFLOW
        ends = begin(front.births, front.slopes, terms)
        lengths[-1] = length(front.values) if measure else 0.0
        if certify and status == DONE:
            worst = residual(front, ends, origins, directions, parameters, shapes, pieces)
    return status, front, terms, ends, ties, dead, turned, lengths, worst


@compiled
def _affine(front: Front, weights: Array, bias: Array) -> Front:
    """The front of the next layer's pre-activations, without their variances."""
    values, slopes = affine(front.values, weights, bias), affine(front.slopes, weights, np.zeros(len(bias)))
    return Front(front.positions, front.births, values, slopes, front.variances[:0])


@compiled
def _raised(
    number: int, below: Front, weights: Array, bias: Array, kinks: Array, tolerance: float, careful: bool
) -> tuple[Front, int, int]:
    """The front of a hidden layer's pre-activations with a row where a unit meets a kink; how many ties; the status."""
    front = _affine(below, weights, bias)
    if not finite(front.values):
        return front, 0, OVERFLOW
    limits, tied = nearness(below.values, weights, bias), np.empty((0, 2), dtype=np.int64)
    if careful:
        doubts = product(squared(below.values, below.variances), squared(weights, weights[:0]))
        own = squared(bias.reshape(1, len(bias)), weights[:0])[0]
        for row in range(len(doubts)):
            for unit in range(len(bias)):
                doubts[row, unit] += own[unit]
        tied = settle(front.values, doubts, below.values, below.variances, weights, kinks, tolerance)
        front = Front(front.positions, front.births, front.values, front.slopes, doubts)
    elif any_near(front.values, limits, kinks):
        return front, 0, SUSPECT
    places, measures = find(front.values, kinks)
    same, repeated = coincident(places, measures, _near(front, places, measures, limits, tolerance))
    if repeated and not careful:
        return front, 0, SUSPECT
    front = insert(number, front, places, measures, same, repeated)
    flatten(front.births, number, front.values, front.slopes, tied)
    return front, len(tied) + repeated, DONE


@compiled
def _near(front: Front, places: Index, measures: Array, limits: Array, tolerance: float) -> Array:
    """How near its kink a unit counts as on it, at each crossing: from the variances if they are carried."""
    near = np.empty(len(places))
    for at in range(len(places)):
        row, unit = places[at, ROW], places[at, UNIT]
        near[at] = limits[row]
        if len(front.variances):
            own = measures[at, LEFT] * front.variances[row, unit]
            near[at] = tolerance * np.sqrt(own + measures[at, RIGHT] * front.variances[row + 1, unit])
    return near


@compiled
def _turn(births: Index, z: Array, kinks: Array, turned: Index) -> None:
    """Mark the given positions at which some unit changes its piece; the first stands for first and last, joined."""
    vertex, last = 0, len(births) - 2
    for row in range(last + 1):
        if births[row, 0] == 0:
            if not turned[vertex] and turns(z, row - 1 if row else last, row, kinks):
                turned[vertex] = 1
            vertex += 1
