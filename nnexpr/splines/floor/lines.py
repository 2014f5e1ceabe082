"""The least-squares line of every run of samples, and the least error of a line that has to pass through two boxes.

With w the weight of a run, (x̄, ȳ) its mean, S = Σ w (x − x̄)², b the slope and E the error of its own line, the error of
another line with value ȳ + p at x̄ and slope b + q is

    E + w p² + S q².

The table is built by adding one sample at a time: the error grows by w e²/(1 + w h), with e the new sample's distance
from the line so far and h its leverage. Only positive terms are summed, so a small error keeps its digits.

A line *passes through* the box [l, r] × [a, b] if it is neither above b at both l and r nor below a at both. That is a
union of half-planes of lines, so the least error over the lines that pass through two boxes is attained by the run's
own line, or with equality at one corner, or at a corner of each box: 25 candidates, of which the best feasible one is
taken. A candidate that misses by rounding (``SLACK``, y of variance 1) counts as feasible, which can only lower the
result: it stays a bound from below.

Cost: O(m²) for the table of m samples, in time and six times in memory; O(1) a line.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels.compiled import compiled

__all__ = ["Array", "Lines", "line_through", "lines_of", "misses"]

Array = NDArray[np.float64]

SLACK = 1e-12


class Lines(NamedTuple):
    """Of the run i…j of samples at ``[i, j]``, each ``(m, m)``; what lies below the diagonal has no meaning."""

    weight: Array
    x: Array
    y: Array
    spread: Array  # S; 0 for a single sample, whose slope is free
    slope: Array
    error: Array


@compiled
def lines_of(x: Array, y: Array, weights: Array) -> Lines:
    """The table of samples ``x, y, weights (m,)``, x ascending and distinct."""
    m = len(x)
    table = np.zeros((6, m, m))
    for i in range(m):
        weight, mean_x, mean_y, spread, product, error = weights[i], x[i], y[i], 0.0, 0.0, 0.0
        table[0, i, i], table[1, i, i], table[2, i, i] = weight, mean_x, mean_y
        for j in range(i + 1, m):
            w, dx, dy = weights[j], x[j] - mean_x, y[j] - mean_y
            if j > i + 1:  # a second sample is always met
                distance = dy - product / spread * dx
                error += w * distance**2 / (1.0 + w * (1.0 / weight + dx**2 / spread))
            total = weight + w
            shared = weight * w / total
            spread += shared * dx * dx
            product += shared * dx * dy
            mean_x += dx * w / total
            mean_y += dy * w / total
            weight = total
            table[0, i, j], table[1, i, j], table[2, i, j] = weight, mean_x, mean_y
            table[3, i, j], table[4, i, j], table[5, i, j] = spread, product / spread, error
    return Lines(table[0], table[1], table[2], table[3], table[4], table[5])


@compiled
def misses(value: float, slope: float, x: float, box: Array) -> bool:
    """Whether the line with ``value`` at ``x`` does not pass through a box, by more than rounding."""
    left, right = value + slope * (box[0] - x), value + slope * (box[1] - x)
    return bool(min(left, right) > box[3] + SLACK or max(left, right) < box[2] - SLACK)


@compiled
def line_through(lines: Lines, i: int, j: int, before: Array, after: Array) -> tuple[float, float, float]:
    """The least error on samples i…j of a line through two boxes (left, right, low, high); its value at x̄ and slope."""
    weight, middle, spread = lines.weight[i, j], lines.x[i, j], lines.spread[i, j]
    own, own_slope, error = lines.y[i, j], lines.slope[i, j], lines.error[i, j]
    best, value, slope = np.inf, own, own_slope
    for first in range(-1, 4):  # -1: free at the first box, else the corner there
        u, v = 0.0, 0.0
        if first >= 0:
            u, v = before[first // 2], before[2 + first % 2]
            if not np.isfinite(v):
                continue
        for second in range(-1, 4):
            p, q = own, own_slope
            if second >= 0:
                s, t = after[second // 2], after[2 + second % 2]
                if not np.isfinite(t):
                    continue
                if first < 0:
                    u, v = s, t
                elif s > u:
                    q = (t - v) / (s - u)
                    p = v + q * (middle - u)
                else:
                    continue
            if (first < 0) != (second < 0):  # the nearest line with value v at u
                distance, lever = v - (own + own_slope * (u - middle)), u - middle
                if spread > 0.0:
                    pull = distance / (1.0 / weight + lever * lever / spread)
                    p, q = own + pull / weight, own_slope + pull * lever / spread
                elif lever != 0.0:
                    q = own_slope + distance / lever
                else:
                    p = v
            found = error + weight * (p - own) ** 2 + spread * (q - own_slope) ** 2
            if found < best:
                if misses(p, q, middle, before) or misses(p, q, middle, after):
                    continue
                best, value, slope = found, p, q
                if first < 0 and second < 0:
                    return best, value, slope
    return best, value, slope
