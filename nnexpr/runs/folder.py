"""What lies in the folder of a store: for each run its file, and beside it what belongs to it.

========================  ================================================================
``ID.safetensors``        the run (:mod:`nnexpr.runs.file`)
``ID.previous.…``         while it goes on, the checkpoint before
``ID.damaged.…``          what was there when the previous checkpoint had to stand in
``ID.labels.json``        its name, tags and note (:mod:`nnexpr.runs.labels`)
``.ID.lock``              held while it is trained (:mod:`nnexpr.runs.holding`)
``.trash/``               runs that were thrown away and can be brought back
========================  ================================================================
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from nnexpr.specification import InputError

__all__ = [
    "Found", "bring_back", "damaged_file", "drop_previous", "is_id", "is_taken", "labels_file",
    "previous_file", "remove", "scan", "throw_away", "thrown_away",
]  # fmt: skip

RUN, LABELS, LOCK, TRASH = ".safetensors", ".labels.json", ".lock", ".trash"
PREVIOUS, DAMAGED = f".previous{RUN}", f".damaged{RUN}"
DAYS_IN_TRASH = 7
SETTLED = 2 * 10**9  # nanoseconds after which a file that is written anew has another time
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")


def is_id(run: str) -> bool:
    """Whether it looks like the id of a run."""
    return _ID.fullmatch(run) is not None


@dataclass
class Found:
    """Runs by their ids, each with a stamp that changes when one of its files does, or "" where that is not sure yet.

    ``locked``: those beside which there is a lock, held or left.
    """

    stamps: dict[str, str] = field(default_factory=dict)
    locked: set[str] = field(default_factory=set)


def scan(folder: Path) -> Found:
    """All there is, in one pass; raises InputError where the folder is a file, OSError where it cannot be read."""
    found, now = Found(), time.time_ns()
    endings: tuple[tuple[str, dict[str, os.stat_result]], ...] = ((RUN, {}), (PREVIOUS, {}), (LABELS, {}))
    (_, files), (_, previous), _ = endings
    for entry in _entries(folder):
        name = entry.name
        for ending, into in endings:
            if name.endswith(ending) and is_id(run := name[: -len(ending)]):
                with suppress(FileNotFoundError):  # it went meanwhile
                    into[run] = _stat(entry)
        if name.endswith(LOCK) and is_id(run := name[1 : -len(LOCK)]):
            found.locked.add(run)
    for run in sorted(files.keys() | previous.keys()):
        stats = [of[run] for _, of in endings if run in of]
        sure = all(each.st_mtime_ns < now - SETTLED for each in stats)
        stamp = "/".join(f"{each.st_size}.{each.st_mtime_ns}" for each in stats)
        found.stamps[run] = stamp if sure else ""
    return found


def _stat(entry: os.DirEntry[str]) -> os.stat_result:
    """Of what a link leads to, or of the link itself where that cannot be reached; whoever reads it says what it is."""
    try:
        return entry.stat()
    except OSError:
        return entry.stat(follow_symlinks=False)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise InputError("store", str(folder), "it must be a folder") from None


def previous_file(run: Path) -> Path:
    """Of the run of this file: where its checkpoint before is, while it goes on."""
    return run.with_name(run.stem + PREVIOUS)


def damaged_file(run: Path) -> Path:
    """Of the run of this file: where it is set aside when it is damaged."""
    return run.with_name(run.stem + DAMAGED)


def drop_previous(run: Path) -> None:
    """The run has come to its end, and its file is whole; raises OSError."""
    previous_file(run).unlink(missing_ok=True)


def labels_file(run: Path) -> Path:
    """Of the run of this file."""
    return run.with_name(run.stem + LABELS)


def _belonging(run: Path) -> tuple[Path, ...]:
    """The run's files, that of the run itself first."""
    return run, previous_file(run), damaged_file(run), labels_file(run)


def is_taken(run: Path) -> bool:
    """Whether anything of a run of this file is there, or in the trash."""
    places = (run, run.parent / TRASH / run.name)
    return any(os.path.lexists(path) for place in places for path in _belonging(place))


def remove(run: Path) -> None:
    """Its files for good, and what a process that was killed had half written of it; raises OSError."""
    for path in (*_belonging(run), *run.parent.glob(f".{run.name}.*.tmp")):
        path.unlink(missing_ok=True)


def throw_away(run: Path) -> None:
    """Its files into the trash, from which goes for good what has lain there for long; raises OSError."""
    trash = run.parent / TRASH
    trash.mkdir(0o700, exist_ok=True)
    oldest = time.time() - DAYS_IN_TRASH * 86_400
    for path in trash.iterdir():
        with suppress(OSError):  # it went meanwhile, or is a folder
            if path.lstat().st_ctime < oldest:
                path.unlink()
    for path in reversed(_belonging(run)):
        if os.path.lexists(path):
            path.replace(trash / path.name)


def bring_back(run: Path) -> bool:
    """Its files from the trash, where they are there and no other run has its place; raises OSError."""
    trashed = run.parent / TRASH / run.name
    here, there = (any(map(os.path.lexists, _belonging(place)[:2])) for place in (run, trashed))
    if here or not there:
        return False
    for path in reversed(_belonging(trashed)):
        if os.path.lexists(path):
            path.replace(run.parent / path.name)
    return True


def thrown_away(folder: Path) -> tuple[str, ...]:
    """Ids of what is in the trash, the oldest first."""
    return tuple(
        sorted(
            {name for path in (folder / TRASH).glob(f"*{RUN}") if is_id(name := path.name.partition(".")[0])}
        )
    )
