"""One layer of exact propagation on the line: where its units bend, and the values and slopes above it.

A front (``front.py``) holds the positions at which some unit so far changes its piece, and the outputs of the current
layer there. Between two neighbouring positions every output is affine in x, so the next layer's pre-activations z are,
and a unit bends inside iff its z lies strictly on two sides of a kink at the two ends. The position and all other
pre-activations follow by linear interpolation. Interpolating values, rather than evaluating at the new x, keeps their
relative accuracy however narrow the interval is: the numbers of regions stay right even where positions are closer than
float64 can tell apart. Slopes are carried beside the values, one for each interval and unit, because the difference of
two values over a narrow interval has few digits left.

Ties (``ties.py`` says when a z counts as on a kink). A tied unit touches its kink and does not cross it: if z lies on
different sides to the left and to the right, the unit bends *at* that position and no new one is made. Two units that
cross inside one interval coincide if one of them counts as on its kink where the other crosses: they share that
position. A unit on a kink throughout an interval counts as below it and has slope zero there.

Cost of a layer: two matrix products and about six passes over (rows, units), with variances three and ten. Nothing is
sorted but the crossings that share an interval.
"""

from __future__ import annotations

import numpy as np

from nnexpr.kernels.compiled import compiled
from nnexpr.kernels.memory import table
from nnexpr.regions.layer import Array, Bends, Index, Pieces, ends_of, pieces_of
from nnexpr.regions.line.crossings import KINK, LEFT, RIGHT, RISE, ROW, UNIT
from nnexpr.regions.line.front import SLOPES, VALUES, Front

__all__ = ["activate", "flatten", "insert", "is_relu", "piece_of", "turns"]


@compiled
def insert(number: int, front: Front, places: Index, measures: Array, same: Index, repeated: int) -> Front:
    """The front with a row for every new position: values interpolated, slopes those of the interval.

    Crossings that are the ``same`` as the one before them, ``repeated`` of them, share its position. ``number``: the
    layer's, from 1, whose pre-activations the front's values are.
    """
    positions, births, z, slopes, variances, blurs, care = front
    rows, width = z.shape
    total = rows + len(places) - repeated
    new_positions, new_births = np.empty(total), np.empty((total, 2), dtype=np.int64)
    new_z, new_slopes = table(total, width), table(total, width)
    new_variances = np.empty((total if care >= VALUES else 0, width))
    new_blurs = np.empty((total if care == SLOPES else 0, width))
    end, at = 0, 0
    for row in range(rows):
        new_positions[end] = positions[row]
        new_births[end, 0], new_births[end, 1] = births[row, 0], births[row, 1]
        for each in range(width):
            new_z[end, each] = z[row, each]
            new_slopes[end, each] = slopes[row, each]
            if care >= VALUES:
                new_variances[end, each] = variances[row, each]
            if care == SLOPES:
                new_blurs[end, each] = blurs[row, each]
        end += 1
        while at < len(places) and places[at, ROW] == row:
            unit = places[at, UNIT]
            if not same[at]:
                left, right = measures[at, LEFT], measures[at, RIGHT]
                low, high = positions[row], positions[row + 1]
                new_positions[end] = min(low + right * (high - low), high)
                new_births[end, 0], new_births[end, 1] = number, unit
                for each in range(width):
                    new_z[end, each] = left * z[row, each] + right * z[row + 1, each]
                    new_slopes[end, each] = slopes[row, each]
                    if care == SLOPES:
                        new_blurs[end, each] = blurs[row, each]
                if care >= VALUES:
                    _doubt(new_variances[end], z, variances, row, unit, left, right, measures[at, RISE])
                end += 1
            new_births[end - 1, 1] = min(new_births[end - 1, 1], unit)
            new_z[end - 1, unit] = measures[at, KINK]
            if care >= VALUES:
                new_variances[end - 1, unit] = 0.0
            at += 1
    return Front(new_positions, new_births, new_z, new_slopes, new_variances, new_blurs, care)


@compiled
def _doubt(
    out: Array, z: Array, variances: Array, row: int, unit: int, left: float, right: float, rise: float
) -> None:
    """Variances at a crossing: interpolated, and what the doubt about its place adds to each unit."""
    own = left * variances[row, unit] + right * variances[row + 1, unit]
    shift = own / (rise * rise)
    for each in range(len(out)):
        change = z[row + 1, each] - z[row, each]
        out[each] = left * variances[row, each] + right * variances[row + 1, each] + change * change * shift


@compiled
def flatten(front: Front, number: int, ties: Index) -> None:
    """Give a unit slope zero where it stays on a kink, on either side of a tie.

    ``ties (ties, 2)`` are rows as they were before rows of layer ``number`` were inserted, ascending.
    """
    births, z = front.births, front.values
    row, old = 0, 0
    for at in range(len(ties)):
        while births[row, 0] == number or old < ties[at, 0]:
            old += births[row, 0] != number
            row += 1
        unit = ties[at, 1]
        for left in (row - 1, row):
            if 0 <= left < len(z) - 1 and z[left, unit] == z[left + 1, unit]:
                front.slopes[left, unit] = 0.0


