"""The panes of the Network view: maps of cells, decisions, values and the input, and the chart of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnexpr_tui.charts.series import Axis, ChartData, Series
from nnexpr_tui.parts.cells import CellMap
from nnexpr_tui.parts.map_panes import said
from nnexpr_tui.parts.numbers import number
from nnexpr_tui.slices.kinds import MARGIN, parted, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr_tui.charts.heat import Picture
    from nnexpr_tui.charts.maps import Ground
    from nnexpr_tui.parts.viewport import Point
    from nnexpr_tui.slices.moment import Along, Counted, SliceMoment

    Array = NDArray[np.float64]

__all__ = ["ROW_HELP", "SlicePane", "input_at", "row_chart", "row_title", "values_at"]

HELPS = {
    "cells": """\
The cells of the network on this plane: on each it is one affine map. They are found exactly from the weights, in the
window that is shown. b changes the colours: by slope (hue: the direction in which the output of the map of values
rises, lightness: how steeply), by a hash of which units are active, so that a cell keeps its colour while the window
moves, or the borders alone, in the colour of the layer that makes each. White lines are where the largest output
changes. a chooses which outputs are counted, as the lower border says; of a margin, white lines are where it is zero,
so that its output comes to be the largest.""",
    "decisions": """\
Which output is largest, by its number. The regions and their borders are found exactly: inside a cell all outputs are
affine, so a border is a straight line there; none is too thin to be counted.""",
    "values": """\
One output as a map; . and , take the next and the one before. Lighter is more on a dark theme. The values come from
the exact affine map of each cell. Of a margin: blue where another output is larger, orange where that one is the
largest.""",
    "input": """\
The input at the crosshair. Where inputs are images it is the image, in the grey or the colours that it has; black and
white are the least and the greatest number of the points that were given. Other inputs are numbers with bars.""",
}
ROW_HELP = """\
The outputs on the row of the crosshair, from one edge of the window to the other: s is the place on it. Between two
points, --between A B, it is the segment from A at 0 to B at 1. The pieces are found exactly from the weights. The marks
under the canvas are the bends, and below them where the largest output changes.
All outputs are drawn where they are few; of many, the chosen one (. and , choose) and those that are the largest
somewhere; of a margin (a) it alone, and below it where it is zero. Up and down take another row of the
plane, i and o zoom, ] turns the row. V reads values."""

CURVES = ("primary", "accent", "success", "error", "foreground", "secondary")
MOST_CURVES = len(CURVES)  # outputs that are drawn on a row
BAR_LABEL = 14  # columns for the name and the number of an input, before its bar


class SlicePane(CellMap):
    """One of the maps."""

    def __init__(self, kind: str, title: str) -> None:
        super().__init__(title, id=f"slice-{kind}")
        self.kind, self.help_text = kind, HELPS[kind]

    def picture(self, moment: SliceMoment, ground: Ground, point: Point, colors: str, output: int) -> Picture:
        """The map of this moment, or why there is none."""
        found = moment.counted
        if self.kind == "input":
            return self._input(moment, ground, point)
        if found is None:
            return said(moment.note or moment.owed, ground)
        if self.kind == "decisions":
            return self._decisions(moment, found, ground)
        if self.kind == "values":
            return self._values(moment, found, ground, output)
        return self._cells(moment, found, ground, colors, output)

    def _decisions(self, moment: SliceMoment, found: Counted, ground: Ground) -> Picture:
        from nnexpr_tui.charts.classes import class_map

        if found.labels is None or moment.opened is None:
            return said("one output: nothing is decided", ground)
        return _marked(class_map(found.labels, moment.opened.outputs, ground), moment, found, ground)

    def _values(self, moment: SliceMoment, found: Counted, ground: Ground, output: int) -> Picture:
        import numpy as np

        from nnexpr_tui.charts.maps import held_limit, value_limits, value_map

        values = values_at(found, output)
        if parted(found.of.of)[0] != MARGIN:
            return _marked(value_map(values, value_limits(values), ground)[0], moment, found, ground)
        # By its root, as slopes are: a few places of a large margin would else leave all others in the dark.
        most = held_limit(values, None) ** 0.5
        roots = np.sign(values) * np.sqrt(np.abs(values))
        drawn, _ = value_map(roots, (-most, most), ground, signed=True, label=_squared)
        return _marked(drawn, moment, found, ground)

    def _cells(
        self, moment: SliceMoment, found: Counted, ground: Ground, colors: str, output: int
    ) -> Picture:
        from nnexpr_tui.charts.classes import overdrawn

        window = found.viewport.window
        drawn = self.drawn(found, found.slopes[:, :, found.column(output)], window, ground, colors)
        if colors != "layer":
            drawn = overdrawn(drawn, found.lines, window, ground)
        return _marked(drawn, moment, found, ground)

    def _input(self, moment: SliceMoment, ground: Ground, point: Point) -> Picture:
        from nnexpr_tui.charts.images import image_map

        of, x = moment.opened, input_at(moment, point)
        if of is None or x is None:
            return said("", ground)
        return _bars(x, ground) if of.image is None else image_map(x.reshape(of.image), of.limits, ground)


def _squared(root: float) -> str:
    return f"{root * abs(root):.4g}"


def _bars(numbers: Array, ground: Ground) -> Picture:
    """An input of numbers: a bar for each, to the right or to the left of zero, beside its name; as many as fit."""
    from nnexpr_tui.charts.heat import blank, write

    picture, room = blank(ground.width, ground.height), max((ground.width - BAR_LABEL) // 2, 1)
    largest = float(abs(numbers).max()) or 1.0
    sign = "=" if ground.markers == "ascii" else "■"
    for place, value in enumerate(numbers[: ground.height].tolist()):
        write(picture, place, 0, f"x{place + 1} {number(value)}"[: BAR_LABEL - 1])
        long = round(abs(value) / largest * (room - 1))
        start = BAR_LABEL + room - (long if value < 0 else 0)
        write(picture, place, start, sign * max(long, 1))
    return picture


def _marked(picture: Picture, moment: SliceMoment, found: Counted, ground: Ground) -> Picture:
    """With the letters of the points that were given, where they lie in the plane that is shown."""
    from nnexpr_tui.charts.classes import with_points

    if (
        moment.looked is None or moment.looked.plane is not found.of.plane
    ):  # it is being turned: where they will be is not where they are
        return picture
    points = [(mark.letter, *mark.place) for mark in moment.marks]
    return with_points(picture, points, found.viewport.window, ground)


def values_at(found: Counted, output: int) -> Array:
    """An output, or the margin that is counted, at the pixels, ``(height, width)``, by the maps of their cells."""
    places, column = found.viewport.points().reshape(*found.faces.shape, 2), found.column(output)
    slopes, intercepts = found.slopes[found.faces, :, column], found.intercepts[found.faces, column]
    values: Array = (slopes * places).sum(axis=-1) + intercepts
    return values


def input_at(moment: SliceMoment, point: Point) -> Array | None:
    """The input at a point of the plane, in the file's own units; None before there is a network."""
    if moment.opened is None or moment.looked is None:
        return None
    return moment.opened.own(moment.looked.plane.at(*point))


