"""What the terminal shows, and the least that makes it show something else.

Textual sends every cell of what it paints, each piece of text with its whole style. Here what was sent is remembered
cell by cell, and of the next update only the cells that differ are sent, one look after the other: the cursor is moved
over the others, of a look only what changes is named, and long stretches of blanks are erased. So it costs few bytes to
paint what is there already, and an overlay costs the cells that it covers and uncovers.

A cell is one integer, its character's code point beside the number of its look (attributes, ink and paper), so that a
row that has not changed is found by comparing two lists. Blanks show no ink: those on one paper have one look.

What a terminal shows of characters that are not one cell wide (wide, combining, joined ones) only the terminal knows. A
piece of text with one of them is sent whole, as Textual would send it, and from there to the end of the row nothing is
taken as known.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from rich.cells import cell_len

__all__ = ["Piece", "ShownCells"]

LOOK = 21  # bits that a code point needs; the look is above them
CHARACTER = (1 << LOOK) - 1
BLANK = ord(" ")
UNKNOWN = -1
MOST_LOOKS = 20_000  # of a map whose colours move there are many: then all are forgotten
JOINED = 4  # unchanged cells of one look are sent again where moving over them takes as many bytes
# Blanks that are erased rather than sent: moving over them takes some bytes, unless nothing follows.
LONG_BLANKS = re.compile("( {12,}| {5,}$)")

# What turns an attribute off. Those seen on blanks are not left on for them.
OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "6": "25", "7": "27", "8": "28", "9": "29", "21": "24",
       "51": "54", "52": "54", "53": "55"}  # fmt: skip
SEEN_ON_BLANKS = frozenset({"4", "7", "9", "21", "51", "52", "53"})


class Look(NamedTuple):
    """How a character is shown: codes of SGR, empty for the terminal's own colour."""

    attributes: frozenset[str]
    ink: str
    paper: str

    @property
    def on_blanks(self) -> Look:
        """The same as far as blanks show it."""
        return self if self.attributes & SEEN_ON_BLANKS else Look(frozenset(), "", self.paper)


_Run = tuple[int, int, int, str]  # number of the look, row, column, text
PLAIN = Look(frozenset(), "", "")


class Piece(NamedTuple):
    """A part of a row from a column on: texts with the parameters of their SGR, and the whole as Textual sends it.

    Where that is not empty the piece is sent so; the rest of its row is then unknown.
    """

    y: int
    x: int
    runs: Sequence[tuple[str, str]]
    sent: str = ""


