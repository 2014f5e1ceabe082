"""Fourier modes over epochs as a picture: a column for each epoch, a row for each mode, lighter where there is more.

Pure functions of arrays, as in ``maps``. The epochs' axis is logarithmic and ends at a round number, so that what is
drawn stays where it is while training goes on; of a row of cells each pixel is one mode, and several where there is
room.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from nnexpr_tui.charts import palettes
from nnexpr_tui.charts.heat import (
    EMPTY,
    OWN,
    Picture,
    blank,
    levels_of,
    pixels,
    shaded,
    write,
)  # fmt: skip
from nnexpr_tui.charts.limits import Limits, log_ticks, snap_log
from nnexpr_tui.charts.maps import GREY, Ground

__all__ = ["amplitude_limits", "mode_map"]

MARGIN = 3  # cells for the modes' numbers
DECADES = 4  # of amplitudes that are told apart
TICK = 9  # cells for a number under the map


def amplitude_limits(amplitudes: NDArray[np.floating]) -> Limits:
    """Exponents of ten: that at or above the greatest finite amplitude, and ``DECADES`` below it."""
    finite = amplitudes[np.isfinite(amplitudes) & (amplitudes > 0)]
    top = math.ceil(math.log10(float(finite.max()))) if finite.size else 0
    return top - DECADES, top


def mode_map(
    epochs: NDArray[np.int64], amplitudes: NDArray[np.floating], ground: Ground, *, shown: int | None = None
) -> Picture:
    """Amplitudes ``(entries, modes)`` at ascending epochs, mode 0 at the top; ``shown``: an epoch to be marked.

    Between two entries the earlier one is shown; epoch 0 has no place. Where a value is not finite it is grey, where
    no epoch has been yet, nothing.
    """
    width, rows = ground.width - MARGIN, ground.rows
    picture = blank(ground.width, ground.height)
    if width < 1 or rows < 1 or not len(epochs):
        return picture
    high = rows * (1 if ground.plain else 2)
    deep = max(1, high // amplitudes.shape[1])  # pixels of a mode
    modes = min(high // deep, amplitudes.shape[1])
    low, right = 0.0, snap_log(0.0, math.log10(max(int(epochs[-1]), 2)))[1]
    at = 10.0 ** ((np.arange(width) + 0.5) * right / width)
    entries = np.searchsorted(epochs, at, side="right") - 1
    reached = at <= max(int(epochs[-1]), 1)
    with np.errstate(divide="ignore"):
        exponents = np.log10(amplitudes[entries, :modes].T.astype(np.float64))
    levels = np.repeat(levels_of(exponents, amplitude_limits(amplitudes), palettes.LEVELS), deep, axis=0)
    if ground.plain:
        drawn = shaded(levels, palettes.LEVELS, ground.shades)
        drawn["code"][:, ~reached] = ord(" ")
    else:
        colors = np.where(levels == EMPTY, GREY, palettes.sequential(ground.dark)[levels])
        colors = np.where(reached, colors, OWN)
        rest = np.full((len(colors) % 2, width), OWN)
        drawn = pixels(np.vstack([colors, rest]).astype(np.int32))
    picture[: len(drawn), MARGIN:] = drawn
    _number_modes(picture, modes, deep, 1 if ground.plain else 2)
    if rows < ground.height:
        _number_epochs(picture, (low, right), shown, ground)
    return picture


def _number_modes(picture: Picture, modes: int, deep: int, pixels_high: int) -> None:
    """The modes' numbers at their rows: all of them, or every second, fifth or tenth where several share a row."""
    every = next(step for step in (1, 2, 5, 10, 20, 50) if step * deep >= pixels_high)
    for mode in range(0, modes, every):
        write(picture, mode * deep // pixels_high, 0, f"{mode:>{MARGIN - 1}}")


def _number_epochs(picture: Picture, limits: Limits, shown: int | None, ground: Ground) -> None:
    """The epochs under the map, and a mark at the one that is shown."""
    row, width = ground.height - 1, ground.width - MARGIN

    def column(exponent: float) -> int:
        return MARGIN + min(int(exponent / limits[1] * width), width - 1)

    for tick in log_ticks(limits, max(2, width // TICK)):
        place = min(column(tick.position), ground.width - len(tick.label))
        write(picture, row, place, tick.label)
    if shown:
        write(picture, row, column(math.log10(shown)), "^" if ground.markers == "ascii" else "▲")
