"""A figure of an experiment as a chart."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

from nnexpr_tui.charts.markers import sample
from nnexpr_tui.charts.rows import TEXT, Rows, Run, plain_text, row_width
from nnexpr_tui.charts.series import Axis, ChartData, Frame, Series

if TYPE_CHECKING:
    from nnexpr.experiments.data import Figure

__all__ = ["figure_chart", "legend_rows"]

COLORS = ("primary", "accent", "warning", "success", "error", "secondary")


def figure_chart(figure: Figure, alone: int | None = None) -> ChartData:
    """The figure's curves on its axes; ``alone`` shows one of them only, in the colour it has among the others.

    A curve of a single point is drawn as that point.
    """
    series = tuple(
        Series(curve.x, curve.y, curve.label, color, style="line" if len(curve.x) > 1 else "points")
        for number, (curve, color) in enumerate(zip(figure.series, cycle(COLORS), strict=False))
        if alone is None or number == alone
    )
    return ChartData(series, Axis(figure.log_x, figure.x_label), Axis(figure.log_y, figure.y_label))


def legend_rows(chart: ChartData, frame: Frame) -> Rows:
    """The legend on rows of its own, where the chart's first row has no room for all of it; else none.

    Each entry is one label beside a sample of its series, as the chart would show them.
    """
    entries: list[list[Run]] = [
        [(sample(series, number, frame), series.color), (f" {plain_text(series.label)}  ", TEXT)]
        for number, series in zip(chart.numbers, chart.series, strict=True)
    ]
    if sum(map(row_width, entries)) <= frame.width + 2:
        return ()
    rows: list[list[Run]] = [[]]
    for entry in entries:
        if rows[-1] and row_width(rows[-1] + entry) > frame.width:
            rows.append([])
        rows[-1] += entry
    return tuple(tuple(row) for row in rows)
