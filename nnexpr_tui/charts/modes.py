"""Fourier modes over epochs as a picture: a column for each epoch, a row for each mode, lighter where there is more.

The epochs' axis is logarithmic and ends at a round number, so that what is drawn stays where it is while training goes
on; of a row of cells each pixel is one mode, and several where there is room.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from nnexpr_tui.charts.limits import Limits, snap_log
from nnexpr_tui.charts.timemap import TimeAxis, TimeMap, TimeMaps, deep_rows

__all__ = ["amplitude_limits", "exponents", "mode_maps"]

MARGIN = 3  # cells for the modes' numbers
DECADES = 4  # of amplitudes that are told apart


def amplitude_limits(amplitudes: NDArray[np.floating]) -> Limits:
    """Exponents of ten: that at or above the greatest finite amplitude, and ``DECADES`` below it."""
    finite = amplitudes[np.isfinite(amplitudes) & (amplitudes > 0)]
    top = math.ceil(math.log10(float(finite.max()))) if finite.size else 0
    return top - DECADES, top


def exponents(amplitudes: NDArray[np.floating]) -> NDArray[np.float64]:
    """Of ten; minus infinity of nothing, NaN of what is not a number."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log10(amplitudes.astype(np.float64)))


def mode_maps(
    title: str, epochs: NDArray[np.int64], amplitudes: NDArray[np.floating], *, shown: int | None = None
) -> TimeMaps:
    """Amplitudes ``(entries, modes)`` at ascending epochs, mode 0 at the top; ``shown``: an epoch to be marked.

    Between two entries the earlier one is shown; epoch 0 has no place. Where a value is not finite it is grey, where
    no epoch has been yet, nothing.
    """
    last = max(int(epochs[-1]), 1) if len(epochs) else 1
    return TimeMaps(
        title,
        (TimeMap(epochs, exponents(amplitudes), last, shown or None),),
        TimeAxis(0.0, snap_log(0.0, math.log10(max(last, 2)))[1]),
        partial(deep_rows, amplitudes.shape[1]),
        amplitude_limits(amplitudes),
        margin=MARGIN,
    )
