"""All splines with few pieces through few samples, one pattern after another: certain where it ends.

Branching over boxes (``boxes.py``) comes near to an optimum with a knot at a sample only slowly, for its bounds are of
first order: around such a knot it needs of the order of 1/√tolerance boxes. Where there are few patterns
(``joined.py``) it is quicker to solve them all. They are built run by run, and one is left as soon as the separate
lines of its runs so far, and the best separate lines of the samples to come, have together an error that is not below
the best spline's: a continuous spline's is no lower.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from nnexpr.splines.floor.joined import Joined, Pattern, joined
from nnexpr.splines.floor.lines import Array, Lines

__all__ = ["exhausted"]


def exhausted(x: Array, lines: Lines, pieces: int, least: float, programs: int) -> tuple[Joined | None, bool]:
    """The best spline with ``pieces`` pieces whose error is below ``least``, if any, and whether that is certain.

    It is not where more than so many ``programs`` would have to be solved, or one of them could not be.
    """
    if 2 ** (pieces - 1) > programs:  # so many ways to turn for one choice of cuts
        return None, False
    rest = _separate(lines, pieces)
    best: Joined | None = None
    certain, left = True, programs

    def runs(start: int, many: int, error: float) -> Iterator[tuple[int, ...]]:
        """The cuts from ``start`` on, of at most so many runs, that may still lead below ``least``."""
        for cut in range(start + 1, len(x)):
            total = error + lines.error[start, cut - 1]
            if many > 1 and total + rest[many - 1, cut] < least:
                for more in runs(cut, many - 1, total):
                    yield (cut, *more)
        if error + lines.error[start, -1] < least:
            yield ()

    for cuts in runs(0, pieces, 0.0):
        for signs in product((1, -1, 0), repeat=len(cuts)):
            pattern = Pattern(cuts, signs)
            if pattern.pieces > pieces:
                continue
            if not left:
                return best, False
            left -= 1
            found = joined(x, lines, pattern)
            certain &= found is not None
            if found is not None and found.error < least:
                best, least = found, found.error
    return best, certain


def _separate(lines: Lines, pieces: int) -> Array:
    """``[k, i]``: the least error of at most k separate lines on the samples from i on."""
    m = len(lines.error)
    least = np.full((pieces + 1, m), np.inf)
    errors = np.where(np.tri(m, k=-1, dtype=np.bool_), np.inf, lines.error)
    for k in range(1, pieces + 1):
        least[k] = errors[:, -1]
        if k > 1:
            least[k, :-1] = np.minimum(least[k, :-1], (errors[:-1, :-1] + least[k - 1, 1:]).min(axis=1))
    return least
