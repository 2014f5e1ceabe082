"""One layer as the counting needs it: an affine map, dense or sparse, and what bends above it.

Its units lie in runs of one activation each, one run behind the other; behind them lie numbers that are passed on as
they are to layers further up. A layer of a network is one run; those of graphs may have several (``lowered.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels import rows as kernels
from nnexpr.kernels.compiled import compiled, compiled_loosely
from nnexpr.kernels.memory import table
from nnexpr.kernels.sparse import sparse_affine

__all__ = [
    "CANCELLED",
    "Array",
    "Bends",
    "Index",
    "Layer",
    "Member",
    "Pieces",
    "Sparse",
    "affine",
    "affine_into",
    "by_rows",
    "column",
    "ends_of",
    "layer_of",
    "pieces_of",
    "room",
    "rooms_of",
    "run_of",
    "squared",
    "steepest",
]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Pieces = tuple[Array, Array, Array]  # an activation's kinks, slopes and intercepts

CANCELLED = 2.0**-26


class Sparse(NamedTuple):
    """A matrix by its columns: of column c the places and weights from ``offsets[c]`` to below ``offsets[c + 1]``."""

    offsets: Index  # (outputs + 1,)
    places: Index  # (weights,)
    weights: Array  # (weights,)
    order: Index  # (outputs,) the columns, those of the same places together (``kernels/sparse.py``)


class Bends(NamedTuple):
    """What a layer's units bend by, run by run."""

    runs: Index  # (runs, 3) the first unit, the one behind the last, the number of kinks
    functions: Array  # (runs, 3, most kinks + 1) kinks, slopes and intercepts, in the first places


class Layer(NamedTuple):
    """``activation(x W + b)`` of the first ``own`` outputs, ``x W + b`` of the others, which pass."""

    weights: Array  # (inputs, outputs); no rows where the matrix is sparse
    sparse: Sparse  # of no weights where it is dense
    bias: Array  # (outputs,)
    bends: Bends
    own: int
    inputs: int
    terms: int  # that a number gathers here: rounding grows with them


class Member(NamedTuple):
    """One network. Its last layer has no kinks, and is dense."""

    parameters: (
        Array  # (P,) layer after layer the weights (inputs, outputs), or the sparse ones, then the biases
    )
    shapes: Index  # (layers, 6) inputs, outputs, units of its own, runs, sparse weights or -1, terms
    runs: Index  # (all runs, 3)
    functions: Array  # (all runs, 3, most kinks + 1)
    places: Index  # of sparse layers the offsets, places and order, one after another
    tolerance: float  # of ties


@compiled
def layer_of(member: Member, number: int) -> Layer:
    """The layer ``number``, from 0; views, not copies."""
    parameters, shapes, runs, functions, places, _ = member
    start, run, place = 0, 0, 0
    for below in range(number):
        inputs, outputs, few = shapes[below, 0], shapes[below, 1], shapes[below, 4]
        start += outputs + (inputs * outputs if few < 0 else few)
        place += 0 if few < 0 else 2 * outputs + 1 + few
        run += shapes[below, 3]
    inputs, outputs, few = shapes[number, 0], shapes[number, 1], shapes[number, 4]
    rows, held = (inputs, 0) if few < 0 else (0, few)
    middle = start + rows * outputs + held
    first = place + (outputs + 1 if few >= 0 else 0)
    behind = first + held
    return Layer(
        parameters[start : start + rows * outputs].reshape(rows, outputs),
        Sparse(
            places[place:first],
            places[first:behind],
            parameters[start + rows * outputs : middle],
            places[behind : behind + (outputs if few >= 0 else 0)],
        ),
        parameters[middle : middle + outputs],
        Bends(runs[run : run + shapes[number, 3]], functions[run : run + shapes[number, 3]]),
        shapes[number, 2],
        inputs,
        shapes[number, 5],
    )


@compiled
def ends_of(runs: Index, run: int) -> tuple[np.uint64, np.uint64]:
    """The first unit of a run and the one behind the last, as numbers that cannot be below 0: a place that might be is
    looked at before it is used, and loops over such places do not become vector instructions.
    """
    return np.uint64(runs[run, 0]), np.uint64(runs[run, 1])


