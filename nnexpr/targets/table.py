"""Two columns of numbers out of a delimited text file, read as a stream with Python's ``csv`` module.

:mod:`nnexpr.targets.textfile` gives lines, :mod:`nnexpr.targets.dialect` says what stands where in them, and
:mod:`nnexpr.targets.cells` and :mod:`nnexpr.targets.dates` read the cells; here they come together:

- A column is chosen by its name in the header, else by its number from 1. Unless chosen, x is the first column with
  dates, else with numbers, and y the next with numbers; a column without a name (a data frame's index) counts last.
  A date and the time of day beside it are one x.
- Where the separator is not a comma, ``1,5`` is one and a half; one file may not mix decimal commas and points. Where a
  number in it shows what groups thousands (:mod:`nnexpr.targets.marks`), the file is read a second time with that.
- Every row has a finite number in both columns. Whatever does not is refused with its line; where there is no value at
  all, ``missing`` decides: "refuse"; "drop" leaves the row out; "auto" does so where x is a date, since a calendar
  with gaps says itself that nothing was measured on that day.

Memory: 16 to 24 bytes a row while reading, and some times that while sorting; what cannot fit is refused by size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from nnexpr.files import FileError, require_room
from nnexpr.targets.cells import Numbers, Unsettled, precise
from nnexpr.targets.dates import Dates, days_of, order_of
from nnexpr.targets.dialect import Choice, Dialect, recognise, rows_of
from nnexpr.targets.marks import Marks, settled
from nnexpr.targets.textfile import TextFile
from nnexpr.targets.wording import count, is_missing, printable, were

__all__ = ["Table", "read_table"]

Array = NDArray[np.float64]
Cells = tuple[int, str, str]  # the line, x and y
Columns = tuple[Numbers | Dates, Numbers]

BYTES_A_ROW = 120  # at the peak, while the rows are sorted and averaged


@dataclass(frozen=True)
class Table:
    """The two columns in the file's order, their names, and what was assumed in reading them."""

    x: Array
    y: Array
    x_name: str
    y_name: str
    notes: tuple[str, ...]


def read_table(path: str, choice: Choice | None = None, missing: str = "auto") -> Table:
    """The columns ``choice`` of the file at ``path``, or its first two with numbers.

    Raises :class:`FileError`.
    """
    text = TextFile(path)
    dialect = recognise(text, choice)
    _require_memory(text)
    places, y_place = _chosen(choice, dialect) if choice else _first_numeric(text, dialect)
    names = dialect.names or [str(i + 1) for i in range(dialect.width)]
    x_name = " ".join(names[place] for place in places)
    others = [] if choice else _others(dialect, names, (*places, y_place))

    def cells() -> Iterator[Cells]:
        return _cells(text, dialect, places, y_place)

    month_first, notes = None, [*_about_encoding(text), *dialect.notes, *others]
    kind = dialect.kinds[places[0]]
    if kind == "unclear":
        month_first, shown = order_of((x for _, x, _ in cells()), x_name)
        notes.append(
            f"As {shown} shows, {'the month' if month_first else 'the day'} stands first in its dates."
        )

    def columns(marks: Marks) -> tuple[Numbers | Dates, Numbers]:
        dated = kind in ("date", "moment", "clock", "unclear")
        return Dates(x_name, month_first) if dated else Numbers(x_name, marks), Numbers(names[y_place], marks)

    x, y, left_out = _read(cells, columns, dialect.separator, missing, notes)
    if left_out:
        notes.append(f"{were(left_out, 'row without a value', 'rows without a value')} left out.")
    notes += [said for column in (x, y) if isinstance(column, Numbers) and (said := column.grouping())]

    def kept() -> Iterator[Cells]:
        return (row for row in cells() if not any(is_missing(cell) for cell in row[1:]))

    titles = ("x", "y") if not dialect.names else (x_name, y.name)
    x_values, x_shown = _x_values(x, titles[0], kept, notes)
    y_values, y_shown = _exact(y, titles[1], lambda: (cell for _, _, cell in kept()), notes, False)
    return Table(x_values, y_values, x_shown, y_shown, tuple(notes))


