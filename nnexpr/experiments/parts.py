"""Parts of an experiment that are kept, so that a run that was cut short goes on where it was.

Inside :func:`keeping` the plain values that :func:`kept` computes are held in memory and, with a folder, in one JSON
file for each experiment (and for its quick version). The file is removed when the experiment ends, so it never stands
in for a measurement; it is ignored when the package's sources are no longer those that wrote it. Outside of
:func:`keeping` nothing is kept.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["keeping", "kept"]

Plain = TypeVar("Plain")  # numbers, texts, None, and lists and dictionaries of them


@dataclass
class _Parts:
    path: Path | None
    values: dict[str, Any] = field(default_factory=dict)

    def read(self) -> None:
        if self.path is None:
            return
        with suppress(OSError, ValueError, AttributeError):
            document = json.loads(self.path.read_text(encoding="utf-8"))
            if document.get("sources") == _sources():
                self.values = dict(document["parts"])

    def write(self) -> None:
        """A folder that cannot be written to keeps nothing, and stops nothing."""
        if self.path is None:
            return
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside = self.path.with_suffix(f".{os.getpid()}.tmp")
            beside.write_text(json.dumps({"sources": _sources(), "parts": self.values}), encoding="utf-8")
            beside.replace(self.path)

    def remove(self) -> None:
        if self.path is not None:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)


_PRESENT: ContextVar[_Parts | None] = ContextVar("parts", default=None)


@contextmanager
def keeping(name: str, folder: Path | None = None) -> Iterator[None]:
    """While inside, parts are kept under ``name``; they are dropped at the end unless it is left by an exception."""
    parts = _Parts(None if folder is None else folder / f"{name}.json")
    parts.read()
    token = _PRESENT.set(parts)
    try:
        yield
        parts.remove()
    finally:
        _PRESENT.reset(token)


def kept(name: str, compute: Callable[[], Plain]) -> Plain:
    """``compute()``, or what it gave before: plain values only, as JSON gives them back."""
    parts = _PRESENT.get()
    if parts is None:
        return compute()
    if name not in parts.values:
        parts.values[name] = compute()
        parts.write()
    value: Plain = parts.values[name]
    return value


@cache
def _sources() -> str:
    """A digest of the package's sources: parts that another version computed are not taken."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
