"""An input that is an image, as pixels of a terminal: grey, or red, green and blue.

A pixel of the image is a square of so many terminal pixels as there is room for, two of which, one above the other, are
a cell; where colours are not to be relied on, it is a shade.
"""

from __future__ import annotations

import numpy as np

from nnexpr_tui.charts.heat import Colors, Floats, Picture, blank, levels_of, pixels, resampled, shaded
from nnexpr_tui.charts.limits import Limits
from nnexpr_tui.charts.maps import Ground

__all__ = ["image_channels", "image_map"]

GREYS = 64  # levels: finer ones are not seen
MOST_CHANNELS = 4


def image_channels(shape: tuple[int, ...]) -> tuple[int, int, int] | None:
    """Channels, rows and columns of an input of this shape, channels first; None where it is no image."""
    sides = [side for side in shape if side > 1]
    if len(sides) == 3 and sides[0] in (2, 3, MOST_CHANNELS):
        return sides[0], sides[1], sides[2]
    return (1, sides[0], sides[1]) if len(sides) == 2 else None


def image_map(image: Floats, limits: Limits, ground: Ground) -> Picture:
    """The image ``(channels, rows, columns)`` in the middle of the ground, black at the lower limit.

    Three channels are colours; of two, or four, the mean is shown.
    """
    _, rows, columns = image.shape
    width, height = ground.width, ground.height * (1 if ground.plain else 2)
    across = 2 if ground.plain else 1  # a character is twice as high as wide
    size = min(width / (columns * across), height / rows)
    shown = max(int(columns * across * size), 1), max(int(rows * size), 1)
    picture = blank(ground.width, ground.height)
    if not width or not height:
        return picture
    grey = image.mean(axis=0)
    at = resampled(*shown, grey)
    left = (width - shown[0]) // 2
    if ground.plain:
        drawn = shaded(levels_of(grey, limits, GREYS)[at], GREYS, ground.shades)
        picture[: shown[1], left : left + shown[0]] = drawn
        return picture
    channels = image if len(image) == 3 else np.repeat(grey[None], 3, axis=0)
    colors = _packed(channels, limits)[at]
    even = np.vstack([colors, colors[-1:]]) if len(colors) % 2 else colors
    drawn = pixels(even)
    picture[: len(drawn), left : left + shown[0]] = drawn
    return picture


def _packed(channels: Floats, limits: Limits) -> Colors:
    steps = levels_of(channels, limits, GREYS).astype(np.int32) * 255 // (GREYS - 1)
    red, green, blue = np.maximum(steps, 0)
    packed: Colors = red << 16 | green << 8 | blue
    return packed
