"""What experiments found, drawn: each of their figures and tables, with the printed numbers that stand in them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from nnexpr.experiments.data import Figure as FigureData
from nnexpr.experiments.data import Map, Result, Table
from nnexpr.experiments.findings import Finding
from nnexpr.experiments.wording import cell_text
from nnexpr.plot.canvas import Drawing, drawing, drawings
from nnexpr.plot.grids import grid
from nnexpr.plot.style import BLACK, GREY, MARKERS, Size, inches
from nnexpr.plot.texts import text_width, told

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["experiment", "figure", "table"]

FONT, LEAST_FONT = 7.0, 5.0  # points, of a table's letters; the smaller where it is too wide
ROW = 1.6  # of the font's size, from line to line
GAP = 1.2  # of the font's size, between columns
MARGIN = 4.0  # points around a table
MOST_CELL = 30  # letters of a text; a longer one is broken into lines
MOST_LINES = 3  # of a column's name, while a wider column can help it
FEW = 16  # points of a curve, which are then drawn as dots too
PRINTED = "printed"  # in the name of a column: its numbers are the source's


def figure(
    figure: FigureData | Map, *, ax: Axes | None = None, size: Size = "column", title: bool = True
) -> Figure:
    """A figure of an experiment: its curves over its axes, logarithmic where it says so; one point is a dot.

    A map is drawn as such, with the scale of its colours.
    """
    if isinstance(figure, Map):
        return grid(figure, ax=ax, size=size, title=title)
    with drawing(ax, size) as on:
        on.ax.set_xscale("log" if figure.log_x else "linear")
        on.ax.set_yscale("log" if figure.log_y else "linear")
        for place, curve in enumerate(figure.series):
            few = {"marker": MARKERS[place % len(MARKERS)], "markersize": 2.5} if len(curve.x) <= FEW else {}
            on.line(curve.x, curve.y, curve.label, **few)
        _whole_ticks(on, figure)
        on.name(x=figure.x_label, y=figure.y_label, title=figure.title if title else "")
    return on.figure


def _whole_ticks(on: Drawing, figure: FigureData) -> None:
    """Of a few whole numbers, a tick each: there is nothing between them."""
    at = {x for curve in figure.series for x in curve.x}
    if not figure.log_x and 1 < len(at) <= FEW and all(float(x).is_integer() for x in at):
        on.ax.set_xticks(sorted(at))


def experiment(
    found: Finding | Result, *, size: Size = "column", tables: bool = True, title: bool = True
) -> list[Figure]:
    """All figures of an experiment, and all its tables, in the order in which it gives them."""
    result = found.result if isinstance(found, Finding) else found
    drawn = [figure(each, size=size, title=title) for each in result.figures]
    return drawn + [table(each, title=title) for each in result.tables if tables]


# --- tables


class Column(NamedTuple):
    """Lines of the name, lines of each cell, and how wide the widest is, in points at a size of 1."""

    head: list[str]
    cells: list[list[str]]
    width: float
    is_right: bool
    is_printed: bool


def table(table: Table, *, size: Size = "page", title: bool = True) -> Figure:
    """A table of an experiment, between rules: numbers to the right, those that the source prints in grey.

    Its letters are of 7 points, of 5 at least where it is wider than ``size``; a table that is wider even so is as wide
    as it must be. Its height is that of its rows.
    """
    columns = [_column(table, place) for place in range(len(table.columns))]
    letters = sum(column.width for column in columns) + GAP * (len(columns) - 1)
    room = inches(size)[0] * 72 - 2 * MARGIN
    font = max(LEAST_FONT, min(FONT, room / max(letters, 1.0)))
    heads = max((len(column.head) for column in columns), default=1)
    depths = [
        max((len(column.cells[row]) for column in columns), default=1) for row in range(len(table.rows))
    ]
    named = 2 if title else 0
    width = max(letters * font, text_width(told(table.title), font, bold=True) if title else 0.0) + 2 * MARGIN
    height = (named + heads + sum(depths) + 0.8) * ROW * font + 2 * MARGIN
    with drawings((max(width / 72, 0.6), max(height / 72, 0.6))) as [on]:
        on.ax.set_axis_off()
        on.whole(width, height)
        top = height - MARGIN
        if title:
            on.at(MARGIN, top, table.title, size=font, weight="bold")
            top -= 1.5 * ROW * font
        _draw_table(on, columns, (top, heads, depths), font)
    return on.figure


def _column(table: Table, place: int) -> Column:
    values = [row[place] for row in table.rows]
    name = told(table.columns[place])
    cells = [wrap(told(cell_text(value)), MOST_CELL) or [""] for value in values]
    widest = max((text_width(line) for cell in cells for line in cell), default=0.0)
    head = _wrapped(name, widest)
    is_right = place > 0 and all(value is None or isinstance(value, (int, float)) for value in values)
    width = max(widest, *(text_width(line, bold=True) for line in head))
    return Column(head, cells, width, is_right, PRINTED in name)


def _wrapped(name: str, widest: float) -> list[str]:
    """The name on lines as wide as the cells are, or wider where it would take more than a few lines."""
    for letters in range(1, len(name) + 1):
        lines = wrap(name, letters, break_long_words=False)
        is_short = len(lines) == 1 or max(text_width(line, bold=True) for line in lines) >= widest
        if len(lines) <= MOST_LINES and is_short:
            return lines
    return [name]


def _draw_table(
    on: Drawing, columns: Sequence[Column], rows: tuple[float, int, list[int]], font: float
) -> None:
    top, heads, depths = rows
    step, width = ROW * font, (sum(c.width for c in columns) + GAP * (len(columns) - 1)) * font
    starts = accumulate((font * (column.width + GAP) for column in columns), initial=MARGIN)
    first = top - 0.3 * step
    below = first - heads * step - 0.2 * step
    tops = list(accumulate(depths, lambda at, depth: at - depth * step, initial=below - 0.15 * step))
    for y, thick in ((first + 0.1 * step, 0.8), (below, 0.5), (tops[-1] - 0.1 * step, 0.8)):
        on.rule(MARGIN, MARGIN + width, y, thick)
    for column, left in zip(columns, starts, strict=False):
        at = left + column.width * font if column.is_right else left
        look = {"size": font, "ha": "right" if column.is_right else "left"}
        for line, text in enumerate(column.head):
            on.at(at, first - (heads - len(column.head) + line) * step, text, weight="bold", **look)
        ink = GREY if column.is_printed else BLACK
        for cell, y in zip(column.cells, tops, strict=False):
            for line, text in enumerate(cell):
                on.at(at, y - line * step, text, color=ink, **look)
