"""Files from outside: opened only if they are ordinary ones, and what their first bytes say that they are.

Looked at before anything is read, so that a pipe cannot hold the reader, a device cannot fill the memory, and a web
page saved under the name of a table or of weights is called a web page.
"""

from __future__ import annotations

import os
import re
import stat
from typing import BinaryIO

__all__ = ["FETCH_LFS", "HEAD", "FileError", "kind_of_file", "open_ordinary", "require_room", "unreadable"]

FETCH_LFS = "not the file itself; fetch that with git lfs pull"
HEAD = 65_536  # bytes that tell one kind of file from another

_COMPRESSED, _PICTURE = "compressed", "a picture"
_FIRST_BYTES = {
    b"PK\x03\x04": "a zip archive",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an Excel workbook",
    b"\x1f\x8b": _COMPRESSED,
    b"BZh": _COMPRESSED,
    b"\xfd7zXZ\0": _COMPRESSED,
    b"\x28\xb5\x2f\xfd": _COMPRESSED,
    b"7z\xbc\xaf": _COMPRESSED,
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"\x93NUMPY": "a NumPy array",
    b"\x89HDF\r\n": "an HDF5 file",
    b"SQLite format 3\0": "an SQLite database",
    b"MATLAB 5.0 MAT-file": "a MATLAB file",
    **{bytes((0x80, protocol)): "a Python pickle" for protocol in range(2, 6)},
    b"%PDF-": "a PDF document",
    b"\x89PNG": _PICTURE,
    b"\xff\xd8\xff": _PICTURE,
    b"GIF8": _PICTURE,
    b"\x7fELF": "a program",
}
_FIRST_WORDS = {
    r"version https://git-lfs": "a Git LFS pointer",
    r"<!doctype html|<html|<head|<script|<body": "a web page",
    r"<\?xml|<svg": "an XML document",
    r"\{\\rtf": "a text processor's document",
    r"\{\s*[\"}]|\[\s*[\[{\"]": "a JSON document",
}


class FileError(Exception):
    """Why a file cannot be used, as one sentence."""


def open_ordinary(path: str | os.PathLike[str]) -> BinaryIO:
    """The file, open for reading; raises :class:`FileError` where there is none, and for pipes, devices and folders."""
    if os.path.isdir(path):
        raise FileError("it is a folder, not a file")
    if not os.path.exists(path):
        raise FileError("there is no such file")
    try:
        handle = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 - the caller closes it
    except OSError as error:
        raise unreadable(error) from None
    if not stat.S_ISREG(os.fstat(handle.fileno()).st_mode):
        handle.close()
        raise FileError("it is not an ordinary file; save what it gives to one first")
    return handle


def unreadable(error: OSError) -> FileError:
    """What the system says."""
    return FileError(f"it cannot be read ({(error.strerror or 'unknown error').lower()})")


def _without_waiting(path: str, flags: int) -> int:
    """Opens a pipe too, at once, so that what was opened can be looked at."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def kind_of_file(head: bytes, start: str = "") -> str:
    """What the first bytes, or the ``start`` of the text that they are, show: "a web page"; empty where nothing."""
    for mark, kind in _FIRST_BYTES.items():
        if head.startswith(mark):
            return kind
    start = start or head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    found = (kind for words, kind in _FIRST_WORDS.items() if re.match(words, start, re.IGNORECASE))
    return next(found, "")


def require_room(size: int, needed: float) -> None:
    """Refuse, with :class:`FileError`, a file of ``size`` bytes that would need more memory than is free."""
    from psutil import virtual_memory

    free = virtual_memory().available
    if needed > free:
        sizes = f"its {size / 1e9:.3g} GB would take about {needed / 1e9:.3g} GB of memory"
        raise FileError(f"{sizes}, and {free / 1e9:.3g} GB are free")
