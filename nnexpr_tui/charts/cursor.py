"""A cursor on a chart: the places where it may stand, and the values there.

It stands at a place of the finest series, never between two, so that what is read there is what was computed. Of other
series it reads the straight line that is drawn, which is the function itself where that is piecewise linear with its
corners given.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnexpr_tui.charts.prepare import Floats
from nnexpr_tui.charts.series import ChartData, Series

__all__ = ["moved", "nearest", "places", "readings"]


def places(chart: ChartData) -> Floats:
    """The distinct ``x``, ascending, of the line or points with most of them; those that have a place on the axis."""
    found = [np.empty(0)]
    for series in chart.series:
        if series.style in ("line", "points"):
            x = np.unique(np.asarray(series.x, dtype=np.float64))
            x = x[np.isfinite(x) & (x > 0 if chart.x_axis.log else True)]
            if chart.x_axis.limits is not None:
                x = x[(x >= chart.x_axis.limits[0]) & (x <= chart.x_axis.limits[1])]
            found.append(x)
    return max(found, key=len)


def nearest(chart: ChartData, x: float) -> float | None:
    """The place nearest to ``x``; None where there is none."""
    there = places(chart)
    return float(there[np.argmin(abs(there - x))]) if len(there) else None


def moved(chart: ChartData, x: float, columns: float, width: int) -> float | None:
    """The place ``columns`` of ``width`` columns to the right of ``x`` (left where negative), the next one at least.

    At the first and the last place it stays.
    """
    there = places(chart)
    if not len(there):
        return None
    on_axis = np.log10(there) if chart.x_axis.log else there
    at = int(np.argmin(abs(there - x)))
    aim = on_axis[at] + columns * (on_axis[-1] - on_axis[0]) / max(width, 1)
    found = int(np.argmin(abs(on_axis - aim)))
    found = max(found, at + 1) if columns > 0 else min(found, at - 1)
    return float(there[min(max(found, 0), len(there) - 1)])


def readings(chart: ChartData, x: float) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Each labelled series and fact with its value at ``x``, a band with both of its edges; bands and ticks last.

    Of points and ticks it is the nearest one's value and place. A line that does not reach so far has none.
    """
    for series in sorted(
        (*chart.series, *chart.facts()), key=lambda series: series.style in ("band", "ticks")
    ):
        if series.label and (values := _values(series, x)):
            yield series.label, values


def _values(series: Series, x: float) -> tuple[float, ...]:
    at = np.asarray(series.x, dtype=np.float64)
    if not len(at):
        return ()
    if series.style == "ticks":
        return (float(at[np.argmin(abs(at - x))]),)
    rows = [np.asarray(row, dtype=np.float64) for row in (series.y, series.upper) if row is not None]
    if series.style == "points":
        return tuple(float(row[np.argmin(abs(at - x))]) for row in rows)
    if not at.min() <= x <= at.max():
        return ()
    order = np.argsort(at, kind="stable")
    return tuple(_on_line(at[order], row[order], x) for row in rows)


def _on_line(at: Floats, row: Floats, x: float) -> float:
    """On the straight line between the two points around ``x``, and exactly at a point."""
    right = int(np.searchsorted(at, x))
    if at[right] == x:
        return float(row[right])
    share = (x - at[right - 1]) / (at[right] - at[right - 1])
    return float((1 - share) * row[right - 1] + share * row[right])
