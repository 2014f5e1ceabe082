"""The best N separate lines through samples in order: a global optimum, and so a certified lower bound.

Cut the samples x_0 < … < x_{m−1} into N runs and fit each by its own line. With E(i, j) the least weighted squared
error of one line on samples i…j,

    V_k(j) = min over i ≤ j of V_{k−1}(i − 1) + E(i, j),    V_1(j) = E(0, j),

gives the least total V_N(m − 1) over all cuts exactly (Bellman). A function with N linear pieces, continuous or not, is
one such choice, so **no function with N linear regions has a smaller squared error on these samples**.

E is built by adding one sample at a time to all runs at once: the error grows by w e²/(1 + w h), with e the new
sample's distance from the line so far and h its leverage. Only positive terms are summed, so a small error keeps its
digits.

Cost: O(m²) for E in m vector steps, O(m² N) for V; memory 8 m² bytes.

Source: R. Bellman and R. Roth, "Curve fitting by segmented straight lines", JASA 64 (1969).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Segmentation"]

Array = NDArray[np.float64]


class Segmentation:
    """All best cuts of ``x, y, weights (m,)``, x ascending and distinct, into 1 … ``most`` runs."""

    def __init__(self, x: Array, y: Array, weights: Array, most: int) -> None:
        most = min(most, len(x))
        errors = _line_errors(x, y, weights)  # [j, i] for the run i…j
        best = errors[:, 0].copy()
        totals, self._first = [best[-1]], []
        before = np.empty_like(best)
        for _ in range(1, most):
            before[0], before[1:] = np.inf, best[:-1]
            candidates = errors + before
            first = candidates.argmin(axis=1)
            best = candidates[np.arange(len(x)), first]
            totals.append(best[-1])
            self._first.append(first)
        self.totals = np.array(totals)  # (most,): the least weighted squared error with 1, 2, … runs
        self._x = x

    def total(self, runs: int) -> float:
        """The least weighted squared error of ``runs`` separate lines; 0 beyond one run a sample."""
        return float(self.totals[runs - 1]) if runs <= len(self.totals) else 0.0

    def cuts(self, runs: int) -> Array:
        """Where the best ``runs`` runs part: midway between two samples, ``(runs − 1,)`` ascending."""
        starts: list[int] = []
        end = len(self._x) - 1
        for first in reversed(self._first[: runs - 1]):
            starts.append(int(first[end]))
            end = starts[-1] - 1
        index = np.array(starts[::-1], dtype=np.intp)
        return (self._x[index - 1] + self._x[index]) / 2


def _line_errors(x: Array, y: Array, weights: Array) -> Array:
    """``E[j, i]``, the least squared error of a line on samples i…j; infinite for i > j."""
    m = len(x)
    errors = np.full((m, m), np.inf)
    np.fill_diagonal(errors, 0.0)
    # For the runs i…i+length−1, all i at once: total weight, means, centred sums, error.
    n, mean_x, mean_y = weights.copy(), x.copy(), y.copy()
    sum_xx, sum_xy, error = np.zeros(m), np.zeros(m), np.zeros(m)
    for length in range(1, m):
        runs = m - length
        n, mean_x, mean_y = n[:runs], mean_x[:runs], mean_y[:runs]
        sum_xx, sum_xy, error = sum_xx[:runs], sum_xy[:runs], error[:runs]
        w, dx, dy = weights[length:], x[length:] - mean_x, y[length:] - mean_y
        if length > 1:  # a second sample is always met
            distance = dy - sum_xy / sum_xx * dx
            error = error + w * distance**2 / (1 + w * (1 / n + dx**2 / sum_xx))
        total = n + w
        shared = n * w / total
        sum_xx, sum_xy = sum_xx + shared * dx**2, sum_xy + shared * dx * dy
        mean_x, mean_y, n = mean_x + dx * w / total, mean_y + dy * w / total, total
        errors[np.arange(length, m), np.arange(runs)] = error
    return errors
