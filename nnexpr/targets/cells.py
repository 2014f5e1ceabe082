"""Numbers as they stand in the cells of a table that another program wrote, with the digits that they have.

Three things in which a guess that goes wrong is silent, and what is done about each:

- **A mark before three digits.** 1.000 beside 980 may be one or a thousand. Where every marked number of a column could
  be a thousand written in groups, and one without a mark has at most three digits, the column is refused; where all
  numbers are marked so, the reading is said. In a file with commas between its columns a point is a decimal point.
- **More digits than double precision has.** Stamps in nanoseconds lie 100 ns apart and doubles near 1.6e18 256.
  :func:`precise` keeps what each double leaves over, from decimal arithmetic, and counts from the smallest.
- **Missing values.** A cell that says so is not zero: see :data:`nnexpr.targets.wording.MISSING`.
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
from nnexpr.targets.wording import MISSING, printable

__all__ = ["Numbers", "as_point", "as_usual", "kind_of", "precise"]

Array = NDArray[np.float64]

_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+", re.ASCII)
_COMMA = re.compile(r"[^,.]*,\d[^,.]*", re.ASCII)
_FORTRAN = re.compile(r"([+-]?(?:\d+[.,]?\d*|[.,]\d+))[dD]([+-]?\d+)", re.ASCII)
_THOUSANDS = re.compile(
    r"[+-]?\d{1,3}(?P<mark>[.,'\u2019 \u00a0\u2009\u202f])\d{3}(?:(?P=mark)\d{3})*(?:[.,]\d+)?", re.ASCII
)


def as_point(text: str) -> str:
    """``1,5`` as ``1.5``; anything else as it is."""
    return text.replace(",", ".") if _COMMA.fullmatch(text) else text


def as_usual(text: str) -> str:
    """Fortran's ``1.5D+02`` as ``1.5e+02`` and a printed minus sign as a hyphen; anything else as it is."""
    return _FORTRAN.sub(r"\1e\2", text.replace("\N{MINUS SIGN}", "-"))


def kind_of(field: str, comma_allowed: bool = True) -> str:
    """``missing``, ``number``, ``word``, or the kind of a date: what the cell seems to hold."""
    text = field.strip()
    if text.lower() in MISSING:
        return "missing"
    try:
        float(as_point(text) if comma_allowed else text)
    except ValueError:
        usual = as_usual(text)
        if usual != text:
            return kind_of(usual, comma_allowed)
        # A mark for thousands is refused where it is read: it is a number all the same.
        return "number" if _THOUSANDS.fullmatch(text) else date_kind(text) or "word"
    return "number"


class Numbers:
    """A column of numbers as it is read.

    ``marks``: the decimal marks of the file so far, its columns' together. ``digits``: whether each number is eight
    digits, as 20200131. ``long``: whether one has more digits than a double.
    """

    def __init__(self, name: str, marks: set[str], comma_allowed: bool) -> None:
        self.name, self._marks, self._comma_allowed = name, marks, comma_allowed
        self.values = array("d")
        self.digits, self.long = True, False
        self._grouped, self._plain, self._decided = "", "", not comma_allowed

    def read(self, field: str, line: int) -> float | None:
        """The finite number in ``field``, None where it says that there is none; else :class:`FileError`."""
        text = field.strip()
        mark = "," if self._comma_allowed and "," in text else "." if "." in text else ""
        try:
            number = as_point(text) if mark == "," else text
            value = float(number) if text.isascii() and "_" not in text else math.nan
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            if text.lower() in MISSING:
                return None
            if (usual := as_usual(text)) != text:
                return self.read(usual, line)
            if _THOUSANDS.fullmatch(text):
                raise FileError(
                    f"line {line} has {printable(field, 30)} in column {self.name}, with a mark for thousands; "
                    "write the number without it"
                )
            hint = "; only x may hold dates" if date_kind(text) else ""
            raise FileError(
                f"line {line} has {printable(field, 30)} in column {self.name}, "
                f"which is not a finite number{hint}"
            )
        if mark:
            self._marks.add(mark)
            if len(self._marks) > 1:
                raise FileError(f"line {line} mixes decimal commas and decimal points")
        if not self._decided:
            self._note_grouping(text, mark)
        size = len(text)
        self.long = self.long or size > 15
        self.digits = self.digits and size == 8 and text.isdigit()
        return value

    def append(self, value: float) -> None:
        """Keep what was read."""
        self.values.append(value)

    def _note_grouping(self, text: str, mark: str) -> None:
        if mark and _GROUPED.fullmatch(text):
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
            number = Decimal(as_point(as_usual(text.strip())))
            rests[i] = float(number - Decimal(value))
        except decimal.DecimalException:  # an exponent beyond those of decimal arithmetic: zero as a double
            number = Decimal(value)
        if smallest is None or number < smallest:
            smallest = number
    return rests, printable(f"{smallest}", 40)
