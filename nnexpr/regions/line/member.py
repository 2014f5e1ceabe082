"""Members from their input to their linear regions, each in one compiled call, on as many threads as torch uses.

A member is walked along a path: given positions t_0 < ... < t_S with an input at each, affine between them. The line
has two, its domain's ends. All that can be told about the member on the path is found in one pass up the layers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import chain
from typing import NamedTuple, TypeVar

import numpy as np
import psutil
from numpy.typing import NDArray

from nnexpr.kernels.compiled import compiled
from nnexpr.kernels.memory import lent
from nnexpr.networks.graph.graph import Graph
from nnexpr.regions.counted import Certificate, allowed
from nnexpr.regions.exact.settled import pieces_of
from nnexpr.regions.gathered import BESIDE, forgiven, gathered, gathered_in
from nnexpr.regions.layer import (
    Array,
    Bends,
    Index,
    Layer,
    Member,
    Sparse,
    affine,
    by_rows,
    layer_of,
    rooms_of,
    run_of,
)
from nnexpr.regions.line.certificate import residual, scale
from nnexpr.regions.line.crossings import LEFT, RIGHT, ROW, UNIT, coincident, find
from nnexpr.regions.line.front import NOTHING, SLOPES, VALUES, Front, Path, finite, length
from nnexpr.regions.line.late import Late, late_length, late_of, put_in
from nnexpr.regions.line.outputs import begin, flat
from nnexpr.regions.line.propagate import activate, flatten, insert, turns
from nnexpr.regions.line.ties import blurred, near_row, needed_care, own_nearness, settle, spread
from nnexpr.regions.stack import Stack
from nnexpr.regions.threads import in_shares

__all__ = ["Traced", "walk"]

Result = TypeVar("Result")
Flags = NDArray[np.bool_]

DONE, OVERFLOW, FULL = 0, -1, -2
SETTLED = DONE, OVERFLOW
FEWEST = 64  # members worth a second thread
MODEST = 2.0**28  # bytes of a layer's tables that are taken unasked
SHARE = 0.5  # of the memory that is free, for larger ones
WIDE = 2.0**-40  # a tie tolerance that the quick way's margin of 2^-30 no longer covers well


class Traced(NamedTuple):
    """A member walked along a path of S segments."""

    status: int  # DONE; OVERFLOW beyond float64; FULL without room; else the care that it needs
    positions: Array  # (rows,) and the rest of the output's ``Front``
    births: Index
    values: Array
    slopes: Array
    ends: Index  # the rows at which a linear region begins, and the last row
    collapsed: bool  # whether it is one constant, within rounding
    ties: int  # how many
    merged: int  # neighbours joined to one region though units bend between them
    dead: Index  # (hidden units,) 1 for those that are
    turned: Index  # (S + 1,) whether a unit changes its piece at a given position
    lengths: Array  # (layers,) of the curve that the path becomes, zero if they were not asked for
    residual: float  # the largest, NaN if it was not asked for
    scale: float  # of the output: the most that its terms amount to somewhere; of one that is FULL, the bytes it needs
    sigma: float = 0.0  # what rounding gathers in it, if that was asked for
    bound: float = math.inf  # what a graph's own terms explain of the residual, where that is less
    number: int = 0  # of the member
    exact: bool | None = None  # whether exact arithmetic finds as many, if it was asked

    def certificate(self, breakpoints: Array, stack: Stack) -> Certificate:
        """What vouches for the member; ``breakpoints`` ascend."""
        return Certificate(
            max_residual=None if math.isnan(self.residual) else self.residual,
            allowed=min(allowed(self.scale, stack.tolerance, self.sigma), self.bound),
            ties=self.ties,
            merged=self.merged,
            unresolved=int(np.count_nonzero(breakpoints[1:] == breakpoints[:-1])),
            exact=self.exact,
            literal=stack.is_literal,
        )


def walk(
    stack: Stack, path: Path, result: Callable[[Traced], Result], *, certify: bool, measure: bool = False
) -> list[Result]:
    """``result`` of every member, in order; the numbers do not depend on how many threads there are.

    Members in general position are traced the quick way; those with ties, or suspect of them, with variances; those
    whose slopes cancel with blurs too. Raises ValueError for a member whose values are not finite, or whose tables do
    not fit into memory.
    """

    shared = *stack.shared, *path

    def one(number: int) -> Result:
        row, room = stack.parameters[number], MODEST
        least = care = VALUES if stack.tolerance > WIDE else NOTHING
        while (found := trace(row, *shared, care, room, certify, measure))[0] not in SETTLED:
            if found[0] == FULL:
                room = room_for(found[-1])
            else:
                care = found[0]
        traced = Traced(*found, number=number)
        if traced.status == OVERFLOW:
            raise ValueError(f"member {number} overflows float64 on this domain")
        if certify and stack.graph is not None:
            worst, bound = beside(stack.graph, path, traced, stack.tolerance)
            traced = traced._replace(residual=float(np.maximum(traced.residual, worst)), bound=bound)
        if certify and traced.residual > allowed(traced.scale, stack.tolerance):
            traced = traced._replace(sigma=_explained(stack, number, path, traced))
        if certify and (care > least or traced.ties or traced.merged):
            traced = traced._replace(exact=pieces_of(stack, number, path.inputs, traced))
        return result(traced)

    shares = in_shares(lambda low, high: [*map(one, range(low, high))], len(stack.parameters), FEWEST)
    return list(chain.from_iterable(shares))


def room_for(needed: float) -> float:
    """The bytes that a layer's tables may take: half of what is free. Raises ValueError if they need more."""
    room = SHARE * psutil.virtual_memory().available
    if needed > room:
        raise ValueError(
            f"the regions found so far need {needed / 1e9:.1f} GB for one layer, half of the memory that is free is "
            f"{room / 1e9:.1f} GB; count a shorter path, or a smaller network"
        )
    return room


