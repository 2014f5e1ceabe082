"""The statistics that the claims are judged by, each with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom, binomtest

__all__ = ["Array", "Estimate", "loglog_slopes", "median", "median_interval", "share", "words"]

Array = NDArray[np.float64]
MISSES = 0.025  # the chance, on each side, that an interval misses the true median


class Estimate(NamedTuple):
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def told(self) -> str:
        """For people: 0.93 (0.91 to 0.95)."""
        if math.isinf(self.low) and math.isinf(self.high) and self.low < self.high:
            return f"{self.value:.3g} (too few for an interval)"
        return f"{self.value:.3g} ({self.low:.3g} to {self.high:.3g})"


def median(values: ArrayLike) -> Estimate:
    """As :func:`median_interval`, but of times that may be infinite, where what was waited for never came.

    Only what is not a number is left out.
    """
    return Estimate(*_middle(np.asarray(values, dtype=np.float64)))


def share(holds: ArrayLike) -> Estimate:
    """Of ``(n,)`` that are true, with the interval of Clopper and Pearson; NaN of none."""
    given = np.asarray(holds, dtype=bool)
    if not given.size:
        return Estimate(math.nan, math.nan, math.nan)
    found = binomtest(int(given.sum()), given.size)
    low, high = found.proportion_ci()
    return Estimate(float(found.statistic), float(low), float(high))


def median_interval(values: ArrayLike) -> tuple[float, float, float]:
    """The median of ``(n,)`` and the order statistics that hold the true one with at least 95 %, for any law.

    Finite values only; NaN where there are none. Fewer than six hold it with less, and the interval is all numbers.
    """
    sample = np.asarray(values, dtype=np.float64)
    return _middle(sample[np.isfinite(sample)])


def _middle(values: Array) -> tuple[float, float, float]:
    sample = np.sort(values[~np.isnan(values)])
    if not len(sample):
        return math.nan, math.nan, math.nan
    low = int(binom.ppf(MISSES, len(sample), 0.5)) - 1
    if low < 0:
        return float(np.median(sample)), -math.inf, math.inf
    return float(np.median(sample)), float(sample[low]), float(sample[-1 - low])


def loglog_slopes(x: ArrayLike, y: ArrayLike) -> Array:
    """The least-squares slopes of log y over log x, ``(series,)`` for ``y: (series, n)``."""
    return np.asarray(np.polyfit(np.log(x), np.log(np.atleast_2d(y)).T, 1)[0])


def words(widths: Sequence[int]) -> str:
    """Hidden widths for people: 8, 4 of 16, 3 + 5."""
    if len(widths) > 1 and len(set(widths)) == 1:
        return f"{len(widths)} of {widths[0]}"
    return " + ".join(map(str, widths))
