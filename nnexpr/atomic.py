"""Files that are whole or absent: written beside their place, then renamed into it."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

__all__ = ["sweep", "try_writing", "write_atomically"]


def write_atomically(path: Path, content: bytes | str, *, durable: bool = True) -> None:
    """Put ``content``, text as UTF-8, under ``path`` in one step; its folder is made where it is missing.

    Whoever reads ``path`` finds what was there before or all of the new content, also when the process is killed or
    the disk is full. ``durable`` waits until the disk has it, so that this holds when power fails too. Raises OSError;
    what was there before then stands.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    beside = _beside(path)
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            if durable:
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
    """A name that nothing has, in the folder of ``path``, which is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{_ending(os.getpid())}")


def _ending(process: int) -> str:
    return f".{process}.tmp"