def beside(graph: Graph, path: Path, traced: Traced, tolerance: float) -> tuple[float, float]:
    """The largest |pieces - graph| half-way between some neighbouring positions and at places spread over the path, for
    the graph may bend where its chain does not; the graph evaluated as it is and not as the chain that was walked. And
    what ``forgiven`` says of it.
    """
    shares = (np.arange(BESIDE) + 0.5) / BESIDE
    spread_out = path.knots[0] + shares * (path.knots[-1] - path.knots[0])
    within = np.searchsorted(traced.positions, spread_out, side="right") - 1
    rows = np.concatenate([_some(traced), np.minimum(within, len(traced.positions) - 2)])
    places, inputs = _middles(path, traced, rows)
    places[-BESIDE:] = spread_out
    segments = np.cumsum(traced.births[:, 0] == 0)[rows[-BESIDE:]] - 1
    inputs[-BESIDE:] = path.origins[segments] + path.directions[segments] * spread_out[:, None]
    pieces = traced.values[rows] + traced.slopes[rows] * (places - traced.positions[rows])[:, None]
    told = graph(inputs)[0]
    apart = np.abs(told - pieces)
    both = np.concatenate([inputs, path.inputs[[0, -1]]])
    return float(apart.max()), forgiven(graph, both, apart, told, tolerance)


def _some(traced: Traced) -> Index:
    """Rows at which a graph is evaluated beside its chain."""
    return np.unique(np.linspace(0, len(traced.positions) - 2, BESIDE).astype(np.int64))


def _middles(path: Path, traced: Traced, rows: Index) -> tuple[Array, Array]:
    """Half-way to the right of some rows: positions and inputs."""
    places = 0.5 * (traced.positions[rows] + traced.positions[rows + 1])
    segments = np.cumsum(traced.births[:, 0] == 0)[rows] - 1
    return places, path.origins[segments] + path.directions[segments] * places[:, None]


def _explained(stack: Stack, number: int, path: Path, traced: Traced) -> float:
    """What rounding gathers in the outputs on the way there, of the chain and of the graph that it was made of."""
    member = stack.member(number)
    layers = [layer_of(member, each) for each in range(len(member.shapes))]
    _, middles = _middles(path, traced, np.arange(len(traced.positions) - 1))
    inputs = np.concatenate([middles, path.inputs[[0, -1]]])
    longest = np.abs(path.directions[:-1] * np.diff(path.knots)[:, None]).max(axis=0)
    found = gathered(layers, inputs, longest[None], stack.tolerance)
    if stack.graph is not None:
        found = max(found, gathered_in(stack.graph, inputs[[*_some(traced), -2, -1]], stack.tolerance))
    return found


