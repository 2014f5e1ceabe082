"""Maps of which is which: cells by their pattern of active units, decision regions; and what is drawn over any map.

Pure functions of arrays, as in ``maps``. Boundaries are drawn as the polylines that they are, clipped to the window;
points of the plane are letters.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnexpr_tui.charts import palettes
from nnexpr_tui.charts.dots import line_dots
from nnexpr_tui.charts.heat import OWN, PIXELS, Floats, Picture, pixels, resampled, shaded, write
from nnexpr_tui.charts.limits import Limits
from nnexpr_tui.charts.maps import Faces, Ground, borders, draw_borders, image_size, marked, with_legend

__all__ = ["class_map", "letter", "overdrawn", "pattern_map", "with_points"]

SIGNS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"  # of classes
MOST_BORDERS = 0.5  # of the pixels, as in ``maps``
MOST_DRAWN = 0.15  # of the pixels: lines that take more would hide what they are drawn over
Window = tuple[Limits, Limits]


def letter(number: int) -> str:
    """The sign of a class."""
    return SIGNS[number % len(SIGNS)]


def pattern_map(faces: Faces, numbers: Faces, ground: Ground) -> Picture:
    """Each cell by a colour that its pattern of active units alone gives, by ``numbers: (cells,)``; darker borders."""
    width, height = image_size(ground)
    shown = faces[resampled(width, height, faces)]
    chosen = (numbers % palettes.PATTERNS).astype(np.int64)
    across, down = borders(shown)
    is_fine = shown.size > 0 and np.mean(across | down) > MOST_BORDERS
    if ground.plain:
        picture = shaded(chosen[shown].astype(np.int16), palettes.PATTERNS, ground.shades)
        if not is_fine:
            draw_borders(picture, across, down, ascii_only=ground.markers == "ascii")
    else:
        inner, outer = palettes.pattern_colors(ground.dark), palettes.pattern_colors(ground.dark, border=True)
        at, border = chosen[shown], (across | down) & (not is_fine)
        picture = pixels(marked(np.where(border, outer[at], inner[at]), ground))
    picture = with_legend(picture, ground)
    if ground.rows < ground.height:
        write(picture, ground.height - 1, 0, "one colour: one pattern of units")
    return picture


def class_map(labels: Faces, classes: int, ground: Ground) -> Picture:
    """Decision regions: ``labels``, an image of the class at each pixel; the legend shows those that there are."""
    width, height = image_size(ground)
    shown = labels[resampled(width, height, labels)]
    across, down = borders(shown)
    if ground.plain:
        picture = shaded(np.zeros(shown.shape, np.int16), 1, " ")
        picture["code"] = np.array([ord(letter(each)) for each in range(classes)])[shown]
        draw_borders(picture, across, down, ascii_only=ground.markers == "ascii")
    else:
        inner = palettes.class_colors(ground.dark, classes)
        outer = palettes.class_colors(ground.dark, classes, border=True)
        picture = pixels(marked(np.where(across | down, outer[shown], inner[shown]), ground))
    picture = with_legend(picture, ground)
    if ground.rows < ground.height:
        _class_legend(picture, ground, np.unique(labels), classes)
    return picture


def _class_legend(picture: Picture, ground: Ground, present: Faces, classes: int) -> None:
    inks, row, column = palettes.class_colors(ground.dark, classes), ground.height - 1, len("largest") + 1
    write(picture, row, 0, "largest")
    for each in present.tolist():
        if column + len(str(each)) > ground.width:
            return
        write(picture, row, column, str(each), ink=OWN if ground.plain else int(inks[each]))
        column += len(str(each)) + 1


def overdrawn(picture: Picture, lines: Sequence[Floats], window: Window, ground: Ground) -> Picture:
    """The picture with polylines ``(points, 2)`` over it, in pixels, or in characters where colours are not shown.

    Lines that would hide the picture are left out.
    """
    columns, rows = image_size(ground)
    if not lines or not columns or not rows:
        return picture
    (left, right), (bottom, top) = window
    ends = np.concatenate(lines)
    x = (ends[:, 0] - left) / (right - left) * columns - 0.5
    y = (ends[:, 1] - bottom) / (top - bottom) * rows - 0.5
    pieces = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    across, down, _ = line_dots(x, y, pieces, columns, rows)
    if len(np.unique(down * columns + across)) > MOST_DRAWN * columns * rows:
        return picture
    drawn = picture.copy()
    if ground.plain:
        drawn["code"][down, across] = ord("#" if ground.markers == "ascii" else "•")
        return drawn
    for half, field in enumerate(("ink", "paper")):
        chosen = (down % 2 == half) & (drawn["code"][down // 2, across] == PIXELS)
        drawn[field][down[chosen] // 2, across[chosen]] = palettes.mark(ground.dark)
    return drawn


def with_points(
    picture: Picture, points: Sequence[tuple[str, float, float]], window: Window, ground: Ground
) -> Picture:
    """The picture with a letter at each point ``(letter, s, t)`` that lies in the window."""
    (left, right), (bottom, top) = window
    drawn = picture.copy()
    for sign, s, t in points:
        if left <= s <= right and bottom <= t <= top and ground.width and ground.rows:
            column = min(int((s - left) / (right - left) * ground.width), ground.width - 1)
            row = min(int((top - t) / (top - bottom) * ground.rows), ground.rows - 1)
            write(drawn, row, column, sign)
    return drawn
