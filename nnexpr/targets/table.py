"""Two columns of numbers out of a delimited text file, read as a stream with Python's ``csv`` module.

The rules, decided by the file's first two rows and stated in full, since a guess that goes wrong is silent:

- The separator is the first of tab, semicolon, comma that stands in the first line outside quotes.
- The first row is a header if none of its fields reads as a number. Names lose control and escape characters.
- A column is chosen by its name in the header, else by its number from 1. Unless chosen, x and y are the first
  two columns with a number in the first row of data; a column without a name (a data frame's index) counts last.
- Where the separator is not a comma, ``1,5`` is one and a half; one file may not mix decimal commas and points.
- Every row must have a finite number in both columns. Whatever does not is refused with its line.
"""

from __future__ import annotations

import csv
import math
import os
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from nnexpr.targets.wording import count, printable

__all__ = ["FileError", "Table", "read_table"]

Array = NDArray[np.float64]
Choice = tuple[str, str]
Row = tuple[int, list[str]]  # the line it begins on, and its fields

LONGEST_LINE = 1_000_000  # characters; a longer one is not a table's
_MISSING = frozenset({"", "-", ".", "?", "na", "n/a", "nan", "null", "none"})
_QUOTED = re.compile(r'"[^"]*"?')


class FileError(Exception):
    """Why a file gives no table, as one sentence."""


@dataclass(frozen=True)
class Table:
    """The two columns in the file's order, their names, and whether decimals were written with a comma."""

    x: Array
    y: Array
    x_name: str
    y_name: str
    decimal_comma: bool


def read_table(path: str, choice: Choice | None = None) -> Table:
    """The columns ``choice`` of the file at ``path``, or its first two with numbers.

    Raises :class:`FileError`.
    """
    if os.path.isdir(path):
        raise FileError("it is a folder, not a file")
    if not os.path.exists(path):
        raise FileError("there is no such file")
    if not os.path.isfile(path):
        raise FileError("it is not an ordinary file")
    try:
        # Bytes that are not UTF-8 become surrogates, so that the line they stand on can be named.
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as handle:
            return _read(_lines(handle), choice)
    except OSError as error:
        raise FileError(f"it cannot be read ({(error.strerror or 'unknown error').lower()})") from None


def _read(lines: Iterator[str], choice: Choice | None) -> Table:
    start = []
    for line in lines:
        start.append(line)
        if line.strip():
            break
    separator = _separator(start[-1] if start else "")
    rows = _rows(chain(start, lines), separator)
    first = next(rows, None)
    if first is None:
        raise FileError("it is empty")
    header = _header(first[1], choice)
    first_of_data = next(rows, None) if header else first
    if first_of_data is None:
        raise FileError("it has a header and no rows of data")
    width = len(first[1])
    columns = _chosen(choice, header, width) if choice else _first_numeric(first_of_data, header, width)
    names = [header[column] if header else str(column + 1) for column in columns]
    decimals = _Decimals(comma_allowed=separator != ",")
    x, y = array("d"), array("d")
    for number, fields in chain([first_of_data], rows):
        if len(fields) > width and any(field.strip() for field in fields[width:]):
            raise FileError(f"line {number} has {len(fields)} fields where the first row has {width}")
        for values, column, name in zip((x, y), columns, names, strict=True):
            values.append(decimals.read(fields[column] if column < len(fields) else "", number, name))
    x_name, y_name = names if header else ("x", "y")
    return Table(np.array(x), np.array(y), x_name, y_name, decimals.comma)


def _lines(handle: TextIO) -> Iterator[str]:
    """The lines of the file, each checked to be text."""
    number = 0
    while line := handle.readline(LONGEST_LINE):
        number += 1
        if len(line) >= LONGEST_LINE:
            raise FileError(f"line {number} is longer than {LONGEST_LINE} characters; it is not a table")
        if not line.isascii() and any("\ud800" <= sign <= "\udfff" for sign in line):
            raise FileError(f"line {number} is not UTF-8 text; save the file in that encoding")
        if "\0" in line:
            raise FileError(f"line {number} has a zero byte; it is not a text file")
        yield line


