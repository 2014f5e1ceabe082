"""Rows that are made late: positions at which a layer bends, put into the front of the layer above it.

Between two rows the units of a layer bend one after another, and behind each bend only one of them has another slope.
A sparse layer above has few units that take it, and only theirs are made anew there, from all that they take:

    s' = sum_j W_j s_j        z' = b + sum_j W_j (a_j + s_j (t - t_j))        the others: z' <- z' + s' (t - t before)

with a_j the value of input j at its own last bend t_j, or at the last given row. Neither the layer's own numbers nor a
product with all of them are needed there. A convolution of thousands of units bends thousands of times on a line; the
layer's own rows would be millions of numbers. What takes nothing but units that are off is exactly its bias, and its
slope exactly zero. At the next given row values and slopes are the product's again, but the slopes of what nothing that
bends there feeds, which stay the same numbers: whether a slope changes is asked of its bits.

It is done where nothing is near a tie (care of NOTHING), and where the layer above is sparse. Error: as
many roundings as there are bends between two rows, of numbers as large as z'.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnexpr.kernels.compiled import compiled
from nnexpr.kernels.memory import table
from nnexpr.regions.layer import Array, Bends, Index, Layer, Sparse, by_rows, pieces_of, run_of
from nnexpr.regions.line.crossings import KINK, LEFT, RIGHT, RISE, ROW, UNIT
from nnexpr.regions.line.front import NOTHING, Front

__all__ = ["Late", "late_length", "late_of", "put_in"]


class Late(NamedTuple):
    """The bends of a layer that its front has no rows for."""

    number: int  # the layer's, from 1
    places: Index  # (bends, 2) the row on whose right each is, and the unit
    shares: Array  # (bends, 2) of the interval, from its right end and from its left
    values: Array  # (bends,) of the unit there, after its activation
    slopes: Array  # (bends,) and its slope behind it


class Inputs(NamedTuple):
    """What the layer below gives, right of a given row: each is linear from its own last bend."""

    slopes: Array  # (inputs,)
    values: Array  # (inputs,) at its last bend
    places: Array  # (inputs,) of that, from the given row


@compiled
def late_of(number: int, front: Front, places: Index, measures: Array, bends: Bends) -> Late:
    """Those of crossings that do not coincide; ``front`` is of pre-activations."""
    shares, values, slopes = np.empty((len(places), 2)), np.empty(len(places)), np.empty(len(places))
    for at in range(len(places)):
        row, unit = places[at, ROW], places[at, UNIT]
        shares[at, 0], shares[at, 1] = measures[at, LEFT], measures[at, RIGHT]
        kinks, gains, shifts = pieces_of(bends, run_of(bends.runs, unit))
        for kink in range(len(kinks)):
            if kinks[kink] == measures[at, KINK]:
                gain = gains[kink + 1] if measures[at, RISE] > 0.0 else gains[kink]
                values[at] = gains[kink] * kinks[kink] + shifts[kink]
                slopes[at] = gain * front.slopes[row, unit]
    return Late(number, places, shares, values, slopes)


@compiled
def _share(late: Late, at: int, first: int) -> float:
    """Of the interval, from the bend before to this one, from the numbers that have more digits."""
    before_left, before_right = 1.0, 0.0
    if at > first:
        before_left, before_right = late.shares[at - 1, 0], late.shares[at - 1, 1]
    share: float = late.shares[at, 1] - before_right
    if late.shares[at, 1] > 0.5:
        share = before_left - late.shares[at, 0]
    return share


@compiled
def put_in(front: Front, below: Front, late: Late, layer: Layer) -> tuple[Front, Index, Array]:
    """The front of a sparse layer's pre-activations with a row for each bend of the layer below; for each row the
    given one that it is, or is right of; and the steepest that each number ``below`` gets right of each given row.
    """
    positions, births, z, slopes, variances, blurs, _ = front
    (rows, width), count, above = z.shape, len(late.places), by_rows(layer)
    new_positions, new_births = np.empty(rows + count), np.empty((rows + count, 2), dtype=np.int64)
    new_z, new_slopes = table(rows + count, width), table(rows + count, width)
    given, fed = np.empty(rows + count, dtype=np.int64), np.empty(width, dtype=np.int64)
    kept, steepest = np.zeros((3, layer.inputs)), np.abs(below.slopes)
    now = Inputs(kept[0], kept[1], kept[2])
    end, at = 0, 0
    for row in range(rows):
        new_positions[end], new_births[end], new_z[end], given[end] = positions[row], births[row], z[row], row
        if row == 0 or row == rows - 1 or births[row, 0] == 0:
            new_slopes[end] = slopes[row]
        else:
            _feed(now.slopes, below.slopes[row], above, fed)
            for each in range(width):
                new_slopes[end, each] = slopes[row, each] if fed[each] else new_slopes[end - 1, each]
        now.slopes[:], now.values[:], now.places[:] = below.slopes[row], below.values[row], 0.0
        end, first = end + 1, at
        while at < count and late.places[at, ROW] == row:
            low, high, unit = positions[row], positions[row + 1], late.places[at, UNIT]
            step, place = _share(late, at, first) * (high - low), late.shares[at, 1] * (high - low)
            new_positions[end] = min(low + place, high)
            new_births[end, 0], new_births[end, 1], given[end] = late.number, unit, row
            for each in range(width):
                new_z[end, each] = new_z[end - 1, each] + new_slopes[end - 1, each] * step
                new_slopes[end, each] = new_slopes[end - 1, each]
            now.slopes[unit], now.values[unit], now.places[unit] = late.slopes[at], late.values[at], place
            steepest[row, unit] = max(steepest[row, unit], abs(late.slopes[at]))
            for each in range(above.offsets[unit], above.offsets[unit + 1]):
                _renew(new_z, new_slopes, end, above.places[each], now, place, layer)
            end, at = end + 1, at + 1
    return Front(new_positions, new_births, new_z, new_slopes, variances, blurs, NOTHING), given, steepest


@compiled
def _renew(z: Array, slopes: Array, row: int, unit: int, now: Inputs, place: float, layer: Layer) -> None:
    """Value and slope of one unit at a row that is ``place`` from the given one, from all that it takes."""
    (offsets, places, weights, _), value, slope = layer.sparse, layer.bias[unit], 0.0
    for at in range(offsets[unit], offsets[unit + 1]):
        each, weight = places[at], weights[at]
        value += weight * (now.values[each] + now.slopes[each] * (place - now.places[each]))
        slope += weight * now.slopes[each]
    z[row, unit], slopes[row, unit] = value, slope


@compiled
def _feed(before: Array, after: Array, above: Sparse, fed: Index) -> None:
    """Mark the units that are fed by one whose slope is another number: ``fed (units,)``."""
    fed[:] = 0
    for unit in range(len(before)):
        if before[unit] != after[unit]:
            for place in range(above.offsets[unit], above.offsets[unit + 1]):
                fed[above.places[place]] = 1


@compiled
def late_length(front: Front, late: Late, units: int) -> float:
    """The length of the curve that the first ``units`` make, ``front`` after the activation, with its late bends."""
    total, at, now = 0.0, 0, np.empty(units)
    for row in range(len(front.positions) - 1):
        square, first, step = 0.0, at, front.positions[row + 1] - front.positions[row]
        now[:] = front.slopes[row, :units]
        for unit in range(units):
            square += now[unit] * now[unit]
        while at < len(late.places) and late.places[at, ROW] == row:
            total += np.sqrt(max(square, 0.0)) * _share(late, at, first) * step
            unit = late.places[at, UNIT]
            square += late.slopes[at] * late.slopes[at] - now[unit] * now[unit]
            now[unit] = late.slopes[at]
            at += 1
        last = late.shares[at - 1, 0] if at > first else 1.0
        total += np.sqrt(max(square, 0.0)) * last * step
    return total
