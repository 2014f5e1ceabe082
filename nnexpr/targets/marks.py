"""What the point and the comma stand for in the numbers of a file: decimals, or groups of three digits.

1.000 may be one or a thousand, and 1,234 as well. What settles it, for the whole file, is a number that can be read in
one way only: with two marks (1.234,50), with one mark twice (1.234.567), with one that is never for decimals (1'234,
and 1 234 where neither blanks nor commas are between the columns), or, quoted between commas, with a comma that cannot
be for thousands ("0,5"). Then 1.234 beside 1.234,50 is 1234, and 0.125 beside it contradicts it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from nnexpr.targets.wording import printable

__all__ = ["Marks", "as_point", "as_usual", "grouped", "settled"]

_BLANKS = " \u00a0\u2009\u202f"
_GROUPED = re.compile(
    rf"[+-]?[1-9]\d{{0,2}}(?P<mark>[.,'\u2019{_BLANKS}])\d{{3}}(?P<more>(?:(?P=mark)\d{{3}})*)"
    r"(?P<decimals>(?:(?!(?P=mark))[.,]\d+)?)",
    re.ASCII,
)
_COMMA = re.compile(r"[^,.]*,\d[^,.]*", re.ASCII)
_FORTRAN = re.compile(r"([+-]?(?:\d+[.,]?\d*|[.,]\d+))[dD]([+-]?\d+)", re.ASCII)
_NAMES = {".": "point", ",": "comma", "'": "apostrophe", "\u2019": "apostrophe"}


@dataclass
class Marks:
    """The marks of a file whose columns ``separator`` is between.

    ``thousands``: the sign that groups digits, "" where none does; ``decimal``: the one before decimals, "" where both
    may be; ``shown``: the number that settled it, "" where none has. ``seen``: the marks before decimals so far.
    """

    separator: str
    thousands: str = ""
    decimal: str = ""
    shown: str = ""
    seen: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """What the mark for thousands is called."""
        return _NAMES.get(self.thousands, "blank")

    def fits(self, text: str) -> bool:
        """Whether the marks for thousands stand in ``text`` as they can, or none does."""
        if not self.thousands or self.thousands not in text:
            return True
        found = _GROUPED.fullmatch(text)
        return found is not None and found["mark"] == self.thousands

    def plain(self, text: str) -> str:
        """The number with a decimal point and no other mark; what is no number as it is."""
        return as_point(text.replace(self.thousands, "") if self.thousands and self.fits(text) else text)


def as_point(text: str) -> str:
    """``1,5`` as ``1.5``; anything else as it is."""
    return text.replace(",", ".") if _COMMA.fullmatch(text) else text


def as_usual(text: str) -> str:
    """Fortran's ``1.5D+02`` as ``1.5e+02`` and a printed minus sign as a hyphen; anything else as it is."""
    return _FORTRAN.sub(r"\1e\2", text.replace("\N{MINUS SIGN}", "-"))


def grouped(text: str) -> bool:
    """Whether every mark stands before three digits, but for the decimals: 1.234, 1,234.5, 1'234'567."""
    return _GROUPED.fullmatch(text) is not None


def settled(cells: Iterable[str], separator: str) -> Marks | None:
    """The marks, by the first of the cells that can be read in one way only; None without such a one."""
    for cell in cells:
        text = as_usual(cell.strip())
        shown = printable(text, 20)
        if found := _GROUPED.fullmatch(text):
            mark = found["mark"]
            if mark in ".,":
                if found["more"] or found["decimals"]:
                    return Marks(separator, mark, "," if mark == "." else ".", shown)
            elif mark not in _BLANKS or separator not in " ,":
                return Marks(separator, mark, found["decimals"][:1], shown)
        elif separator == "," and _COMMA.fullmatch(text):
            return Marks(separator, "", ",", shown)
    return None