def _separator(line: str) -> str:
    bare = _QUOTED.sub("", line)
    return next((sign for sign in "\t;," if sign in bare), ",")


def _rows(lines: Iterator[str], separator: str) -> Iterator[Row]:
    """The rows that are not blank."""
    reader = csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=True)
    line = 1
    try:
        for fields in reader:
            if len(fields) > 1 or (fields and fields[0].strip()):
                yield line, fields
            line = reader.line_num + 1
    except csv.Error as error:
        reason = "a field is too long" if "larger" in str(error) else "its quotes do not match"
        raise FileError(f"line {line} cannot be read: {reason}") from None


def _as_point(field: str) -> str:
    """``1,5`` as ``1.5``; anything else as it is."""
    return field.replace(",", ".") if field.count(",") == 1 and "." not in field else field


def _is_number(field: str) -> bool:
    """Whether the field is data rather than a name: a number, "nan" and "inf" included."""
    try:
        float(_as_point(field))
    except ValueError:
        return False
    return True


def _header(fields: list[str], choice: Choice | None) -> tuple[str, ...]:
    """The names in the first row; empty if that row is data."""
    numbers = [_is_number(field) for field in fields]
    words = [
        field.strip().lower() not in _MISSING and not number
        for field, number in zip(fields, numbers, strict=True)
    ]
    if any(numbers) and any(words) and choice is None:
        raise FileError("its first row has both names and numbers; choose the columns: csv:PATH:XCOL:YCOL")
    named = choice is not None and not all(column.strip().isdecimal() for column in choice)
    if not any(words) or (any(numbers) and not named):
        return ()
    return tuple(printable(field, 40) for field in fields)


def _chosen(choice: Choice, header: tuple[str, ...], width: int) -> list[int]:
    columns = []
    for text in choice:
        name = printable(text, 40)
        number = int(name) if name.isdecimal() and len(name) < 9 else 0
        if header.count(name) > 1 and name:
            raise FileError(
                f"{count(header.count(name), 'column')} have the name {name}; choose by number, from 1"
            )
        if name and name in header:
            columns.append(header.index(name))
        elif 1 <= number <= width:
            columns.append(number - 1)
        else:
            known = ", ".join(header[:12]) if header else f"1 to {width}, without names"
            raise FileError(f"it has no column {name or 'without a name'}; its columns are {known}")
    return columns


def _first_numeric(row: Row, header: tuple[str, ...], width: int) -> list[int]:
    line, fields = row
    if width < 2:
        raise FileError("it has one column; x and y are separated by a comma, a semicolon or a tab")
    if width == 2:
        return [0, 1]
    numeric = [
        i for i, field in enumerate(fields[:width]) if field.strip().lower() in _MISSING or _is_number(field)
    ]
    numeric.sort(key=lambda column: bool(header) and not header[column])
    if len(numeric) < 2:
        raise FileError(f"line {line} has fewer than two columns with numbers")
    return sorted(numeric[:2])


class _Decimals:
    """Reads numbers, and remembers how decimals are written in this file."""

    def __init__(self, comma_allowed: bool) -> None:
        self.comma_allowed, self.comma, self.point = comma_allowed, False, False

    def read(self, field: str, line: int, column: str) -> float:
        """The finite number in ``field``; raises :class:`FileError` with the line and the column."""
        text = field.strip()
        if self.comma_allowed and "," in text:
            text = _as_point(text)
            self.comma = self.comma or "," not in text
        elif "." in text:
            self.point = True
        try:
            value = float(text) if text.isascii() and "_" not in text else math.nan
        except ValueError:
            value = math.nan
        if self.comma and self.point:
            raise FileError(f"line {line} mixes decimal commas and decimal points")
        if math.isfinite(value):
            return value
        if not text:
            raise FileError(
                f"line {line} has no value in column {column}; give it a number or delete the line"
            )
        raise FileError(
            f"line {line} has {printable(field, 30)} in column {column}, which is not a finite number"
        )
