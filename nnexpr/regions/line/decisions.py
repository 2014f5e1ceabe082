"""Where along a path the largest of several outputs changes.

Between two neighbouring positions every output is affine, so the largest of them is convex there. From the output that
is the largest at the left end the next one is that which catches up with it first, of several the steepest; and so on
to the right end. An output that leads by no more than rounding, which the caller bounds row by row, has not
caught up: two that are equal along a stretch do not take turns. Nor has one that never leads the one before it by more
until the next one catches up: where three meet in one place, the one in the middle is the largest nowhere.
"""

from __future__ import annotations

import numpy as np

from nnexpr.kernels.compiled import compiled
from nnexpr.regions.layer import Array, Index

__all__ = ["switches"]


@compiled
def switches(values: Array, doubts: Array) -> tuple[Index, Array, Index]:
    """Of ``values (rows, outputs)``, affine between rows: the row on whose right each change is, the share of the way
    to the next row, and the outputs that are the largest one after another, one more than there are changes.
    ``doubts (rows,)``: by how much the difference of two outputs may be off there.
    """
    rows, outputs = values.shape
    places, shares = np.empty(rows * outputs, dtype=np.int64), np.empty(rows * outputs)
    classes, leads = np.empty(rows * outputs + 1, dtype=np.int64), np.empty(rows * outputs + 1)
    own, end = _first(values, doubts), 0
    classes[0], leads[0] = own, np.inf  # by how much more than rounding each has led the one before it
    for row in range(rows - 1):
        share, near = 0.0, max(doubts[row], doubts[row + 1])
        while True:
            found, at = _next(values, row, share, own, doubts[row + 1])
            if found < 0:
                break
            if end:
                leads[end] = max(leads[end], _lead(values, row, at, own, classes[end - 1]) - near)
            if leads[end] <= 0.0:
                end -= 1
            own, share = found, at
            if classes[end] != own:
                places[end], shares[end] = row, share
                end += 1
                classes[end], leads[end] = own, 0.0
        if end:
            leads[end] = max(leads[end], _lead(values, row, 1.0, own, classes[end - 1]) - near)
    return places[:end], shares[:end], classes[: end + 1]


@compiled
def _next(values: Array, row: int, share: float, own: int, near: float) -> tuple[int, float]:
    """The output that first catches up with ``own`` on the right of a row, from a share of the way on, and where; -1 if
    none does.
    """
    found, earliest, steepest = -1, 2.0, 0.0
    for each in range(values.shape[1]):
        before, after = values[row, each] - values[row, own], values[row + 1, each] - values[row + 1, own]
        if not after > near or each == own:
            continue
        at = max(before / (before - after), share) if before < 0.0 else share
        if at < earliest or (at == earliest and after - before > steepest):
            found, earliest, steepest = each, at, after - before
    return found, earliest


@compiled
def _lead(values: Array, row: int, share: float, one: int, other: int) -> float:
    """By how much one output is above another on the right of a row, at a share of the way."""
    before, after = values[row, one] - values[row, other], values[row + 1, one] - values[row + 1, other]
    lead: float = before + share * (after - before)
    return lead


@compiled
def _first(values: Array, doubts: Array) -> int:
    """The largest output at the first row; of several the one that is the largest where they first are apart."""
    outputs = values.shape[1]
    among = np.ones(outputs, dtype=np.int64)
    for row in range(len(values)):
        most = -np.inf
        for each in range(outputs):
            most = max(most, values[row, each] if among[each] else -np.inf)
        for each in range(outputs):
            among[each] = 1 if among[each] and values[row, each] >= most - doubts[row] else 0
        if among.sum() == 1:
            break
    return int(among.argmax())
