"""The output layer: neighbours with equal slopes joined to linear regions.

Neighbours are joined if ``bending.py`` says so for every output.

A bend weaker than that is not told from none: neighbours that are joined though some unit below the output bends
between them are counted as ``merged``. (Units that cancel exactly are joined, and counted too.) Compositional networks,
whose waves fade with depth, have bends so weak from L = 12 on for some peaks: 35 of 16,383 for L = 14 and seed 5 in
float64. Exact arithmetic says that those are there, and that their change is right to three digits: the rule allows for
the most that rounding can do, here some thousand times what it does. A member whose one slope is within its rounding of
zero has collapsed.
"""

from __future__ import annotations

import numpy as np

from nnexpr.kernels.compiled import compiled
from nnexpr.regions.bending import EPS, WEAK, change, root, terms_of_all
from nnexpr.regions.layer import Array, Index
from nnexpr.regions.line.front import SLOPES, Front

__all__ = ["begin", "flat"]


@compiled
def begin(below: Front, weights: Array, units: int, lost: Array) -> tuple[Index, int, int]:
    """The rows at which a linear region begins, and the last row; one begins at every given position.

    Also how many neighbours are joined though units below bend between them, and how many bends are so weak that the
    slopes below should be known with their rounding, which is not carried. ``weights (units, outputs)``; ``units``: N.
    ``lost``: positions, ascending, at which a layer below has swallowed a bend.
    """
    rows, outputs = len(below.births), weights.shape[1]
    found = np.empty(rows, dtype=np.int64)
    columns = np.ascontiguousarray(weights.T)
    end, merged, weak = 0, 0, 0
    for row in range(rows - 1):
        bends, met = below.births[row, 0] == 0, False
        for each in range(outputs):
            if not bends:
                step, size, square = change(
                    below.slopes, below.blurs, row, columns[each], below.care == SLOPES
                )
                met |= size > 0.0
                if (
                    step != 0.0
                    and len(lost)
                    and below.care == SLOPES
                    and _is_among(lost, below.positions[row])
                ):
                    size, square = terms_of_all(below.slopes, below.blurs, row, columns[each])
                bends = abs(step) > EPS * units * (size + root(square))
                weak += bends and below.care < SLOPES and abs(step) <= WEAK * size
        if bends:
            found[end] = row
            end += 1
        merged += met and not bends
    found[end] = rows - 1
    return found[: end + 1], merged, weak


@compiled
def _is_among(positions: Array, position: float) -> bool:
    """Whether a position is one of some that ascend."""
    at = np.searchsorted(positions, position)
    return bool(at < len(positions) and positions[at] == position)


@compiled
def flat(below: Front, weights: Array, slopes: Array, units: int) -> bool:
    """Whether the first interval's ``slopes (outputs,)`` are zero, within their rounding."""
    for each in range(weights.shape[1]):
        size, square = 0.0, 0.0
        for unit in range(len(weights)):
            size += abs(weights[unit, each] * below.slopes[0, unit])
            if below.care == SLOPES:
                square += weights[unit, each] * weights[unit, each] * below.blurs[0, unit]
        if not abs(slopes[each]) <= EPS * units * (size + root(square)):
            return False
    return True
