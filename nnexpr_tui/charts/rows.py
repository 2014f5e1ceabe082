"""Rows of styled text, and the little that is done to them without NumPy.

A :data:`Run` is a piece of text and the name of its colour (``""``: the widget's own); a :data:`Row` is the runs of one
line. They are plain tuples: cheap to compare, safe to hand from one thread to another.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from rich.cells import cell_len, set_cell_size

__all__ = [
    "AXIS", "TEXT", "WARNING", "Row", "Rows", "Run", "bytes_painted", "changed_rows", "fit_row", "plain_text",
    "row_width", "shortened", "shortened_row", "told_apart",
]  # fmt: skip

Run = tuple[str, str]
Row = tuple[Run, ...]
Rows = tuple[Row, ...]

TEXT, AXIS, WARNING = "", "axis", "warning"
MOVE_BYTES = 8  # ESC [ 12 ; 34 H
STYLE_BYTES = 40  # ESC [ 38;2;r;g;b;48;2;r;g;b m and ESC [ 0 m
UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me", "Zl", "Zp"})


def plain_text(text: str, limit: int = 200) -> str:
    """``text`` on one line, without control characters, escapes, marks that combine, directions or zero widths.

    What comes from a file or a run's name reaches the terminal as the characters it shows and nothing else.
    """
    text = text[:limit]
    if text.isascii() and text.isprintable():  # as nearly all are
        return text.strip()
    return "".join(map(_shown_as, text)).strip()


@lru_cache(maxsize=4096)
def _shown_as(character: str) -> str:
    if character in "\t\n\r\v\f\x85\u2028\u2029":
        return " "
    return character if unicodedata.category(character) not in UNSHOWN and cell_len(character) else ""


def shortened(text: str, width: int) -> str:
    """At most so many cells of it, the last of them ``…`` where there is more: half a number is another."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip(" ,") + "…" if width > 0 else ""


def shortened_row(row: Row, width: int) -> Row:
    """The same of a row: cut where more than blanks is beyond so many cells, in the colour of what is cut."""
    said = "".join(text for text, _ in row).rstrip()
    if cell_len(said) <= width:
        return row
    result: list[Run] = []
    for text, color in row:
        left = width - row_width(result)
        if cell_len(text) >= left:
            return (*result, (shortened(text + "…", left), color))
        result.append((text, color))
    return tuple(result)


def told_apart(names: Sequence[str], width: int) -> list[str]:
    """Each in so many cells: its beginning or, where that is another's too, its end; empty where both are."""
    heads, tails = [shortened(name, width) for name in names], [_end_of(name, width) for name in names]
    return [
        head if head == name or heads.count(head) == 1
        else tail if tails.count(tail) == 1
        else ""
        for head, tail, name in zip(heads, tails, names, strict=True)
    ]  # fmt: skip


def _end_of(text: str, width: int) -> str:
    """As many whole words of its end as fit, behind the sign that something is missing; empty where none does."""
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) >= width:
        text = text.partition(" ")[2]
    return f"…{text}" if text else ""


def row_width(row: Iterable[Run]) -> int:
    """Cells the row takes."""
    return sum(cell_len(text) for text, _ in row)


def merged(runs: Iterable[Run]) -> Row:
    """The runs with neighbours of one colour joined and empty ones left out; blanks join the run before them."""
    result: list[Run] = []
    for text, color in runs:
        if not text:
            continue
        if result and (result[-1][1] == color or text.isspace()):
            result[-1] = (result[-1][0] + text, result[-1][1])
        else:
            result.append((text, color))
    return tuple(result)


def fit_row(runs: Iterable[Run], width: int) -> Row:
    """The runs cut or filled to exactly ``width`` cells."""
    result: list[Run] = []
    left = width
    for text, color in runs:
        size = cell_len(text)
        if size > left:
            result.append((set_cell_size(text, left), color))
            left = 0
            break
        result.append((text, color))
        left -= size
    return merged([*result, (" " * left, TEXT)])


def changed_rows(old: Rows, new: Rows) -> list[tuple[int, int]]:
    """``(row, cells)`` for each row that differs: its number, and how many cells from the left are to be repainted."""
    if len(old) != len(new):
        return [(y, row_width(row)) for y, row in enumerate(new)]
    return [(y, _last_change(a, b)) for y, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]


def bytes_painted(row: Iterable[tuple[Any, ...]], cells: int) -> int:
    """About how many bytes painting the first ``cells`` of the row sends: its text, and a style for each run."""
    sent = MOVE_BYTES
    for text, *_ in row:
        if cells <= 0:
            break
        sent += len(text[:cells].encode()) + STYLE_BYTES
        cells -= len(text)
    return sent


def _last_change(old: Row, new: Row) -> int:
    """Cells from the left up to the last that differs, taking runs from the right while they agree."""
    width = row_width(new)
    if row_width(old) != width:
        return width
    for (text, color), (before, color_before) in zip(reversed(new), reversed(old), strict=False):
        if color != color_before:
            return width
        if text != before:
            same = 0
            shortest = min(len(text), len(before))
            while same < shortest and text[-1 - same] == before[-1 - same]:
                same += 1
            return width - cell_len(text[len(text) - same :])
        width -= cell_len(text)
    return width
