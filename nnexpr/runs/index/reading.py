"""What the index takes from the files of a run: an :class:`~nnexpr.runs.entry.Entry`, and that as a row and back."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnexpr.plain import plain
from nnexpr.runs.entry import Entry, state_of
from nnexpr.runs.head import LAST_EPOCH, Head
from nnexpr.runs.index.rows import Row, told, word
from nnexpr.runs.run import Run
from nnexpr.specification import InputError

__all__ = ["entry_in", "entry_of", "is_sound", "read_entry", "row_of"]


def entry_of(run: Run) -> Entry:
    """The run at a glance, also whether it is trained now."""
    entry = read_entry(run)
    return replace(entry, state="running") if run.holder() else entry


def read_entry(run: Run) -> Entry:
    """From the files; one that cannot be read is damaged, and says why."""
    labels = run.labels()
    common: dict[str, Any] = {"id": run.id, "tags": labels.tags, "note": labels.note, "size": _size(run.path)}
    try:
        head = run.head()
    except InputError as error:
        return Entry(**common, name=labels.name, state="damaged", problem=word(error.allowed))
    return Entry(**common, name=labels.name or word(head.name), **_of_head(head))


def _of_head(head: Head) -> dict[str, Any]:
    epochs = head.config.get("epochs")
    return {
        "state": state_of(head.state, live=False),
        "problem": word(head.problem),
        "session": head.state,
        "epoch": head.epoch,
        "epochs": epochs if isinstance(epochs, int) and 0 <= epochs <= LAST_EPOCH else None,
        "members": head.members,
        "least_loss": head.least_loss,
        "seconds": head.seconds,
        "snapshots": head.snapshots,
        "written": word(head.written),
        "device": word(head.device),
        "version": word(head.version),
        "sweep": word(head.sweep),
        "target": word(head.config.get("target", "")),
        "network": word(head.config.get("network", "")),
        "losses_text": json.dumps([loss if math.isfinite(loss) else None for loss in head.losses]),
        "config_text": json.dumps(plain(head.config)),
        "own_text": json.dumps(head.own),
    }


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def row_of(entry: Entry, stamp: str) -> Row:
    """In the order of ``RUN_COLUMNS``."""
    row = (
        entry.id, stamp, entry.name, entry.note, " ".join(entry.tags), entry.state, entry.session, entry.problem,
        entry.target, entry.network, entry.device, entry.version, entry.sweep, entry.created, entry.written,
        entry.epoch, entry.epochs, entry.members, entry.seconds, entry.snapshots, *told(entry.least_loss),
        entry.losses_text, entry.size, entry.config_text, entry.own_text,
    )  # fmt: skip
    return (*row, _checksum(row))


def is_sound(row: Row) -> bool:
    """Whether a row is what was written: SQLite does not look whether a disk gives back the same bytes."""
    return bool(row[-1] == _checksum(row[:-1]))


def _checksum(row: Row) -> int:
    return zlib.crc32(repr(row).encode("ascii", "backslashreplace"))


def entry_in(row: Row, *, live: bool, sweeps: Mapping[str, str] | None = None) -> Entry:
    """Of a row in the order of ``RUN_COLUMNS``; ``sweeps``: names of sweeps by their ids."""
    (
        run, _, name, note, tags, state, session, problem, target, network, device, version, sweep, _, written,
        epoch, epochs, members, seconds, snapshots, least_loss, _, losses, size, config, own, _,
    ) = row  # fmt: skip
    return Entry(
        id=run, name=name, tags=tuple(tags.split()), note=note, state="running" if live else state, session=session,
        problem=problem, epoch=epoch, epochs=epochs, members=members,
        least_loss=math.nan if least_loss is None else least_loss, seconds=seconds, snapshots=snapshots,
        written=written, device=device, version=version, size=size, sweep=sweep, target=target, network=network,
        sweep_name=(sweeps or {}).get(sweep, ""), losses_text=losses, config_text=config, own_text=own,
    )  # fmt: skip
