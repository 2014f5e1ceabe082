"""What stands where in a delimited text file: its separator, its names, the first row of data.

The rules, in full, since a guess that goes wrong is silent; what was assumed is a note:

- Blank lines, and lines that begin with ``#``, ``%``, ``!`` or ``//``, are no rows. ``sep=;`` as the first line is an
  instruction. Behind a number or a date one of these signs begins a remark, if a blank stands before it (and, but for
  ``#``, behind it); as the beginning of a cell only in the last one, since ``#ff0000`` may be a value.
- The data begin where two rows of equal width hold two numbers or dates each, or above, with rows of that width that
  have a number and cells without a value, and no words. Above them stand a header, of words, and rows of units; what
  stands above these, titles and settings such as ``Station,12``, is passed over.
- The separator is the one of tab, semicolon, pipe, comma and blanks by which most of the first rows fall into
  cells that all hold numbers or dates (then: of which two do); the first of them in this order where several are equal.
- The first row is a header if no cell of it reads as a number or a date. A row of numbers is one too where they
  are years (2019, 2020) over rows that are not, or counted from 0 behind an empty cell, as pandas writes names.
- A header of one name fewer than the rows have cells is R's: the first column, the names of rows, has none.
- Up to three rows of words below a header are units and remarks.
- Without a header, the last comment before the data names the columns if it has as many words.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise, takewhile

from nnexpr.files import FileError
from nnexpr.targets.cells import kind_of
from nnexpr.targets.textfile import TextFile
from nnexpr.targets.wording import printable

__all__ = ["Choice", "Dialect", "Row", "recognise", "rows_of"]

Choice = tuple[str, str]
Row = tuple[int, list[str]]  # the line it begins on, and its cells

SAMPLE = 50  # lines from which all this is decided
_SEPARATORS = "\t;|, "
_HASH = r"#(?!n/a|[a-z]+(?:/0)?[!?])"  # not #N/A, #DIV/0!, #NAME? of a spreadsheet
_COMMENT = re.compile(rf"\s*({_HASH}|%|!|//)", re.IGNORECASE)
_REMARK = re.compile(rf"(?<=[\s,;|]){_HASH}|(?<=\s)(?:%|!|//)(?=[ \t]+\S)", re.IGNORECASE)
_END = "\x1a"  # ends a text file of DOS
_SEP = re.compile(r'"?sep=([,;|: \t]|\\t)"?[,;]*\s*', re.IGNORECASE)
_YEAR = re.compile(r"1[5-9]\d\d|2[01]\d\d", re.ASCII)


@dataclass(frozen=True)
class Dialect:
    """``names``: one for each column, empty without a header. ``leading``: rows before the data."""

    separator: str  # a blank: any number of blanks and tabs
    names: tuple[str, ...]
    leading: int
    width: int
    kinds: tuple[str, ...]  # of each column's first cell that is not missing, among the first rows
    notes: tuple[str, ...]


class _Lines:
    """The lines that may hold rows; ``start``: where the row that is being read begins; ``number``: where it is now.

    ``comment``: the last one before the first row, with its line.
    """

    def __init__(self, text: TextFile) -> None:
        self._lines = enumerate(text.lines(), start=1)
        self.start = self.number = 0
        self.separator = ""
        self.comment: tuple[int, str] = (0, "")

    def __iter__(self) -> Iterator[str]:
        for number, line in self._lines:
            if number == 1 and (found := _SEP.fullmatch(line)):
                self.separator = found[1].replace("\\t", "\t")
            elif _COMMENT.match(line):
                if not self.number:
                    self.comment = number, line.strip()
            elif line.strip() not in ("", _END):
                self.start, self.number = self.start or number, number
                yield line


def rows_of(text: TextFile, separator: str) -> Iterator[Row]:
    """The rows, each with its line. Raises :class:`FileError`."""
    lines = _Lines(text)

    def given() -> Iterator[str]:
        for line in lines:
            begins = lines.start == lines.number
            if begins and ("#" in line or "%" in line or "!" in line or "//" in line):
                line = _without_remark(line, separator)
            yield " ".join(line.split()) if separator == " " else line

    reader = csv.reader(given(), delimiter=separator, strict=True, skipinitialspace=True)
    try:
        while True:
            lines.start = 0
            try:
                cells = next(reader)
            except StopIteration:
                return
            if len(cells) > 1 or (cells and cells[0].strip()):
                yield lines.start, cells
    except csv.Error as error:
        reason = "a field is too long" if "larger" in str(error) else "its quotes do not match"
        raise FileError(f"line {lines.start} cannot be read: {reason}") from None


def _without_remark(line: str, separator: str) -> str:
    """A row's line up to the remark at its end."""
    for found in _REMARK.finditer(line):
        before, after = line[: found.start()], line[found.end() :]
        is_cell = separator != " " and before.rstrip(" ").endswith(separator)
        if before.count('"') % 2 or (is_cell and separator in after):
            continue
        kinds = [kind_of(cell) for cells in _loosely([before], separator) for cell in cells]
        follows_value = separator == " " or kinds[-1:] != ["word"]
        if follows_value and len(kinds) > kinds.count("word") + kinds.count("missing"):
            return before
    return line


