"""Files that are whole or absent: written beside their place, then renamed into it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["sweep", "try_writing", "write_atomically", "writing_atomically"]


def write_atomically(path: Path, content: bytes | str, *, durable: bool = True) -> None:
    """Put ``content``, text as UTF-8, under ``path`` in one step; its folder is made where it is missing.

    Whoever reads ``path`` finds what was there before or all of the new content, also when the process is killed or
    the disk is full. ``durable`` waits until the disk has it, so that this holds when power fails too. Raises OSError;
    what was there before then stands.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    with writing_atomically(path, durable=durable) as beside:
        beside.write_bytes(data)


@contextmanager
def writing_atomically(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """As :func:`write_atomically`, of what is written bit by bit, or by another program: into the file given inside.

    It lies empty beside ``path``, with an ending of its own, and takes its place at the end; where anything is raised
    it is taken away.
    """
    beside = _beside(path)
    try:
        beside.open("xb").close()
        yield beside
        if durable:
            with beside.open("r+b") as file:
                os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def try_writing(path: Path) -> None:
    """Raise the OSError that :func:`write_atomically` would, but for a disk that fills up later; nothing is left."""
    beside = _beside(path)
    beside.open("xb").close()
    beside.unlink()


def sweep(folder: Path, process: int) -> None:
    """Take away what a ``process`` that was killed had half written in ``folder``."""
    with suppress(OSError):
        for path in folder.glob(f"*{_ending(process)}"):
            path.unlink()


def _beside(path: Path) -> Path:
    """A name that nothing has, in the folder of ``path``, which is made where it is missing; a long one is cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.name[:50]}.{secrets.token_hex(4)}{_ending(os.getpid())}")


def _ending(process: int) -> str:
    return f".{process}.tmp"