class ShownCells:
    """The cells of a terminal. ``erases``: it erases in the colour that is set, and any number of cells."""

    def __init__(self, *, erases: bool) -> None:
        self._erases = erases
        self._size = (0, 0)
        self.forget()

    def forget(self) -> None:
        """Nothing is known of what the terminal shows: the next update sends all that it is given."""
        width, height = self._size
        self._rows = [[UNKNOWN] * width for _ in range(height)]
        self._is_known = False
        self._looks: list[Look] = []
        self._numbers: dict[Look, int] = {}
        self._blanks: list[int] = []  # of each look, the blank that stands among its texts

    def update(self, size: tuple[int, int], pieces: Iterable[Piece]) -> str:
        """What makes a terminal of ``size`` (columns, rows) show the pieces, whose rows are in order from the left.

        It begins and ends with the plain style and moves the cursor.
        """
        if size != self._size or len(self._looks) > MOST_LOOKS:
            self._size = size
            self.forget()
        pen = _Pen(erases=self._erases, width=size[0])
        wanted: dict[int, list[int]] = {}
        for piece in pieces:
            if 0 <= piece.y < size[1]:
                if (row := wanted.get(piece.y)) is None:
                    row = wanted[piece.y] = self._rows[piece.y].copy()
                self._lay(piece, row, pen)
        if not self._is_known and len(wanted) == size[1] and not pen.has_written:
            self._clear(wanted, pen)
        runs: list[_Run] = []
        for y, row in wanted.items():
            if row != self._rows[y]:
                runs += self._changes(y, self._rows[y], row)
                self._rows[y] = row
        for look, y, x, text in sorted(runs, key=itemgetter(0)):  # moving takes fewer bytes than another look
            pen.write(self._looks[look], y, x, text)
        return pen.finished()

    def _lay(self, piece: Piece, row: list[int], pen: _Pen) -> None:
        """Put a piece into its row, or send it."""
        if piece.sent or not all(_is_narrow(text) for text, _ in piece.runs):
            pen.send(piece)
            unknown = [UNKNOWN] * len(row[piece.x :])
            row[piece.x :] = self._rows[piece.y][piece.x :] = unknown
            return
        x, width = piece.x, len(row)
        for text, codes in piece.runs:
            cells = self._cells(text, codes)[: max(width - x, 0)]
            row[x : x + len(cells)] = cells
            x += len(cells)

    def _cells(self, text: str, codes: str) -> list[int]:
        number = self._number(_look(codes))
        base, blank = number << LOOK, self._blanks[number]
        return [blank if character == " " else base | ord(character) for character in text]

    def _number(self, look: Look) -> int:
        number = self._numbers.get(look)
        if number is None:
            number = self._numbers[look] = len(self._looks)
            self._looks.append(look)
            self._blanks.append(BLANK | number << LOOK)
            if look.on_blanks != look:
                self._blanks[number] = BLANK | self._number(look.on_blanks) << LOOK
        return number

    def _changes(self, y: int, before: list[int], after: list[int]) -> Iterator[_Run]:
        """The cells of a row that differ, in runs of one look, with the blanks among them and short gaps."""
        start = end = look = blank = UNKNOWN
        for x in [x for x, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]:
            cell = after[x]
            number = cell >> LOOK
            if x == end and (number == look or cell == blank):  # most go on so: no more is looked at
                end = x + 1
                continue
            gap = after[end:x]
            if start >= 0 and len(gap) <= JOINED and all(cell & CHARACTER < 128 for cell in gap):
                if all(cell >> LOOK == look or cell == blank for cell in after[end : x + 1]):
                    end = x + 1
                    continue
                if set(after[start:x]) == {
                    self._blanks[number]
                }:  # blanks before a text are written in its look
                    end, look, blank = x + 1, number, self._blanks[number]
                    continue
            if start >= 0:
                yield look, y, start, _text(after[start:end])
            start, end, look, blank = x, x + 1, number, self._blanks[number]
        if start >= 0:
            yield look, y, start, _text(after[start:end])

    def _clear(self, wanted: dict[int, list[int]], pen: _Pen) -> None:
        """Where nothing is known, all cells are made the most frequent blank first."""
        if any(UNKNOWN in row for row in wanted.values()):
            return
        self._is_known = True
        blanks = Counter(cell for row in wanted.values() for cell in row if cell & CHARACTER == BLANK)
        for number, look in enumerate(self._looks):
            if look.attributes:  # erasing does not underline
                del blanks[BLANK | number << LOOK]
        if self._erases and blanks:
            blank = blanks.most_common(1)[0][0]
            pen.clear(self._looks[blank >> LOOK])
            self._rows = [[blank] * len(row) for row in self._rows]