def _read(
    cells: Callable[[], Iterator[Cells]], columns: Callable[[Marks], Columns], separator: str, missing: str,
    notes: list[str],
) -> tuple[Numbers | Dates, Numbers, int]:  # fmt: skip
    """The columns, filled, and how many rows were left out. Read again where a later number says how to read others."""
    marks = Marks(separator)
    x, y = columns(marks)
    try:
        left_out = _fill(cells(), x, y, missing)
    except Unsettled:
        known = settled((cell for _, *pair in cells() for cell in pair), separator)
        if known is None:
            raise
        marks = known
        x, y = columns(marks)
        left_out = _fill(cells(), x, y, missing)
        if marks.thousands:
            notes.append(f"The {marks.name} in {marks.shown} was read as a mark for thousands.")
    if "," in marks.seen:
        notes.append("Decimal commas were read as decimal points.")
    return x, y, left_out


def _require_memory(text: TextFile) -> None:
    """Refuse a file that has more rows, by its size and its first lines, than memory has room for."""
    lines = list(islice(text.lines(), 100))
    require_room(text.size, text.size / (sum(map(len, lines)) / len(lines)) * BYTES_A_ROW)


def _cells(text: TextFile, dialect: Dialect, places: list[int], y_place: int) -> Iterator[Cells]:
    """The two cells of every row of data; empty where a row is too short."""
    width = dialect.width
    for line, cells in islice(rows_of(text, dialect.separator), dialect.leading, None):
        size = len(cells)
        if size > width and any(cell.strip() for cell in cells[width:]):
            raise FileError(f"line {line} has {size} fields where the first row has {width}")
        x = " ".join(cells[place] for place in places if place < size)
        yield line, x, cells[y_place] if y_place < size else ""


def _fill(rows: Iterator[Cells], x: Numbers | Dates, y: Numbers, missing: str) -> int:
    """Fill the columns; how many rows were left out."""
    left_out, gap = 0, ""
    for line, x_text, y_text in rows:
        across, up = x.read(x_text, line), y.read(y_text, line)
        if across is not None and up is not None:
            x.append(across)  # type: ignore[arg-type]
            y.append(up)
            continue
        name, text = (x.name, x_text) if across is None else (y.name, y_text)
        what = printable(text, 30) or "no value"
        hint = "give it a number, or leave such rows out with --missing drop"
        refusal = f"line {line} has {what} in column {name}; {hint}"
        # Dates such as 20200131 are known to be dates at the end only: the first gap is kept in mind.
        may_be_dated = across is not None and (isinstance(x, Dates) or x.digits)
        if missing == "refuse" or (missing == "auto" and not may_be_dated):
            raise FileError(refusal)
        gap = gap or refusal
        left_out += 1
    if not y.values:
        raise FileError("no row of it has both values" if left_out else "it has a header and no rows of data")
    dated = isinstance(x, Dates) or (x.digits and not days_of(np.array(x.values))[1])
    if gap and missing == "auto" and not dated:
        raise FileError(gap)
    return left_out


def _x_values(
    column: Numbers | Dates, name: str, cells: Callable[[], Iterator[Cells]], notes: list[str]
) -> tuple[Array, str]:
    """The values of x and its name, with the unit where they were dates."""
    if isinstance(column, Dates):
        values, unit, first = column.finish()
    elif column.digits:
        numbers = np.array(column.values)
        days, wrong = days_of(numbers)
        if wrong > 0.1 * len(days):
            return numbers, name
        if wrong:
            line, text = next((line, x) for line, x, _ in cells() if days_of(np.array([float(x)]))[1])
            raise FileError(
                f"line {line} has {text.strip()} in column {name}, which is no date, and most others are"
            )
        values, unit, first = days - days.min(), "days", date.fromordinal(int(days.min())).isoformat()
    else:
        return _exact(column, name, lambda: (x for _, x, _ in cells()), notes)
    notes.append(f"Column {name} holds dates or times: x is in {unit} since {first}.")
    return values, f"{name} ({unit} since {first})"


