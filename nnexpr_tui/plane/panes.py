"""The panes of the Plane screen: maps of the target, the fit, the error and the cells, and the lines beside them."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from nnexpr_tui.parts.cells import CellMap, certificate_rows, window_rows
from nnexpr_tui.parts.lines import Line
from nnexpr_tui.parts.map_panes import MapPane, said
from nnexpr_tui.parts.numbers import count, number
from nnexpr_tui.parts.table import ROOMY, label_width, row
from nnexpr_tui.training.moment import FitMoment

if TYPE_CHECKING:
    from nnexpr_tui.charts.heat import Levels, Picture
    from nnexpr_tui.charts.maps import Ground
    from nnexpr_tui.plane.moment import PlaneMoment

__all__ = ["COUNT_HELP", "POINT_HELP", "CellPane", "ValuePane", "count_lines", "point_lines"]

VALUES_HELP = """\
Lighter is more on a dark theme, darker is more on a light one; the bar under the map says how much. Target and fit
have one scale, the target's: what the fit has beyond it is shown like the scale's end."""
ERROR_HELP = """\
Fit minus target: blue where the fit is too low, orange where it is too high, the theme's ground where it is right."""
CELL_HELP = """\
The cells of the shown member: on each the network is one affine map. They are found exactly from the weights, and each
pixel is looked up in them; a darker pixel lies on a border. The hue is the direction in which the map rises (the
arrows under the map), the lightness how steeply.
b colours each by a hash of which units are active on it, so that a cell keeps its colour while the network is trained,
and then shows the borders themselves as lines, each in the colour of the hidden layer that makes it: the first layer's
are straight, those of later layers bend where they cross the borders of earlier ones."""
COUNT_HELP = """\
Linear regions: the cells of the domain on each of which the shown member is one affine map, counted exactly from the
weights. Activation regions: those with one pattern of active units. At most: what the architecture cannot exceed.
What certifies the count: vertices minus edges plus cells is 1 (Euler); the areas of the cells add up to the domain's;
residual: the greatest difference between a cell's map and the network; sampled: random points that are in another cell
than their pattern of active units says. Mean degree: corners of a cell, on average close to 4.
Ties: borders so close that rounding cannot tell them apart, counted as one."""
POINT_HELP = """\
The values at the crosshair, and the affine map of the cell it is in. The arrow keys or h, j, k, l move it by a pixel,
with shift by eight; i and o zoom in and out around it, w shows the whole domain."""


class ValuePane(MapPane):
    """Target, fit or error."""

    def __init__(self, title: str, *, signed: bool = False, id: str) -> None:  # noqa: A002
        super().__init__(title, id=id)
        self.signed = signed
        self.help_text = ERROR_HELP if signed else VALUES_HELP
        self._levels: Levels | None = None
        self._way: object = None

    def has_news(self, moment: PlaneMoment) -> bool:
        """Whether the moment has other values than those that are shown."""
        shown = self.moment
        if shown is None:
            return True
        return shown.target is not moment.target if self.id == "plane-target" else shown.fit is not moment.fit

    def picture(self, values: Any, limits: tuple[float, float], ground: Ground, window: object) -> Picture:
        """The map; levels are held while scale and window stay."""
        from nnexpr_tui.charts.maps import value_map

        way = (limits, window)
        before = self._levels if way == self._way else None
        self._way = way
        drawn, self._levels = value_map(values, limits, ground, signed=self.signed, before=before)
        return drawn


class CellPane(CellMap):
    """The cells: by slope, by pattern, or their borders by layer."""

    HELP: ClassVar[str] = CELL_HELP

    def has_news(self, moment: PlaneMoment) -> bool:
        """Whether the moment has other cells than those that are shown, or another reason for having none."""
        shown = self.moment
        if shown is None or shown.cells is not moment.cells:
            return True
        reason = moment.note, moment.is_counting
        return moment.cells is None and (shown.note, shown.is_counting) != reason

    def picture(self, moment: PlaneMoment, ground: Ground, colors: str) -> Picture:
        """The map in these of ``COLORS``, or why there is none."""
        cells = moment.cells
        if cells is None:
            counting = "counting" if moment.is_counting else "no cells: not piecewise linear"
            return said(moment.note or counting, ground)
        return self.drawn(cells, cells.regions.slopes, moment.viewport.window, ground, colors)


# Lines


def count_lines(fit: FitMoment, moment: PlaneMoment | None) -> list[Line]:
    """The counts and what certifies them, the most watched first."""
    cells, scene = moment.cells if moment is not None else None, fit.scene
    lines = [row("Loss", number(fit.loss), "accent")]
    if not scene.has_cells:
        lines += [row("Linear regions", "n/a"), ((("activation or encoding is not"), "label"),)]
        return [*lines, (("piecewise linear", "label"),), row("Parameters", count(scene.parameters))]
    lines.append(row("Linear regions", count(cells.regions.count) if cells else "counting…", "accent"))
    if moment is not None and moment.note:
        lines[-1] = row("Linear regions", "not counted", "error")
        lines.append(((moment.note, "error"),))
    if cells is not None:
        regions, check = cells.regions, cells.regions.check
        dead = ", ".join(f"{layer}.{unit}" for layer, unit in regions.dead_units[:2])
        more = " …" if len(regions.dead_units) > 2 else ""
        lines += [
            row("Activation reg.", count(regions.activation_regions)),
            row("Certified", "yes" if check.certified else "NO"),
            row("Dead units", f"{len(regions.dead_units)}: {dead}{more}" if dead else "none"),
            *certificate_rows(check),
            row("Mean degree", f"{check.mean_degree:.3f}"),
            row("Counted at", f"epoch {count(cells.counted.epoch)}"),
        ]
    if scene.upper_bound is not None:
        lines.append(row("At most", count(scene.upper_bound)))
    return [*lines, row("Parameters", count(scene.parameters))]


def point_lines(
    moment: PlaneMoment, point: tuple[float, float], *, ascii_only: bool, room: int = ROOMY
) -> list[Line]:
    """What is at the pixel of the crosshair, which stands for its middle; ``room``: cells of the pane."""
    line = partial(row, width=label_width(room))
    column, across = moment.viewport.place(point)
    x1, x2 = moment.viewport.point(column, across)
    target, fit = float(moment.target[across, column]), float(moment.fit[across, column])
    lines = [
        line("x1, x2", f"{number(x1)}, {number(x2)}", "accent"),
        line("Target", number(target)),
        line("Fit", number(fit)),
        line("Error", number(fit - target)),
    ]
    if moment.cells is not None:
        face = int(moment.cells.faces[across, column])
        a, b = (float(part) for part in moment.cells.regions.slopes[face])
        turn = math.degrees(math.atan2(b, a)) if math.isfinite(a + b) else 0.0
        lines += [
            (("f = ", "label"), (affine(a, b, float(moment.cells.regions.intercepts[face])), "value")),
            line("Slope", number(math.hypot(a, b)) + f" at {turn:.0f}" + ("" if ascii_only else "°")),
            line("Cell", f"{count(face + 1)} of {count(len(moment.cells.regions.slopes))}"),
        ]
    return [
        *lines,
        *window_rows(moment.viewport.window, ("x1", "x2"), ascii_only=ascii_only, width=label_width(room)),
    ]


def affine(a: float, b: float, constant: float) -> str:
    """``1.2 x1 - 0.4 x2 + 0.3``."""
    text = f"{number(a)} x1"
    for value, name in ((b, " x2"), (constant, "")):
        text += f" {'-' if value < 0 else '+'} {number(abs(value))}{name}"
    return text
