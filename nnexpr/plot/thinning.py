"""Curves of many points, thinned to what can be seen: in each narrow strip the first, least, greatest and last point.

A line through those covers the same dots as the line through all (Jugel et al., M4: a visualization-oriented time
series data aggregation, PVLDB 7, 2014), so a vector file stays small and no peak is lost. Points that are not finite
are kept as the gaps that they make. Cost: O(n).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["MOST_STRIPS", "alone", "thinned"]

MOST_STRIPS = 800  # strips of a page's width are then narrower than a line is wide

Index = NDArray[np.intp]


def thinned(x: ArrayLike, *ys: ArrayLike, log: bool = False, strips: int = MOST_STRIPS) -> Index:
    """Which points ``(k,)`` of ``x (n,)`` to draw for curves ``ys``, each ``(n,)``, ascending; all where they are few.

    Strips are of one width on the axis, logarithmic or not, or, where x does not ascend, of as many points; then
    extremes of x are kept too. At most four points a strip and curve, and one for a gap.
    """
    at = np.asarray(x, dtype=np.float64)
    curves = [np.asarray(y, dtype=np.float64) for y in ys]
    if len(at) <= 4 * strips:
        return np.arange(len(at))
    ascends = bool(np.isfinite(at).all() and (np.diff(at) >= 0).all())
    places = np.arange(len(at), dtype=np.float64) if not ascends else at
    if ascends and log:
        places = np.log10(np.maximum(at, at[at > 0].min() if (at > 0).any() else 1.0))
    span = float(places[-1] - places[0]) or 1.0
    strip = np.minimum(((places - places[0]) * (strips / span)).astype(np.intp), strips - 1)
    edges = np.concatenate([[0], np.flatnonzero(np.diff(strip)) + 1, [len(at)]])
    kept: set[int] = set()
    for first, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        for values in curves if ascends else [*curves, at]:
            kept.update(_telling(values[first:end], first))
    return np.array(sorted(kept), dtype=np.intp)


def _telling(values: NDArray[np.float64], first: int) -> set[int]:
    """The places of the first, the least, the greatest and the last value, and of the first that is not finite."""
    finite = np.flatnonzero(np.isfinite(values))
    telling = {0, len(values) - 1}
    if len(finite):
        own = values[finite]
        telling |= {int(finite[0]), int(finite[-1]), int(finite[own.argmin()]), int(finite[own.argmax()])}
    if len(finite) < len(values):
        telling.add(int(np.flatnonzero(~np.isfinite(values))[0]))
    return {first + place for place in telling}


def alone(y: ArrayLike) -> Index:
    """The finite values without a finite neighbour: a line does not show them, a dot does."""
    finite = np.concatenate([[False], np.isfinite(np.asarray(y, dtype=np.float64)), [False]])
    return np.flatnonzero(finite[1:-1] & ~finite[:-2] & ~finite[2:])
