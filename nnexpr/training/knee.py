"""The knee of a loss curve: where a fast beginning passes into a slow rest.

Through the logarithms of a member's losses goes the continuous line of two straight pieces that is nearest to them in
the mean square over the epochs,

    log L(t) ~ a + b t + c max(t - k, 0),    c > 0,

k any recorded epoch but the first and the last. It is a knee where the rate falls to half at the most: 0 > b and
b + c >= b / 2, after L has fallen by a millionth at least; a curve without one, such as an exponential, a plateau
before a drop or a constant, has none. Each entry counts for the epochs around it, so the knee is that of the curve and
not of where it was looked at. Units of loss and of time change nothing but the knee's own. What is recorded later than
the knee can move it: it is the curve's as a whole.

For every k at once: with r what the best straight line leaves of log L, and h what it leaves of max(t - k, 0), the
squared error shrinks by <r, h>² / <h, h> and c = <r, h> / <h, h>; both are sums over the entries after k. It costs
O(entries) a member. Piecewise regression of this kind: Hudson, Fitting segmented curves (JASA 1966).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Knees", "knees"]

Array = NDArray[np.float64]

LEAST_FALL = 1e-6  # of log L up to a knee: less is the rounding of losses, in float32 of some steps
LEAST_BEND = 1e-9  # of <h, h> over its largest: below it a hinge is a straight line in all digits


@dataclass(frozen=True, eq=False)
class Knees:
    """One for each member, in the shape of a row of the losses; NaN where a curve has none.

    ``before``, ``after``: how fast log L rises an epoch on either side, b and b + c, so negative where it falls.
    """

    epochs: Array
    before: Array
    after: Array


def knees(epochs: ArrayLike, losses: ArrayLike) -> Knees:
    """Of losses ``(entries,)`` or ``(entries, members)`` at ascending ``epochs: (entries,)``.

    Losses that are not finite are left out; one that is not positive counts as the least positive one of its member.
    With fewer than four of them a member has no knee. Raises ValueError for other shapes and epochs.
    """
    times, given = np.asarray(epochs, dtype=np.float64), np.asarray(losses, dtype=np.float64)
    if times.ndim != 1 or given.ndim not in (1, 2) or len(times) != len(given):
        raise ValueError(f"losses of shape {given.shape} at epochs of shape {times.shape}")
    if not np.all(np.diff(times) > 0):
        raise ValueError("epochs must ascend")
    found = np.full((3, *given.shape[1:]), np.nan)
    columns, out = (each[..., None] if given.ndim == 1 else each for each in (given, found))
    for member in range(columns.shape[1]):
        kept = np.isfinite(columns[:, member])
        if kept.sum() >= 4 and np.any(columns[kept, member] > 0):
            out[:, member] = _knee(times[kept], columns[kept, member])
    return Knees(*found)


def _knee(epochs: Array, losses: Array) -> tuple[float, float, float]:
    """Its epoch and the slopes on both sides, of at least four finite losses; NaN where there is none."""
    none = np.nan, np.nan, np.nan
    levels = np.log(np.maximum(losses, losses[losses > 0].min()))
    span = epochs[-1] - epochs[0]
    t = (epochs - epochs[0]) / span
    weights = np.gradient(t)
    weights[[0, -1]] /= 2  # the epochs up to half way to the neighbours
    t = t - weights @ t / weights.sum()
    spread = weights @ t**2
    mean, slope = weights @ levels / weights.sum(), weights @ (t * levels) / spread
    left = weights * (levels - mean - slope * t)
    # Products of each hinge max(t - k, 0) with the remainder, 1, t and itself, as sums over later t.
    later = [_after(weights * t**power) for power in range(4)]
    inner = _after(left * t) - t * _after(left)
    with_one = later[1] - t * later[0]
    with_t = later[2] - t * later[1]
    with_itself = later[2] - 2 * t * later[1] + t**2 * later[0]
    squares = with_itself - with_one**2 / weights.sum() - with_t**2 / spread
    bends = np.zeros_like(t)
    sound = squares > LEAST_BEND * squares.max()
    sound[[0, -1]] = False
    bends[sound] = inner[sound] / squares[sound]
    gains = np.where(bends > 0, inner * bends, 0.0)
    place = int(gains.argmax())
    before = slope - bends[place] * with_t[place] / spread
    after = before + bends[place]
    fall = -before * (t[place] - t[0])
    if gains[place] <= 0 or fall < LEAST_FALL or after < before / 2:
        return none
    return float(epochs[place]), float(before / span), float(after / span)


def _after(values: Array) -> Array:
    """The sum of those that come later, of each."""
    return np.concatenate([np.cumsum(values[:0:-1])[::-1], [0.0]])