@compiled
def trace(
    parameters: Array, shapes: Index, runs: Index, functions: Array, places: Index, tolerance: float,
    knots: Array, inputs: Array, origins: Array, directions: Array,
    care: int, room: float, certify: bool, measure: bool,
) -> tuple[int, Array, Index, Array, Array, Index, bool, int, int, Index, Index, Array, float, float]:  # fmt: skip
    """What ``Traced`` holds of a ``Member`` on a ``Path``, which come as the arrays that they are: Numba takes them in
    a tenth of the time. ``care``: NOTHING, VALUES or SLOPES. ``room``: the bytes that the tables of a layer may take.
    ``measure``: whether to find lengths.
    """
    member = Member(lent(parameters), lent(shapes), lent(runs), lent(functions), lent(places), tolerance)
    path = Path(knots, inputs, origins, directions)
    births, turned = np.zeros((len(knots), 2), dtype=np.int64), np.zeros(len(knots), dtype=np.int64)
    variances = np.zeros((len(knots) if care >= VALUES else 0, inputs.shape[1]))
    blurs = np.zeros((len(knots) if care == SLOPES else 0, inputs.shape[1]))
    front = Front(knots, births, inputs, directions, variances, blurs, care)
    status, lengths, ties, lost, first = DONE, np.zeros(len(shapes)), 0, np.empty(0), 0
    merged, needed = 0, 0.0
    dead = np.zeros(shapes[:-1, 2].sum(), dtype=np.int64)
    late = Late(0, births[:0], np.empty((0, 2)), knots[:0], knots[:0])
    for number in range(len(shapes) - 1):
        layer, puts_off = layer_of(member, number), number + 2 < len(shapes) and shapes[number + 1, 4] >= 0
        front, late, tied, swallowed, needed, status = _raised(
            number + 1, front, late, layer, tolerance, room, puts_off
        )
        if status != DONE:
            break
        ties, merged, own = ties + tied, merged + len(swallowed), layer.own
        lost = np.concatenate((lost, swallowed)) if len(swallowed) else lost
        _turn(front, layer.bends, turned)
        activate(front, layer.bends, dead[first : first + own])
        if measure:
            lengths[number] = late_length(front, late, own) if len(late.places) else length(front.values, own)
        first += own
    ends, collapsed, worst, most = np.empty(0, dtype=np.int64), False, np.nan, needed
    if status == DONE:
        layer, below, units = layer_of(member, len(shapes) - 1), front, len(shapes) + shapes[:, 5].sum()
        front = _affine(below, layer)
        ends, joined, weak = begin(below, layer.weights, units, np.sort(lost))
        if not (finite(front.values) and finite(front.slopes)):
            status = OVERFLOW
        elif weak:
            status = SLOPES
        else:
            merged += joined
            collapsed = len(ends) == 2 and flat(below, layer.weights, front.slopes[0], units)
            lengths[-1] = length(front.values, len(layer.bias)) if measure else 0.0
            if certify:
                worst, most = residual(front, ends, path, member), scale(below, layer, np.abs(inputs).max())
    return (
        status, front.positions, front.births, front.values, front.slopes, ends, collapsed,
        ties, merged, dead, turned, lengths, worst, most,
    )  # fmt: skip


@compiled
def _affine(front: Front, layer: Layer) -> Front:
    """The front of the next layer's pre-activations, without what rounding has left in them."""
    values = affine(front.values, layer, layer.bias)
    slopes = affine(front.slopes, layer, np.zeros(len(layer.bias)))
    return Front(front.positions, front.births, values, slopes, front.variances[:0], front.blurs[:0], NOTHING)


@compiled
def _raised(
    number: int, below: Front, late: Late, layer: Layer, tolerance: float, room: float, puts_off: bool
) -> tuple[Front, Late, int, Array, float, int]:
    """The front of a hidden layer's pre-activations with a row where a unit meets a kink, or without those that are put
    off to the next layer, and these; how many ties; where bends of the layers below are lost in rounding; the bytes
    that it needs, if that is more than there is ``room``; the status. ``late``: what was put off to this layer.
    """
    needed = taken(below, len(below.births), len(late.places), layer)
    if needed > room:
        return below, late, 0, np.empty(0), needed, FULL
    front, given, steepest = _affine(below, layer), np.empty(0, dtype=np.int64), below.slopes
    if len(late.places):
        front, given, steepest = put_in(front, below, late, layer)
    care, longest = needed_care(front, below.values, steepest, layer, given)
    tied, ties, lost = np.empty((0, 3), dtype=np.int64), 0, np.empty(0)
    if care < 0 or care > below.care:
        return front, late, 0, lost, 0.0, care
    if below.care >= VALUES:
        positions, births, values, slopes, _, blurs, _ = front
        if below.care == SLOPES:
            blurs = blurred(below, layer)
        front = Front(positions, births, values, slopes, spread(below, layer), blurs, below.care)
        tied, ties = settle(front, below, layer, tolerance)
        lost = _lost(front, below, layer)
    places, measures = find(front.values, layer.bends)
    same, repeated = coincident(
        places,
        measures,
        _near(front, below.values, given, longest, places, measures, layer, tolerance),
    )
    if repeated and below.care < VALUES:
        return front, late, 0, lost, 0.0, VALUES
    if puts_off and below.care == NOTHING:
        return front, late_of(number, front, places, measures, layer.bends), 0, lost, 0.0, DONE
    needed = taken(below, len(front.births), len(places), layer)
    if needed > room:
        return front, late, 0, lost, needed, FULL
    if len(places):
        front = insert(number, front, places, measures, same, repeated)
    flatten(front, number, tied)
    none = Late(number, places[:0], late.shares[:0], late.values[:0], late.slopes[:0])
    return front, none, ties + repeated, lost, 0.0, DONE


