"""Colours of maps, computed: along each palette the lightness of OKLab changes in equal steps.

A palette is an array of colours packed as ``0xRRGGBB``. It is given in OKLCh (Ottosson, "A perceptual color space for
image processing", 2020): lightness L, chroma C, hue h. Where sRGB has no such colour its chroma is reduced, never its
lightness, so equal steps stay equal steps. On a dark ground small values are dark and on a light one light: what stands
out is what is large. All tables are computed once for each ground.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "DIRECTIONS", "LEVELS", "PATTERNS", "STRENGTHS", "class_colors", "diverging", "layer_colors", "mark", "packed",
    "pattern_colors", "sequential", "slope_colors",
]  # fmt: skip

Colors = NDArray[np.int32]
Floats = NDArray[np.float64]

LEVELS = 33  # of values: odd, so that zero has a level of its own; finer steps are hardly seen and send more
DIRECTIONS = 24  # of a gradient
STRENGTHS = 13  # of a gradient's norm
PATTERNS = 48  # colours of patterns: hues in three lightnesses
GOLDEN_ANGLE = 137.508  # degrees: neighbouring layers get hues far apart
HALVINGS = 20  # of the interval in which the most chroma is looked for
BORDER = 0.6  # the lightness of a border, of its cell's

_TO_CONE = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ]
)
_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def packed(lightness: ArrayLike, chroma: ArrayLike, hue: ArrayLike) -> Colors:
    """The colours ``0xRRGGBB`` of OKLCh, hue in degrees, with as much of the chroma as sRGB has. Shapes broadcast."""
    light, colorful, angle = np.broadcast_arrays(
        *(np.asarray(part, dtype=np.float64) for part in (lightness, chroma, np.deg2rad(hue)))
    )
    least, most = (
        np.zeros(light.shape),
        np.full(light.shape, 2.0),
    )  # shares of the chroma; the first tried is all
    for _ in range(HALVINGS):
        share = 0.5 * (least + most)
        linear = _linear_rgb(light, share * colorful, angle)
        inside = np.all((linear >= -1e-9) & (linear <= 1 + 1e-9), axis=-1) & (share <= 1)
        least, most = np.where(inside, share, least), np.where(inside, most, share)
    linear = np.clip(_linear_rgb(light, least * colorful, angle), 0.0, 1.0)
    gamma = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = np.moveaxis(np.rint(255 * gamma).astype(np.int32), -1, 0)
    colors: Colors = red << 16 | green << 8 | blue
    return colors


def _linear_rgb(lightness: Floats, chroma: Floats, angle: Floats) -> Floats:
    lab = np.stack([lightness, chroma * np.cos(angle), chroma * np.sin(angle)], axis=-1)
    linear: Floats = (lab @ _TO_CONE.T) ** 3 @ _TO_RGB.T
    return linear


@lru_cache(maxsize=8)
def sequential(dark: bool, levels: int = LEVELS) -> Colors:
    """From violet over green to yellow, ``(levels,)``: as in viridis, lightness alone gives the order."""
    share = np.linspace(0.0, 1.0, levels)
    colors = packed(0.25 + 0.67 * share, 0.15, 300 - 192 * share)
    return colors if dark else colors[::-1]


@lru_cache(maxsize=8)
def diverging(dark: bool, levels: int = LEVELS) -> Colors:
    """From blue over the ground's own grey to orange, ``(levels,)``."""
    place = np.linspace(-1.0, 1.0, levels)
    size = np.abs(place)
    lightness = 0.25 + 0.55 * size if dark else 0.97 - 0.5 * size
    return packed(lightness, 0.19 * size, np.where(place < 0, 255.0, 50.0))


@lru_cache(maxsize=8)
def slope_colors(dark: bool, border: bool = False) -> Colors:
    """``(STRENGTHS, DIRECTIONS)``: lightness by the gradient's norm, hue by its direction, from the right."""
    strength = np.linspace(0.0, 1.0, STRENGTHS)[:, None]
    lightness = 0.36 + 0.5 * strength if dark else 0.95 - 0.45 * strength
    hue = 30 + np.arange(DIRECTIONS)[None, :] * (360 / DIRECTIONS)
    chroma = np.where(strength > 0, 0.05 + 0.11 * strength, 0.0)
    return packed(lightness * (BORDER if border else 1.0), chroma, hue)


@lru_cache(maxsize=64)
def layer_colors(dark: bool, layers: int) -> Colors:
    """A colour for each hidden layer, ``(layers,)``, all of one lightness."""
    return packed(0.78 if dark else 0.5, 0.15, 70 + GOLDEN_ANGLE * np.arange(layers))


@lru_cache(maxsize=64)
def class_colors(dark: bool, classes: int, border: bool = False) -> Colors:
    """A colour for each class, ``(classes,)``: hues far apart, and of neighbours in two lightnesses."""
    number = np.arange(classes)
    lightness = (0.62 if dark else 0.78) + np.where(number % 2, 0.12, 0.0)
    return packed(lightness * (BORDER if border else 1.0), 0.12, 30 + GOLDEN_ANGLE * number)


@lru_cache(maxsize=8)
def pattern_colors(dark: bool, border: bool = False) -> Colors:
    """Colours that say nothing but which is which, ``(PATTERNS,)``."""
    number = np.arange(PATTERNS)
    lightness = (0.42 if dark else 0.68) + 0.12 * (number % 3)
    return packed(lightness * (BORDER if border else 1.0), 0.11, number * (360 / PATTERNS))


def mark(dark: bool) -> int:
    """The colour of the crosshair: in no palette."""
    return 0xFFFFFF if dark else 0x000000
