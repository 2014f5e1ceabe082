"""What lies in the folder of a store: for each run its file, and beside it what belongs to it.

========================  ================================================================
``ID.safetensors``        the run (:mod:`nnexpr.runs.file`)
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
from dataclasses import dataclass, field
from pathlib import Path

from nnexpr.specification import InputError

__all__ = ["Found", "bring_back", "is_id", "labels_file", "remove", "scan", "throw_away", "thrown_away"]

RUN, LABELS, LOCK, TRASH = ".safetensors", ".labels.json", ".lock", ".trash"
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
    found, labels, now = Found(), dict[str, os.stat_result](), time.time_ns()
    files: dict[str, os.stat_result] = {}
    for entry in _entries(folder):
        name = entry.name
        for ending, into in ((RUN, files), (LABELS, labels)):
            if name.endswith(ending) and is_id(run := name[: -len(ending)]) and entry.is_file():
                try:
                    into[run] = entry.stat()
                except FileNotFoundError:  # it went meanwhile
                    continue
        if name.endswith(LOCK) and is_id(run := name[1 : -len(LOCK)]):
            found.locked.add(run)
    for run in sorted(files):
        stats = [each for each in (files[run], labels.get(run)) if each is not None]
        sure = all(each.st_mtime_ns < now - SETTLED for each in stats)
        stamp = "/".join(f"{each.st_size}.{each.st_mtime_ns}" for each in stats)
        found.stamps[run] = stamp if sure else ""
    return found


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise InputError("store", str(folder), "it must be a folder") from None


def labels_file(run: Path) -> Path:
    """Of the run of this file."""
    return run.with_name(run.stem + LABELS)


def _belonging(run: Path) -> tuple[Path, ...]:
    """The run's files, that of the run itself first."""
    return run, labels_file(run)


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
        if path.stat().st_ctime < oldest:
            path.unlink(missing_ok=True)
    for path in reversed(_belonging(run)):
        if path.exists():
            path.replace(trash / path.name)


def bring_back(run: Path) -> bool:
    """Its files from the trash, where they are there and no other run has its place; raises OSError."""
    trashed = run.parent / TRASH / run.name
    if not trashed.exists() or run.exists():
        return False
    for path in reversed(_belonging(trashed)):
        if path.exists():
            path.replace(run.parent / path.name)
    return True


def thrown_away(folder: Path) -> tuple[str, ...]:
    """Ids of what is in the trash, the oldest first."""
    names = [path.name.removesuffix(RUN) for path in (folder / TRASH).glob(f"*{RUN}")]
    return tuple(sorted(name for name in names if is_id(name)))