class _Pen:
    """Writes runs of cells: where it is and in which look, and what it has written."""

    def __init__(self, *, erases: bool, width: int) -> None:
        self._erases, self._width = erases, width
        self._look = PLAIN
        self._at: tuple[int, int] | None = None  # row and column; None: anywhere
        self._written: list[str] = []

    @property
    def has_written(self) -> bool:
        """Whether anything was sent yet."""
        return bool(self._written)

    def finished(self) -> str:
        """All that was written, ending in the plain style."""
        self._take(PLAIN)
        return "".join(self._written)

    def send(self, piece: Piece) -> None:
        """A piece as it is. Nobody knows where the cursor is then."""
        self._take(PLAIN)
        self._move(piece.y, piece.x)
        self._written.append(
            piece.sent or "".join(f"\x1b[{codes}m{text}\x1b[m" for text, codes in piece.runs)
        )
        self._at = None

    def clear(self, look: Look) -> None:
        """Make every cell a blank of this look."""
        self._take(look)
        self._written.append("\x1b[H\x1b[J")
        self._at = None

    def write(self, look: Look, y: int, x: int, text: str) -> None:
        """Write a text of one look from a column on, whatever is there."""
        self._take(look, is_blank=not text.strip(" "))
        can_erase = self._erases and not self._look.attributes & SEEN_ON_BLANKS
        for number, part in enumerate(LONG_BLANKS.split(text) if can_erase else [text]):
            if part:
                self._move(y, x)
                x += len(part)
                if number % 2:
                    self._written.append("\x1b[K" if x == self._width else f"\x1b[{len(part)}X")
                else:
                    self._written.append(part)
                    self._at = (y, x) if x < self._width else None  # beyond the last column terminals differ

    def _move(self, y: int, x: int) -> None:
        """By the shorter of two ways: to the place, or from where it is."""
        if self._at == (y, x):
            return
        move = f"\x1b[{y + 1};{x + 1}H"
        if self._at is not None and self._at[0] <= y:
            down, right = y - self._at[0], x - self._at[1]
            beside = _moved(down, "B") + (_moved(right, "C") if right > 0 else _moved(-right, "D"))
            move = min(move, beside, key=len)
        self._written.append(move)
        self._at = y, x

    def _take(self, look: Look, *, is_blank: bool = False) -> None:
        """Change to a look; of blanks only what they show."""
        if is_blank and not look.attributes & SEEN_ON_BLANKS:
            look = Look(self._look.attributes - SEEN_ON_BLANKS, self._look.ink, look.paper)
        if look != self._look:
            self._written.append(_change(self._look, look))
            self._look = look


def _text(cells: list[int]) -> str:
    return "".join([chr(cell & CHARACTER) for cell in cells])


def _moved(cells: int, way: str) -> str:
    return "" if cells == 0 else f"\x1b[{way}" if cells == 1 else f"\x1b[{cells}{way}"


@lru_cache(maxsize=4096)
def _change(before: Look, after: Look) -> str:
    """What turns one look into another."""
    off = {OFF[attribute] for attribute in before.attributes - after.attributes}
    kept = {attribute for attribute in before.attributes if OFF[attribute] not in off}
    codes = [*sorted(off), *sorted(after.attributes - kept)]
    codes += [after.ink or "39"] * (after.ink != before.ink)
    codes += [after.paper or "49"] * (after.paper != before.paper)
    return "\x1b[m" if after == PLAIN else f"\x1b[{';'.join(codes)}m"


@lru_cache(maxsize=4096)
def _look(codes: str) -> Look:
    """The look that these parameters of SGR give to a plain one."""
    attributes, ink, paper = set(), "", ""
    parts = iter(codes.split(";") if codes else ())
    for part in parts:
        if part in ("38", "48"):
            kind = next(parts)
            color = ";".join([part, kind, *(next(parts) for _ in range(1 if kind == "5" else 3))])
            ink, paper = (color, paper) if part == "38" else (ink, color)
        elif part in OFF:
            attributes.add(part)
        elif part in ("39", "49"):
            ink, paper = ("", paper) if part == "39" else (ink, "")
        elif part[0] in "39":
            ink = part
        else:
            paper = part
    return Look(frozenset(attributes), ink, paper)


@lru_cache(maxsize=4096)
def _is_narrow(text: str) -> bool:
    """Whether each character surely is one cell wide and shown as it is."""
    return text.isprintable() and all(c < "\U00010000" and cell_len(c) == 1 for c in text)
