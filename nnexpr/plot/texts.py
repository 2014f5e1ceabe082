"""Texts of figures: as they are spelled, on one line, and how wide they are."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.font_manager import get_font
from matplotlib.ft2font import FT2Font

__all__ = ["PLAIN", "text_width", "told"]

PLAIN: dict[str, Any] = {"parse_math": False, "usetex": False}  # of a text: as it is spelled
MOST_TEXT = 160  # characters
MEASURED = 100.0  # points, at which widths of texts are taken


def told(text: str, *, own: bool = True) -> str:
    """``text`` on one line and not endless; in a figure of our ``own``, a sign that its font lacks is replaced."""
    line = " ".join(text.split())
    line = line if len(line) <= MOST_TEXT else line[: MOST_TEXT // 2] + " … " + line[-MOST_TEXT // 2 :]
    has = _signs() if own else None
    kept = (
        sign if sign.isprintable() and (has is None or ord(sign) in has) else "\N{REPLACEMENT CHARACTER}"
        for sign in line
    )
    return "".join(kept)


def text_width(text: str, size: float = 1.0, *, bold: bool = False) -> float:
    """How wide a text is in a figure of ours, in points, with letters of ``size``."""
    font = _font(bold)
    font.set_size(MEASURED, 72)  # matplotlib's own texts set the same font to other sizes
    font.set_text(text)
    return font.get_width_height()[0] / 64 * size / MEASURED


@cache
def _font(bold: bool = False) -> FT2Font:
    file = f"DejaVuSans{'-Bold' * bold}.ttf"
    return get_font(str(Path(matplotlib.get_data_path(), "fonts", "ttf", file)))


@cache
def _signs() -> frozenset[int]:
    """What the font of our figures can show."""
    return frozenset(_font().get_charmap())