# The row


def row_title(t: float) -> str:
    """What the chart shows."""
    return f"Along t = {number(t)}"


def row_chart(moment: SliceMoment, output: int, s: float) -> ChartData | None:
    """The outputs on the row with its bends, and a rule at this s; None where nothing was counted."""
    row = moment.along
    if row is None:
        return None
    curves = [
        Series(row.s, row.values[:, each], f"out {each}", color)
        for each, color in zip(_drawn(row, output), CURVES, strict=False)
    ]
    if row.margin is not None:
        curves = [Series(row.margin[0], row.margin[1], words(row.of.of), CURVES[0])]
    at = _points(moment, row, output)
    marks = [
        Series((place,), (value,), "", "warning", marker=sign, style="points") for sign, place, value in at
    ]
    ticks = [Series(row.bends, (), "bends", "warning", style="ticks")]
    if row.zeros is not None:
        ticks.append(Series(row.zeros, (), "zero", "foreground", style="ticks"))
    elif row.classes:
        ticks.append(Series(row.changes, (), "largest changes", "foreground", style="ticks"))
    return ChartData((*curves, *marks, *ticks), Axis(label="s", limits=row.ends), cursor=s)


def _drawn(row: Along, output: int) -> list[int]:
    """The outputs that are drawn: all, or of many the chosen one and those that are largest somewhere."""
    outputs = row.values.shape[1]
    if outputs <= MOST_CURVES:
        return list(range(outputs))
    others = [each for each in dict.fromkeys(row.classes) if each != output]
    return sorted([output, *others[: MOST_CURVES - 1]])


def _points(moment: SliceMoment, row: Along, output: int) -> list[tuple[str, float, float]]:
    """The given points that lie on the row, by letter, s and the output there."""
    if row.of is not moment.looked:
        return []
    low, high = row.ends
    return [
        (mark.letter, mark.place[0], row.drawn_at(mark.place[0], output))
        for mark in moment.marks
        if mark.place[1] == row.t and low <= mark.place[0] <= high
    ]
