"""A chart as a string, for a pipe, a log or the end of a batch command: :func:`render_text`.

Here plotext draws the whole chart. Layout, limits, legend and the treatment of values that cannot be shown are those of
the explorer's charts.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from rich.color import ColorSystem
from rich.errors import StyleSyntaxError
from rich.style import Style

from nnexpr_tui.charts.dots import clip
from nnexpr_tui.charts.limits import LimitKeeper
from nnexpr_tui.charts.markers import SETS, line_character, point_character
from nnexpr_tui.charts.plan import Plan, make_plan
from nnexpr_tui.charts.plots import Body, Curve, plot
from nnexpr_tui.charts.prepare import Floats, Prepared, positions, thin
from nnexpr_tui.charts.raster import box_of, compose
from nnexpr_tui.charts.rows import Row
from nnexpr_tui.charts.series import ChartData, Frame, Markers

__all__ = ["SMALLEST_TEXT", "render_text"]

SMALLEST_TEXT = (24, 8)
ROLES = {
    "primary": "bright_blue",
    "secondary": "cyan",
    "accent": "yellow",
    "warning": "bright_yellow",
    "error": "bright_red",
    "success": "green",
    "axis": "bright_black",
    "foreground": "default",
}


def render_text(
    chart: ChartData, width: int = 80, height: int = 24, color: bool = True, markers: Markers = "braille"
) -> str:
    """The chart in at most ``width`` x ``height`` cells, lines ending in a newline, without trailing blanks.

    With ``color`` the series have the 16 colours every terminal has; without, the string holds no escape sequence and
    series differ by their characters. Frames below 24 x 8 are drawn at that size.
    """
    frame = Frame(max(width, SMALLEST_TEXT[0]), max(height, SMALLEST_TEXT[1]), markers, patterns=not color)
    rows = compose(make_plan(chart, frame, LimitKeeper()), _paint, dashes=False)
    return "".join(_line(row, color) for row in rows)


def _line(row: Row, color: bool) -> str:
    runs = [*row[:-1], (row[-1][0].rstrip(), row[-1][1])]
    if not color:
        return "".join(text for text, _ in runs).rstrip() + "\n"
    return "".join(_style(name).render(text, color_system=ColorSystem.STANDARD) for text, name in runs) + "\n"


@lru_cache(maxsize=256)
def _style(name: str) -> Style:
    try:
        return Style.parse(ROLES.get(name, name))
    except StyleSyntaxError:
        return Style.null()


def _paint(plan: Plan) -> Body:
    """Axes and curves, by plotext."""
    curves = [curve for index in plan.order for curve in _curves(plan, index)]
    return plot(box_of(plan), curves)


def _curves(plan: Plan, index: int) -> list[Curve]:
    series, values, frame = plan.chart.series[index], plan.prepared[index], plan.frame
    number = plan.chart.numbers[index]
    if not len(values.x) or series.style == "ticks":
        return []
    x, y = positions(values.x, plan.x_limits, 2), positions(values.y, plan.y_limits, 2)
    if series.style == "points":
        return [_scatter(x, y, point_character(series, number, frame), index)]
    if series.style == "band" and values.upper is not None:
        upper = positions(values.upper, plan.y_limits, 2)
        fill = SETS[frame.markers].fill
        return [*_polyline(plan, values, x, y, fill, index), *_polyline(plan, values, x, upper, fill, index)]
    dots = {"braille": "braille", "block": "hd", "ascii": ""}[frame.markers]
    return _polyline(plan, values, x, y, line_character(series, number, frame, dashes=False) or dots, index)


def _scatter(x: Floats, y: Floats, marker: str, index: int) -> Curve:
    inside = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
    return Curve(x[inside].tolist(), y[inside].tolist(), False, marker, index + 1)


def _polyline(plan: Plan, values: Prepared, x: Floats, y: Floats, marker: str, index: int) -> list[Curve]:
    """The stretches of a line that are inside the canvas; its points, for stretches of one, as a curve of their own."""
    kept = thin(x * plan.frame.width * SETS[plan.frame.markers].columns, y, values.pieces)
    x, y, pieces = x[kept], y[kept], values.pieces[kept]
    joined = pieces[1:] == pieces[:-1]
    parts = np.stack(clip(x[:-1][joined], y[:-1][joined], x[1:][joined], y[1:][joined], 1, 1), axis=1)
    curves = [_scatter(x, y, marker, index)]
    for x0, y0, x1, y1 in np.clip(parts, 0, 1).tolist():
        last = curves[-1]
        if last.joined and (last.x[-1], last.y[-1]) == (x0, y0):
            last.x.append(x1)
            last.y.append(y1)
        else:
            curves.append(Curve([x0, x1], [y0, y1], True, marker, index + 1))
    return curves
