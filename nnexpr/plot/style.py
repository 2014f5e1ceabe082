"""The style of figures for papers: what is set of matplotlib while one of our own figures is made, drawn or saved.

It begins from matplotlib's own defaults, so that a figure looks the same whatever a person has configured, and it is
in force only inside :func:`applied`, which puts everything back: nobody's ``rcParams`` are changed. They are one global
object, so a lock keeps figures of several threads apart.

Sizes are in inches, texts in points as they will be printed: 7 and 8 are read well where a column is 3.4 inches wide.
Colours are those of Okabe and Ito (Color universal design, 2008), told apart with every kind of colour vision; each has
a dash of its own, so that lines are told apart in grey too. In PDF, text is embedded TrueType (type 42), which
publishers ask for; in SVG it stays text.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, Literal

import matplotlib.style

from nnexpr.specification import InputError

__all__ = [
    "BLACK", "COLORS", "FONT", "GREY", "LEGEND_FONT", "MAP", "MARKERS", "PALE", "SIGNED_MAP", "Size",
    "applied", "dash", "inches",
]  # fmt: skip

Size = Literal["column", "page"] | tuple[float, float]

COLUMN, PAGE = 3.4, 7.0  # inches: one column and two of the usual journals
RATIO = 0.66  # height over width, unless a figure asks for another
LEAST, MOST = 0.5, 100.0  # inches of a side

BLACK, GREY, PALE = "#000000", "#767676", "#b4b4b4"
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", BLACK)
MARKERS = "osD^v<>"
Dash = str | tuple[float, tuple[float, ...]]
DASHES: tuple[Dash, ...] = (
    "-", (0, (4, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (1, 1.2)), (0, (7, 1.5, 1, 1.5, 1, 1.5)), (0, (2, 1)),
    (0, (9, 3)),
)  # fmt: skip
MAP, SIGNED_MAP = (
    "cividis",
    "PuOr_r",
)  # of even steps in lightness; both are read with every kind of colour vision

FONT, LEGEND_FONT = 8.0, 7.0  # points

PAPER: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.formatter.limits": (-4, 5),
    "axes.grid": False,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 8,
    "axes.titlepad": 4,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # it comes with matplotlib: the same bytes on every machine
    "font.size": FONT,
    "figure.constrained_layout.h_pad": 0.03,
    "figure.constrained_layout.w_pad": 0.03,
    "figure.titlesize": 8,
    "image.composite_image": False,
    "legend.borderaxespad": 0.2,
    "legend.columnspacing": 1.2,
    "legend.fontsize": LEGEND_FONT,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "legend.labelspacing": 0.3,
    "lines.linewidth": 1.1,
    "lines.markersize": 3,
    "lines.scale_dashes": True,
    "patch.linewidth": 0.5,
    "pdf.fonttype": 42,
    "savefig.dpi": 300,
    "svg.fonttype": "none",
    "svg.hashsalt": "nnexpr",
    "xtick.labelsize": 7,
    "xtick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.labelsize": 7,
    "ytick.major.width": 0.6,
    "ytick.minor.width": 0.4,
}

_lock = RLock()


@contextmanager
def applied() -> Iterator[None]:
    """While inside, matplotlib makes and draws as papers want it; then everything is as it was before."""
    with _lock, matplotlib.style.context(["default", PAPER]):
        yield


def dash(place: int) -> Dash:
    """The dash of the curve at ``place``, from 0; with its colour it is had by no other of the first 49."""
    return DASHES[(place + place // len(COLORS)) % len(DASHES)]


def inches(size: Size, ratio: float = RATIO) -> tuple[float, float]:
    """Width and height; of a word the width, and the height by the figure's own ``ratio``. Raises InputError."""
    allowed = f"it must be column, page or WIDTH,HEIGHT in inches, each from {LEAST:g} to {MOST:g}"
    if isinstance(size, str):
        widths = {"column": COLUMN, "page": PAGE}
        if size not in widths:
            raise InputError("size", size, allowed)
        return widths[size], widths[size] * ratio
    try:
        width, height = (float(side) for side in size)
    except (TypeError, ValueError):
        raise InputError("size", str(size), allowed) from None
    if not (LEAST <= width <= MOST and LEAST <= height <= MOST):
        raise InputError("size", f"{width:g},{height:g}", allowed)
    return width, height
