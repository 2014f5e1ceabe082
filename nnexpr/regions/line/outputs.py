"""The output layer: neighbours with equal slopes joined to linear regions.

Neighbours are joined if, for every output, the slope changes by no more than rounding may change it:

    change = sum_j w_j (s'_j right - s'_j left)
    |change| <= eps N (sum_j |w_j| (|s'_j left| + |s'_j right|) + sqrt(sum_j w_j^2 (sigma_j^2 left + sigma_j^2 right)))

with w the output's weights, s' the slopes of the last hidden layer, eps = 2^-52 and N = sum_l (n_l + 1) over the widths
n_l. Both sums are over the units j whose slope is not the same number on both sides: the others add nothing to the
change nor to its rounding, so a weak bend is seen beside a strong slope. sigma_j is what rounding has left in s'_j in
the layers below (``ties.py``), so that slopes which cancel inside a hidden layer, up to rounding, count as equal.

A bend weaker than that is not told from none: neighbours that are joined though some unit below the output bends
between them are counted as ``merged``. (Units that cancel exactly are joined, and counted too.) Compositional networks,
whose waves fade with depth, have bends so weak from L = 12 on for some peaks. A member whose one slope is within its
rounding of zero has collapsed.
"""

from __future__ import annotations

import numpy as np

from nnexpr.kernels.compiled import compiled, compiled_loosely
from nnexpr.regions.line.front import Front
from nnexpr.regions.stack import Array, Index

__all__ = ["begin", "flat"]

EPS = 2.0**-52
# A change of slope, as a share of its terms, that what cancels in the layers below could explain.
WEAK = 2.0**-20


@compiled_loosely
def _change(
    slopes: Array, blurs: Array, row: int, weights: Array, careful: bool
) -> tuple[float, float, float]:
    """Between the intervals left and right of a row: the change of one output's slope, the size of its terms, and the
    square of what rounding has left in them; ``weights (units,)``. A whole ``Front`` would cost more to pass.
    """
    left, right = slopes[row - 1], slopes[row]
    change, size, square = 0.0, 0.0, 0.0
    for unit in range(len(weights)):
        step, weight = right[unit] - left[unit], weights[unit]
        change += weight * step
        size += abs(weight) * (abs(left[unit]) + abs(right[unit])) if step != 0.0 else 0.0
    if careful:
        for unit in range(len(weights)):
            both = blurs[row - 1, unit] + blurs[row, unit]
            square += weights[unit] * weights[unit] * both if left[unit] != right[unit] else 0.0
    return change, size, square


@compiled
def _root(square: float) -> float:
    """0 for squares that overflow, which they do from 1e154 on: nothing is taken for rounding there."""
    return np.sqrt(square) if square < np.inf else 0.0


@compiled
def begin(below: Front, weights: Array, units: int) -> tuple[Index, int, int]:
    """The rows at which a linear region begins, and the last row; one begins at every given position.

    Also how many neighbours are joined though units below bend between them, and how many bends are so weak that the
    slopes below should be known with their rounding, which is not carried. ``weights (units, outputs)``; ``units``: N.
    """
    rows, outputs = len(below.births), weights.shape[1]
    found = np.empty(rows, dtype=np.int64)
    columns = np.ascontiguousarray(weights.T)
    end, merged, weak = 0, 0, 0
    for row in range(rows - 1):
        bends, met = below.births[row, 0] == 0, False
        for each in range(outputs):
            if not bends:
                change, size, square = _change(below.slopes, below.blurs, row, columns[each], below.careful)
                bends = abs(change) > EPS * units * (size + _root(square))
                met |= size > 0.0
                weak += bends and not below.careful and abs(change) <= WEAK * size
        if bends:
            found[end] = row
            end += 1
        merged += met and not bends
    found[end] = rows - 1
    return found[: end + 1], merged, weak


@compiled
def flat(below: Front, weights: Array, slopes: Array, units: int) -> bool:
    """Whether the first interval's ``slopes (outputs,)`` are zero, within their rounding."""
    for each in range(weights.shape[1]):
        size, square = 0.0, 0.0
        for unit in range(len(weights)):
            size += abs(weights[unit, each] * below.slopes[0, unit])
            if below.careful:
                square += weights[unit, each] * weights[unit, each] * below.blurs[0, unit]
        if not abs(slopes[each]) <= EPS * units * (size + _root(square)):
            return False
    return True
