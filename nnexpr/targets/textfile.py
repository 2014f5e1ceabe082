"""The lines of a text file that another program wrote: its encoding, and why it may have none.

Looked at before anything is read: whether it is an ordinary file, its size, and what it is (:mod:`nnexpr.files`). Then
the lines are a stream: one of them is held, and none that is longer than ``LONGEST_LINE``.

Encodings: what a byte-order mark says; UTF-16 without one, where every second byte is zero; else UTF-8, and a line
that is not UTF-8 is read as Windows-1252, which has a sign for nearly every byte. Numbers are ASCII in all of them.
"""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import Iterator

from nnexpr.files import FETCH_LFS, HEAD, FileError, kind_of_file, open_ordinary, unreadable

__all__ = ["TextFile"]

LONGEST_LINE = 1_000_000  # characters; a longer one is not a table's

# UTF-32 before UTF-16: the mark of the one begins with the mark of the other.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_AS_CSV = "write its table as CSV"
_ADVICE = {
    "compressed": "unpack it first",
    "a zip archive": "if it is a spreadsheet, save its table as CSV",
    "an Excel workbook": "save the table as CSV",
    "a NumPy array": "write it with numpy.savetxt",
    "a Python pickle": "that is never opened, so " + _AS_CSV,
    "a Git LFS pointer": FETCH_LFS,
    "a Parquet file": _AS_CSV,
    "an Arrow file": _AS_CSV,
    "an HDF5 file": _AS_CSV,
    "an SQLite database": _AS_CSV,
    "a MATLAB file": _AS_CSV,
    "a JSON document": _AS_CSV,
}


class TextFile:
    """An ordinary file of text, read as often as one likes; raises :class:`FileError` where it is none.

    ``foreign``: the first line that is not in the file's encoding, 0 until such a line was read.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.foreign = 0
        with open_ordinary(self._path) as handle:
            self.size = os.fstat(handle.fileno()).st_size
            head = handle.read(HEAD)
        self.encoding = _encoding(head)
        start = head.decode(self.encoding, "replace").lstrip()
        if kind := kind_of_file(head, start):
            raise FileError(
                f"it is {kind}; {_ADVICE[kind]}" if kind in _ADVICE else f"it is {kind}, not a table"
            )

    def lines(self) -> Iterator[str]:
        """The lines with their ends, each checked to be text."""
        # Bytes that are not UTF-8 become surrogates, so that the line they stand on can be named.
        errors = "surrogateescape" if self.encoding == "utf-8-sig" else "replace"
        with io.TextIOWrapper(open_ordinary(self._path), self.encoding, errors, newline="") as handle:
            number = length = 0
            while line := self._line(handle, number + 1):
                number, length = number + 1, length + len(line)
                if length > self.size:
                    raise FileError("it grows while it is read; copy it first")
                yield line

    def _line(self, handle: io.TextIOWrapper, number: int) -> str:
        try:
            line = handle.readline(LONGEST_LINE)
        except OSError as error:
            raise unreadable(error) from None
        if "\0" in line:
            raise FileError(f"line {number} has a zero byte; it is not a text file")
        if len(line) >= LONGEST_LINE:
            raise FileError(f"line {number} is longer than {LONGEST_LINE} characters; it is not a table")
        if not line.isascii() and any("\ud800" <= sign <= "\udfff" for sign in line):
            self.foreign = self.foreign or number
            line = line.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
        return line


def _encoding(head: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding
    pairs = len(head) // 2
    first, second = head[0 : 2 * pairs : 2], head[1 : 2 * pairs : 2]
    if pairs > 1 and second.count(0) > 0.9 * pairs and first.count(0) == 0:
        return "utf-16-le"
    if pairs > 1 and first.count(0) > 0.9 * pairs and second.count(0) == 0:
        return "utf-16-be"
    return "utf-8-sig"
