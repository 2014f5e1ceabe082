"""The layout of a chart: its values, its limits, and which rows of the frame are for what.

From the top: a header (title, legend, what could not be shown), the canvas beside the vertical axis, one row for each
series of ticks, the horizontal axis and its labels, a footer with the names of the axes. In a small frame the footer
goes first, then the axes, then the header.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnexpr_tui.charts.limits import LimitKeeper, Limits, Tick, linear_ticks, log_ticks, usable
from nnexpr_tui.charts.markers import sample
from nnexpr_tui.charts.prepare import Floats, Prepared, prepare
from nnexpr_tui.charts.rows import AXIS, TEXT, WARNING, Row, Run, fit_row, plain_text, row_width, shortened
from nnexpr_tui.charts.series import Axis, ChartData, Frame, Series

__all__ = ["Plan", "footer", "header", "make_plan"]

GUTTER = 6  # the least width of the vertical axis' labels, so that a canvas keeps its place when they change
CELLS_PER_LABEL = 14
ROWS_PER_LABEL = 4


@dataclass(frozen=True, eq=False)
class Plan:
    """What is to be painted where. ``body`` rows hold the canvas and the axes but not the rows of ticks."""

    chart: ChartData
    frame: Frame
    prepared: tuple[Prepared, ...]
    x_limits: Limits
    y_limits: Limits
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    has_header: bool
    has_footer: bool
    has_axes: bool
    tick_series: tuple[int, ...]  # those that have a row
    body: int
    gutter: int

    @property
    def order(self) -> list[int]:
        """The series from back to front: bands are behind all others."""
        return sorted(range(len(self.chart.series)), key=lambda i: self.chart.series[i].style != "band")

    @property
    def is_empty(self) -> bool:
        return not any(len(values.x) for values in self.prepared)


def make_plan(chart: ChartData, frame: Frame, keeper: LimitKeeper) -> Plan:
    """Prepare the series, choose limits and ticks, and share out the rows of the frame (at least 1x1)."""
    prepared = tuple(prepare(series, chart.x_axis, chart.y_axis) for series in chart.series)
    x_limits = _limits("x", chart.x_axis, [values.x for values in prepared], keeper)
    y_limits = _limits("y", chart.y_axis, list(_heights(chart, prepared, x_limits)), keeper)
    has_names = chart.has_legend and any(series.label for series in chart.series)
    is_named = has_names or bool(chart.title or _notes(prepared))
    has_header = frame.height >= 3 and is_named
    has_footer = frame.height >= 12 and bool(chart.x_axis.label or chart.y_axis.label)
    ticks = [i for i, series in enumerate(chart.series) if series.style == "ticks"]
    tick_series = tuple(ticks[: max(0, (frame.height - 4) // 3)])
    body = frame.height - has_header - has_footer - len(tick_series)
    x_ticks = _ticks(chart.x_axis, x_limits, frame.width // CELLS_PER_LABEL)
    y_ticks = _ticks(chart.y_axis, y_limits, body // ROWS_PER_LABEL + 1)
    gutter = max(GUTTER, *(len(tick.label) for tick in y_ticks), 0)
    return Plan(
        chart=chart,
        frame=frame,
        prepared=prepared,
        x_limits=x_limits,
        y_limits=y_limits,
        x_ticks=x_ticks,
        y_ticks=y_ticks,
        has_header=has_header,
        has_footer=has_footer,
        has_axes=frame.width >= gutter + 10 and body >= 5,
        tick_series=tick_series,
        body=body,
        gutter=gutter,
    )


def _heights(chart: ChartData, prepared: tuple[Prepared, ...], x_limits: Limits) -> list[Floats]:
    """The values the vertical axis has to show: where the horizontal limits are fixed, only those between them."""
    heights = []
    for series, values in zip(chart.series, prepared, strict=True):
        if series.style == "ticks":
            continue
        inside = np.ones(len(values.x), dtype=bool)
        if chart.x_axis.limits is not None:
            inside = (values.x >= x_limits[0]) & (values.x <= x_limits[1])
        heights += [column[inside] for column in (values.y, values.upper) if column is not None]
    return heights


def _limits(name: str, axis: Axis, columns: list[Floats], keeper: LimitKeeper) -> Limits:
    if (fixed := _fixed(axis)) is not None:
        return fixed
    included = prepare(Series(axis.include, (), style="ticks"), Axis(log=axis.log), Axis()).x
    columns = [column for column in (*columns, included) if len(column)]
    if not columns:
        return (0.0, 1.0)
    low, high = min(float(c.min()) for c in columns), max(float(c.max()) for c in columns)
    return keeper.hold(name, low, high, axis.log)


def _fixed(axis: Axis) -> Limits | None:
    """The limits asked for, as positions on the axis, if an axis can have them."""
    if axis.limits is None:
        return None
    low, high = (float(limit) for limit in axis.limits)
    if axis.log:
        if not low > 0 or not high > 0:
            return None
        low, high = float(np.log10(low)), float(np.log10(high))
    return (low, high) if usable((low, high)) else None


def _ticks(axis: Axis, limits: Limits, most: int) -> tuple[Tick, ...]:
    return log_ticks(limits, max(most, 2)) if axis.log else linear_ticks(limits, max(most, 2))


def _notes(prepared: tuple[Prepared, ...]) -> str:
    counts = {
        "non-finite": sum(values.non_finite for values in prepared),
        "not positive": sum(values.non_positive for values in prepared),
    }
    return ", ".join(f"{count} {why}" for why, count in counts.items() if count)


def header(plan: Plan, dashes: bool = True) -> Row:
    """The title, each labelled series beside a sample of it, and how many values could not be shown."""
    items: list[list[Run]] = []
    for number, series in zip(plan.chart.numbers, plan.chart.series, strict=True):
        if plan.chart.has_legend and (label := plain_text(series.label)):
            shown = sample(series, number, plan.frame, dashes)
            items.append([(shown, series.color), (f" {label}", TEXT)])
    if notes := _notes(plan.prepared):
        items.append([(notes, WARNING)])
    width = plan.frame.width
    title = (plain_text(plan.chart.title), TEXT)
    has_room = row_width([title, *(run for item in items for run in (("  ", TEXT), *item))]) <= width
    row = [title] if title[0] and (has_room or not items) else []
    for item in items:
        if not row:
            *before, (text, color) = item
            item = [*before, (shortened(text, width - row_width(before)), color)]
        longer = [*row, *[("  ", TEXT)] * bool(row), *item]
        if row and row_width(longer) > width:  # half a name tells nothing
            break
        row = longer
    return fit_row(row, width)


def footer(plan: Plan) -> Row:
    """The name of the vertical axis at the left, of the horizontal one in the middle."""
    left, middle = (((plain_text(axis.label), AXIS),) for axis in (plan.chart.y_axis, plan.chart.x_axis))
    start = max(row_width(left) + 2, (plan.frame.width + plan.gutter - row_width(middle)) // 2)
    return fit_row([*fit_row(left, start), *middle], plan.frame.width)
