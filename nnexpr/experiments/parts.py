"""Parts of an experiment that are kept, so that a run that was cut short goes on where it was.

Inside :func:`keeping` the plain values that :func:`kept` computes are held in memory and, with a folder, in one JSON
file for each experiment, its quick version, and each seed. The file is removed when the experiment ends, so it never
stands in for a measurement; it is ignored when the package's sources are no longer those that wrote it. Outside of
:func:`keeping` nothing is kept.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from nnexpr.experiments.registry import digest_of_sources

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
            if document.get("sources") == digest_of_sources():
                self.values = dict(document["parts"])

    def write(self) -> None:
        """A folder that cannot be written to keeps nothing, and stops nothing."""
        if self.path is None:
            return
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside = self.path.with_suffix(f".{os.getpid()}.tmp")
            beside.write_text(
                json.dumps({"sources": digest_of_sources(), "parts": self.values}), encoding="utf-8"
            )
            beside.replace(self.path)

    def remove(self) -> None:
        if self.path is not None:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)


_PRESENT: ContextVar[_Parts | None] = ContextVar("parts", default=None)


@contextmanager
def keeping(name: str, folder: Path | None = None, *, quick: bool = False, seed: int = 0) -> Iterator[None]:
    """While inside, parts are kept for the experiment ``name``, quick or full, with this seed.

    They are dropped at the end unless it is left by an exception.
    """
    file = f"{name}{'-quick' * quick}{f'-seed-{seed}' * (seed != 0)}.json"
    parts = _Parts(None if folder is None else folder / file)
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
