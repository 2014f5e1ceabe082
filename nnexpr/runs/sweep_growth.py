"""What a journal of a sweep says, read from its beginning or from where it was read to before.

Whoever has read a journal keeps a :class:`Place`. What stands before it is compared by a checksum, which costs a
millisecond for megabytes, so a journal that was put in the place of another, or cut short, is read anew, whatever its
size and time are. Only what follows is parsed, which costs a hundred times as much.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

__all__ = [
    "VERSION",
    "CellState",
    "Damaged",
    "Growth",
    "NewerJournal",
    "Place",
    "Record",
    "SweepState",
    "growth",
]

CellState = Literal["waiting", "running", "done", "failed", "pruned"]
SweepState = Literal["running", "finished", "failed", "stopped"]

VERSION = 1
_CELL_STATES, _SWEEP_STATES = frozenset(get_args(CellState)), frozenset(get_args(SweepState))
MOST_MEMBERS = 1 << 31  # of a run


class Damaged(ValueError):
    """It is no journal of a sweep."""


class NewerJournal(ValueError):
    """It is of a newer nnexpr."""


@dataclass(frozen=True)
class Place:
    """How far a journal was read: so many bytes with this checksum, of so many cells, the sweep in this state."""

    size: int = 0
    checksum: int = 0
    cells: int = 0
    state: SweepState = "running"


class Record(NamedTuple):
    """What became of a cell."""

    state: CellState
    run: str
    member: int | None
    metrics: Mapping[str, float]
    problem: str


@dataclass(frozen=True)
class Growth:
    """What a journal says beyond a place: its head where it was read from the beginning, new cells, newest records."""

    place: Place
    head: Mapping[str, Any] | None
    configs: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    records: Mapping[int, Record] = field(default_factory=dict)


def growth(data: bytes, before: Place | None = None) -> Growth:
    """What the journal ``data`` says beyond ``before``, or all where that is not its beginning.

    Raises :class:`Damaged` or :class:`NewerJournal`.
    """
    if before is None or len(data) < before.size or zlib.crc32(data[: before.size]) != before.checksum:
        before = Place()
    size, documents = _documents(data, before.size)
    try:
        head = _head(next(documents, {})) if before.size == 0 else None
        cells, state, configs, records = before.cells, before.state, dict[int, Any](), dict[int, Record]()
        for document in documents:
            if "cells" in document and document["first"] == cells:
                fresh = document["cells"]
                if not all(isinstance(each, dict) for each in fresh):
                    raise Damaged
                configs |= dict(enumerate(fresh, cells))
                cells += len(fresh)
            for number, *said in document.get("records", ()):
                records[_whole(number, cells)] = _record(*said)
            state = document.get("state", state)
            if state not in _SWEEP_STATES:
                raise Damaged
    except NewerJournal:
        raise
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError):
        raise Damaged from None
    checksum = zlib.crc32(data[before.size : size], before.checksum)
    return Growth(Place(size, checksum, cells, state), head, configs, records)


def _documents(data: bytes, start: int) -> tuple[int, Iterator[dict[str, Any]]]:
    """Where the last line ends that is whole, and the documents up to there; what is none is passed over."""
    *lines, last = data[start:].split(b"\n")
    found = [each for each in map(_document, lines) if each is not None]
    unended = _document(last)  # whole, if it was killed just before the end of the line
    if unended is not None:
        return len(data), iter([*found, unended])
    return len(data) - len(last), iter(found)


def _document(line: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _head(document: dict[str, Any]) -> dict[str, Any]:
    if document["sweep"] > VERSION:
        raise NewerJournal
    told = {name: _text(document[name]) for name in ("name", "text", "created")}
    return told | {"words": dict(document["words"]), "stamp": int(document["stamp"])}


def _record(state: CellState, run: str, member: int | None, metrics: dict[str, Any], problem: str) -> Record:
    if state not in _CELL_STATES:
        raise Damaged
    numbers = {name: float(value) for name, value in metrics.items()}
    kept = None if member is None else _whole(member, MOST_MEMBERS)
    return Record(state, _text(run), kept, numbers, _text(problem))


def _whole(value: Any, below: int) -> int:
    if type(value) is not int or not 0 <= value < below:
        raise Damaged
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Damaged
    return value
