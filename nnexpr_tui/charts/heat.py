"""Maps as terminal cells: numbers become levels, levels become pixels or shades, and pixels become a picture.

A cell holds two pixels, one above the other: a half block in the upper one's colour on the lower one's. Where colours
are not to be relied on a cell holds one character, darker or lighter by its level. A picture is what a map shows, an
array of cells with the fields ``code, ink, paper``: a character in a colour on another, or two pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "BLANK", "EMPTY", "OWN", "PIXELS", "SHADES", "Picture", "blank", "changed_cells", "levels_of", "pixels",
    "resampled", "runs_of", "shaded", "write",
]  # fmt: skip

Colors = NDArray[np.int32]
Levels = NDArray[np.int16]
Floats = NDArray[np.float64]
Picture = NDArray[np.void]  # (rows, columns) of CELL
Run = tuple[str, int, int]  # text, ink, paper

PIXELS = 0  # the code of a cell of two pixels: ink above paper
OWN = -1  # the widget's own colour, of text or of the ground
EMPTY = -1  # the level of what is not a finite number
SHADES = {"braille": " ░▒▓█", "block": " ░▒▓█", "ascii": " .:-=+*#%@"}
NO_NUMBER = "?"  # in shades, where a value is not finite
STICK = 0.75  # of a level: how far a value may be from the middle of the level it was given before
CELL = np.dtype([("code", np.uint32), ("ink", np.int32), ("paper", np.int32)])
BLANK = np.array((ord(" "), OWN, OWN), CELL)


def blank(columns: int, rows: int) -> Picture:
    """Nothing, on the widget's own ground."""
    return np.full((max(rows, 0), max(columns, 0)), BLANK)


def levels_of(
    values: ArrayLike, limits: tuple[float, float], count: int, before: Levels | None = None
) -> Levels:
    """The level 0 ... count - 1 of each value, ``EMPTY`` for NaN; values beyond the limits take the outermost.

    ``before``, of the same shape: levels given earlier are kept while the value is within ``STICK`` of a level from
    their middle, so that a value that hovers between two does not send its cell again and again.
    """
    low, high = limits
    place = np.asarray(values, dtype=np.float64)
    with np.errstate(all="ignore"):
        # halved, so that no difference overflows
        place = (place / 2 - low / 2) / (high / 2 - low / 2) * count
    missing = np.isnan(np.asarray(values, dtype=np.float64))
    # Limits so close that their halves are one number make 0 / 0 of a value between them.
    place = np.clip(np.where(np.isnan(place), 0.0, place), 0.0, count)
    levels = np.minimum(place.astype(np.int16), count - 1)
    if before is not None and before.shape == levels.shape:
        near = (np.abs(place - before - 0.5) <= STICK) & (before >= 0) & (before < count)
        levels = np.where(near, before, levels)
    return np.where(missing, EMPTY, levels).astype(np.int16)


def resampled(width: int, height: int, image: NDArray[np.generic]) -> tuple[Levels, Levels]:
    """Rows ``(height, 1)`` and columns ``(1, width)`` of ``image`` whose pixels lie under those of another size."""
    rows = ((np.arange(height) + 0.5) * image.shape[0] / max(height, 1)).astype(np.int16)
    columns = ((np.arange(width) + 0.5) * image.shape[1] / max(width, 1)).astype(np.int16)
    return rows[:, None], columns[None, :]


def pixels(colors: Colors) -> Picture:
    """A picture of pixels ``(2 rows, columns)``, packed as ``0xRRGGBB``."""
    picture = blank(colors.shape[1], len(colors) // 2)
    picture["code"], picture["ink"], picture["paper"] = PIXELS, colors[::2], colors[1::2]
    return picture


def shaded(levels: Levels, count: int, shades: str) -> Picture:
    """A picture of characters ``(rows, columns)`` in the widget's own colours, the last shade for the last level."""
    index = np.where(
        levels == EMPTY, len(shades), np.maximum(levels, 0).astype(np.int64) * len(shades) // count
    )
    picture = blank(levels.shape[1], len(levels))
    picture["code"] = np.array([ord(c) for c in shades + NO_NUMBER])[index]
    return picture


def write(picture: Picture, row: int, column: int, text: str, ink: int = OWN, paper: int = OWN) -> None:
    """Put text over cells of a picture that is still being made; what does not fit is left out."""
    rows, columns = picture.shape
    first, last = max(column, 0), min(column + len(text), columns)
    if 0 <= row < rows and first < last:
        picture[row, first:last] = [(ord(c), ink, paper) for c in text[first - column : last - column]]


def changed_cells(old: Picture, new: Picture) -> list[tuple[int, int]]:
    """``(row, cells)`` for each row that differs between two pictures of one size: up to the last cell that does.

    From the left, because that is how Textual paints a part of a row.
    """
    differ = old != new
    rows = np.flatnonzero(differ.any(axis=1))
    ends = differ.shape[1] - np.argmax(differ[rows, ::-1], axis=1)
    return list(zip(rows.tolist(), ends.tolist(), strict=True))


def runs_of(row: Sequence[tuple[int, int, int]]) -> list[Run]:
    """A row as few runs of text: cells whose pixels have the same two colours, either way round, are one run."""
    runs: list[Run] = []
    text, ink, paper = "", None, 0  # ink None: the run has only one colour so far
    for code, above, below in row:
        found = _joined(code, above, below, ink, paper) if text else None
        if found is None:
            if text:
                runs.append((text, paper if ink is None else ink, paper))
            text, paper = "", below
            found = _joined(code, above, below, None, paper) or (" ", None)
        text, ink = text + found[0], found[1]
    if text:
        runs.append((text, paper if ink is None else ink, paper))
    return runs


def _joined(code: int, above: int, below: int, ink: int | None, paper: int) -> tuple[str, int | None] | None:
    """The cell's character and the run's ink where the cell can be drawn in the run's colours."""
    if code != PIXELS:
        return (chr(code), above) if below == paper and ink in (None, above) else None
    if above == below:
        return (" ", ink) if above == paper else ("█", ink) if above == ink else None
    if below == paper and ink in (None, above):
        return "▀", above
    if above == paper and ink in (None, below):
        return "▄", below
    return None
