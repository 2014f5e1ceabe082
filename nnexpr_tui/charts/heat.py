"""Maps as terminal cells: numbers become levels, levels become pixels or shades, and pixels become a picture.

A cell holds two pixels, one above the other: a half block in the upper one's colour on the lower one's. Where colours
are not to be relied on a cell holds one character, darker or lighter by its level. A :class:`Picture` is what a map
shows, cell by cell; two of them compared give the cells to be painted again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "EMPTY", "OWN", "PIXELS", "SHADES", "Picture", "blank", "changed_cells", "levels_of", "painted_bytes", "pixels",
    "resampled", "runs_of", "shaded", "with_rows", "write",
]  # fmt: skip

Colors = NDArray[np.int32]
Levels = NDArray[np.int16]
Floats = NDArray[np.float64]
Run = tuple[str, int, int]  # text, ink, paper

PIXELS = 0  # the code of a cell of two pixels: ink above paper
OWN = -1  # the widget's own colour, of text or of the ground
EMPTY = -1  # the level of what is not a finite number
SHADES = {"braille": " ░▒▓█", "block": " ░▒▓█", "ascii": " .:-=+*#%@"}
NO_NUMBER = "?"  # in shades, where a value is not finite
STICK = 0.75  # of a level: how far a value may be from the middle of the level it was given before
STYLE_BYTES = 42  # ESC [ 38;2;r;g;b;48;2;r;g;b m and ESC [ 0 m
MOVE_BYTES = 8


@dataclass(frozen=True, eq=False)
class Picture:
    """``codes, ink, paper: (rows, columns)``: a character in a colour on another, or two pixels. Not to be changed."""

    codes: NDArray[np.uint32]
    ink: Colors
    paper: Colors

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        rows, columns = self.codes.shape
        return columns, rows


def blank(columns: int, rows: int) -> Picture:
    """Nothing, on the widget's own ground."""
    own = np.full((max(rows, 0), max(columns, 0)), OWN, np.int32)
    return Picture(np.full(own.shape, ord(" "), np.uint32), own, own.copy())


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
    upper, lower = colors[::2], colors[1::2]
    return Picture(np.full(upper.shape, PIXELS, np.uint32), upper.copy(), lower.copy())


def shaded(levels: Levels, count: int, shades: str) -> Picture:
    """A picture of characters ``(rows, columns)`` in the widget's own colours, the last shade for the last level."""
    index = np.where(
        levels == EMPTY, len(shades), np.maximum(levels, 0).astype(np.int64) * len(shades) // count
    )
    codes = np.array([ord(c) for c in shades + NO_NUMBER], dtype=np.uint32)[index]
    own = np.full(levels.shape, OWN, np.int32)
    return Picture(codes, own, own.copy())


def write(picture: Picture, row: int, column: int, text: str, ink: int = OWN, paper: int = OWN) -> None:
    """Put text over cells of a picture that is still being made; what does not fit is left out."""
    columns, rows = picture.size
    first, last = max(column, 0), min(column + len(text), columns)
    if not 0 <= row < rows or first >= last:
        return
    picture.codes[row, first:last] = [ord(c) for c in text[first - column : last - column]]
    picture.ink[row, first:last] = ink
    picture.paper[row, first:last] = paper


def changed_cells(old: Picture, new: Picture) -> list[tuple[int, int]]:
    """``(row, cells)`` for each row that differs between two pictures of one size: up to the last cell that does.

    From the left, because that is how Textual paints a part of a row.
    """
    differ = (old.codes != new.codes) | (old.ink != new.ink) | (old.paper != new.paper)
    rows = np.flatnonzero(differ.any(axis=1))
    ends = differ.shape[1] - np.argmax(differ[rows, ::-1], axis=1)
    return list(zip(rows.tolist(), ends.tolist(), strict=True))


def with_rows(old: Picture, new: Picture, rows: Sequence[int]) -> Picture:
    """The old picture with these rows of the new one."""
    codes, ink, paper = old.codes.copy(), old.ink.copy(), old.paper.copy()
    codes[rows], ink[rows], paper[rows] = new.codes[rows], new.ink[rows], new.paper[rows]
    return Picture(codes, ink, paper)


def runs_of(codes: Sequence[int], inks: Sequence[int], papers: Sequence[int]) -> list[Run]:
    """One row as few runs of text: cells whose pixels have the same two colours, either way round, are one run."""
    runs: list[Run] = []
    text, ink, paper = "", None, 0  # ink None: the run has only one colour so far
    for code, above, below in zip(codes, inks, papers, strict=True):
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


def painted_bytes(runs: Sequence[Run], cells: int) -> int:
    """About how many bytes painting the first cells of a row sends."""
    sent = MOVE_BYTES
    for text, _, _ in runs:
        if cells <= 0:
            break
        sent += len(text[:cells].encode()) + STYLE_BYTES
        cells -= len(text)
    return sent
