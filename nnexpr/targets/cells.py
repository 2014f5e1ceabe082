"""Numbers as they stand in the cells of a table that another program wrote, with the digits that they have.

Three things in which a guess that goes wrong is silent, and what is done about each:

- **A mark before three digits.** 1.000 beside 980 may be one or a thousand. Unless another number settles it
  (:mod:`nnexpr.targets.marks`): where every marked number of a column could be a thousand written in groups, and one
  without a mark has at most three digits, the column is refused; where all numbers are marked so, the reading is said.
  In a file with commas between its columns a point is a decimal point.
- **More digits than double precision has.** Stamps in nanoseconds lie 100 ns apart and doubles near 1.6e18 256.
  :func:`precise` keeps what each double leaves over, from decimal arithmetic, and counts from the smallest.
- **Missing values.** A cell that says so is not zero: see :data:`nnexpr.targets.wording.is_missing`.
"""

from __future__ import annotations

import decimal
import math
import re
from array import array
from collections.abc import Iterable
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from nnexpr.files import FileError
from nnexpr.targets.dates import date_kind
from nnexpr.targets.marks import Marks, as_point, as_usual, grouped
from nnexpr.targets.wording import is_missing, printable

__all__ = ["Numbers", "Unsettled", "kind_of", "precise"]

Array = NDArray[np.float64]

_ONE_GROUP = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+", re.ASCII)


class Unsettled(FileError):
    """A number has a mark for thousands, or one that may be; the rest of the file may settle it."""


def kind_of(cell: str) -> str:
    """``missing``, ``number``, ``word``, or the kind of a date: what the cell seems to hold."""
    text = cell.strip()
    if is_missing(text):
        return "missing"
    try:
        float(as_point(text))
    except ValueError:
        usual = as_usual(text)
        if usual != text:
            return kind_of(usual)
        # Whether its marks can be told is seen where it is read: it is a number all the same.
        return "number" if grouped(text) else date_kind(text) or "word"
    return "number"


class Numbers:
    """A column of numbers as it is read.

    ``digits``: whether each number is eight digits, as 20200131. ``long``: whether one has more digits than a double.
    """

    def __init__(self, name: str, marks: Marks) -> None:
        self.name, self._marks = name, marks
        self.values = array("d")
        self.digits, self.long = True, False
        self._commas = marks.separator != "," or marks.decimal == ","  # whether they may be decimal
        self._grouped, self._plain = "", ""
        self._decided = marks.separator == "," or bool(marks.shown)

    def read(self, cell: str, line: int) -> float | None:
        """The finite number in ``cell``, None where it says that there is none; else :class:`FileError`."""
        text = cell.strip()
        number = self._without_groups(text, line) if self._marks.thousands else text
        mark = "," if self._commas and "," in number else "." if "." in number else ""
        try:
            plain = as_point(number) if mark == "," else number
            value = float(plain) if plain.isascii() and "_" not in plain else math.nan
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            return self._no_number(text, line)
        if mark:
            self._marks.seen.add(mark)
            if len(self._marks.seen) > 1:
                raise Unsettled(f"line {line} mixes decimal commas and decimal points")
        if not self._decided:
            self._note_grouping(text, mark)
        size = len(text)
        self.long = self.long or size > 15
        self.digits = self.digits and size == 8 and text.isdigit()
        return value

    def plain(self, cell: str) -> str:
        """The number in ``cell`` as Python writes it."""
        return self._marks.plain(as_usual(cell.strip()))

    def append(self, value: float) -> None:
        """Keep what was read."""
        self.values.append(value)

    def _without_groups(self, text: str, line: int) -> str:
        usual = as_usual(text)
        if not self._marks.fits(usual) and not is_missing(text):
            raise FileError(
                f"line {line} has {printable(text, 30)} in column {self.name}, and the {self._marks.name} in "
                f"{self._marks.shown} stands for thousands"
            )
        return usual.replace(self._marks.thousands, "") if usual[-1:].isdigit() else text

    def _no_number(self, text: str, line: int) -> float | None:
        """What is to be done about a cell that ``float`` does not read."""
        if is_missing(text):
            return None
        if (usual := as_usual(text)) != text:
            return self.read(usual, line)
        where = f"line {line} has {printable(text, 30)} in column {self.name}"
        if grouped(text) or as_point(text) != text:
            raise Unsettled(f"{where}, with a mark for thousands; write the number without it")
        hint = "; only x may hold dates" if date_kind(text) else ""
        raise FileError(f"{where}, which is not a finite number{hint}")

    def _note_grouping(self, text: str, mark: str) -> None:
        if mark and _ONE_GROUP.fullmatch(text):
            self._grouped = self._grouped or text
        elif mark or len(text.lstrip("+-")) > 3:
            self._decided = True
        else:
            self._plain = text

    def grouping(self) -> str:
        """What is to be said about marks before three digits; :class:`FileError` if they cannot be told apart."""
        if self._decided or not self._grouped:
            return ""
        shown, sign = printable(self._grouped, 20), "comma" if "," in self._grouped else "point"
        if self._plain:
            raise FileError(
                f"column {self.name} has {shown} beside {self._plain}, and the {sign} may stand for thousands or for "
                "decimals; write every number with its decimals, or thousands without a mark"
            )
        return f"The {sign} in {shown} of column {self.name} was read as a decimal {sign}, not as thousands."


def precise(texts: Iterable[str], values: Array) -> tuple[Array, str]:
    """``(rests, smallest)``: what each double leaves over of the number that was written, and the smallest one.

    ``values[i] + rests[i]`` is the number in ``texts[i]`` to 28 digits behind the double's. Near each other, doubles
    subtract exactly (Sterbenz), so ``(values - values[k]) + (rests - rests[k])`` is right to the last bit but one.
    """
    rests = np.zeros(len(values))
    smallest: Decimal | None = None
    for i, (text, value) in enumerate(zip(texts, values.tolist(), strict=True)):
        try:
            number = Decimal(text)
            rests[i] = float(number - Decimal(value))
        except decimal.DecimalException:  # an exponent beyond those of decimal arithmetic: zero as a double
            number = Decimal(value)
        if smallest is None or number < smallest:
            smallest = number
    return rests, printable(f"{smallest}", 40)
