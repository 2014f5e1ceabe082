"""The journals of sweeps: a file for each, to which is added what becomes of its cells.

``sweeps/ID.jsonl`` has one JSON document a line: what the sweep is, its cells, then records of what became of them, of
which the newest of a cell stands. A line is added by one write, so a process that is killed leaves at most an
unfinished last line; it is dropped when the journal is read, as is any other that cannot be. NaN and infinities are
written in words. Loading this costs neither NumPy nor torch.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from nnexpr.atomic import write_atomically
from nnexpr.declarations import InputError
from nnexpr.files import FileError, open_ordinary
from nnexpr.runs.holding import locked
from nnexpr.runs.sweep_growth import (
    VERSION,
    CellState,
    Damaged,
    Growth,
    NewerJournal,
    Place,
    SweepState,
    growth,
)

__all__ = ["CellEntry", "SweepEntry", "Sweeps"]

SYNC_EVERY = 1.0  # seconds: what a power failure may take
MOST_OF_A_HEAD = 1 << 24  # bytes of a journal's first line, which has the sweep's TOML
MOST_BYTES = 1 << 30  # of a journal that is read; one of 100,000 cells has a twentieth of it
_SUFFIX = ".jsonl"
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")
_MOST_TOLD = 5  # sweeps that an error names


@dataclass(frozen=True)
class SweepEntry:
    """A sweep at a glance. ``text``: its TOML; ``words``: what else its maker wrote down."""

    id: str
    name: str
    text: str
    words: Mapping[str, Any]
    created: str  # local time
    stamp: int  # the same, in nanoseconds
    state: SweepState
    cells: int


@dataclass(frozen=True)
class CellEntry:
    """A cell: the options that its file names, and what became of it. Several may be members of one run."""

    sweep: str
    number: int  # from 0
    config: Mapping[str, Any]
    state: CellState = "waiting"
    run: str = ""
    member: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)  # NaN and infinities as they are
    problem: str = ""  # one sentence, of one that failed

    @property
    def row(self) -> list[Any]:
        """As :meth:`Sweeps.record` writes it."""
        numbers = {
            name: value if value - value == 0 else str(value)  # not of nan and inf
            for name, value in self.metrics.items()
        }
        return [self.number, self.state, self.run, self.member, numbers, self.problem]


class Sweeps:
    """The sweeps of a store. One process writes one sweep at a time; see :meth:`held`."""

    def __init__(self, store: Path) -> None:
        self._folder = store / "sweeps"
        self._synced: dict[str, float] = {}

    # --- writing

    def begin(
        self, name: str, text: str, configs: Sequence[Mapping[str, Any]], words: Mapping[str, Any] | None = None
    ) -> str:  # fmt: skip
        """A new sweep, all of whose cells wait; its id. Raises OSError where the disk fails."""
        ids = (time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(3) for _ in range(1000))
        sweep = next(each for each in ids if not self._place(each).exists())
        created = time.strftime("%Y-%m-%d %H:%M:%S")
        head = {"sweep": VERSION, "name": name, "created": created, "stamp": time.time_ns()}
        head |= {"text": text, "words": dict(words or {})}
        lines = (head, {"first": 0, "cells": list(configs)})
        write_atomically(
            self._place(sweep), "".join(json.dumps(each, allow_nan=False) + "\n" for each in lines)
        )
        return sweep

    def add(self, sweep: str, configs: Sequence[Mapping[str, Any]]) -> range:
        """More cells; their numbers."""
        first = len(self.cells(sweep))
        self._append(sweep, {"first": first, "cells": list(configs)})
        return range(first, first + len(configs))

    def record(self, sweep: str, cells: Iterable[CellEntry]) -> None:
        """What became of cells, in one line; their ``config`` is known already."""
        self._append(sweep, {"records": [cell.row for cell in cells]})

    def conclude(self, sweep: str, state: SweepState) -> None:
        """How the sweep stands, and the disk has it."""
        self._synced.pop(sweep, None)
        self._append(sweep, {"state": state})

    @contextmanager
    def held(self, sweep: str) -> Iterator[None]:
        """While inside, the sweep is this process's; raises :class:`InputError` where another has it.

        It is a lock of the operating system, which ends with the process. Where there are none nothing is refused.
        """
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(self._folder / f".{sweep}.lock", 0.0))
            except TimeoutError:
                raise InputError("sweep", sweep, "another process is at work on it") from None
            yield

    def _append(self, sweep: str, document: Mapping[str, Any]) -> None:
        data = (json.dumps(document, allow_nan=False) + "\n").encode()
        with open(self._place(sweep), "r+b", buffering=0) as file:
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                data = data if file.read(1) == b"\n" else b"\n" + data  # behind a line that a killed one left
            file.write(data)
            if time.monotonic() - self._synced.get(sweep, -SYNC_EVERY) >= SYNC_EVERY:
                os.fsync(file.fileno())
                self._synced[sweep] = time.monotonic()

    # --- reading

    def all(self) -> tuple[SweepEntry, ...]:
        """Every sweep there is, the oldest first; one whose journal cannot be read is left out."""
        return self.all_and_unreadable()[0]

    def all_and_unreadable(self) -> tuple[tuple[SweepEntry, ...], Mapping[str, str]]:
        """The same, and of each whose journal cannot be read, by its id, why."""
        found, unreadable = [], {}
        for sweep in self._ids():
            try:
                found.append(self._read(sweep)[0])
            except InputError as error:
                unreadable[sweep] = error.allowed
        return tuple(sorted(found, key=lambda each: (each.id[:-6], each.stamp))), unreadable

    def named(self, beginning: str) -> SweepEntry:
        """The sweep whose id begins so, or else the newest of that name; raises :class:`InputError` for none."""
        ids = [sweep for sweep in self._ids() if beginning and sweep.startswith(beginning)]
        if len(ids) == 1:
            return self._read(ids[0])[0]
        if ids:
            shown = ", ".join(ids[-_MOST_TOLD:])
            raise InputError("sweep", beginning, f"{len(ids):,} sweeps begin so: {shown}")
        called = [each for each in self.all() if each.name == beginning]
        if not called:
            raise InputError("sweep", beginning, f"no sweep in {self._folder.parent} has such an id or name")
        return called[-1]

    def names(self, sweeps: Iterable[str]) -> dict[str, str]:
        """Of these sweeps, by id, from the first lines of their journals; of one that cannot be read none."""
        found = {}
        for sweep in sweeps:
            with suppress(OSError, FileError):
                if _ID.fullmatch(sweep) and (name := _name_in(self._place(sweep))):
                    found[sweep] = name
        return found

    def cells(self, sweep: str) -> tuple[CellEntry, ...]:
        """Its cells as they stand, by number."""
        return tuple(self._read(sweep)[1])

    def _ids(self) -> list[str]:
        try:
            names = os.listdir(self._folder)
        except (FileNotFoundError, NotADirectoryError):
            return []
        ids = (name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))
        return sorted(name for name in ids if _ID.fullmatch(name))

    def stamps(self) -> dict[str, str]:
        """Every sweep with the size, times and number of its journal: others when it, or who may read it, changed.

        Raises OSError where the folder of them cannot be read.
        """
        found = {}
        for sweep in self._ids():
            try:
                stat = self._place(sweep).stat()
            except OSError:  # gone meanwhile, or a link to nothing
                found[sweep] = ""
            else:
                found[sweep] = f"{stat.st_size}.{stat.st_mtime_ns}.{stat.st_ctime_ns}.{stat.st_ino}"
        return found

    def growth(self, sweep: str, before: Place | None = None) -> Growth:
        """What its journal says beyond ``before``; raises :class:`InputError` for one that cannot be read."""
        place = self._place(sweep)
        try:
            with open_ordinary(place) as file:
                if os.fstat(file.fileno()).st_size > MOST_BYTES:
                    raise FileError(f"it has more than {MOST_BYTES:,} bytes")
                return growth(file.read(MOST_BYTES), before)
        except OSError as error:
            raise InputError("sweep", sweep, f"it cannot be read ({error.strerror or error})") from None
        except FileError as error:
            raise InputError("sweep", sweep, f"{place}: {error}") from None
        except NewerJournal:
            raise InputError("sweep", sweep, "it is of a newer nnexpr") from None
        except Damaged:
            raise InputError("sweep", sweep, f"{place} is damaged") from None

    def _read(self, sweep: str) -> tuple[SweepEntry, list[CellEntry]]:
        read = self.growth(sweep)
        cells = [
            CellEntry(sweep, number, config, *read.records.get(number, ()))
            for number, config in read.configs.items()
        ]
        return SweepEntry(id=sweep, state=read.place.state, cells=len(cells), **dict(read.head or {})), cells

    def _place(self, sweep: str) -> Path:
        return self._folder / f"{sweep}{_SUFFIX}"


@lru_cache(maxsize=4096)
def _name_in(journal: Path) -> str:
    """The name in a journal's first line, which never changes; nothing where it says none.

    Raises OSError and FileError where it cannot be read now.
    """
    with open_ordinary(journal) as file:
        line = file.readline(MOST_OF_A_HEAD)
    try:
        name = json.loads(line)["name"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return ""
    return name if isinstance(name, str) else ""
