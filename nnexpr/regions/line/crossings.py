"""Where the units of a layer meet their kinks inside the intervals of a front."""

from __future__ import annotations

import numpy as np

from nnexpr.kernels.compiled import compiled
from nnexpr.regions.layer import Array, Bends, Index, ends_of

__all__ = ["KINK", "LEFT", "RIGHT", "RISE", "ROW", "UNIT", "coincident", "find"]

ROW, UNIT = 0, 1
KINK, LEFT, RIGHT, RISE = 0, 1, 2, 3


@compiled
def find(z: Array, bends: Bends) -> tuple[Index, Array]:
    """Every unit that lies strictly on two sides of a kink at the two ends of an interval of ``z (rows, n)``, from left
    to right.

    ``places (crossings, 2)``: the row on whose right it is, and the unit. ``measures (crossings, 4)``: the kink; the
    weights of the interval's left and right end there, which sum to 1 and are each accurate on their own; and the
    unit's change of z over the interval.
    """
    rows, (runs, functions) = len(z), bends
    changes = np.zeros(rows, dtype=np.int64)
    total = 0
    for run in range(len(runs)):
        first, last = ends_of(runs, run)
        for at in range(runs[run, 2]):
            kink = functions[run, 0, at]
            for row in range(rows - 1):
                number = 0
                for unit in range(first, last):
                    number += (z[row, unit] > kink) != (z[row + 1, unit] > kink)
                changes[row] += number
                total += number
    places, measures = np.empty((total, 2), dtype=np.int64), np.empty((total, 4))
    end = 0
    for row in range(rows - 1):
        if changes[row]:
            begin = end
            for run in range(len(runs)):
                first, last = ends_of(runs, run)
                for at in range(runs[run, 2]):
                    kink = functions[run, 0, at]
                    for unit in range(first, last):
                        low, high = z[row, unit], z[row + 1, unit]
                        if (low > kink) != (high > kink) and low != kink and high != kink:
                            rise = high - low
                            places[end, ROW], places[end, UNIT] = row, unit
                            measures[end, KINK], measures[end, RISE] = kink, rise
                            measures[end, LEFT], measures[end, RIGHT] = (
                                (high - kink) / rise,
                                (kink - low) / rise,
                            )
                            end += 1
            if end > begin + 1:
                _sort(places[begin:end], measures[begin:end])
    return places[:end], measures[:end]


@compiled
def _sort(places: Index, measures: Array) -> None:
    """By position, then by unit, then the way it goes from kink to kink.

    Shell's sort with gaps near powers of 2.25, since most intervals hold one or two.
    """
    count, gap = len(places), 1
    while gap * 9 < count * 4:
        gap = gap * 9 // 4 + 1
    while gap > 0 and count > 1:
        for at in range(gap, count):
            row, unit = places[at, ROW], places[at, UNIT]
            kink, rise = measures[at, KINK], measures[at, RISE]
            left, right = measures[at, LEFT], measures[at, RIGHT]
            slot = at
            while slot >= gap:
                other = slot - gap
                if measures[other, RIGHT] < right:
                    break
                if measures[other, RIGHT] == right:
                    if measures[other, LEFT] > left:
                        break
                    onward = places[other, UNIT] == unit and (measures[other, KINK] - kink) * rise < 0.0
                    if measures[other, LEFT] == left and (places[other, UNIT] < unit or onward):
                        break
                places[slot, ROW], places[slot, UNIT] = places[other, ROW], places[other, UNIT]
                for each in range(4):
                    measures[slot, each] = measures[other, each]
                slot = other
            places[slot, ROW], places[slot, UNIT] = row, unit
            measures[slot, KINK], measures[slot, LEFT] = kink, left
            measures[slot, RIGHT], measures[slot, RISE] = right, rise
        gap = gap * 4 // 9


@compiled
def coincident(places: Index, measures: Array, near: Array) -> tuple[Index, int]:
    """Which crossings coincide with the one before them: either unit is within ``near`` of its kink where the other is.

    A unit is on one kink at a time. ``near (crossings,)`` in units of z. 1 for those that coincide, 0 for the others,
    and how many there are.
    """
    same, number = np.zeros(len(places), dtype=np.int64), 0
    for at in range(1, len(places)):
        if places[at, ROW] == places[at - 1, ROW] and places[at, UNIT] != places[at - 1, UNIT]:
            # The distance as a share of the interval, from the smaller of its two weights, which has more digits.
            share = measures[at, RIGHT] - measures[at - 1, RIGHT]
            if measures[at, RIGHT] > 0.5:
                share = measures[at - 1, LEFT] - measures[at, LEFT]
            apart = (
                share * abs(measures[at - 1, RISE]) > near[at - 1]
                and share * abs(measures[at, RISE]) > near[at]
            )
            same[at] = 0 if apart else 1
            number += same[at]
    return same, number
