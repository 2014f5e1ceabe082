"""plotext, and all that is known about it here (version 5.3.2; why that one: docs/decisions/plotext.md).

Only figure objects are used, so charts do not share state and may be built in any thread. A figure is given finite,
thinned values in the unit square and ticks: then plotext searches for nothing and cannot meet a zero-height axis. Its
size is set directly, as ``plotsize`` would cap it at the terminal's. Ticks are set on its monitor, as ``xticks`` passes
them through a set and so loses their order. Its matrix of characters is read as it is, without the string of escapes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from plotext._figure import _figure_class

from nnexpr_tui.charts.limits import Tick

__all__ = ["NO_COLOR", "Body", "Box", "Curve", "axes", "plot"]

NO_COLOR = 0  # the index of the axes' colour; series have 1 to 255
ASCII_AXES = str.maketrans("│┤└┬─", "|+++-")


@dataclass(frozen=True, eq=False)
class Body:
    """A grid of characters, top row first, and where in it the canvas is.

    ``codes`` (rows, columns) uint32 code points; ``colors`` (rows, columns) int16 indices of colours.
    """

    codes: NDArray[np.uint32]
    colors: NDArray[np.int16]
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Curve:
    """Points of the unit square: joined or not, drawn with a marker (``"braille"``, ``"hd"`` or a character)."""

    x: list[float]
    y: list[float]
    joined: bool
    marker: str
    color: int


@dataclass(frozen=True)
class Box:
    """What the axes depend on. Ticks are at positions from 0 to 1; labels are padded to ``gutter`` cells."""

    width: int
    height: int
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    gutter: int
    ascii_only: bool = False


@lru_cache(maxsize=64)
def axes(box: Box) -> Body:
    """The axes alone, kept for the next frame with the same limits; copy before writing."""
    body = plot(box, ())
    body.codes.setflags(write=False)
    body.colors.setflags(write=False)
    return body


def plot(box: Box, curves: Iterable[Curve]) -> Body:
    """Axes and curves, drawn by plotext."""
    figure: Any = _figure_class()
    figure._set_size(box.width, box.height)
    figure.theme("clear")
    figure.xaxes(True, False)
    figure.yaxes(True, False)
    figure.xlim(0, 1)
    figure.ylim(0, 1)
    monitor = figure.monitor
    monitor.xticks[0], monitor.xlabels[0] = _split(box.x_ticks)
    monitor.yticks[0], labels = _split(box.y_ticks)
    monitor.ylabels[0] = [label.rjust(box.gutter) for label in labels]
    figure.scatter([0], [0], marker=" ")  # an axis without data would have no ticks
    for curve in curves:
        draw = figure.plot if curve.joined else figure.scatter
        draw(curve.x, curve.y, marker=curve.marker, color=curve.color)
    figure._set_sizes()
    figure._build_matrix()
    return _read(monitor.matrix, box.ascii_only)


def _split(ticks: Sequence[Tick]) -> tuple[list[float], list[str]]:
    return [tick.position for tick in ticks], [tick.label for tick in ticks]


def _read(matrix: Any, ascii_only: bool) -> Body:
    """plotext's matrix, whose first row is the lowest, as grids."""
    shape = (matrix.rows, matrix.cols)
    text = "".join("".join(row) for row in reversed(matrix.marker))
    text = text.translate(ASCII_AXES) if ascii_only else text
    codes = np.frombuffer(text.encode("utf-32-le"), dtype="<u4").reshape(shape).astype(np.uint32)
    colors = [c if isinstance(c, int) else NO_COLOR for row in reversed(matrix.fullground) for c in row]
    columns, rows = matrix.Cols_canvas, matrix.Rows_canvas
    return Body(
        codes,
        np.array(colors, dtype=np.int16).reshape(shape),
        left=columns.start,
        top=matrix.rows - rows.stop,
        width=len(columns),
        height=len(rows),
    )
