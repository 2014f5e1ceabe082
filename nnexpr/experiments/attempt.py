"""What an experiment's function is given: how to do it, whom to tell, and what an earlier attempt has kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from nnexpr.atomic import write_atomically
from nnexpr.experiments.data import to_json
from nnexpr.experiments.origin import digest_of_sources

__all__ = ["Attempt", "Cancelled", "Parts", "Progress"]

Item = TypeVar("Item")
Plain = TypeVar("Plain")  # numbers, texts, None, and lists and dictionaries of them
Progress = Callable[[float, str], None]  # the share done, from 0 to 1, and a note


class Cancelled(Exception):
    """Whoever asked for the experiment wants it no more; what it kept is found again by the next attempt."""


@dataclass
class Parts:
    """Plain values of an unfinished experiment, in memory and, with a ``path``, in that JSON file.

    The file is ignored when the package's sources are no longer those that wrote it. One that cannot be written keeps
    nothing, and stops nothing.
    """

    path: Path | None = None
    values: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path | None) -> Parts:
        """Those of the file, none where there is none or other sources wrote it."""
        if path is not None:
            with suppress(OSError, ValueError, LookupError, TypeError, AttributeError):
                document = json.loads(path.read_text(encoding="utf-8"))
                if document["sources"] == digest_of_sources():
                    return cls(path, dict(document["parts"]))
        return cls(path)

    def kept(self, name: str, compute: Callable[[], Plain]) -> Plain:
        """``compute()``, or what it gave before."""
        if name not in self.values:
            self.values[name] = json.loads(
                to_json(compute())
            )  # the same, whether it comes from a file or not
            if self.path is not None:
                document = {"sources": digest_of_sources(), "parts": self.values}
                with suppress(OSError):
                    write_atomically(self.path, json.dumps(document))
        value: Plain = self.values[name]
        return value

    def drop(self) -> None:
        """Remove the file: the experiment has ended, and its parts never stand in for a measurement."""
        if self.path is not None:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Attempt:
    """One attempt at an experiment.

    ``quick`` asks for fewer members or epochs; such numbers never stand for the full ones, and a claim that so few
    cannot judge is not judged. ``large`` asks for the source's own size where an experiment by itself takes a smaller
    one, or for more members: what takes a graphics processor. ``device``: where networks are trained by those
    experiments that can train elsewhere than on the processor. All that is drawn is drawn from ``seed``; member i of a
    network has seed ``seed`` + i.
    ``progress`` is told as it goes; it may raise :class:`Cancelled` to end the attempt.
    """

    quick: bool = False
    seed: int = 0
    progress: Progress = lambda share, note: None  # noqa: ARG005
    parts: Parts = field(default_factory=Parts)
    large: bool = False
    device: str = "cpu"

    def choose(self, full: Item, quick: Item, large: Item | None = None) -> Item:
        """What this attempt takes of them; of the full where there is no large one."""
        if self.large and large is not None:
            return large
        return quick if self.quick else full

    def report(self, share: float, note: str = "") -> None:
        """Tell how far it is, from 0 to 1, and what is being done."""
        self.progress(share, note)

    def over(
        self,
        items: Sequence[Item],
        note: Callable[[Item], object] = str,
        *,
        begin: float = 0.0,
        end: float = 1.0,
    ) -> Iterator[Item]:
        """The items one by one, each reported before it is given; from ``begin`` to ``end`` of the whole."""
        for number, item in enumerate(items):
            self.report(begin + (end - begin) * number / len(items), str(note(item)))
            yield item
        self.report(end)

    def kept(self, name: str, compute: Callable[[], Plain]) -> Plain:
        """``compute()``, or what it gave an attempt that was cut short: as JSON gives it back, arrays as lists."""
        return self.parts.kept(name, compute)

    def each(
        self, items: Sequence[Item], work: Callable[[Item], Plain], name: Callable[[Item], str] = str, *,
        begin: float = 0.0, end: float = 1.0,
    ) -> list[Plain]:  # fmt: skip
        """``work(item)`` of all of them one by one, reported and kept by their names."""
        named = self.over(items, name, begin=begin, end=end)
        return [self.kept(name(item), partial(work, item)) for item in named]
