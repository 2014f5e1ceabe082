"""Maps of a function of two inputs as pictures: its values, its cells by their slopes, their borders by layer.

Pure functions of arrays. An image has its top row first; it is drawn at the size of the ground it is given, each pixel
being the one of the image that lies under it. Under every map stands a legend, one row high.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexpr_tui.charts import palettes
from nnexpr_tui.charts.dots import Canvas
from nnexpr_tui.charts.heat import (
    EMPTY,
    OWN,
    SHADES,
    Colors,
    Floats,
    Levels,
    Picture,
    blank,
    levels_of,
    pixels,
    resampled,
    shaded,
    write,
)  # fmt: skip
from nnexpr_tui.charts.limits import Limits, snap
from nnexpr_tui.charts.markers import SETS
from nnexpr_tui.charts.series import Markers

__all__ = [
    "Ground",
    "border_map",
    "borders",
    "cell_map",
    "draw_borders",
    "held_limit",
    "image_size",
    "marked",
    "picture_points",
    "value_limits",
    "value_map",
    "with_legend",
]

Faces = NDArray[np.int64]

LEAST_LEGEND = 4  # rows of a map from which on one of them is the legend
GREY = 0x808080  # where there is no number
MOST_BORDERS = 0.5  # of the pixels: where more of them are borders, only the cells' colours are shown
MOST_LINES = 20_000
ARROWS = "→↗↑↖←↙↓↘"
LAYER_SIGNS = "123456789abcdefghijklmnopqrstuvwxyz"
LARGE = 48  # rows of pixels from which the arms of the crosshair are two pixels long


@dataclass(frozen=True)
class Ground:
    """What a map is drawn on: cells, characters, and whether the theme is dark.

    ``plain``: colours are not to be relied on. ``cross``: where the crosshair is, in shares from the left and the top.
    """

    width: int
    height: int
    markers: Markers = "braille"
    dark: bool = True
    plain: bool = False
    cross: tuple[float, float] | None = None

    @property
    def rows(self) -> int:
        """Of cells that hold the map."""
        return max(self.height - (self.height >= LEAST_LEGEND), 0)

    @property
    def shades(self) -> str:
        return SHADES[self.markers]


def image_size(ground: Ground) -> tuple[int, int]:
    """Columns and rows of pixels that the ground can show."""
    return ground.width, ground.rows * (1 if ground.plain else 2)


def picture_points(sides: Sequence[tuple[float, float]], size: tuple[int, int]) -> Floats:
    """The middles of the pixels of an image of a rectangle, ``size`` columns and rows: ``(rows, columns, 2)``."""
    places = [
        low + (high - low) * (np.arange(count) + 0.5) / count
        for (low, high), count in zip(sides, size, strict=True)
    ]
    return np.stack(np.meshgrid(places[0], places[1][::-1]), axis=-1)


def value_limits(values: Floats) -> Limits:
    """Round limits around the finite values."""
    finite = values[np.isfinite(values)]
    return snap(float(finite.min()), float(finite.max())) if finite.size else (-1.0, 1.0)


def held_limit(values: Floats, before: float | None) -> float:
    """A round number that no finite value exceeds in size; the one before while it is at most four times as large."""
    finite = np.abs(values[np.isfinite(values)])
    largest = float(finite.max()) if finite.size else 0.0
    if before is not None and before / 4 <= largest <= before:
        return before
    return snap(0.0, largest)[1] if largest > 0 else 1.0


# Values


def value_map(
    values: Floats, limits: Limits, ground: Ground, *, signed: bool = False, before: Levels | None = None,
    label: Callable[[float], str] | None = None,
) -> tuple[Picture, Levels]:  # fmt: skip
    """Values by lightness; ``signed``: by hue and distance from zero. Also the levels, the next map's ``before``.

    ``label``: how the limits are written.
    """
    label = label or _label
    levels = levels_of(values, limits, palettes.LEVELS, before)
    colors = (palettes.diverging if signed else palettes.sequential)(ground.dark)
    width, height = image_size(ground)
    shown = levels[resampled(width, height, values)]
    if ground.plain:
        picture = shaded(shown, palettes.LEVELS, ground.shades)
    else:
        picture = pixels(marked(np.where(shown == EMPTY, GREY, colors[shown]), ground))
    picture = with_legend(picture, ground)
    _bar(picture, ground, colors, label(limits[0]), label(limits[1]))
    return picture, levels


# Cells


def cell_map(faces: Faces, slopes: Floats, limit: float, ground: Ground) -> Picture:
    """Each cell by its slope, with darker borders: hue is the gradient's direction, lightness the root of its norm.

    The root, because a few steep cells would else leave all others in the dark; ``limit`` is the norm at the top.
    """
    width, height = image_size(ground)
    shown = faces[resampled(width, height, faces)]
    norms = np.hypot(slopes[:, 0], slopes[:, 1])
    strengths = levels_of(np.sqrt(norms), (0.0, limit**0.5), palettes.STRENGTHS)
    strengths = np.maximum(strengths, 0)
    turn = np.arctan2(slopes[:, 1], slopes[:, 0]) / (2 * np.pi) * palettes.DIRECTIONS
    directions = np.rint(np.nan_to_num(turn)).astype(np.int64) % palettes.DIRECTIONS
    across, down = borders(shown)
    is_fine = shown.size > 0 and np.mean(across | down) > MOST_BORDERS
    if ground.plain:
        picture = shaded(strengths[shown], palettes.STRENGTHS, ground.shades)
        if not is_fine:
            draw_borders(picture, across, down, ascii_only=ground.markers == "ascii")
    else:
        border = (across | down) & (not is_fine)
        inner, outer = palettes.slope_colors(ground.dark), palettes.slope_colors(ground.dark, border=True)
        at = strengths[shown], directions[shown]
        picture = pixels(marked(np.where(border, outer[at], inner[at]), ground))
    picture = with_legend(picture, ground)
    _slope_legend(picture, ground, limit)
    return picture


def borders(faces: Faces) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where a pixel's right neighbour, and where the one below, lies in another cell."""
    across, down = np.zeros(faces.shape, dtype=bool), np.zeros(faces.shape, dtype=bool)
    across[:, :-1] = faces[:, 1:] != faces[:, :-1]
    down[:-1] = faces[1:] != faces[:-1]
    return across, down


