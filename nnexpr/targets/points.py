"""A point of a network's input by how it is spelled: its numbers, a file of one, or a row of a data file.

    0.5,-1,0.25       its numbers
    image.npy         a NumPy array of as many numbers as there are inputs, of any shape
    images.npy:7      the eighth of an array of many
    data.csv:7        the eighth row of numbers of a table

Arrays are mapped, not read: of a file of any size one row is taken. Nothing in a file is ever run.
"""

from __future__ import annotations

import os
import re
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from nnexpr.files import HEAD, FileError, open_ordinary, unreadable
from nnexpr.specification import InputError
from nnexpr.targets.cells import Numbers
from nnexpr.targets.dialect import recognise, rows_of
from nnexpr.targets.marks import Marks, settled
from nnexpr.targets.textfile import TextFile

__all__ = ["read_point"]

Array = NDArray[np.float64]

_NUMPY = b"\x93NUMPY"
_INDEXED = re.compile(r"(?P<path>.+):(?P<index>\d+)", re.DOTALL)


def read_point(spelled: str, inputs: int | None, option: str) -> Array:
    """The point: so many numbers, or None for any, float64, in the shape that they have in a NumPy array.

    What is wrong with it is an InputError of this option.
    """
    try:
        numbers = _numbers(spelled) if _is_written(spelled) else _from_file(spelled, inputs)
    except FileError as error:
        raise InputError(option, spelled, str(error)) from None
    if inputs is not None and numbers.size != inputs:
        has = f"{numbers.size:,} number{'s' * (numbers.size != 1)}"
        raise InputError(option, spelled, f"the point has {has}, and the network {inputs:,} inputs")
    if not np.isfinite(numbers).all():
        raise InputError(option, spelled, "its numbers must be finite")
    return numbers


def _is_written(spelled: str) -> bool:
    """Whether it is the numbers themselves; a file of that name goes before."""
    return bool(re.fullmatch(r"[\s\d.,+\-eEinfaIN]+", spelled)) and not os.path.exists(spelled)


def _numbers(spelled: str) -> Array:
    try:
        return np.array([float(each) for each in spelled.split(",")])
    except ValueError:
        raise FileError("it is neither a file nor numbers with commas between them") from None


def _from_file(spelled: str, inputs: int | None) -> Array:
    path, index = spelled, None
    if not os.path.exists(spelled) and (found := _INDEXED.fullmatch(spelled)):
        path, index = found["path"], int(found["index"])
    path = os.path.expanduser(path)
    with open_ordinary(path) as file:
        is_array = file.read(HEAD).startswith(_NUMPY)
    return _of_array(path, index, inputs) if is_array else _of_table(path, index)


def _of_array(path: str, index: int | None, inputs: int | None) -> Array:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError):  # of objects, cut off, of a head that does not fit
        raise FileError("it is damaged, or holds Python objects, which are never loaded") from None
    except OSError as error:
        raise unreadable(error) from None
    if array.dtype.kind not in "buif":
        raise FileError(f"its numbers are {array.dtype}; they must be real")
    if index is not None:
        if not array.ndim or index >= len(array):
            raise FileError(_out_of(len(array) if array.ndim else 0))
        array = array[index]
    elif array.size != inputs and array.ndim and len(array) > 1 and array[0].size == inputs:
        raise FileError(f"it has {len(array):,} points; choose one by its number from 0, as FILE:0")
    return np.array(array, dtype=np.float64)


def _of_table(path: str, index: int | None) -> Array:
    text = TextFile(path)
    dialect = recognise(text, None)
    rows = islice(rows_of(text, dialect.separator), dialect.leading, None)
    if index is None:
        first = list(islice(rows, 2))
        if len(first) > 1:
            raise FileError("it has several rows; choose one by its number from 0, as FILE:0")
    else:
        known = 0
        for known, row in enumerate(rows, 1):
            if known > index:
                first = [row]
                break
        else:
            raise FileError(_out_of(known))
    line, cells = first[0]
    column = Numbers("of numbers", settled(cells, dialect.separator) or Marks(dialect.separator))
    values = [column.read(cell, line) for cell in cells]
    if None in values:
        raise FileError(f"line {line} has a missing value")
    return np.array(values, dtype=np.float64)


def _out_of(points: int) -> str:
    return f"it has {points:,} point{'s' * (points != 1)}, counted from 0"