@compiled
def taken(below: Front, rows: int, more: int, layer: Layer) -> float:
    """The bytes of a layer's tables of so many rows, of their copy with ``more``, and of those ``below``."""
    return 8.0 * (2 + below.care) * (below.values.size + (2.0 * rows + more) * len(layer.bias))


@compiled
def _lost(front: Front, below: Front, layer: Layer) -> Array:
    """The positions at which units below bend, and yet the slope of some unit that they feed is the same number."""
    outputs, dense = len(layer.bias), len(layer.weights) > 0
    above = layer.sparse if dense else by_rows(layer)
    found, bent, end = np.empty(len(front.births)), np.empty(layer.inputs, dtype=np.bool_), 0
    for row in range(1, len(front.births) - 1):
        kept, bending = 0, 0
        for unit in range(outputs):
            kept += front.slopes[row, unit] == front.slopes[row - 1, unit]
        if kept == 0 or front.births[row, 0] == 0:
            continue
        for each in range(layer.inputs):
            bent[each] = below.slopes[row, each] != below.slopes[row - 1, each]
            bending += bent[each]
        if dense:
            swallows = _swallows_dense(front.slopes, row, layer.weights, bent)
        elif bending * outputs < kept * layer.inputs:
            swallows = _swallows_out(front.slopes, row, above, bent)
        else:
            swallows = _swallows_in(front.slopes, row, layer.sparse, bent)
        found[end] = front.positions[row]
        end += swallows
    return found[:end]


@compiled
def _swallows_dense(slopes: Array, row: int, weights: Array, bent: Flags) -> bool:
    """Whether a unit that is fed by what is ``bent`` has the slope of the row before."""
    number, (inputs, outputs) = 0, weights.shape
    for unit in range(outputs):
        if slopes[row, unit] == slopes[row - 1, unit]:
            for each in range(inputs):
                number += weights[each, unit] != 0.0 and bent[each]
    return number > 0


@compiled
def _swallows_out(slopes: Array, row: int, above: Sparse, bent: Flags) -> bool:
    """The same of a sparse matrix by its rows, where little is bent."""
    for each in range(len(bent)):
        if bent[each]:
            for at in range(above.offsets[each], above.offsets[each + 1]):
                unit = above.places[at]
                if slopes[row, unit] == slopes[row - 1, unit] and above.weights[at] != 0.0:
                    return True
    return False


@compiled
def _swallows_in(slopes: Array, row: int, sparse: Sparse, bent: Flags) -> bool:
    """The same by its columns, where few slopes are kept."""
    for unit in range(len(sparse.offsets) - 1):
        if slopes[row, unit] == slopes[row - 1, unit]:
            for at in range(sparse.offsets[unit], sparse.offsets[unit + 1]):
                if bent[sparse.places[at]] and sparse.weights[at] != 0.0:
                    return True
    return False


@compiled
def _near(
    front: Front,
    below: Array,
    given: Index,
    longest: float,
    places: Index,
    measures: Array,
    layer: Layer,
    tolerance: float,
) -> Array:
    """How near its kink a unit counts as on it, at each crossing that shares its interval with another."""
    near, (runs, _), dense = np.zeros(len(places)), layer.bends, len(layer.weights) > 0
    rooms = rooms_of(layer.bends) if front.care >= VALUES else near
    for at in range(len(places)):
        row, unit = places[at, ROW], places[at, UNIT]
        before, after = max(at - 1, 0), min(at + 1, len(places) - 1)
        if (before == at or places[before, ROW] != row) and (after == at or places[after, ROW] != row):
            continue
        if front.care >= VALUES:
            own = measures[at, LEFT] * front.variances[row, unit]
            own += measures[at, RIGHT] * front.variances[row + 1, unit]
            near[at] = min(tolerance * np.sqrt(own), rooms[run_of(runs, unit)])
        elif not dense:
            near[at] = own_nearness(below, layer, unit, given[row] if len(given) else row)
        else:
            near[at] = near_row(below, given, row, longest)
    return near


@compiled
def _turn(front: Front, bends: Bends, turned: Index) -> None:
    """Mark the given positions at which some unit changes its piece; the first stands for first and last, joined."""
    vertex, last = 0, len(front.births) - 2
    for row in range(last + 1):
        if front.births[row, 0] == 0:
            if not turned[vertex] and turns(front.values, bends, row - 1 if row else last, row):
                turned[vertex] = 1
            vertex += 1