def draw_borders(
    picture: Picture, across: NDArray[np.bool_], down: NDArray[np.bool_], *, ascii_only: bool
) -> None:
    lines = "|-+" if ascii_only else "│─┘"
    for where, line in zip((across & ~down, down & ~across, across & down), lines, strict=True):
        picture["code"][where] = ord(line)


def _slope_legend(picture: Picture, ground: Ground, limit: float) -> None:
    most = f"|slope| {'<=' if ground.markers == 'ascii' else '≤'} {_label(limit)}"
    if ground.plain or ground.rows == ground.height:
        _bar(picture, ground, palettes.slope_colors(ground.dark)[:, 0], "0", most)
        return
    row, hues = ground.height - 1, palettes.slope_colors(ground.dark)[-1]
    if len(ARROWS) + 2 + len(most) > ground.width:
        most = _label(limit)
    for place, arrow in enumerate(ARROWS[: ground.width]):
        hue = place * palettes.DIRECTIONS // len(ARROWS)
        write(picture, row, place, arrow, ink=int(hues[hue]))
    write(picture, row, len(ARROWS) + 1, most)


# Borders by layer


def border_map(
    segments: Floats, layers: NDArray[np.int64], window: tuple[Limits, Limits], ground: Ground
) -> Picture:
    """The borders of the cells as lines, each in the colour (or by the sign) of the hidden layer that makes it."""
    picture = blank(ground.width, ground.height)
    count = int(layers.max()) if layers.size else 0
    inks = np.concatenate([[OWN], palettes.layer_colors(ground.dark, max(count, 1))]).astype(np.int32)
    is_fine = len(segments) > MOST_LINES
    if not is_fine and ground.width and ground.rows:
        drawn, colors = picture[: ground.rows], np.zeros((ground.rows, ground.width), np.int16)
        canvas = Canvas(drawn["code"], colors, SETS[ground.markers])
        for layer in range(count, 0, -1):
            sign = LAYER_SIGNS[min(layer, len(LAYER_SIGNS)) - 1] if ground.plain else ""
            _draw_lines(canvas, segments[layers == layer], window, layer, sign)
        if not ground.plain:
            drawn["ink"] = inks[colors]
    _bracket(picture, ground)
    if ground.rows < ground.height:
        _layer_legend(picture, ground, inks[1 : count + 1], is_fine)
    return picture


