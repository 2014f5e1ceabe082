"""What a picture is made of, in pixels from its upper left corner, and the inks it is drawn in.

An ink is a name; what colour it is depends on whether the ground is light or dark. The colours of the curves are those
of Okabe and Ito ("Color universal design", 2008), darker or lighter as the ground needs: they are told apart by people
who see fewer colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CURVES",
    "INKS",
    "Bars",
    "Curve",
    "Dots",
    "Image",
    "Mark",
    "Picture",
    "Rule",
    "Text",
    "text_width",
]

Floats = NDArray[np.float64]

INKS: dict[str, tuple[str, str]] = {  # on a light ground, on a dark one
    "ground": ("#ffffff", "#0d1117"),
    "text": ("#1f2328", "#e6edf3"),
    "faint": ("#59636e", "#9198a1"),
    "grid": ("#e4e8ec", "#262c36"),
    "axis": ("#8c959f", "#6e7681"),
    "target": ("#a3abb3", "#7d858e"),
    "curve0": ("#0b63b0", "#58a6ff"),
    "curve1": ("#c24d00", "#f0883e"),
    "curve2": ("#00795a", "#3fb98f"),
    "curve3": ("#a44a82", "#d68fc0"),
    "bends": ("#9a6700", "#d29922"),
}
CURVES = tuple(name for name in INKS if name.startswith("curve"))
GLYPH = 0.6  # of a text's size: how wide a character is taken to be; those of usual fonts are narrower


@dataclass(frozen=True, eq=False, slots=True)
class Curve:
    """A line through ``points: (n, 2)``."""

    points: Floats
    ink: str
    width: float = 1.6


@dataclass(frozen=True, eq=False, slots=True)
class Rule:
    """A thin straight line."""

    x0: float
    y0: float
    x1: float
    y1: float
    ink: str


@dataclass(frozen=True, eq=False, slots=True)
class Bars:
    """Short upright strokes at ``places: (n,)``, from ``y`` upwards."""

    places: Floats
    y: float
    height: float
    ink: str


@dataclass(frozen=True, eq=False, slots=True)
class Dots:
    """Discs around ``points: (n, 2)``."""

    points: Floats
    radius: float
    ink: str


@dataclass(frozen=True, eq=False, slots=True)
class Text:
    """One line; ``x`` is its beginning, middle or end, ``y`` the line it stands on."""

    x: float
    y: float
    text: str
    ink: str = "text"
    size: float = 13
    anchor: Literal["start", "middle", "end"] = "start"
    bold: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Image:
    """Pixels ``(rows, columns)`` packed as ``0xRRGGBB``, top row first, drawn as large as it says."""

    x: float
    y: float
    width: float
    height: float
    colors: NDArray[np.int32]


Mark = Curve | Rule | Bars | Dots | Text | Image


@dataclass(frozen=True, eq=False, slots=True)
class Picture:
    """What stands still, from back to front. ``title`` and ``description`` are for those who do not see it."""

    width: int
    height: int
    still: tuple[Mark, ...]
    title: str
    description: str


def text_width(text: str, size: float) -> float:
    """About how many pixels it takes at most."""
    return GLYPH * size * len(text)
