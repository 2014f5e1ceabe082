"""The statistics that the claims are judged by, each with its interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom

__all__ = ["Array", "log2_or_zero", "loglog_slopes", "median_interval", "words"]

Array = NDArray[np.float64]


def median_interval(values: ArrayLike, level: float = 0.95) -> tuple[float, float, float]:
    """The median of ``(n,)`` and the order statistics that hold the true one with at least ``level``, for any law.

    Finite values only; NaN where there are none.
    """
    sample = np.sort(np.asarray(values, dtype=np.float64).ravel())
    sample = sample[np.isfinite(sample)]
    count = len(sample)
    if not count:
        return float("nan"), float("nan"), float("nan")
    rank = int(binom.ppf((1.0 - level) / 2.0, count, 0.5))
    low = max(0, rank - 1)
    return float(np.median(sample)), float(sample[low]), float(sample[count - 1 - low])


def loglog_slopes(x: ArrayLike, y: ArrayLike) -> Array:
    """The least-squares slopes of log y over log x, ``(series,)`` for ``y: (series, n)``."""
    across = np.log(np.asarray(x, dtype=np.float64))
    across = across - across.mean()
    rows = np.log(np.atleast_2d(np.asarray(y, dtype=np.float64)))
    return np.asarray((rows - rows.mean(axis=1, keepdims=True)) @ across / (across @ across))


def log2_or_zero(number: int) -> float:
    """log2 of a positive integer of any size."""
    excess = max(0, number.bit_length() - 53)
    return float(np.log2(number >> excess)) + excess if number > 0 else 0.0


def words(widths: tuple[int, ...] | list[int]) -> str:
    """Hidden widths for people: 8, 4 x 4, 3 + 5."""
    if len(widths) > 1 and len(set(widths)) == 1:
        return f"{len(widths)} of {widths[0]}"
    return " + ".join(str(width) for width in widths)