def _draw_lines(canvas: Canvas, ends: Floats, window: tuple[Limits, Limits], color: int, sign: str) -> None:
    (left, right), (bottom, top) = window
    x = (ends[:, 0::2].ravel() - left) / (right - left) * canvas.dots_wide - 0.5
    y = (ends[:, 1::2].ravel() - bottom) / (top - bottom) * canvas.dots_high - 0.5
    if len(x):
        canvas.line(x, y, np.repeat(np.arange(len(ends)), 2), color, character=sign)


def _layer_legend(picture: Picture, ground: Ground, inks: Colors, is_fine: bool) -> None:
    row = ground.height - 1
    if is_fine:
        write(picture, row, 0, "too many borders to draw: i zooms in")
        return
    write(picture, row, 0, "layer")
    for place, ink in enumerate(inks.tolist()):
        write(picture, row, 6 + 2 * place, LAYER_SIGNS[min(place, len(LAYER_SIGNS) - 1)],
              ink=OWN if ground.plain else ink)  # fmt: skip


# What all have


def with_legend(picture: Picture, ground: Ground) -> Picture:
    """With an empty row below where there is to be a legend, and the crosshair where it is made of characters."""
    picture = np.vstack([picture, blank(ground.width, ground.height - ground.rows)])
    if ground.plain:
        _bracket(picture, ground)
    return picture


def _place(cross: tuple[float, float], columns: int, rows: int) -> tuple[int, int]:
    return min(int(cross[0] * columns), columns - 1), min(int(cross[1] * rows), rows - 1)


def marked(colors: NDArray[np.generic], ground: Ground) -> Colors:
    """With the arms of a crosshair around its pixel, which stays as it is."""
    marked = colors.astype(np.int32)
    rows, columns = marked.shape
    if ground.cross is not None and rows and columns:
        x, y = _place(ground.cross, columns, rows)
        for step in range(1, 3 if rows >= LARGE else 2):
            for dx, dy in ((step, 0), (-step, 0), (0, step), (0, -step)):
                if 0 <= x + dx < columns and 0 <= y + dy < rows:
                    marked[y + dy, x + dx] = palettes.mark(ground.dark)
    return marked


def _bracket(picture: Picture, ground: Ground) -> None:
    """A crosshair of characters: brackets around its cell."""
    if ground.cross is not None and ground.width and ground.rows:
        x, y = _place(ground.cross, ground.width, ground.rows)
        write(picture, y, x - 1, "[") if x else None
        write(picture, y, x + 1, "]")


def _bar(picture: Picture, ground: Ground, colors: Colors, low: str, high: str) -> None:
    """The legend: all colours, or shades, between the least and the greatest value."""
    if ground.rows == ground.height:
        return
    row, width = ground.height - 1, ground.width
    room = width - len(low) - len(high) - 2
    write(picture, row, 0, low)
    write(picture, row, width - len(high), high)
    if room < 3:
        return
    start = len(low) + 1
    for place in range(room):
        if ground.plain:
            write(picture, row, start + place, ground.shades[place * len(ground.shades) // room])
        else:
            write(picture, row, start + place, " ", paper=int(colors[place * len(colors) // room]))


def _label(value: float) -> str:
    return f"{value:.4g}"
