"""Bellman's recursion over boxes: a proved lower bound for every continuous spline with N pieces, and the best one.

A spline with N pieces has N − 1 junctions; each is a point (ξ, v) with ξ in some gap between two samples. Cover the
strip above every gap by boxes. Then the spline passes through a sequence of N − 1 boxes, and each of its lines passes
through the boxes at its two ends, so with c(A, B) the least error, on the samples between, of a line through A and B
(``lines.py``),

    bound(N) = min over sequences of boxes  c(start, B_1) + c(B_1, B_2) + … + c(B_{N−1}, end)

is at most the error of any continuous function with N pieces. c is 0 within a gap: a piece without samples. With one
box a gap this is the best fit by N *separate* lines (Bellman and Roth 1969). It rises as boxes are divided: on the best
sequence, wherever the two lines that should meet in a box do not, the box is cut between them, in the value or in the
place, whichever separates them by more. A box through which no sequence is better than the best spline found is left
out (forward plus backward totals). The best sequence says where to look for splines (``joined.py``); when the bound
meets the best of them, to a relative ``CERTAIN``, that one is the global optimum.

Work is counted in additions of the recursion, M² N a round with M boxes, so a result does not depend on the clock.
Tried: the yearly sunspot numbers (309 samples) with 14, 20 and 30 pieces meet within 2·10⁻⁶ after 100 to 300 rounds.

Sources: R. Bellman and R. Roth, JASA 64 (1969); A. Land and A. Doig, Econometrica 28 (1960), branch and bound.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels.compiled import compiled
from nnexpr.splines.floor.joined import Joined, Pattern, improved, joined
from nnexpr.splines.floor.lines import Array, Lines, line_through

__all__ = ["Branching", "meets"]

CERTAIN = 1e-6  # relative gap between an error and its bound that counts as none
ROUNDING = 1e-24  # error a sample, for y of variance 1, that is rounding
SAFE = 1 - 1e-9  # bounds are lowered by so much for the rounding of their sums
PRUNED_EVERY = 5  # rounds
QUADRATIC_PROGRAM = 300_000  # additions in whose time one is solved
PROMISING = 1.02  # times the best error: up to where a spline's neighbours are tried

Index = NDArray[np.int64]


def meets(error: float, bound: float, weight: float) -> bool:
    """Whether an error is the global optimum because a lower bound meets it; ``weight``: of all samples."""
    return error - bound <= CERTAIN * error + ROUNDING * weight


class Line(NamedTuple):
    """``value`` at ``x``, and the slope."""

    value: float
    slope: float
    x: float

    def at(self, x: float) -> float:
        """Its value there."""
        return self.value + self.slope * (x - self.x)


@compiled
def fill_costs(costs: Array, lines: Lines, gaps: Index, boxes: Array, fresh: Index) -> None:
    """``costs[B, A]`` of a line from box A to box B where one of them is ``fresh``; infinite the other way."""
    for r in range(len(fresh)):
        for other in range(len(gaps)):
            for way in range(2):
                a = fresh[r] if way else other
                b = other if way else fresh[r]
                first, last = gaps[a] + 1, gaps[b]
                if last < first - 1 or (a == b and (a == 0 or b == len(gaps) - 1)):
                    costs[b, a] = np.inf
                elif last == first - 1:
                    costs[b, a] = 0.0
                else:
                    costs[b, a] = line_through(lines, first, last, boxes[a], boxes[b])[0]


@compiled
def totals_from_start(costs: Array, gaps: Index, pieces: int) -> Array:
    """``[k, B]``: the least cost of k lines from the first box to B. Boxes are in the order of their gaps."""
    count = len(gaps)
    totals = np.full((pieces + 1, count), np.inf)
    totals[0, 0] = 0.0
    for k in range(1, pieces + 1):
        before = totals[k - 1]
        for b in range(count):
            row, least = costs[b], np.inf
            for a in range(count):
                if gaps[a] > gaps[b]:
                    break
                total = before[a] + row[a]
                least = total if total < least else least
            totals[k, b] = least
    return totals


def totals_to_end(costs: Array, gaps: Index, pieces: int) -> Array:
    """``[k, A]``: the least cost of k lines from A to the last box: the same recursion, mirrored."""
    mirrored = np.ascontiguousarray(costs[::-1, ::-1].T)
    return totals_from_start(mirrored, -gaps[::-1], pieces)[:, ::-1]


class Branching:
    """Boxes for splines with ``pieces`` ≥ 2 pieces through samples at ``x (m,)`` on [0, 1], y of variance 1.

    ``bound`` is a proved lower bound of the squared error at any time, ``best`` the best spline of this search (None
    before), and ``least`` its error, or that of a better spline that the caller knows.
    """

    def __init__(self, x: Array, lines: Lines, pieces: int) -> None:
        self.bound, self.least = 0.0, np.inf
        self.best: Joined | None = None
        self._rounds = 0
        self._x, self._lines, self._pieces = x, lines, pieces
        self._seen: set[Pattern] = set()
        m = len(x)
        self._gaps = np.arange(-1, m)
        self._boxes = np.full((m + 1, 4), (0.0, 0.0, -np.inf, np.inf))
        self._boxes[:, 0], self._boxes[:, 1] = np.append(x[0] - 1, x), np.append(x, x[-1] + 1)
        self._costs = np.empty((m + 1, m + 1))
        fill_costs(self._costs, lines, self._gaps, self._boxes, np.arange(m + 1))

    @property
    def certified(self) -> bool:
        """Whether ``least`` is the global optimum."""
        return meets(self.least, self.bound, float(self._lines.weight[0, -1]))

    def run(self, work: float) -> None:
        """One round, and more until the bound meets the best spline or so many additions have been made."""
        while True:
            totals = totals_from_start(self._costs, self._gaps, self._pieces)
            self.bound = max(self.bound, float(totals[-1, -1]) * SAFE)
            path = self._path(totals)
            fits = [self._line(a, b) for a, b in pairwise(path)]
            tried = self._look(path, fits)
            work -= self._pieces * len(self._gaps) ** 2 + QUADRATIC_PROGRAM * tried
            if work <= 0 or self.certified or not self._divide(path, fits, totals):
                return

    def _path(self, totals: Array) -> list[int]:
        """The boxes of the best sequence, first and last included."""
        path = [len(self._gaps) - 1]
        for k in range(self._pieces, 0, -1):
            path.append(int((totals[k - 1] + self._costs[path[-1]]).argmin()))
        return path[::-1]

    def _line(self, a: int, b: int) -> Line | None:
        """The line between two boxes; None where there is no sample."""
        first, last = int(self._gaps[a]) + 1, int(self._gaps[b])
        if last < first:
            return None
        _, value, slope = line_through(self._lines, first, last, self._boxes[a], self._boxes[b])
        return Line(value, slope, float(self._lines.x[first, last]))

    def _cross(self, box: int, left: Line, right: Line) -> bool:
        low, high = self._boxes[box, :2]
        return (left.at(low) - right.at(low)) * (left.at(high) - right.at(high)) <= 0.0

    def _look(self, path: list[int], fits: list[Line | None]) -> int:
        """Try the splines whose knots lie in the gaps of the sequence; how many were tried."""
        before = len(self._seen)
        cuts: list[int] = []
        signs: list[int] = []
        for box, (left, right) in zip(path[1:-1], pairwise(fits), strict=True):
            cut = int(self._gaps[box]) + 1
            if left is not None and right is not None:
                cuts.append(cut)
                signs.append(1 if right.slope >= left.slope else -1)
            elif not cuts or cuts[-1] != cut:
                cuts.append(cut)
                signs.append(0)
        pattern = Pattern(tuple(cuts), tuple(signs))
        if pattern not in self._seen:
            self._seen.add(pattern)
            found = joined(self._x, self._lines, pattern)
            if found is not None and self._rounds and found.error < PROMISING * self.least:
                found = improved(self._x, self._lines, found, self._seen)
            if found is not None and (self.best is None or found.error < self.best.error):
                self.best, self.least = found, min(self.least, found.error)
        return len(self._seen) - before

    def _kept(self, from_start: Array) -> NDArray[np.bool_]:
        """Which boxes lie on a sequence that may be better than the best spline."""
        through = (from_start + totals_to_end(self._costs, self._gaps, self._pieces)[::-1]).min(axis=0)
        kept: NDArray[np.bool_] = through * SAFE <= self.least
        kept[[0, -1]] = True
        return kept

    def _parted(self, box: int, left: Line, right: Line) -> tuple[int, float]:
        """Where to cut a box in which two lines do not meet: the column of its right or upper end, and the place."""
        (l0, l1, l2, l3), (r0, r1, r2, r3) = self._reach(box, left), self._reach(box, right)
        sideways, upwards = max(r0 - l1, l0 - r1), max(r2 - l3, l2 - r3)
        if upwards > 0.0 and upwards >= sideways * max(abs(left.slope), abs(right.slope)):
            return 3, (l3 + r2) / 2 if r2 > l3 else (r3 + l2) / 2
        if sideways > 0.0:
            return 1, (l1 + r0) / 2 if r0 > l1 else (r1 + l0) / 2
        low, high = self._boxes[box, :2]
        return (1, (low + high) / 2) if high - low > 1e-7 else (3, (max(l2, r2) + min(l3, r3)) / 2)

    def _reach(self, box: int, line: Line) -> tuple[float, float, float, float]:
        """Where the line is inside the box: from which x to which, from which value to which."""
        begin, end, low, high = map(float, self._boxes[box])
        if line.slope != 0.0:
            crossed = sorted(line.x + (edge - line.value) / line.slope for edge in (low, high))
            begin, end = max(begin, crossed[0]), min(end, crossed[1])
            end = max(begin, end)
        values = sorted((line.at(begin), line.at(end)))
        return begin, end, values[0], values[1]

    def _divide(self, path: list[int], fits: list[Line | None], totals: Array) -> bool:
        """Cut the boxes of the sequence in which lines do not meet, leave out the useless ones; False: all do meet."""
        parts = {
            box: self._parted(box, left, right)
            for box, (left, right) in zip(path[1:-1], pairwise(fits), strict=True)
            if left is not None and right is not None and not self._cross(box, left, right)
        }
        if not parts:
            return False
        self._rounds += 1
        kept = self._kept(totals) if self._rounds % PRUNED_EVERY == 0 else np.full(len(self._gaps), True)
        times = np.where(kept, 1, 0)
        times[list(parts)] *= 2
        sources = np.repeat(np.arange(len(times)), times)
        self._costs = self._costs[np.ix_(sources, sources)]
        self._gaps, self._boxes = self._gaps[sources], self._boxes[sources]
        fresh = np.flatnonzero(times[sources] == 2)
        for first in fresh[::2]:
            column, place = parts[sources[first]]
            self._boxes[first, column] = self._boxes[first + 1, column - 1] = place
        fill_costs(self._costs, self._lines, self._gaps, self._boxes, fresh)
        return True
