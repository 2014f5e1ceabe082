"""Parallel coordinates as a picture: an upright axis for each option, a line across them for each cell of a sweep.

A pure function of the data and its ground. The colour of a line is its rank, the best brightest and in front; where
colours are not to be relied on, the best tenth alone is drawn in lines and the rest in dots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from nnexpr_tui.charts import palettes
from nnexpr_tui.charts.dots import Canvas
from nnexpr_tui.charts.heat import OWN, Picture, blank, write
from nnexpr_tui.charts.maps import Ground
from nnexpr_tui.charts.markers import SETS
from nnexpr_tui.charts.rows import plain_text

if TYPE_CHECKING:
    from nnexpr.runs.sweeps.pictures import Coordinate, Parallel

__all__ = ["MOST_LINES", "parallel_picture"]

MOST_LINES = 400  # the best of them; more are one surface
COLORS = 8  # of ranks
SMALLEST = 24, 6  # cells and rows; with less nothing is drawn
APART = 2  # cells between an axis and a number beside it
THIN = (1, 0, 0, 0, 0, 0)  # the dots of a line that is not among the best, where colours do not tell


def parallel_picture(data: Parallel, ground: Ground) -> Picture:
    """The axes with their names above and some of their values beside them, and a line for each cell."""
    picture = blank(ground.width, ground.height)
    if not data.axes or ground.width < SMALLEST[0] or ground.height < SMALLEST[1]:
        return picture
    room = max((cell_len(text) for _, text in data.axes[-1].ticks), default=0) + APART
    columns = np.linspace(0, max(1, ground.width - 1 - room), len(data.axes)).round().astype(int).tolist()
    body = picture[1:]
    _lines(body, data, columns, ground)
    for axis, column in zip(data.axes, columns, strict=True):
        _axis(body, axis, column, ground)
    for at, (axis, column) in enumerate(zip(data.axes, columns, strict=True)):
        end = columns[at + 1] - 1 if at + 1 < len(columns) else ground.width
        write(picture, 0, column, plain_text(axis.name)[: max(1, end - column)])
    return picture


def _lines(body: Picture, data: Parallel, columns: list[int], ground: Ground) -> None:
    codes = np.full(body.shape, ord(" "), dtype=np.uint32)
    colors = np.full(body.shape, -1, dtype=np.int16)
    canvas = Canvas(codes, colors, SETS[ground.markers])
    across = (np.array(columns) + 0.5) * canvas.markers.columns
    cells = data.cells[-MOST_LINES:]
    best = max(1, len(cells) // 10)
    whole: NDArray[np.intp] = np.zeros(len(columns), dtype=np.intp)
    for rank, cell in enumerate(cells):
        up = np.array([axis.places[cell] for axis in data.axes])
        if np.isnan(up).any():
            continue
        is_best = rank >= len(cells) - best
        pattern = THIN if ground.plain and not is_best else ()
        canvas.line(across, up * (canvas.dots_high - 1), whole, rank * COLORS // len(cells), pattern)
    drawn = codes != ord(" ")
    body["code"][drawn] = codes[drawn]
    if not ground.plain:
        inks = palettes.sequential(ground.dark, COLORS)
        body["ink"][drawn] = inks[np.clip(colors[drawn], 0, COLORS - 1)]


def _axis(body: Picture, axis: Coordinate, column: int, ground: Ground) -> None:
    """The rule, where no line runs, and what some of its places are."""
    free = body["code"][:, column] == ord(" ")
    body["code"][free, column] = ord("|" if ground.markers == "ascii" else "│")
    body["ink"][free, column] = OWN
    taken: set[int] = set()
    for place, text in reversed(axis.ticks):
        row = round((1.0 - place) * (len(body) - 1))
        if row not in taken:
            taken.add(row)
            write(body, row, column + APART - 1, f" {plain_text(text)} ")
