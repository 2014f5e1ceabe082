"""The lines of a text file that another program wrote: its encoding, and why it may have none.

Looked at before anything is read: whether it is an ordinary file (opened without waiting, so that a pipe put in
its place cannot hold the reader), its size, and its first 64 kB, which tell a web page, a picture or an archive
from text. Then the lines are a stream: one of them is held, and none that is longer than ``LONGEST_LINE``.

Encodings: what a byte-order mark says; UTF-16 without one, where every second byte is zero; else UTF-8, and a line
that is not UTF-8 is read as Windows-1252, which has a sign for nearly every byte. Numbers are ASCII in all of them.
"""

from __future__ import annotations

import codecs
import io
import os
import re
import stat
from collections.abc import Iterator
from typing import BinaryIO

__all__ = ["FileError", "TextFile"]

LONGEST_LINE = 1_000_000  # characters; a longer one is not a table's
HEAD = 65_536  # bytes

# UTF-32 before UTF-16: the mark of the one begins with the mark of the other.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_COMPRESSED = "it is compressed; unpack it first"
_PICTURE = "it is a picture, not a table"
_BINARY = {
    b"PK\x03\x04": "it is a spreadsheet or another zip archive; save the table as CSV",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "it is an Excel workbook; save the table as CSV",
    b"\x1f\x8b": _COMPRESSED,
    b"BZh": _COMPRESSED,
    b"\xfd7zXZ\0": _COMPRESSED,
    b"\x28\xb5\x2f\xfd": _COMPRESSED,
    b"7z\xbc\xaf": _COMPRESSED,
    b"PAR1": "it is a Parquet file; write its table as CSV",
    b"ARROW1": "it is an Arrow file; write its table as CSV",
    b"\x93NUMPY": "it is a NumPy array; write it with numpy.savetxt",
    b"\x89HDF\r\n": "it is an HDF5 file; write its table as CSV",
    b"SQLite format 3\0": "it is an SQLite database; write its table as CSV",
    b"MATLAB 5.0 MAT-file": "it is a MATLAB file; write its table as CSV",
    **{
        bytes((0x80, protocol)): "it is a Python pickle, which is never opened; write its table as CSV"
        for protocol in range(2, 6)
    },
    b"%PDF-": "it is a PDF document, not a table",
    b"\x89PNG": _PICTURE,
    b"\xff\xd8\xff": _PICTURE,
    b"\x7fELF": "it is a program, not a table",
}
_TEXTS = {
    r"version https://git-lfs": "it is a Git LFS pointer, not the file itself; fetch that with git lfs pull",
    r"<!doctype html|<html|<head|<script|<body": "it is a web page, not a table",
    r"<\?xml|<svg": "it is an XML document, not a table",
    r"\{\\rtf": "it is a text processor's document, not a table",
    r"\{\s*[\"}]|\[\s*[\[{\"]": "it is a JSON document; write its table as CSV",
}


class FileError(Exception):
    """Why a file gives no table, as one sentence."""


class TextFile:
    """An ordinary file of text, read as often as one likes; raises :class:`FileError` where it is none.

    ``foreign``: the first line that is not in the file's encoding, 0 until such a line was read.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.foreign = 0
        with self._open() as handle:
            self.size = os.fstat(handle.fileno()).st_size
            head = handle.read(HEAD)
        self.encoding = _encoding(head)
        start = head.decode(self.encoding, "replace").lstrip()
        for mark, reason in _BINARY.items():
            if head.startswith(mark):
                raise FileError(reason)
        for pattern, reason in _TEXTS.items():
            if re.match(pattern, start, re.IGNORECASE):
                raise FileError(reason)

    def lines(self) -> Iterator[str]:
        """The lines with their ends, each checked to be text."""
        # Bytes that are not UTF-8 become surrogates, so that the line they stand on can be named.
        errors = "surrogateescape" if self.encoding == "utf-8-sig" else "replace"
        with io.TextIOWrapper(self._open(), self.encoding, errors, newline="") as handle:
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
            raise _unreadable(error) from None
        if "\0" in line:
            raise FileError(f"line {number} has a zero byte; it is not a text file")
        if len(line) >= LONGEST_LINE:
            raise FileError(f"line {number} is longer than {LONGEST_LINE} characters; it is not a table")
        if not line.isascii() and any("\ud800" <= sign <= "\udfff" for sign in line):
            self.foreign = self.foreign or number
            line = line.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
        return line

    def _open(self) -> BinaryIO:
        if os.path.isdir(self._path):
            raise FileError("it is a folder, not a file")
        if not os.path.exists(self._path):
            raise FileError("there is no such file")
        try:
            handle = open(self._path, "rb", opener=_without_waiting)  # noqa: SIM115 - the caller closes it
        except OSError as error:
            raise _unreadable(error) from None
        if not stat.S_ISREG(os.fstat(handle.fileno()).st_mode):
            handle.close()
            raise FileError("it is not an ordinary file; save what it gives to one first")
        return handle


def _without_waiting(path: str, flags: int) -> int:
    """Opens a pipe too, at once, so that what was opened can be looked at."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def _unreadable(error: OSError) -> FileError:
    return FileError(f"it cannot be read ({(error.strerror or 'unknown error').lower()})")


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
