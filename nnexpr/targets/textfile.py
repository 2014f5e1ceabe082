"""The lines of a text file that another program wrote: its encoding, and why it may have none.

Looked at before anything is read: whether it is an ordinary file, its size, and what it is (:mod:`nnexpr.files`). Then
the lines are a stream: one of them is held, and none that is longer than ``LONGEST_LINE``.

What gzip or bzip2 has packed (numpy.savetxt does where the name ends in .gz) is unpacked as it is read. How long it is
then is counted first, and a small file that unpacks to one ``HIGHEST_RATIO`` times its size is refused.

Encodings: what a byte-order mark says; UTF-16 without one, where every second byte is zero; else UTF-8, and a line
that is not UTF-8 is read as Windows-1252, which has a sign for nearly every byte. Numbers are ASCII in all of them.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import BinaryIO, cast

from nnexpr.files import FETCH_LFS, HEAD, FileError, kind_of_file, open_ordinary, unreadable

__all__ = ["TextFile"]

LONGEST_LINE = 1_000_000  # characters; a longer one is not a table's
HIGHEST_RATIO = 100  # of a table's length to its packed one; of numbers 2 to 10
SMALL = 16_000_000  # bytes that anything may unpack to
_PIECE = 1 << 20  # bytes unpacked at once

_UNPACKED: dict[bytes, Callable[[BinaryIO], io.BufferedIOBase]] = {
    b"\x1f\x8b": lambda handle: gzip.GzipFile(fileobj=handle),
    b"BZh": bz2.BZ2File,
}

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

    ``size``: in bytes, unpacked. ``foreign``: the first line that is not in the file's encoding, 0 until such a line
    was read.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.foreign = 0
        with open_ordinary(self._path) as handle:
            self.size = os.fstat(handle.fileno()).st_size
            head = handle.read(HEAD)
            self._unpack = next((by for mark, by in _UNPACKED.items() if head.startswith(mark)), None)
            if self._unpack:
                handle.seek(0)
                self.size, head = _measured(self._unpack(handle), self.size)
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
        with ExitStack() as opened:
            file = opened.enter_context(open_ordinary(self._path))
            whole = opened.enter_context(self._unpack(file)) if self._unpack else file
            handle = opened.enter_context(
                io.TextIOWrapper(cast(BinaryIO, whole), self.encoding, errors, newline="")
            )
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


def _measured(stream: io.BufferedIOBase, packed: int) -> tuple[int, bytes]:
    """How many bytes a stream unpacks to, and the first of them; ``packed``: how many it has."""
    limit = max(SMALL, HIGHEST_RATIO * packed)
    size, head = 0, b""
    try:
        while piece := stream.read(_PIECE):
            size, head = size + len(piece), head or piece[:HEAD]
            if size > limit:
                raise FileError(
                    f"its {packed / 1e6:.3g} MB unpack to more than {limit / 1e6:.3g} MB; unpack it first"
                )
    except (OSError, EOFError, zlib.error):
        raise FileError("it is damaged: it cannot be unpacked to its end") from None
    return size, head


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
