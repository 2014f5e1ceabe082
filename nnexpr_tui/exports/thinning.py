"""Few points of a curve, from which all others are at most so far away.

A piece between two kept points is kept where every point between them lies, measured vertically, within the tolerance
of the straight line; else it is parted at the point that is furthest off (Ramer 1972; Douglas and Peucker 1973, of a
graph). The highest and the lowest point are always kept, so that a curve reaches as far as it did. O(n log n) as a
rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["finite_pieces", "thinned"]

Floats = NDArray[np.float64]


def thinned(points: Floats, tolerance: float) -> Floats:
    """Of ``(n, 2)`` points, ascending in x and finite, those that are kept."""
    x, y = points.T
    kept = {0, len(x) - 1, int(y.argmin()), int(y.argmax())}
    ends = sorted(kept)
    pieces = list(pairwise(ends))
    while pieces:
        first, last = pieces.pop()
        if last - first < 2:
            continue
        run = x[last] - x[first]
        share = (x[first + 1 : last] - x[first]) / run if run > 0 else np.zeros(last - first - 1)
        off = np.abs(y[first + 1 : last] - (y[first] + share * (y[last] - y[first])))
        furthest = int(off.argmax())
        if off[furthest] > tolerance:
            middle = first + 1 + furthest
            kept.add(middle)
            pieces += [(first, middle), (middle, last)]
    return points[sorted(kept)]


def finite_pieces(x: Floats, y: Floats) -> Iterator[Floats]:
    """The stretches ``(n, 2)`` of a curve between values that are not finite; a lone value is none."""
    good = np.isfinite(x) & np.isfinite(y)
    ends = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
    for first, end in ends.reshape(-1, 2):
        if end - first > 1:
            yield np.stack([x[first:end], y[first:end]], axis=1)