def _exact(
    column: Numbers, name: str, texts: Callable[[], Iterator[str]], notes: list[str], distinct: bool = True
) -> tuple[Array, str]:
    """The values and their name; counted from the smallest where double precision loses what tells them apart.

    ``distinct``: whether it matters that two are told apart, as it does on x.
    """
    values = np.array(column.values)
    magnitude = float(np.abs(values).max())
    ordered = np.unique(values)
    resolution = float(np.spacing(magnitude))
    span = ordered[-1] / 2 - ordered[0] / 2
    coarse = span < 2**29 * resolution
    if distinct and not coarse:
        coarse = len(ordered) < len(values) or bool((np.diff(ordered / 2) < 512 * resolution).any())
    if not (column.long and coarse):
        return values, name
    rests, smallest = precise(map(column.plain, texts()), values)
    pairs = np.unique(values + 1j * rests)
    if len(pairs) == 1:
        return values, name
    first = int(np.lexsort((rests, values))[0])
    if float(np.abs(values).min()) > 2 * span:
        notes.append(
            f"Column {name} is counted from {smallest}: double precision does not hold all its digits."
        )
        return (values - values[first]) + (rests - rests[first]), f"{name} - {smallest}"
    if lost := len(pairs) - len(ordered):
        notes.append(
            f"{count(lost, 'value')} of column {name} cannot be told from others in double precision."
        )
    return values, name


def _about_encoding(text: TextFile) -> list[str]:
    if text.encoding != "utf-8-sig":
        return [f"It was read as {text.encoding.upper()}."]
    if text.foreign:
        return [
            f"Line {text.foreign} is not UTF-8 text; it was read as Windows-1252, and names may look odd."
        ]
    return []


def _chosen(choice: Choice, dialect: Dialect) -> tuple[list[int], int]:
    places, header, width = [], dialect.names, dialect.width
    for text in choice:
        name = printable(text, 40)
        number = int(name) if name.isdecimal() and len(name) < 9 else 0
        if header.count(name) > 1 and name:
            raise FileError(
                f"{count(header.count(name), 'column')} have the name {name}; choose by number, from 1"
            )
        if name and name in header:
            places.append(header.index(name))
        elif 1 <= number <= width:
            places.append(number - 1)
        else:
            known = ", ".join(header[:12]) if header else f"1 to {width}, without names"
            raise FileError(f"it has no column {name or 'without a name'}; its columns are {known}")
    return places[:1], places[1]


def _others(dialect: Dialect, names: Sequence[str], taken: tuple[int, ...]) -> list[str]:
    """A note that names the columns that could have been taken as well."""
    others = [
        names[i]
        for i, kind in enumerate(dialect.kinds)
        if i not in taken and kind not in ("word", "missing") and names[i]
    ]
    if not others:
        return []
    chosen, left = (printable(", ".join(names[i] for i in taken), 60), printable(", ".join(others), 60))
    return [f"Of its columns {chosen} were taken, not {left}; csv:PATH:XCOL:YCOL takes others."]


def _first_numeric(text: TextFile, dialect: Dialect) -> tuple[list[int], int]:
    """The columns of x, two where a time stands beside its date, and the column of y."""
    kinds, header, width = dialect.kinds, dialect.names, dialect.width
    if width < 2:
        raise FileError(
            "it has one column; x and y are separated by a comma, a semicolon, a tab, a pipe or blanks, and lines that "
            "are no rows begin with #"
        )
    usable = [
        i
        for i, kind in enumerate(kinds)
        if kind not in ("word", "missing") or (kind == "missing" and header and header[i]) or width == 2
    ]
    usable.sort(
        key=lambda i: bool(header) and not header[i]
    )  # an index without a name and the like count last
    dated = [i for i in usable if kinds[i] in ("date", "moment", "unclear")]
    x = next(iter(dated or usable), width)
    numeric = [i for i in usable if i != x and (kinds[i] in ("number", "missing") or width == 2)]
    if not numeric:
        line = next(islice(rows_of(text, dialect.separator), dialect.leading, None))[0]
        raise FileError(f"line {line} has fewer than two columns with numbers")
    y = next((i for i in numeric if i > x), numeric[0])
    if y < x and not dated:
        x, y = y, x
    has_clock = kinds[x] in ("date", "unclear") and "clock" in kinds[x + 1 : x + 2]
    return [x, x + 1] if has_clock else [x], y
