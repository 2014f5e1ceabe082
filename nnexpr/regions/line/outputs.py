"""The output layer: neighbours with equal slopes joined to linear regions.

Neighbours are joined if, for every output, their slopes agree to

    |s_right - s_left| <= eps sum_l (n_l + 1) (sum |w||s'_left| + sum |w||s'_right|)

with w the output's weights, s' the slopes of the last hidden layer, n_l the widths and eps = 2^-52: the rounding of so
many sums. (A unit below dead ones bends, and the output does not.) A bend weaker than that, about 1e-14 of the slopes,
is not told from none: compositional networks, whose waves fade with depth, have such bends from L = 12 on for some
peaks. A member whose one slope is within that of zero has collapsed.
"""

from __future__ import annotations

import numpy as np

from nnexpr.kernels.compiled import compiled
from nnexpr.regions.line.front import affine
from nnexpr.regions.stack import Array, Index

__all__ = ["begin", "rounding"]

EPS = 2.0**-52


@compiled
def rounding(slopes: Array, weights: Array, shapes: Index) -> Array:
    """What the rounding of every output slope may amount to, ``(rows, outputs)``; ``slopes`` are those below."""
    terms = affine(np.abs(slopes), np.abs(weights), np.zeros(weights.shape[1]))
    terms *= EPS * (len(shapes) + shapes[:, 1].sum())
    return terms


@compiled
def begin(births: Index, slopes: Array, doubts: Array) -> Index:
    """The rows at which a linear region begins, and the last row; one begins at every given position."""
    rows, outputs = slopes.shape
    found = np.empty(rows, dtype=np.int64)
    end = 0
    for row in range(rows - 1):
        bends = births[row, 0] == 0
        for each in range(outputs):
            if not bends:
                change = abs(slopes[row, each] - slopes[row - 1, each])
                bends = change > doubts[row, each] + doubts[row - 1, each]
        if bends:
            found[end] = row
            end += 1
    found[end] = rows - 1
    return found[: end + 1]
