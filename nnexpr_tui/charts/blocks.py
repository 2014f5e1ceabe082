"""The heat map of a sweep as a picture: a block of its own for each place, evenly spaced, with its value in it.

A pure function of the map and its ground, of which only the width counts: a row is one row high. ``x`` goes to the
right and ``y`` upwards; each row and each column has its label. A place without a finite value is left empty, and the
legend says so; the least value never is, also where shades stand in for colours. Where columns are too narrow for
numbers they are left out first, then some of the labels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich.cells import cell_len

from nnexpr_tui.charts import palettes
from nnexpr_tui.charts.heat import EMPTY, Levels, Picture, blank, levels_of, write
from nnexpr_tui.charts.maps import Ground
from nnexpr_tui.charts.rows import plain_text

if TYPE_CHECKING:
    from nnexpr.runs.sweeps.pictures import HeatMap

__all__ = ["block_map"]

LONGEST = 16  # cells of a label
BAR = 16  # cells of the legend's colours at most
BRIGHT = 0x80  # the lightness of a colour from which text on it is black
EMPTY_MEANS = "empty: no finite value"


def block_map(data: HeatMap, ground: Ground) -> Picture:
    """The names of ``y`` and ``x``, the blocks with their labels, and the legend; nothing where it has no room."""
    up, across = [_label(text) for text in data.y], [_label(text) for text in data.x]
    margin = max(map(cell_len, up)) + 1
    texts = [[f"{value:.2g}" if math.isfinite(value) else "" for value in row] for row in data.values]
    sign = 2 if ground.plain else 0  # a shade beside the number
    needed = max(cell_len(text) for row in (*texts, across) for text in row) + 2 + sign
    room = (ground.width - margin) // len(across)
    if room < 1:
        return blank(ground.width, 0)
    step = min(room, needed)
    picture = blank(ground.width, len(up) + 3)
    write(picture, 0, 0, plain_text(data.y_label))
    levels = _levels(data)
    for i, label in enumerate(up):
        row = len(up) - i
        write(picture, row, margin - 1 - cell_len(label), label)
        for j, text in enumerate(texts[i]):
            shown = text if step == needed else ""
            _block(
                picture[row, margin + j * step : margin + (j + 1) * step], shown, int(levels[i, j]), ground
            )
    _label_across(picture, [*across, plain_text(data.x_label)], margin, step)
    _legend(picture, data, ground)
    return picture


def _label(text: str) -> str:
    text = plain_text(text)
    return text if cell_len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _levels(data: HeatMap) -> Levels:
    """Of the values, or of their powers of ten; all alike have the middle one."""
    values = np.array(data.values, dtype=np.float64)
    values = np.where(np.isfinite(values), values, np.nan)
    values = np.log10(values) if data.log else values
    if not data.finite:
        return np.full(values.shape, EMPTY, dtype=np.int16)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return levels_of(values, (low, high) if low < high else (low - 1.0, high + 1.0), palettes.LEVELS)


def _block(cells: Picture, text: str, level: int, ground: Ground) -> None:
    """One place: a number on its colour, or beside its shade."""
    if level == EMPTY:
        return
    over = cells[None, :]
    if ground.plain:
        write(over, 0, 0, " " + _shade(level, ground) * (1 if text else max(len(cells) - 1, 1)))
        if len(cells) == 1:
            write(over, 0, 0, _shade(level, ground))
        write(over, 0, 3, text)
        return
    paper = int(palettes.sequential(ground.dark)[level])
    write(over, 0, 0, text.center(len(cells)), ink=_ink(paper), paper=paper)


def _shade(level: int, ground: Ground) -> str:
    """Of the characters of a map but the first, which is a space."""
    shades = ground.shades[1:]
    return shades[level * len(shades) // palettes.LEVELS]


def _ink(paper: int) -> int:
    red, green, blue = paper >> 16, paper >> 8 & 255, paper & 255
    return 0x000000 if 0.299 * red + 0.587 * green + 0.114 * blue >= BRIGHT else 0xFFFFFF


def _label_across(picture: Picture, labels: Sequence[str], margin: int, step: int) -> None:
    """Each column's label under its middle, or as many as there is room for; behind them the name of the option."""
    *labels, name = labels
    row, end = len(picture) - 2, 0
    for place, label in enumerate(labels):
        start = max(margin + place * step + (step - cell_len(label)) // 2, margin)
        if start > end or (place == 0 and start >= end):
            write(picture, row, start, label)
            end = start + cell_len(label)
    end = max(end, margin + len(labels) * step)
    if end + 1 + cell_len(name) <= picture.shape[1]:
        write(picture, row, end + 1, name)
    else:  # beside that of the other
        write(picture, 0, picture.shape[1] - cell_len(name), name)


def _legend(picture: Picture, data: HeatMap, ground: Ground) -> None:
    """What the colours mean, and what no colour does."""
    row, at = len(picture) - 1, 0
    if data.finite:
        low, high = (f"{limit:.2g}" for limit in (min(data.finite), max(data.finite)))
        write(picture, row, 0, low)
        at = len(low) + 1
        bar = min(BAR, ground.width - len(low) - len(high) - 2)
        for place in range(max(bar, 0)):
            level = place * palettes.LEVELS // bar
            if ground.plain:
                write(picture, row, at + place, _shade(level, ground))
            else:
                write(picture, row, at + place, " ", paper=int(palettes.sequential(ground.dark)[level]))
        write(picture, row, at + max(bar, 0) + 1, high)
        at += max(bar, 0) + 1 + len(high) + 3
    if data.has_gaps:
        write(picture, row, at, EMPTY_MEANS)
