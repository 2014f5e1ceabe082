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

__all__ = ["LOSSES", "MEMBERS", "losses", "members", "write_csv", "write_losses", "write_members"]

LOSSES = ("run", "member", "seed", "epoch", "loss")
MEMBERS = (
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


def write_losses(recordings: Sequence[Recording], path: Path) -> None:
    """Run, member, its seed, epoch and loss, in own units, at every epoch of the history."""
    write_csv(path, LOSSES, losses(recordings))


def losses(recordings: Iterable[Recording]) -> Iterator[tuple[Any, ...]]:
    """The rows of :func:`write_losses`, by :data:`LOSSES`."""
    for recording in recordings:
        epochs = recording.epochs.tolist()
        for member, seed in enumerate(recording.network.seeds):
            for epoch, loss in zip(epochs, shortest(recording.losses[:, member]).tolist(), strict=True):
                yield recording.run, member, seed, epoch, loss


def write_members(recordings: Sequence[Recording], path: Path) -> None:
    """Run, member and its seed, every option by its name, and how far it came.

    ``least_loss`` and ``epoch_of_least`` are over the epochs of the history.
    """
    write_csv(path, MEMBERS, members(recordings))


def members(recordings: Iterable[Recording]) -> Iterator[tuple[Any, ...]]:
    """The rows of :func:`write_members`, by :data:`MEMBERS`."""
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
    epochs, over_time = losses_of(recording, member)
    if not np.isfinite(over_time).any():
        return float("nan"), None
    at = int(np.argmin(np.where(np.isfinite(over_time), over_time, np.inf)))
    return float(over_time[at]), int(epochs[at])


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A line of names, then one for each row; None is left empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_atomically(path, text.getvalue())
