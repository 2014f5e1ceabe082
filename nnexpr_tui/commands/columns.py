"""How wide the columns of a printed table are, and which stand beside each other: no word is broken, nothing is cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len

__all__ = ["Beside", "laid_out"]


SENTENCE = 18  # cells that a wrapped text has at least


class Beside(NamedTuple):
    """Columns that stand beside each other, with their widths; ``close``: with little between them."""

    places: list[int]
    widths: list[int]
    close: bool


def laid_out(
    headings: Sequence[str], rows: Sequence[Sequence[str]], room: int, *, narrow: bool = False
) -> list[Beside]:
    """The columns of a table in ``room`` cells: one group, or several below each other that all begin with the first.

    Headings are wrapped first, then cells, both between words; ``narrow``: headings are, whether there is room or not.
    """
    columns = [[heading, *(row[place] for row in rows)] for place, heading in enumerate(headings)]
    whole = [max(map(cell_len, column)) for column in columns]
    places = list(range(len(columns)))
    if not narrow and sum(whole) + _between(len(whole), close=False) <= room:
        return [Beside(places, whole, False)]
    most = [max(_longest(column), *map(cell_len, column[1:]), 1) for column in columns]
    # One that holds a sentence keeps some of it on a line; a word that is longer than half the room is broken.
    least = [
        min(max(_longest(column), min(width, SENTENCE)), max((room - _between(2, close=True)) // 2, 1))
        for column, width in zip(columns, most, strict=True)
    ]
    most = [max(pair) for pair in zip(most, least, strict=True)]
    groups: list[list[int]] = [[]]
    for place in places:
        tried = [*groups[-1], place]
        if (
            len(groups[-1]) > 1
            and sum(least[each] for each in tried) + _between(len(tried), close=True) > room
        ):
            tried = [0, place]
            groups.append(tried)
        groups[-1] = tried
    return [
        Beside(group, _shrunk([most[each] for each in group], [least[each] for each in group], room), True)
        for group in groups
    ]


def _longest(texts: Sequence[str]) -> int:
    """Of their words."""
    return max(cell_len(word) for text in texts for word in text.split() or [""])


def _between(columns: int, *, close: bool) -> int:
    """Cells of a table that are in no column."""
    return 2 * columns if close else 3 * columns + 1


def _shrunk(widths: list[int], least: list[int], room: int) -> list[int]:
    """The widest made narrower until all fit, none below what its longest word takes."""
    widths = list(widths)
    while sum(widths) + _between(len(widths), close=True) > room:
        able = [place for place, width in enumerate(widths) if width > least[place]]
        if not able:
            break
        widths[max(able, key=widths.__getitem__)] -= 1
    return widths
