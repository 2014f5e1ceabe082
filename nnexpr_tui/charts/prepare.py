"""From the values of a series to the few that a canvas can show.

Values that have no place on the axis (not finite, or not positive on a logarithmic axis) are set aside and counted; the
chart says how many. The rest is thinned to at most four points a dot column, the first, lowest, highest and last of the
neighbours that fall on it: a line through these covers the same dots as one through all (Jugel et al., "M4: a
visualization-oriented time series data aggregation", VLDB 2014; with the lowest and highest alone a spike smears over
the next column). O(n log n) where there is something to thin, else O(n).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnexpr_tui.charts.limits import LARGEST, Limits
from nnexpr_tui.charts.series import Axis, Series

__all__ = ["Prepared", "positions", "prepare", "thin"]

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Prepared:
    """The values of a series that can be shown, as positions on its axes (exponents of ten on a logarithmic one).

    ``pieces`` numbers the stretches of a line between values that were set aside; the line is drawn within each.
    """

    x: Floats
    y: Floats
    upper: Floats | None
    pieces: Integers
    non_finite: int
    non_positive: int


def prepare(series: Series, x_axis: Axis, y_axis: Axis) -> Prepared:
    """The series cleaned, on logarithmic axes as exponents, a line or band in order of ``x``."""
    columns = [_vector(series.x)]
    logs = [x_axis.log]
    if series.style != "ticks":
        columns.append(_vector(series.y))
        logs.append(y_axis.log)
        if series.style == "band":
            columns.append(columns[1] if series.upper is None else _vector(series.upper))
            logs.append(y_axis.log)
    length = min(len(column) for column in columns)
    columns = [column[:length] for column in columns]
    finite = np.logical_and.reduce([np.isfinite(column) for column in columns])
    shown = np.logical_and.reduce(
        [finite, *(column > 0 for column, log in zip(columns, logs, strict=True) if log)]
    )
    counted, placed = int(np.count_nonzero(finite)), int(np.count_nonzero(shown))
    pieces = np.cumsum(~shown)[shown].astype(np.intp)
    if placed < length:
        columns = [column[shown] for column in columns]
    columns = [
        np.log10(c) if log else np.clip(c, -LARGEST, LARGEST) for c, log in zip(columns, logs, strict=True)
    ]
    x = columns[0]
    if series.style in ("line", "band") and np.any(x[1:] < x[:-1]):
        order = np.argsort(x, kind="stable")
        columns, pieces = [column[order] for column in columns], np.zeros_like(pieces)
    y = columns[1] if len(columns) > 1 else np.zeros(0)
    upper = columns[2] if len(columns) > 2 else None
    return Prepared(columns[0], y, upper, pieces, length - counted, counted - placed)


def _vector(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64).reshape(-1)


def positions(values: Floats, limits: Limits, count: int) -> Floats:
    """Where ``values`` fall among ``count`` dots: 0 at the lower limit, ``count - 1`` at the upper; not rounded."""
    low, high = limits
    with np.errstate(over="ignore"):
        return np.clip((values - low) / (high - low), -1e9, 1e9) * (count - 1)


def thin(columns: Floats, y: Floats, pieces: Integers) -> Integers:
    """Indices, ascending, of the points to keep: of each run on one dot column the first, lowest, highest and last."""
    if len(columns) < 5:
        return np.arange(len(columns))
    cells = np.rint(columns)
    starts = np.flatnonzero(np.r_[True, (cells[1:] != cells[:-1]) | (pieces[1:] != pieces[:-1])])
    ends = np.r_[starts[1:], len(columns)]
    if (ends - starts).max() <= 4:
        return np.arange(len(columns))
    order = np.lexsort((y, np.repeat(np.arange(len(starts)), ends - starts)))
    lowest, highest = order[starts], order[ends - 1]
    return np.unique(np.r_[starts, lowest, highest, ends - 1])
