"""When two slopes are one: the rule by which neighbours are joined to one linear region, on the line and in the plane.

They are joined if the slope changes by no more than rounding may change it:

    change = sum_j w_j (s'_j right - s'_j left)
    |change| <= eps N (sum_j |w_j| (|s'_j left| + |s'_j right|) + sqrt(sum_j w_j^2 (sigma_j^2 left + sigma_j^2 right)))

with w the output's weights, s' the slopes of the last hidden layer, eps = 2^-52 and N = sum_l (n_l + 1) over the widths
n_l. Both sums are over the units j whose slope is not the same number on both sides: the others add nothing to the
change nor to its rounding, so a weak bend is seen beside a strong slope. (Where a layer below has swallowed a bend,
because a slope that it changes is the same number still, the sums are over all units.) sigma_j is what rounding has
left in s'_j in the layers below, so that slopes which cancel inside a hidden layer, up to rounding, count as equal:

    sigma(s)^2 = sum_j w_j^2 (s'_j^2 + sigma(s'_j)^2),    zero for the path's or the plane's own,

in squares of the rounding. It costs as much as the slopes do, and networks in general position have no use for it. It
is carried where a slope in a hidden layer is not zero but within 2^-26 ||w|| ||s'|| of it, or a weight within 2^-26 of
the most that its layer's weights to one unit amount to: without, rounding would have to be told from a bend after
cancelling in several layers in none of which more than 26 bits are lost.
"""

from __future__ import annotations

import numpy as np

from nnexpr.kernels.compiled import compiled, compiled_loosely
from nnexpr.regions.layer import Array

__all__ = ["EPS", "WEAK", "change", "root", "terms_of_all"]

EPS = 2.0**-52
SMALLEST = 2.0**-1022  # of terms that underflow
WEAK = (
    2.0**-20
)  # a change of slope, as a share of its terms, that what cancels in the layers below could explain


@compiled_loosely
def change(
    slopes: Array, blurs: Array, row: int, weights: Array, careful: bool
) -> tuple[float, float, float]:
    """Between the rows before ``row`` and ``row`` of ``slopes (rows, units)``: the change of one output's slope, the
    size of its terms, above 0 if there are any, and the square of what rounding has left in them, from ``blurs (rows,
    units)`` if ``careful``.

    ``weights (units,)``. Rows by their number, because an array takes longer to pass than what is done with it.
    """
    left, right = slopes[row - 1], slopes[row]
    total, size, square, met = 0.0, 0.0, 0.0, 0
    for unit in range(len(weights)):
        step, weight = right[unit] - left[unit], weights[unit]
        total += weight * step
        size += abs(weight) * (abs(left[unit]) + abs(right[unit])) if step != 0.0 else 0.0
        met += (step != 0.0) & (weight != 0.0)
    size = SMALLEST if met > 0 and size == 0.0 else size
    if careful:
        for unit in range(len(weights)):
            both = blurs[row - 1, unit] + blurs[row, unit]
            square += weights[unit] * weights[unit] * both if left[unit] != right[unit] else 0.0
    return total, size, square


@compiled
def terms_of_all(slopes: Array, blurs: Array, row: int, weights: Array) -> tuple[float, float]:
    """The size and the square of ``change`` over all units, of which each may have changed by its rounding."""
    size, square = 0.0, 0.0
    for unit in range(len(weights)):
        weight = weights[unit]
        size += abs(weight) * (abs(slopes[row - 1, unit]) + abs(slopes[row, unit]))
        square += weight * weight * (blurs[row - 1, unit] + blurs[row, unit])
    return size, square


@compiled
def root(square: float) -> float:
    """0 for squares that overflow, which they do from 1e154 on: nothing is taken for rounding there."""
    return np.sqrt(square) if square < np.inf else 0.0