def recognise(text: TextFile, choice: Choice | None) -> Dialect:
    """The dialect of the file, from its first lines; raises :class:`FileError`."""
    separator, comment = _separator(text)
    rows = list(islice(rows_of(text, separator), SAMPLE))
    if not rows:
        raise FileError("it is empty")
    notes: list[str] = []
    passed = _preamble([cells for _, cells in rows], separator)
    if passed:
        first_line, last_line = rows[0][0], rows[passed - 1][0]
        lines = f"Line {first_line} was" if passed == 1 else f"Lines {first_line} to {last_line} were"
        notes.append(f"{lines} passed over: the table begins below.")
        if choice is None and separator == ",":
            _require_decimal_points(rows[passed - 1], [cells for _, cells in rows[passed:]])
        rows = rows[passed:]
    first, below = rows[0][1], rows[1:]
    years = _numbers_as_names(first, below)
    names: tuple[str, ...] = ()
    leading = 0
    if years or _has_names(first, choice):
        names, leading = tuple(printable(cell, 40) for cell in first), 1
        units = list(takewhile(lambda row: _is_units(row[1], len(first)), below[:3]))
        for line, cells in units:
            shown = printable(", ".join(map(str.strip, cells)), 60)
            notes.append(f"Line {line} was passed over as units: {shown}.")
        below, leading = below[len(units) :], leading + len(units)
        if not below and units:
            shown = printable(next(cell for cell in units[0][1] if cell.strip()), 30)
            raise FileError(
                f"line {units[0][0]} has {shown} where a number is expected, and no row has two numbers"
            )
        if not below:
            raise FileError("it has a header and no rows of data")
        if years:
            notes.append(f"The first row was read as names: {printable(', '.join(names), 60)}.")
        names = _fitted(names, [cells for _, cells in below], separator, notes)
    else:
        below = rows
        names = _names_in_comment(comment, separator, len(first), notes)
    width = len(names) or len(first)
    kinds = tuple(_kind_of_column([cells for _, cells in below], i) for i in range(width))
    return Dialect(separator, names, passed + leading, width, kinds, tuple(notes))


def _separator(text: TextFile) -> tuple[str, tuple[int, str]]:
    """The separator, and the last comment before the first row."""
    lines = _Lines(text)
    sample = list(islice(lines, SAMPLE))
    if lines.separator:
        return lines.separator, lines.comment

    def fitness(separator: str) -> tuple[int, int, int]:
        lines = [_without_remark(line, separator) for line in sample]
        rows = [cells for cells in _loosely(lines, separator) if len(cells) > 1]
        kinds = [[kind_of(cell) for cell in cells[:1000]] for cells in rows]
        values = [len(row) - row.count("word") - row.count("missing") for row in kinds]
        whole = sum(number > 0 and "word" not in row for row, number in zip(kinds, values, strict=True))
        return whole, sum(number > 1 for number in values), len(rows)

    return max(_SEPARATORS, key=fitness), lines.comment  # max takes the first of equals


def _loosely(lines: list[str], separator: str) -> list[list[str]]:
    given = [" ".join(line.split()) for line in lines] if separator == " " else lines
    try:
        return list(csv.reader(given, delimiter=separator, skipinitialspace=True))
    except csv.Error:
        return []


def _preamble(rows: list[list[str]], separator: str) -> int:
    """How many rows stand above the header, or above the data where there is none."""
    kinds = [[kind_of(cell) for cell in cells] for cells in rows]
    values = [len(row) - row.count("word") - row.count("missing") for row in kinds]
    filled = [
        len("\0".join(cells).rstrip("\0 ").split("\0")) for cells in rows
    ]  # cells up to the last one not empty

    def alike(i: int, j: int) -> bool:
        return len(kinds[i]) == len(kinds[j]) or filled[i] == filled[j]

    pairs = pairwise(range(len(rows)))
    data = next((i for i, j in pairs if values[i] > 1 < values[j] and alike(i, j)), 0)
    while (
        data > 0
        and len(rows[data - 1]) == len(rows[data])
        and values[data - 1]
        and "word" not in kinds[data - 1]
    ):
        data -= 1  # a row of the data with a gap in it
    width, top = len(rows[data]), data
    while 0 < top > data - 4 and not values[top - 1] and "word" in kinds[top - 1]:
        cells, size = rows[top - 1], len(rows[top - 1])
        fits = size == width or (top == data and (separator == " " or size >= width - 1))  # R's is one short
        if _is_setting(cells) or not fits:
            break
        top -= 1
    above = rows[data - 1] if top == data > 0 else []
    # Names and numbers side by side: whether they are a header is to be asked.
    return data - 1 if len(above) == width and not _is_setting(above) else top


