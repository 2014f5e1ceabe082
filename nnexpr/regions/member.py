"""One member from its input to its linear regions, in one compiled call.

A member is walked along a path: given positions t_0 < ... < t_S with an input at each, affine between them. The line
has two, its domain's ends. All that can be told about the member on the path is found in one pass up the layers.
"""

from __future__ import annotations

import numpy as np

from nnexpr.compiled import compiled
from nnexpr.regions.certificate import residual
from nnexpr.regions.crossings import LEFT, RIGHT, ROW, UNIT, coincident, find
from nnexpr.regions.front import add, layer_of, length, product, products, squared
from nnexpr.regions.outputs import begin, rounding
from nnexpr.regions.propagate import activate, flatten, insert, turns
from nnexpr.regions.stack import Array, Index
from nnexpr.regions.ties import any_near, nearness, settle

__all__ = ["DONE", "OVERFLOW", "SUSPECT", "Traced", "trace"]

DONE, SUSPECT, OVERFLOW = 0, 1, 2

# status; the output's front: positions, births, values, slopes and the rounding of the slopes; the rows at which a
# linear region begins, and the last; how many ties; dead (hidden units,); turned (given positions,): whether a unit
# changes its piece there; lengths (layers,); the largest residual, -1 if it was not asked for
Traced = tuple[int, Array, Index, Array, Array, Array, Index, int, Index, Index, Array, float]


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
    positions, values, slopes = knots, inputs, directions
    births, turned = np.zeros((len(knots), 2), dtype=np.int64), np.zeros(len(knots), dtype=np.int64)
    variances = np.zeros((len(knots) if careful else 0, inputs.shape[1]))
    status, lengths, ties, start, first, units = DONE, np.zeros(len(shapes)), 0, 0, 0, 0
    for layer in range(len(shapes) - 1):
        units += shapes[layer, 1]
    dead = np.zeros(units, dtype=np.int64)
    for layer in range(len(shapes) - 1):
        weights, bias = layer_of(parameters, start, shapes[layer, 0], shapes[layer, 1])
        count = shapes[layer, 2]
        kinks, gains = pieces[layer, 0, :count], pieces[layer, 1, : count + 1]
        z, steep = products(values, slopes, weights)
        if not add(z, bias):
            status = OVERFLOW
        if status != DONE:
            break
        doubts, places, measures, same, repeated, tied, status = _crossings(
            z, values, variances, weights, bias, kinks, tolerance, careful
        )
        if status != DONE:
            break
        positions, births, values, slopes, variances = insert(
            layer + 1, positions, births, z, steep, doubts, places, measures, same, repeated
        )
        flatten(births, layer + 1, values, slopes, tied)
        ties += len(tied) + repeated
        _turn(births, values, kinks, turned)
        activate(values, slopes, variances, kinks, gains, pieces[layer, 2], dead[first : first + len(bias)])
        lengths[layer] = length(values) if measure else 0.0
        start, first = start + weights.size + len(bias), first + len(bias)
    ends, terms, worst = np.empty(0, dtype=np.int64), slopes, -1.0
    if status == DONE:
        weights, bias = layer_of(parameters, start, shapes[-1, 0], shapes[-1, 1])
        terms = rounding(slopes, weights, shapes)
        values, slopes = products(values, slopes, weights)
        if not (add(values, bias) and add(slopes, np.zeros(len(bias)))):
            status = OVERFLOW
        ends = begin(births, slopes, terms)
        lengths[-1] = length(values) if measure else 0.0
        if certify and status == DONE:
            worst = residual(
                positions, births, values, slopes, ends, origins, directions, parameters, shapes, pieces
            )
    return status, positions, births, values, slopes, terms, ends, ties, dead, turned, lengths, worst


@compiled
def _crossings(
    z: Array,
    values: Array,
    variances: Array,
    weights: Array,
    bias: Array,
    kinks: Array,
    tolerance: float,
    careful: bool,
) -> tuple[Array, Index, Array, Index, int, Index, int]:
    """What a layer's pre-activations, made from ``values``, do at its kinks.

    Their variances; the crossings' places and measures, which of them coincide with the one before, and how many; the
    ties; the status.
    """
    doubts, tied = variances, np.empty((0, 2), dtype=np.int64)
    limits, status = nearness(values, weights, bias), DONE
    if careful:
        doubts = product(squared(values, variances), squared(weights, weights[:0]))
        add(doubts, squared(bias.reshape(1, len(bias)), weights[:0])[0])
        tied = settle(z, doubts, values, variances, weights, kinks, tolerance)
    elif any_near(z, limits, kinks):
        status = SUSPECT
    places, measures = find(z, kinks)
    near = np.empty(len(places))
    for at in range(len(places)):
        row, unit = places[at, ROW], places[at, UNIT]
        near[at] = limits[row]
        if careful:
            own = measures[at, LEFT] * doubts[row, unit] + measures[at, RIGHT] * doubts[row + 1, unit]
            near[at] = tolerance * np.sqrt(own)
    same, repeated = coincident(places, measures, near)
    if repeated and not careful:
        status = SUSPECT
    return doubts, places, measures, same, repeated, tied, status


@compiled
def _turn(births: Index, z: Array, kinks: Array, turned: Index) -> None:
    """Mark the given positions at which some unit changes its piece; the first stands for first and last, joined."""
    vertex, last = 0, len(births) - 2
    for row in range(last + 1):
        if births[row, 0] == 0:
            if not turned[vertex] and turns(z, row - 1 if row else last, row, kinks):
                turned[vertex] = 1
            vertex += 1
