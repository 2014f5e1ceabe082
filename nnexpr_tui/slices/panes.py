"""The panes of the Network view: maps of cells, decisions, values and the input, and the lines beside them."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

from nnexpr_tui.parts.lines import Line
from nnexpr_tui.parts.map_panes import MapPane
from nnexpr_tui.parts.numbers import count, number
from nnexpr_tui.parts.table import row

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr_tui.charts.heat import Picture
    from nnexpr_tui.charts.maps import Ground
    from nnexpr_tui.slices.moment import Counted, OpenedNetwork, SliceMoment

    Array = NDArray[np.float64]

__all__ = [
    "COLORS",
    "COUNT_HELP",
    "HELPS",
    "POINT_HELP",
    "SlicePane",
    "count_lines",
    "input_at",
    "point_lines",
    "values_at",
]

COLORS = {"slope": "Cells by slope", "pattern": "Cells by pattern", "layer": "Borders by layer"}
HELPS = {
    "cells": """\
The cells of the network on this plane: on each it is one affine map. They are found exactly from the weights, in the
window that is shown. b changes the colours: by slope (hue: the direction in which the output of the map of values
rises, lightness: how steeply), by a hash of which units are active, so that a cell keeps its colour while the window
moves, or the borders alone, in the colour of the layer that makes each. White lines are where the largest output
changes.""",
    "decisions": """\
Which output is largest, by its number. The regions and their borders are found exactly: inside a cell all outputs are
affine, so a border is a straight line there; none is too thin to be counted.""",
    "values": """\
One output as a map; . and , take the next and the one before. Lighter is more on a dark theme. The values come from
the exact affine map of each cell.""",
    "input": """\
The input at the crosshair. Where inputs are images it is the image, in the grey or the colours that it has; black and
white are the least and the greatest number of the points that were given. Other inputs are numbers with bars.""",
}
COUNT_HELP = """\
Linear regions: the cells on each of which all outputs together are one affine map, in the window, counted exactly.
Decision regions: those on which one output is the largest. What certifies the count: vertices minus edges plus cells is
1 (Euler); areas add up to the window's; residual: the greatest difference between a cell's map and the network;
sampled: random points that are in another cell than their pattern of active units says."""
POINT_HELP = """\
The point of the plane at the crosshair: s and t of x = origin + s u + t v, the outputs there, largest first, and the
cell. The arrow keys or h, j, k, l move it by a pixel, with shift by eight; g goes to the points that were given."""

MOST_OUTPUTS = 5  # that are told at the crosshair
NEAR = 1e-9  # of the size of inputs: a point that is nearer to the plane lies in it
BAR_LABEL = 14  # columns for the name and the number of an input, before its bar
MOST_INPUTS = 12  # that are told as numbers


class SlicePane(MapPane):
    """One of the maps."""

    limit: float | None = None

    def __init__(self, kind: str, title: str) -> None:
        super().__init__(title, id=f"slice-{kind}")
        self.kind, self.help_text = kind, HELPS[kind]

    def picture(
        self, moment: SliceMoment, ground: Ground, point: tuple[float, float], colors: str, output: int
    ) -> Picture:
        """The map of this moment, or why there is none."""
        found = moment.counted
        if self.kind == "input":
            return self._input(moment, ground, point)
        if found is None:
            return _said(moment.note or "counting…", ground)
        if self.kind == "decisions":
            return self._decisions(moment, found, ground)
        if self.kind == "values":
            return self._values(moment, found, ground, output)
        return self._cells(moment, found, ground, colors, output)

    def _decisions(self, moment: SliceMoment, found: Counted, ground: Ground) -> Picture:
        from nnexpr_tui.charts.classes import class_map

        if found.labels is None or moment.opened is None:
            return _said("one output: nothing is decided", ground)
        return _marked(class_map(found.labels, moment.opened.outputs, ground), moment, found, ground)

    def _values(self, moment: SliceMoment, found: Counted, ground: Ground, output: int) -> Picture:
        from nnexpr_tui.charts.maps import value_limits, value_map

        values = values_at(found, output)
        return _marked(value_map(values, value_limits(values), ground)[0], moment, found, ground)

    def _cells(
        self, moment: SliceMoment, found: Counted, ground: Ground, colors: str, output: int
    ) -> Picture:
        from nnexpr_tui.charts.classes import overdrawn, pattern_map
        from nnexpr_tui.charts.maps import border_map, cell_map, held_limit

        window = found.viewport.window
        if colors == "layer":
            return _marked(border_map(found.segments, found.layers, window, ground), moment, found, ground)
        if colors == "pattern":
            drawn = pattern_map(found.faces, found.patterns, ground)
        else:
            slopes = found.slopes[:, :, output]
            self.limit = held_limit((slopes[found.faces] ** 2).sum(axis=-1) ** 0.5, self.limit)
            drawn = cell_map(found.faces, slopes, self.limit, ground)
        return _marked(overdrawn(drawn, found.boundary, window, ground), moment, found, ground)

    def _input(self, moment: SliceMoment, ground: Ground, point: tuple[float, float]) -> Picture:
        from nnexpr_tui.charts.images import image_map

        of = moment.opened
        if of is None or moment.plane is None:
            return _said("", ground)
        if of.image is None:
            return _bars(input_at(moment, point), ground)
        return image_map(input_at(moment, point).reshape(of.image), of.limits, ground)


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

    if moment.plane is not found.plane:  # it is being turned: where they will be is not where they are
        return picture
    points = [(mark.letter, *mark.place) for mark in moment.marks]
    return with_points(picture, points, found.viewport.window, ground)


def _said(text: str, ground: Ground) -> Picture:
    from nnexpr_tui.charts.heat import blank, write

    picture = blank(ground.width, ground.height)
    for place, line in enumerate(wrap(text, max(ground.width, 1))):
        write(picture, place, 0, line)
    return picture


def values_at(found: Counted, output: int) -> Array:
    """An output at the pixels, ``(height, width)``, by the affine maps of their cells."""
    places = found.viewport.points().reshape(*found.faces.shape, 2)
    values: Array = (found.slopes[found.faces, :, output] * places).sum(axis=-1) + found.intercepts[
        found.faces, output
    ]
    return values


def input_at(moment: SliceMoment, point: tuple[float, float]) -> Any:
    """The network's input at a point of the plane."""
    assert moment.plane is not None  # noqa: S101 - there is a plane where there is a network
    return moment.plane.at(*point)


