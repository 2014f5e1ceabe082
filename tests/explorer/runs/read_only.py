"""A folder as on a file system that is mounted read-only: there root is refused as everybody is."""

from __future__ import annotations

import errno
import io
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

__all__ = ["mount_read_only"]

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = ("replace", "rename", "unlink", "mkdir", "link")


def mount_read_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on nothing in the folder is made, changed or taken away; all of it can be read."""

    def refusing(function: Callable[..., Any], is_change: Callable[..., object]) -> Callable[..., Any]:
        def asked(path: Any, *others: Any, **named: Any) -> Any:
            is_inside = isinstance(path, str | Path) and Path(path).is_relative_to(folder)
            if is_inside and is_change(*others, **named):
                raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
            return function(path, *others, **named)

        return asked

    monkeypatch.setattr(os, "open", refusing(os.open, lambda flags, *_, **__: flags & WRITING))
    monkeypatch.setattr(io, "open", refusing(io.open, lambda mode="r", *_, **__: set(mode) & set("wax+")))
    for name in CHANGES:
        monkeypatch.setattr(os, name, refusing(getattr(os, name), lambda *_, **__: True))

    connect = sqlite3.connect

    def connected(address: str, **named: Any) -> sqlite3.Connection:
        if str(folder) in address and not address.endswith("mode=ro"):
            raise sqlite3.OperationalError("attempt to write a readonly database")
        return connect(address, **named)

    monkeypatch.setattr(sqlite3, "connect", connected)
