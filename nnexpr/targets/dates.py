"""Dates and times on x, as whole days and whole nanoseconds, so that the first is subtracted exactly.

Read are ISO dates (``2020-01-31``, also with a slash or a dot, or ``2020-01`` for the first of a month), days first
where dots say so (``31.1.2020``), and months by their English names (``31-Jan-2020``, ``January 31, 2020``), either
with a time of day (``T12:30``, ``12:30:05,25``, ``1:30 PM``) and a zone (``Z``, ``+01:00``); ``20200131T123005``;
times of day alone; and ``20200131`` where a column holds only such. ``01/02/2020`` is the first of February or the
second of January: it is refused unless another row of the column, such as ``01/31/2020``, shows which number is the
month.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nnexpr.files import FileError
from nnexpr.targets.wording import is_missing, printable

__all__ = ["Dates", "date_kind", "days_of", "order_of"]

Moment = tuple[int, int]  # days since the year 1, nanoseconds of the day

_DAY = 86_400 * 10**9  # nanoseconds
_UNITS = (
    (_DAY, "days"), (3600 * 10**9, "hours"), (60 * 10**9, "minutes"), (10**9, "seconds"),
    (10**6, "milliseconds"), (10**3, "microseconds"), (1, "nanoseconds"),
)  # fmt: skip
_TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d+))?)?"
    r"(?:\s*(?P<half>[AP])\.?M\.?)?\s*(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?"
)
_DATE = r"(?P<year>\d{4})(?P<sign>[-/.])(?P<month>\d{1,2})(?:(?P=sign)(?P<day>\d{1,2}))?"
_DAY_FIRST = r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORD = (
    r"(?P<word>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_NAMED = rf"(?P<day>\d{{1,2}})(?P<sign>[- ]){_WORD}(?P=sign)(?P<year>\d{{4}})"
_NAMED_FIRST = rf"{_WORD} (?P<day>\d{{1,2}}),? (?P<year>\d{{4}})"
_BASIC = (
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)T(?P<hour>\d\d)(?P<minute>\d\d)"
    r"(?:(?P<second>\d\d)(?:[.,](?P<part>\d+))?)?(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?"
)
_PATTERNS = [
    re.compile(pattern, re.ASCII | re.IGNORECASE)
    for pattern in (
        rf"{_DATE}(?:(?:T|\s+){_TIME})?",
        *(rf"{date}(?:,?\s+{_TIME})?" for date in (_DAY_FIRST, _NAMED, _NAMED_FIRST)),
        _BASIC,
        _TIME,
    )
]
_SLASHED = {
    month_first: re.compile(
        rf"(?P<{first}>\d{{1,2}})(?P<sign>[-/])(?P<{second}>\d{{1,2}})(?P=sign)(?P<year>\d{{4}})(?:(?:T|,?\s+){_TIME})?",
        re.ASCII | re.IGNORECASE,
    )
    for month_first, first, second in ((True, "month", "day"), (False, "day", "month"))
}
_EITHER_WAY = re.compile(r"\d{1,2}[-/]\d{1,2}[-/](\d{4}|\d\d)(\D.*)?", re.ASCII)

DateKind = Literal["date", "moment", "clock", "unclear"]


def date_kind(text: str) -> DateKind | None:
    """Whether ``text`` looks like a date, a date with its time, a time of day, or a date of unclear order."""
    for pattern in _PATTERNS:
        if found := pattern.fullmatch(text):
            named = found.groupdict()
            return "clock" if "year" not in named else "date" if named["hour"] is None else "moment"
    return "unclear" if _EITHER_WAY.fullmatch(text) else None


def days_of(numbers: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    """Whole numbers such as 20200131 as days since the year 1, and how many are no date (0 stands there)."""
    days = np.zeros(len(numbers))
    wrong = 0
    for i, number in enumerate(numbers.astype(np.int64).tolist()):
        try:
            days[i] = date(number // 10_000, number // 100 % 100, number % 100).toordinal()
        except ValueError:
            wrong += 1
    return days, wrong


def order_of(texts: Iterable[str], name: str) -> tuple[bool, str]:
    """Whether the month stands first in dates such as 01/31/2020, and the first of them that shows it.

    Raises :class:`FileError` where none does; ``name``: of the column.
    """
    for text in texts:
        if found := _SLASHED[True].fullmatch(text.strip()):
            first, second = int(found["month"]), int(found["day"])
            if max(first, second) > 12:
                return first <= 12, printable(text, 30)
    raise FileError(
        f"column {name} has dates of which the day and the month cannot be told apart; write them as 2020-01-31"
    )


class Dates:
    """A column of dates as it is read; every one like the first: date or time of day, with a zone or without.

    ``month_first``: where the month stands in 01/02/2020; None: such are refused.
    """

    def __init__(self, name: str, month_first: bool | None = None) -> None:
        self.name = name
        self._patterns = _PATTERNS if month_first is None else [_SLASHED[month_first], *_PATTERNS]
        self._days, self._nanoseconds = array("q"), array("q")
        self._like: tuple[bool, bool] | None = None  # whether it has a date, a zone
        self._timed = False

    def read(self, field: str, line: int) -> Moment | None:
        """The moment in ``field``, None where it says that there is none; else :class:`FileError` with the line."""
        text = field.strip()
        if is_missing(text):
            return None
        found = next(filter(None, (pattern.fullmatch(text) for pattern in self._patterns)), None)
        moment = _moment(found) if found else None
        if found is None or moment is None:
            raise FileError(
                f"line {line} has {printable(field, 30)} in column {self.name}, where a date is expected; "
                "a date is written 2020-01-31, and a time behind it 12:30:05"
            )
        named = found.groupdict()
        like = ("year" in named, named["zone"] is not None)
        if self._like not in (None, like):
            raise FileError(
                f"line {line} has {printable(field, 30)} in column {self.name}, unlike the rows before: "
                "all have a date or none, and all a zone or none"
            )
        self._like = like
        self._timed = self._timed or named["hour"] is not None
        if not like[0] and self._nanoseconds and moment[1] < self._nanoseconds[-1]:
            raise FileError(
                f"line {line} goes back in time in column {self.name}; write the date with the time"
            )
        return moment

    def append(self, moment: Moment) -> None:
        """Keep what was read."""
        self._days.append(moment[0])
        self._nanoseconds.append(moment[1])

    def finish(self) -> tuple[NDArray[np.float64], str, str]:
        """How long after the first each is, in the largest unit that fits twice into the span; unit; the first."""
        days, rest = np.array(self._days, dtype=np.int64), np.array(self._nanoseconds, dtype=np.int64)
        first = np.lexsort((rest, days))[0]
        start: Moment = (int(days[first]), int(rest[first]))
        days, rest = days - start[0], rest - start[1]
        # Exact while the span is below 2^53 ns, 104 days; beyond that rounded once, to a 2^-53rd of the span.
        whole = days.astype(np.float64) * float(_DAY) + rest
        length, unit = _UNITS[0]
        if self._timed:
            length, unit = next((u for u in _UNITS if whole.max() >= 2 * u[0]), _UNITS[3])
        return whole / length, unit, self._written(start)

    def _written(self, moment: Moment) -> str:
        seconds, part = divmod(moment[1], 10**9)
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        clock += f".{part:09}".rstrip("0") if part else ""
        has_date, zoned = self._like or (True, False)
        words = [date.fromordinal(moment[0]).isoformat()] if has_date else []
        words += [clock] if self._timed else []
        return " ".join([*words, *(["UTC"] if zoned else [])])


def _moment(found: re.Match[str]) -> Moment | None:
    """What the match says, in UTC where it has a zone; None where there is no such day or time."""
    named = found.groupdict()
    hour, minute, second = (int(named[unit] or 0) for unit in ("hour", "minute", "second"))
    part = (named["part"] or "").ljust(9, "0")
    if half := named.get("half"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (half in "Pp")
    if hour > 23 or minute > 59 or second > 60 or part[9:].strip("0"):
        return None
    offset = 0
    if (zone := named["zone"]) and zone not in "Zz":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        offset = (int(digits[:2]) * 3600 + int(digits[2:]) * 60) * (-1 if zone[0] == "-" else 1)
    seconds = hour * 3600 + minute * 60 + second - offset
    try:
        days = (
            date(int(named["year"]), _month(named), int(named["day"] or 1)).toordinal()
            if "year" in named
            else 0
        )
    except ValueError:
        return None
    shift, seconds = divmod(seconds, 86_400)
    if "year" in named and not 1 <= days + shift <= date.max.toordinal():
        return None
    return days + shift, seconds * 10**9 + int(part[:9])


def _month(named: dict[str, str | None]) -> int:
    word = named.get("word")
    return _MONTHS.index(word[:3].lower()) + 1 if word else int(named["month"] or 1)