# Lines


def count_lines(moment: SliceMoment) -> list[Line]:
    """The counts and what certifies them, the most watched first."""
    of, found = moment.opened, moment.counted
    if of is None:
        return [((moment.note or "f opens a network", "error" if moment.note else "label"),)]
    owed = "counting…" if moment.is_counting else "not counted"
    lines = [row("Linear regions", count(found.regions.count) if found else owed, "accent")]
    if moment.note:
        lines += [((line, "error"),) for line in wrap(moment.note, 30)]
    if found is not None:
        regions, check = found.regions, found.regions.check
        decisions = [] if found.decisions is None else [row("Decision reg.", count(found.decisions))]
        lines += [
            row("Cells", count(regions.activation_regions)),
            *decisions,
            row("Bends", count(regions.bends)),
            row("Certified", "yes" if check.certified else "NO"),
            row("Euler V-E+F", f"{check.euler}" + (" ok" if check.euler == 1 else " wrong")),
            row("Area error", number(check.area_error, 2)),
            row("Residual", number(check.max_residual, 2)),
            row("Sampled wrong", f"{count(check.sampled_mismatches)} of {count(check.sampled_points)}"),
            row("Ties", count(check.ties)),
            row("Counted in", f"{number(found.seconds, 2)} s"),
        ]
    lines.append(row("Tilts towards", moment.aside))
    return [*lines, *(((line, "label"),) for line in wrap(of.words, 30))]


def point_lines(
    moment: SliceMoment, point: tuple[float, float], output: int, *, ascii_only: bool
) -> list[Line]:
    """What is at the pixel of the crosshair, which stands for the point in its middle."""
    of, found = moment.opened, moment.counted
    if of is None or moment.plane is None:
        return []
    s, t = point
    lines = [row("s, t", f"{number(s)}, {number(t)}", "accent")]
    if found is not None:
        column, across = found.viewport.place(point)
        lines += _outputs(
            found, int(found.faces[across, column]), found.viewport.point(column, across), output
        )
    for mark in moment.marks:
        lines.append(row(mark.letter, f"{number(mark.place[0])}, {number(mark.place[1])}"))
        if mark.distance > NEAR * (1.0 + abs(of.limits[1] - of.limits[0])):
            lines.append(row(f"{mark.letter} off plane", number(mark.distance)))
    if of.image is None and of.inputs <= MOST_INPUTS:
        numbers = input_at(moment, point).tolist()
        lines += [row(f"x{place}", number(value)) for place, value in enumerate(numbers, 1)]
    return [*lines, *_window(moment, ascii_only=ascii_only)]


def _outputs(found: Counted, face: int, place: tuple[float, float], output: int) -> list[Line]:
    values = place @ found.slopes[face] + found.intercepts[face]
    order = (-values).argsort(kind="stable").tolist()
    lines = [row("Cell", f"{count(face + 1)} of {count(len(found.slopes))}")]
    if len(order) > 1:
        lead = float(values[order[0]] - values[order[1]])
        lines.append(row("Largest", f"{order[0]}, by {number(lead)}", "accent"))
    shown = order[:MOST_OUTPUTS] if output in order[:MOST_OUTPUTS] else [*order[: MOST_OUTPUTS - 1], output]
    return [*lines, *(row(f"Output {each}", number(float(values[each]))) for each in shown)]


def _window(moment: SliceMoment, *, ascii_only: bool) -> list[Line]:
    if moment.counted is None:
        return []
    dash = ".." if ascii_only else "…"
    (left, right), (bottom, top) = moment.counted.viewport.window
    return [
        row("Shown s", f"{number(left)} {dash} {number(right)}"),
        row("Shown t", f"{number(bottom)} {dash} {number(top)}"),
    ]


def title_of(of: OpenedNetwork) -> str:
    """The file's name, its end where it is long."""
    return of.file if len(of.file) <= 40 else f"…{of.file[-39:]}"