@compiled
def pieces_of(bends: Bends, run: int) -> Pieces:
    """The kinks, slopes and intercepts of a run; views."""
    kinks, function = bends.runs[run, 2], bends.functions[run]
    return function[0, :kinks], function[1, : kinks + 1], function[2, : kinks + 1]


@compiled
def room(kinks: Array) -> float:
    """How near to a kink counts as on it at most: a quarter of the least distance between two."""
    least = np.inf
    for at in range(1, len(kinks)):
        least = min(least, kinks[at] - kinks[at - 1])
    return least / 4.0


@compiled
def rooms_of(bends: Bends) -> Array:
    """The same of each run, ``(runs,)``."""
    rooms = np.empty(len(bends.runs))
    for run in range(len(rooms)):
        rooms[run] = room(pieces_of(bends, run)[0])
    return rooms


@compiled
def run_of(runs: Index, unit: int) -> int:
    """The run that a unit is in."""
    run = 0
    while unit >= runs[run, 1]:
        run += 1
    return run


@compiled
def affine(rows: Array, layer: Layer, bias: Array) -> Array:
    """``bias + rows (n, inputs) W``, ``(n, outputs)``."""
    result = table(len(rows), len(bias))
    affine_into(rows, layer, bias, result)
    return result


@compiled
def affine_into(rows: Array, layer: Layer, bias: Array, out: Array) -> None:
    """The same into an array that overlaps nothing."""
    if len(layer.weights):
        kernels.affine(rows, layer.weights, bias, out)
    else:
        offsets, places, weights, order = layer.sparse
        sparse_affine(rows, offsets, places, weights, order, bias, out)


@compiled
def squared(layer: Layer) -> Layer:
    """The layer with its weights and biases squared: what rounding leaves goes up by it."""
    weights, (offsets, places, few, order), bias, bends, own, inputs, terms = layer
    squares = Sparse(offsets, places, few * few, order)
    return Layer(weights * weights, squares, bias * bias, bends, own, inputs, terms)


@compiled
def column(weights: Array, sparse: Sparse, unit: int, out: Array) -> None:
    """The weights of a layer to one unit from every input, ``out (inputs,)``."""
    for each in range(len(weights)):
        out[each] = weights[each, unit]
    if len(weights) == 0:
        out[:] = 0.0
        for at in range(sparse.offsets[unit], sparse.offsets[unit + 1]):
            out[sparse.places[at]] += sparse.weights[at]


@compiled
def by_rows(layer: Layer) -> Sparse:
    """A sparse layer's matrix by its rows: of each input the outputs, and the weights. Of a dense one nothing."""
    offsets, places, weights, order = layer.sparse
    starts = np.zeros(layer.inputs + 1, dtype=np.int64)
    for place in places:
        starts[place + 1] += 1
    for each in range(layer.inputs):
        starts[each + 1] += starts[each]
    outputs, values, following = np.empty(len(places), dtype=np.int64), np.empty(len(places)), starts.copy()
    for output in range(len(offsets) - 1):
        for at in range(offsets[output], offsets[output + 1]):
            place = following[places[at]]
            outputs[place], values[place] = output, weights[at]
            following[places[at]] += 1
    return Sparse(starts, outputs, values, order[:0])


@compiled_loosely
def steepest(layer: Layer) -> tuple[float, float]:
    """The largest ||w|| of a unit of a layer, squared, and the least weight but zero, squared: 0 if that underflows."""
    inputs, units = layer.weights.shape
    squares, lowest, most, least = np.zeros(units), np.full(units, np.inf), 0.0, np.inf
    for each in range(inputs):
        for unit in range(units):  # one number a unit, since a least number of all is found one by one
            weight = layer.weights[each, unit]
            square = weight * weight
            squares[unit] += square
            lowest[unit] = square if (square < lowest[unit]) & (weight != 0.0) else lowest[unit]
    for unit in range(units):
        most, least = max(most, squares[unit]), min(least, lowest[unit])
    offsets, _, few, _ = layer.sparse
    for unit in range(len(offsets) - 1):
        total = 0.0
        for at in range(offsets[unit], offsets[unit + 1]):
            square = few[at] * few[at]
            total += square
            least = square if (square < least) & (few[at] != 0.0) else least
        most = max(most, total)
    return most, least
