"""The best continuous spline whose knots lie in given gaps between samples, exactly: a convex quadratic program.

Cut the samples into runs with a line each. Neighbouring lines *join* in the gap between two runs if they cross there;
where the spline is to be convex, the left one is the higher at the gap's left end and the lower at its right end, where
it is to be concave the reverse. For given cuts and signs that is least squares under linear inequalities, solved by its
dual (Lawson and Hanson's least-distance programming through non-negative least squares). A *jump* costs a piece without
samples, which takes f from one line to the other inside the gap, and leaves both lines free.

:func:`improved` moves from such a spline to neighbouring ones as long as the error falls: where a knot has been pushed
against a sample, the sample changes sides; where two lines have become one, the sign changes.

Source: C. Lawson and R. Hanson, *Solving Least Squares Problems* (1974), ch. 23.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from nnexpr.splines.floor.lines import Array, Lines

__all__ = ["Joined", "Pattern", "improved", "joined"]

TINY = 1e-14  # spread given to a single sample, so that its free slope costs nothing that counts
ACTIVE = 1e-9  # distance of two lines, y of variance 1, that is no distance


@dataclass(frozen=True)
class Pattern:
    """Where runs part: ``cuts``, the first sample of each run but the first; a sign: 1 convex, −1 concave, 0 jump."""

    cuts: tuple[int, ...]
    signs: tuple[int, ...]

    @property
    def pieces(self) -> int:
        """Of the spline."""
        return len(self.cuts) + 1 + self.signs.count(0)


@dataclass(frozen=True, eq=False)
class Joined:
    """The best spline of a pattern: its squared error, and its lines ``intercepts + slopes x``, ``(runs,)`` each."""

    pattern: Pattern
    error: float
    intercepts: Array
    slopes: Array

    def distances(self, at: Array) -> Array:
        """By how much the right line of each cut is above the left one at ``at (cuts,)``."""
        return np.diff(self.intercepts) + np.diff(self.slopes) * at

    def knots(self, x: Array) -> Array:
        """Where its lines meet or a jump begins and ends, and the ends of the samples: ``(pieces + 1,)`` ascending."""
        cuts = np.array(self.pattern.cuts)
        low, high, turns = x[cuts - 1], x[cuts], np.diff(self.slopes)
        crossings = np.clip(-np.diff(self.intercepts) / np.where(turns == 0.0, np.inf, turns), low, high)
        jumps = np.array(self.pattern.signs) == 0
        third = (high - low) / 3
        inner = np.concatenate([crossings[~jumps], (low + third)[jumps], (high - third)[jumps]])
        return np.concatenate([x[:1], np.sort(inner), x[-1:]])


def joined(x: Array, lines: Lines, pattern: Pattern) -> Joined | None:
    """The best spline of the pattern through samples at ``x (m,)``; None where the dual does not converge."""
    starts, ends = (0, *pattern.cuts), (*(cut - 1 for cut in pattern.cuts), len(x) - 1)
    weight, middle, own, spread, slope, error = (table[starts, ends] for table in lines)
    scales = np.sqrt(np.stack([weight, np.maximum(spread, TINY)]))
    signs = np.array(pattern.signs)
    runs = np.flatnonzero(signs)  # that join the next
    rows, rights = np.zeros((2, len(runs), 2, len(starts))), np.empty((2, len(runs)))
    each = np.arange(len(runs))
    for end, at in enumerate((x[np.array(ends)[runs]], x[np.array(starts)[runs + 1]])):
        side = signs[runs] * (1 - 2 * end)  # times the left line less the right one is not negative
        left, right = at - middle[runs], at - middle[runs + 1]
        rows[end, each, 0, runs], rows[end, each, 0, runs + 1] = (
            side / scales[0, runs],
            -side / scales[0, runs + 1],
        )
        rows[end, each, 1, runs] = side * left / scales[1, runs]
        rows[end, each, 1, runs + 1] = -side * right / scales[1, runs + 1]
        rights[end] = side * (own[runs + 1] + slope[runs + 1] * right - own[runs] - slope[runs] * left)
    matrix = rows.reshape(2 * len(runs), 2 * len(starts))
    sizes = np.sqrt((matrix**2).sum(axis=1))
    dual = np.vstack([(matrix / sizes[:, None]).T, rights.ravel() / sizes])
    goal = np.zeros(len(dual))
    goal[-1] = 1.0
    rest = goal
    if len(runs):
        try:
            multipliers, _ = nnls(dual, goal, maxiter=50 * dual.shape[1])
        except RuntimeError:
            return None
        rest = goal - dual @ multipliers
    if not rest[-1] > 0.0:
        return None
    moves = (-rest[:-1] / rest[-1]).reshape(2, -1) / scales
    total = float((error + weight * moves[0] ** 2 + spread * moves[1] ** 2).sum())
    slope = slope + moves[1]
    return Joined(pattern, total, own + moves[0] - slope * middle, slope)


def improved(x: Array, lines: Lines, start: Joined, seen: set[Pattern]) -> Joined:
    """Neighbouring patterns that were not ``seen``, as long as one is better; what was looked at is added to these."""
    best, again = start, True
    while again:
        again = False
        for pattern in _neighbours(x, best):
            if pattern in seen:
                continue
            seen.add(pattern)
            found = joined(x, lines, pattern)
            if found is not None and found.error < best.error * (1 - 1e-12):
                best, again = found, True
                break
    return best


def _neighbours(x: Array, spline: Joined) -> Iterator[Pattern]:
    pattern = spline.pattern
    cuts = np.array(pattern.cuts)
    pressed = zip(*(np.abs(spline.distances(at)) < ACTIVE for at in (x[cuts - 1], x[cuts])), strict=True)
    edges = (0, *pattern.cuts, len(x))
    for place, (sign, (left, right)) in enumerate(zip(pattern.signs, pressed, strict=True)):
        for step, is_tried in ((-1, left or not sign), (1, right or not sign), (0, left and right)):
            moved = (*edges[: place + 1], edges[place + 1] + step, *edges[place + 2 :])
            if not is_tried or not moved[place] < moved[place + 1] < moved[place + 2]:
                continue
            for turned in (sign, -sign) if sign else (0,):
                if step or turned != sign:
                    signs = (*pattern.signs[:place], turned, *pattern.signs[place + 1 :])
                    yield Pattern(moved[1:-1], signs)
