"""The statistics that the claims are judged by, each with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom

__all__ = ["Array", "loglog_slopes", "median_interval", "words"]

Array = NDArray[np.float64]
MISSES = 0.025  # the chance, on each side, that an interval misses the true median


def median_interval(values: ArrayLike) -> tuple[float, float, float]:
    """The median of ``(n,)`` and the order statistics that hold the true one with at least 95 %, for any law.

    Finite values only; NaN where there are none.
    """
    sample = np.sort(np.asarray(values, dtype=np.float64).ravel())
    sample = sample[np.isfinite(sample)]
    if not len(sample):
        return math.nan, math.nan, math.nan
    low = max(0, int(binom.ppf(MISSES, len(sample), 0.5)) - 1)
    return float(np.median(sample)), float(sample[low]), float(sample[-1 - low])


def loglog_slopes(x: ArrayLike, y: ArrayLike) -> Array:
    """The least-squares slopes of log y over log x, ``(series,)`` for ``y: (series, n)``."""
    return np.asarray(np.polyfit(np.log(x), np.log(np.atleast_2d(y)).T, 1)[0])


def words(widths: Sequence[int]) -> str:
    """Hidden widths for people: 8, 4 of 16, 3 + 5."""
    if len(widths) > 1 and len(set(widths)) == 1:
        return f"{len(widths)} of {widths[0]}"
    return " + ".join(map(str, widths))