def _require_decimal_points(header: Row, data: list[list[str]]) -> None:
    """Refuse two fields for each name, which commas between columns make of decimal commas."""
    line, names = header
    named = len(names) > 1 and {kind_of(name) for name in names} == {"word"} and not _is_setting(names)
    if named and all(len(cells) == 2 * len(names) for cells in data):
        raise FileError(
            f"the rows below line {line} have {2 * len(names)} fields for {len(names)} names; "
            "if the comma is also the decimal mark, write another separator, or choose columns: csv:PATH:XCOL:YCOL"
        )


def _is_setting(cells: list[str]) -> bool:
    """``Gain: 3``, ``Gain =, 3``"""
    return any(cell.rstrip().endswith((":", "=")) or ": " in cell for cell in cells)


def _has_names(cells: list[str], choice: Choice | None) -> bool:
    kinds = [kind_of(cell) for cell in cells]
    words = "word" in kinds
    values = any(kind not in ("word", "missing") for kind in kinds)
    if values and words and choice is None:
        raise FileError("its first row has both names and numbers; choose the columns: csv:PATH:XCOL:YCOL")
    named = choice is not None and not all(column.strip().isdecimal() for column in choice)
    return words and (named or not values)


def _is_units(cells: list[str], width: int) -> bool:
    return len(cells) == width and {"word"} <= {kind_of(cell) for cell in cells} <= {"word", "missing"}


def _numbers_as_names(cells: list[str], below: list[Row]) -> bool:
    """Whether a first row of numbers is names: years, or 0, 1, 2 behind an empty cell."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not below or len(filled) < min(2, len(cells)) or len(cells) < 2:
        return False
    if not cells[0].strip() and filled == [str(i) for i in range(len(cells) - 1)]:
        return True
    if not all(_YEAR.fullmatch(cell) for cell in filled) or len(filled) < 2:
        return False
    steps = {int(after) - int(before) for before, after in pairwise(filled)}
    next_row = below[0][1]
    return len(steps) == 1 and 0 not in steps and not _YEAR.fullmatch(next_row[0].strip())


def _fitted(
    names: tuple[str, ...], data: list[list[str]], separator: str, notes: list[str]
) -> tuple[str, ...]:
    """The names, one for each column of the data."""
    # One row alone may just as well have a field too many.
    longer = min(len(data), len(names)) > 1 and all(
        len(cells) == len(names) + 1 and cells[-1].strip() for cells in data
    )
    if longer and _names_of_rows([cells[0].strip() for cells in data]):
        notes.append("The header has one name fewer than the rows have columns: the first names the rows.")
        return ("", *names)
    width = max(map(len, data))
    if separator != " " or width >= len(names):
        return names
    # Names of several words: those in brackets belong to the one before.
    joined = re.sub(r" (?=[(\[])", "\0", " ".join(names)).split(" ")
    if len(joined) == width:
        return tuple(name.replace("\0", " ") for name in joined)
    notes.append(f"The header does not fit the {width} columns and was passed over.")
    return ()


def _names_of_rows(cells: list[str]) -> bool:
    if any(kind_of(cell) == "word" for cell in cells):
        return True
    return all(cell.isdecimal() and len(cell) < 15 for cell in cells) and sorted(set(cells), key=int) == cells


def _names_in_comment(
    comment: tuple[int, str], separator: str, width: int, notes: list[str]
) -> tuple[str, ...]:
    line, written = comment
    [cells] = _loosely([written.lstrip("#%!/ \t")], separator) or [[]]
    if written.startswith(("#,", "#;", "#\t", "#|")):
        cells = ["#", *cells]
    kinds = {kind_of(cell) for cell in cells}
    if len(cells) != width or kinds != {"word"} or ":" in written:
        return ()
    notes.append(f"The columns were named from the comment in line {line}.")
    return tuple(printable(cell, 40) for cell in cells)


def _kind_of_column(data: list[list[str]], column: int) -> str:
    kinds = (kind_of(cells[column]) for cells in data if column < len(cells))
    return next((kind for kind in kinds if kind != "missing"), "missing")
