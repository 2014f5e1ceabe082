"""A chart as rows of styled text: :func:`rasterise`, a pure function for any thread.

plotext draws the axes, once for as long as limits and size stay (:mod:`plots`); the curves, which change with every
frame, are drawn here (:mod:`dots`). Measured in docs/decisions/plotext.md: one tenth of the time of letting plotext
draw the curves too.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nnexpr_tui.charts.dots import Canvas
from nnexpr_tui.charts.limits import LimitKeeper, Limits, Tick
from nnexpr_tui.charts.markers import SETS, dash_pattern, line_character, point_character
from nnexpr_tui.charts.plan import Plan, footer, header, make_plan
from nnexpr_tui.charts.plots import Body, Box, axes
from nnexpr_tui.charts.prepare import positions, thin
from nnexpr_tui.charts.rows import AXIS, Row, Rows, Run
from nnexpr_tui.charts.series import ChartData, Frame

__all__ = ["box_of", "compose", "rasterise"]

SPACE = ord(" ")
NOTHING = "no data"


def rasterise(chart: ChartData, frame: Frame, keeper: LimitKeeper | None = None) -> Rows:
    """The chart as ``frame.height`` rows of ``frame.width`` cells each.

    With a ``keeper``, the same for every frame of one chart, limits hold from frame to frame. No data raise: values
    without a place on the axes are counted in the header.
    """
    if frame.width < 1 or frame.height < 1:
        return ((),) * max(frame.height, 0)
    return compose(make_plan(chart, frame, keeper or LimitKeeper()), _paint)


def compose(plan: Plan, paint: Callable[[Plan], Body], dashes: bool = True) -> Rows:
    """Header, body, rows of ticks and footer, with ``paint`` drawing the body."""
    body = paint(plan)
    if plan.is_empty and body.width >= len(NOTHING):
        start = body.left + (body.width - len(NOTHING)) // 2
        body.codes[body.top + body.height // 2, start : start + len(NOTHING)] = [ord(c) for c in NOTHING]
    codes, colors = _with_tick_rows(plan, body)
    names = [AXIS, *(series.color for series in plan.chart.series)]
    first_of_name = np.array([names.index(name) for name in names], dtype=np.int16)
    rows = _grid_rows(codes, first_of_name[colors], names)
    if plan.has_header:
        rows.insert(0, header(plan, dashes))
    if plan.has_footer:
        rows.append(footer(plan))
    return tuple(rows)


def box_of(plan: Plan) -> Box:
    """The axes' description."""
    return Box(
        width=plan.frame.width,
        height=plan.body,
        x_ticks=_shares(plan.x_ticks, plan.x_limits),
        y_ticks=_shares(plan.y_ticks, plan.y_limits),
        gutter=plan.gutter,
        ascii_only=plan.frame.markers == "ascii",
    )


def _shares(ticks: tuple[Tick, ...], limits: Limits) -> tuple[Tick, ...]:
    low, high = limits
    return tuple(Tick(min(max((t.position - low) / (high - low), 0.0), 1.0), t.label) for t in ticks)


def _paint(plan: Plan) -> Body:
    """Axes by plotext, curves by us."""
    if plan.has_axes:
        kept = axes(box_of(plan))
        body = Body(kept.codes.copy(), kept.colors.copy(), kept.left, kept.top, kept.width, kept.height)
    else:
        shape = (plan.body, plan.frame.width)
        blank = np.full(shape, SPACE, np.uint32)
        body = Body(blank, np.zeros(shape, np.int16), 0, 0, plan.frame.width, plan.body)
    across, down = slice(body.left, body.left + body.width), slice(body.top, body.top + body.height)
    canvas = Canvas(body.codes[down, across], body.colors[down, across], SETS[plan.frame.markers])
    for index in plan.order:
        _draw(plan, canvas, index)
    if (x := plan.chart.cursor) is not None:
        place = np.log10(np.array([x])) if plan.chart.x_axis.log else np.array([x])
        canvas.rule(float(positions(place, plan.x_limits, canvas.dots_wide)[0]), 0)
    return body


def _draw(plan: Plan, canvas: Canvas, index: int) -> None:
    series, values, number, color = (
        plan.chart.series[index],
        plan.prepared[index],
        plan.chart.numbers[index],
        index + 1,
    )
    if not len(values.x) or series.style == "ticks":
        return
    x = positions(values.x, plan.x_limits, canvas.dots_wide)
    y = positions(values.y, plan.y_limits, canvas.dots_high)
    if series.style == "band" and values.upper is not None:
        canvas.band(x, y, positions(values.upper, plan.y_limits, canvas.dots_high), color)
    elif series.style == "points":
        canvas.points(x, y, color, point_character(series, number, plan.frame))
    else:
        kept = thin(x, y, values.pieces)
        pattern, character = dash_pattern(number, plan.frame), line_character(series, number, plan.frame)
        canvas.line(x[kept], y[kept], values.pieces[kept], color, pattern, character)


def _with_tick_rows(plan: Plan, body: Body) -> tuple[NDArray[np.uint32], NDArray[np.int16]]:
    """The body with a row for each series of ticks between canvas and axis, the vertical axis carried on."""
    if not plan.tick_series:
        return body.codes, body.colors
    end = body.top + body.height
    codes = np.full((len(plan.tick_series), plan.frame.width), SPACE, np.uint32)
    colors = np.zeros(codes.shape, np.int16)
    if plan.has_axes:
        codes[:, body.left - 1] = ord("|" if plan.frame.markers == "ascii" else "│")
    across = slice(body.left, body.left + body.width)
    for row, index in enumerate(plan.tick_series):
        canvas = Canvas(codes[row : row + 1, across], colors[row : row + 1, across], SETS[plan.frame.markers])
        canvas.ticks(positions(plan.prepared[index].x, plan.x_limits, canvas.dots_wide), index + 1)
    return np.insert(body.codes, end, codes, axis=0), np.insert(body.colors, end, colors, axis=0)


def _grid_rows(codes: NDArray[np.uint32], colors: NDArray[np.int16], names: list[str]) -> list[Row]:
    """Each row of the grids as runs; blanks take the colour of what is left of them, so that they part no run."""
    height, width = codes.shape
    blank = codes == SPACE
    source = np.where(blank, 0, np.arange(width))
    source[:, 0] = np.argmin(blank, axis=1)
    colors = np.take_along_axis(colors, np.maximum.accumulate(source, axis=1), axis=1)
    begins = np.ones(codes.shape, dtype=bool)
    begins[:, 1:] = colors[:, 1:] != colors[:, :-1]
    cuts = np.flatnonzero(begins)
    text = codes.astype("<u4").tobytes().decode("utf-32-le")
    runs: list[list[Run]] = [[] for _ in range(height)]
    ends = [*cuts[1:].tolist(), codes.size]
    for start, end, color in zip(cuts.tolist(), ends, colors.flat[cuts].tolist(), strict=True):
        runs[start // width].append((text[start:end], names[color]))
    return [tuple(row) for row in runs]
