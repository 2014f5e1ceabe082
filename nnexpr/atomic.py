"""Files that are whole or absent: written beside their place, then renamed into it."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["make_private", "sweep", "try_writing", "write_atomically", "writing_atomically"]


def write_atomically(
    path: Path,
    content: bytes | str,
    *,
    durable: bool = True,
    private: bool = False,
    previous: Path | None = None,
) -> None:
    """Put ``content``, text as UTF-8, under ``path`` in one step; its folder is made where it is missing.

    Whoever reads ``path`` finds what was there before or all of the new content, also when the process is killed or
    the disk is full. ``durable`` waits until the disk has it, so that this holds when power fails too. ``private``: a
    folder that is made is the user's own, and nobody may do more with the file than with its folder. ``previous``:
    where what was there is from then on. Raises OSError; what was there before then stands.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    with writing_atomically(path, durable=durable, private=private, previous=previous) as beside:
        beside.write_bytes(data)


@contextmanager
def writing_atomically(
    path: Path, *, durable: bool = True, private: bool = False, previous: Path | None = None
) -> Iterator[Path]:
    """As :func:`write_atomically`, of what is written bit by bit, or by another program: into the file given inside.

    It lies empty beside ``path``, with an ending of its own, and takes its place at the end; where anything is raised
    it is taken away.
    """
    beside = _beside(path, private=private)
    try:
        _make(beside, private=private)
        yield beside
        if durable:
            with beside.open("r+b") as file:
                os.fsync(file.fileno())
        if previous is not None and path.is_file():  # a device would be copied without end
            _name_also(path, previous, private=private)
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def _name_also(path: Path, other: Path, *, private: bool) -> None:
    """Let ``other`` be what ``path`` is: a second name of the same bytes, or a copy where there are no such names."""
    beside = _beside(other, private=private)
    try:
        try:
            os.link(path, beside)
        except OSError:
            shutil.copy2(path, beside)
        beside.replace(other)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def try_writing(path: Path, *, private: bool = False) -> None:
    """Raise the OSError that :func:`write_atomically` would, but for a disk that fills up later; nothing is left."""
    beside = _beside(path, private=private)
    _make(beside, private=private)
    beside.unlink()


def make_private(path: Path) -> None:
    """Make an empty file where there is none, with which nobody may do more than with its folder; raises OSError."""
    with suppress(FileExistsError):
        _make(path, private=True)


def _make(path: Path, *, private: bool) -> None:
    """An empty file that was not there."""
    mode = path.parent.stat().st_mode & 0o666 if private else 0o666
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))


def sweep(folder: Path, process: int) -> None:
    """Take away what a ``process`` that was killed had half written in ``folder``."""
    with suppress(OSError):
        for path in folder.glob(f"*{_ending(process)}"):
            path.unlink()


def _beside(path: Path, *, private: bool) -> Path:
    """A name that nothing has, in the folder of ``path``, which is made where it is missing; a long one is cut."""
    path.parent.mkdir(0o700 if private else 0o777, parents=True, exist_ok=True)
    return path.with_name(f".{path.name[:50]}.{secrets.token_hex(4)}{_ending(os.getpid())}")


def _ending(process: int) -> str:
    return f".{process}.tmp"
