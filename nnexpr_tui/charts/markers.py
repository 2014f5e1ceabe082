"""The characters of a chart: three sets, and how series differ in each where colour does not tell them apart.

``braille`` has 2x4 dots in a cell and ``block`` 2x2 (quadrants); both draw a line as dots, and in a frame with
``patterns`` dash it by its number. ``ascii`` has one character a cell, its own for each series.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len

from nnexpr_tui.charts.rows import plain_text
from nnexpr_tui.charts.series import Frame, Markers, Series

__all__ = ["SETS", "MarkerSet", "dash_pattern", "line_character", "point_character", "sample"]


@dataclass(frozen=True)
class MarkerSet:
    """``weights[row][column]`` is the bit of a dot; ``glyphs[bits]`` the character with just those dots."""

    weights: tuple[tuple[int, ...], ...]
    glyphs: str
    fill: str  # inside a band
    points: str  # one for each series, in turn
    ticks: tuple[str, ...]  # by bits of the dot columns that are marked
    rule: str  # of a cursor

    @property
    def rows(self) -> int:
        return len(self.weights)

    @property
    def columns(self) -> int:
        return len(self.weights[0])


ASCII_LINES = "*x#=~w"

SETS: dict[Markers, MarkerSet] = {
    "braille": MarkerSet(
        ((1, 8), (2, 16), (4, 32), (64, 128)),
        " " + "".join(chr(0x2800 + bits) for bits in range(1, 256)),
        "░",
        "•+×◦",
        (" ", "⡇", "⢸", "⣿"),
        "│",
    ),
    "block": MarkerSet(((1, 2), (4, 8)), " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█", "░", "•+×◦", (" ", "▌", "▐", "█"), "│"),
    "ascii": MarkerSet(((1,),), " *", ".", "o@%&", (" ", "|"), ":"),
}

DASHES = ((), (1, 1, 1, 1, 0, 0, 0, 0), (1, 0, 0, 0), (1, 1, 1, 1, 1, 0, 0, 1, 0, 0), (1, 1, 0))


def dash_pattern(index: int, frame: Frame) -> tuple[int, ...]:
    """Which dots along the line number ``index`` are drawn, repeating; empty for all."""
    return DASHES[index % len(DASHES)] if frame.patterns and frame.markers != "ascii" else ()


def line_character(series: Series, index: int, frame: Frame, dashes: bool = True) -> str:
    """The one character a line is made of, or "" where it is made of dots.

    Where colours are lacking and lines cannot be dashed, all but the first series are made of characters.
    """
    if frame.markers != "ascii" and (dashes or not frame.patterns or index == 0):
        return ""
    return _own_marker(series) or ASCII_LINES[index % len(ASCII_LINES)]


def point_character(series: Series, index: int, frame: Frame) -> str:
    """The character that marks a point."""
    choice = SETS[frame.markers].points
    return _own_marker(series) or choice[index % len(choice)]


def _own_marker(series: Series) -> str:
    marker = plain_text(series.marker)[:1]
    return marker if marker and cell_len(marker) == 1 else ""


def sample(series: Series, index: int, frame: Frame, dashes: bool = True) -> str:
    """What the legend shows beside the name of the series: at most four cells of how it is drawn."""
    chosen = SETS[frame.markers]
    if series.style == "band":
        return chosen.fill * 2
    if series.style == "ticks":
        return chosen.ticks[1]
    if series.style == "points":
        return point_character(series, index, frame)
    if character := line_character(series, index, frame, dashes):
        return character * 2
    pattern = dash_pattern(index, frame) if dashes else ()
    width = 4 if pattern else 2
    bits = chosen.weights[chosen.rows // 2]
    cells = [0] * width
    for dot in range(width * chosen.columns):
        if not pattern or pattern[dot % len(pattern)]:
            cells[dot // chosen.columns] |= bits[dot % chosen.columns]
    return "".join(chosen.glyphs[cell] for cell in cells)
