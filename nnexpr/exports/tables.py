"""Recordings as tables of comma-separated values, a number as Python reads it back: ``nan`` after divergence."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nnexpr.atomic import write_atomically
from nnexpr.plain import shortest
from nnexpr.runs.events import losses_of
from nnexpr.runs.recording import Recording
from nnexpr.specification import OPTIONS

__all__ = ["write_losses", "write_members"]


def write_losses(recordings: Sequence[Recording], path: Path) -> None:
    """Run, member, its seed, epoch and loss, in own units, at every epoch of the history."""
    _write(path, ("run", "member", "seed", "epoch", "loss"), _losses(recordings))


def _losses(recordings: Iterable[Recording]) -> Iterator[tuple[Any, ...]]:
    for recording in recordings:
        epochs = recording.epochs.tolist()
        for member, seed in enumerate(recording.network.seeds):
            for epoch, loss in zip(epochs, shortest(recording.losses[:, member]).tolist(), strict=True):
                yield recording.run, member, seed, epoch, loss


def write_members(recordings: Sequence[Recording], path: Path) -> None:
    """Run, member and its seed, every option by its name, and how far it came.

    ``least_loss`` and ``epoch_of_least`` are over the epochs of the history.
    """
    columns = (
        "run",
        "member",
        "member_seed",
        *OPTIONS,
        "epoch",
        "seconds",
        "loss",
        "least_loss",
        "epoch_of_least",
    )
    _write(path, columns, _members(recordings))


def _members(recordings: Iterable[Recording]) -> Iterator[tuple[Any, ...]]:
    for recording in recordings:
        specification, last = recording.specification, recording.snapshots[-1]
        options = [_spelled(value) for value in specification.as_config().values()]
        for member, seed in enumerate(recording.network.seeds):
            least, when = _least(recording, member)
            end = last.epoch, last.seconds, float(last.losses[member]), least, when
            yield recording.run, member, seed, *options, *end


def _spelled(value: Any) -> Any:
    return ",".join(map(str, value)) if isinstance(value, list) else value


def _least(recording: Recording, member: int) -> tuple[float, int | None]:
    epochs, losses = losses_of(recording, member)
    if not np.isfinite(losses).any():
        return float("nan"), None
    at = int(np.argmin(np.where(np.isfinite(losses), losses, np.inf)))
    return float(losses[at]), int(epochs[at])


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_atomically(path, text.getvalue())