@compiled
def piece_of(low: float, high: float, kinks: Array) -> int:
    """The piece at the end of an interval at which z is ``low``, from z at both; a kink belongs to the piece below it.

    It is that of the whole interval where no kink cuts that.
    """
    piece = 0
    for kink in kinks:
        piece += low > kink or (low == kink and high > kink)
    return piece


@compiled
def turns(z: Array, bends: Bends, left: int, right: int) -> bool:
    """Whether some unit is on another piece at the end of the interval right of row ``left`` than at the start of
    that right of row ``right``.
    """
    for run in range(len(bends.runs)):
        kinks = pieces_of(bends, run)[0]
        for unit in range(bends.runs[run, 0], bends.runs[run, 1]):
            one = piece_of(z[left + 1, unit], z[left, unit], kinks)
            if one != piece_of(z[right, unit], z[right + 1, unit], kinks):
                return True
    return False


@compiled
def is_relu(pieces: Pieces) -> bool:
    """Whether an activation is max(0, z), for which loops become vector instructions."""
    kinks, gains, shifts = pieces
    return len(kinks) == 1 and kinks[0] == 0.0 and gains[0] == 0.0 and gains[1] == 1.0 and shifts[1] == 0.0


@compiled
def activate(front: Front, bends: Bends, dead: Index) -> None:
    """Apply the activations in place: values, variances and slopes; and say which units are dead, ``(units,)``.

    A unit is dead if it stays on one flat piece of its activation, kinks included, on the whole domain. Numbers beyond
    the units are passed on as they are.
    """
    for run in range(len(bends.runs)):
        pieces, (first, end) = pieces_of(bends, run), ends_of(bends.runs, run)
        if is_relu(pieces):
            _rectify_spreads(front, first, end)
            _rectify(front.values, front.slopes, dead, first, end)
        else:
            _bend(front, pieces, dead, first, end)


@compiled
def _bend(front: Front, pieces: Pieces, dead: Index, start: np.uint64, width: np.uint64) -> None:
    """``activate`` of the units from ``start`` to below ``width``."""
    z, slopes = front.values, front.slopes
    kinks, gains, shifts = pieces
    rows = len(z)
    for row in range(len(front.variances)):
        for unit in range(start, width):
            gain = gains[piece_of(z[row, unit], z[row, unit], kinks)]
            front.variances[row, unit] *= gain * gain
    for row in range(len(front.blurs) - 1):  # the last row has no slopes
        for unit in range(start, width):
            gain = gains[piece_of(z[row, unit], z[row + 1, unit], kinks)]
            front.blurs[row, unit] *= gain * gain
    for unit in range(start, width):
        lowest = highest = z[0, unit]
        for row in range(rows):
            value = z[row, unit]
            lowest, highest = min(lowest, value), max(highest, value)
            if row < rows - 1:
                slopes[row, unit] *= gains[piece_of(value, z[row + 1, unit], kinks)]
            piece = piece_of(value, value, kinks)
            z[row, unit] = gains[piece] * value + shifts[piece]
        dead[unit] = 0
        for piece in range(len(gains)):
            below = piece == len(kinks) or highest <= kinks[piece]
            above = piece == 0 or kinks[piece - 1] <= lowest
            if gains[piece] == 0.0 and below and above:
                dead[unit] = 1


@compiled
def _rectify_spreads(front: Front, first: np.uint64, width: np.uint64) -> None:
    """What rounding has left, for max(0, z): it goes where the value or the slope goes."""
    z, variances, blurs = front.values, front.variances, front.blurs
    for row in range(len(variances)):
        for unit in range(first, width):
            variances[row, unit] = variances[row, unit] if z[row, unit] > 0.0 else 0.0
    for row in range(len(blurs) - 1):  # the last row has no slopes
        for unit in range(first, width):
            low, high = z[row, unit], z[row + 1, unit]
            blurs[row, unit] = blurs[row, unit] if (low > 0.0) | (high > 0.0) else 0.0


@compiled
def _rectify(z: Array, slopes: Array, dead: Index, first: np.uint64, width: np.uint64) -> None:
    """``activate`` for max(0, z), in loops that become vector instructions; the last row has no slopes."""
    rows = len(z)
    for unit in range(first, width):
        dead[unit] = 1
    for row in range(rows - 1):
        for unit in range(first, width):
            low, high = z[row, unit], z[row + 1, unit]
            slopes[row, unit] = slopes[row, unit] if (low > 0.0) | ((low == 0.0) & (high > 0.0)) else 0.0
    for row in range(rows):
        for unit in range(first, width):
            value = z[row, unit]
            dead[unit] &= not value > 0.0
            z[row, unit] = value if value > 0.0 else 0.0
