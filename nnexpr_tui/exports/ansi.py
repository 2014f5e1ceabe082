"""Rows of styled text as what a terminal is sent: a whole screen, or what of it is another than before.

Colours are the sixteen that every terminal has, named by the roles of the explorer's theme; a cast says beside them
what they look like. A picture's pixels have colours of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import get_character_cell_size

from nnexpr_tui.charts.rows import Row, Rows

__all__ = ["CLEARED", "THEME", "painted", "repainted"]

CODES = {
    "": "", "foreground": "", "value": "1", "key": "1;94", "axis": "90", "label": "90",
    "primary": "94", "secondary": "36", "accent": "33", "warning": "93", "error": "91", "success": "32",
}  # fmt: skip
THEME = {
    "fg": "#e0e0e0",
    "bg": "#121212",
    "palette": "#121212:#ba3c5b:#4ebf71:#ffa62b:#0178d4:#a371f7:#4b8bb5:#c8c8c8:"
    "#8a8a8a:#e0607e:#7ed89a:#e8d44d:#58a6ff:#c7a6ff:#7cc5e8:#ffffff",
}
CLEARED = "\x1b[?25l\x1b[0m\x1b[2J"  # no cursor, nothing on the screen

Cell = tuple[str, str]  # a character and its colour; no character where the one before is two cells wide


def painted(rows: Rows) -> str:
    """Every row, from the first cell."""
    return repainted((), rows)


def repainted(before: Rows, rows: Rows) -> str:
    """Of each row that differs, the cells from the first that does to the last."""
    sent = []
    for y, row in enumerate(rows):
        if y < len(before) and before[y] == row:
            continue
        new, old = _cells(row), _cells(before[y]) if y < len(before) else []
        span = _differing(old, new)
        if span is not None:
            sent.append(f"\x1b[{y + 1};{span[0] + 1}H{_sent(new[slice(*span)])}")
    return "".join(sent)


def _cells(row: Row) -> list[Cell]:
    return list(_each_cell(row))


def _each_cell(row: Row) -> Iterator[Cell]:
    for text, color in row:
        for character in text:
            yield character, color
            for _ in range(get_character_cell_size(character) - 1):
                yield "", color


def _differing(old: list[Cell], new: list[Cell]) -> tuple[int, int] | None:
    """From which cell to which; never half of a wide character."""
    if len(old) != len(new):
        return 0, len(new)
    differs = [x for x, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    if not differs:
        return None
    first, end = differs[0], differs[-1] + 1
    while first > 0 and not (new[first][0] and old[first][0]):
        first -= 1
    while end < len(new) and not (new[end][0] and old[end][0]):
        end += 1
    return first, end


def _sent(cells: list[Cell]) -> str:
    """The characters, and before each the colour where it is another than the one before."""
    words, present = [], ""
    for character, color in cells:
        code = CODES.get(color, color)
        if code != present and character:
            words.append(f"\x1b[0;{code}m" if code else "\x1b[0m")
            present = code
        words.append(character)
    return "".join(words) + ("\x1b[0m" if present else "")
