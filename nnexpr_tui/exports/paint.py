"""Marks as images, by Pillow: drawn four times as large and averaged, so that lines are smooth.

What stands still is drawn once; a frame is a copy of that with its own marks on it. One frame is in memory at a time.
The typeface is DejaVu Sans, which matplotlib brings: it has the mathematical signs that names hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnexpr_tui.exports.marks import INKS, Bars, Curve, Dots, Image, Mark, Picture, Rule, Text

if TYPE_CHECKING:
    from PIL.Image import Image as Pixels

__all__ = ["Painter"]

FINER = 4  # times as many pixels, each way, while it is drawn


class Painter:
    """Paints frames of one picture on a light or a dark ground."""

    def __init__(self, picture: Picture, *, dark: bool) -> None:
        from PIL.Image import new

        self._dark = dark
        size = picture.width * FINER, picture.height * FINER
        self._still = new("RGB", size, self._color("ground"))
        self._draw(self._still, picture.still)

    def frame(self, marks: Sequence[Mark]) -> Pixels:
        """The picture with these marks, as an image of its size."""
        canvas = self._still.copy()
        self._draw(canvas, marks)
        return canvas.reduce(FINER)

    def colors(self) -> list[tuple[int, int, int]]:
        """The inks, exactly: one of each is on every frame."""
        from PIL.ImageColor import getrgb

        return [getrgb(self._color(ink))[:3] for ink in INKS]

    def _color(self, ink: str) -> str:
        return INKS[ink][self._dark]

    def _draw(self, canvas: Pixels, marks: Sequence[Mark]) -> None:
        from PIL import ImageDraw

        pen: Any = ImageDraw.Draw(canvas)
        for mark in marks:
            if isinstance(mark, Image):
                canvas.paste(_scaled(mark), (round(mark.x * FINER), round(mark.y * FINER)))
            else:
                self._put(pen, mark)

    def _put(self, pen: Any, mark: Curve | Rule | Bars | Dots | Text) -> None:
        color = self._color(mark.ink)
        match mark:
            case Curve():
                points = [tuple(point) for point in (mark.points * FINER).tolist()]
                pen.line(points, color, max(1, round(mark.width * FINER)), joint="curve")
            case Rule():
                pen.line([each * FINER for each in (mark.x0, mark.y0, mark.x1, mark.y1)], color, FINER)
            case Bars():
                low, high = mark.y * FINER, (mark.y - mark.height) * FINER
                for x in (mark.places * FINER).tolist():
                    pen.line([x, low, x, high], color, round(1.2 * FINER))
            case Dots():
                radius = mark.radius * FINER
                for x, y in (mark.points * FINER).tolist():
                    pen.ellipse([x - radius, y - radius, x + radius, y + radius], color)
            case Text():
                anchor = {"start": "ls", "middle": "ms", "end": "rs"}[mark.anchor]
                font = _font(mark.size * FINER, mark.bold)
                pen.text((mark.x * FINER, mark.y * FINER), mark.text, color, font, anchor)


def _scaled(mark: Image) -> Pixels:
    """Its pixels, each as a rectangle."""
    from PIL.Image import Resampling, fromarray

    colors = mark.colors
    channels = np.stack([colors >> 16, colors >> 8 & 255, colors & 255], axis=-1).astype(np.uint8)
    size = round(mark.width * FINER), round(mark.height * FINER)
    return fromarray(channels).resize(size, Resampling.NEAREST)


@cache
def _font(size: float, bold: bool) -> Any:
    from matplotlib import get_data_path
    from PIL import ImageFont

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(get_data_path(), "fonts", "ttf", name)), size)
