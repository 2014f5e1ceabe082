"""Where something happened in a recording, found by the program, for people to jump to.

All are of one member. From the losses: the *knee* (:mod:`nnexpr.training.knee`), the *best*, their least, and the
*divergence*, after which they are not finite. From the predictions p of its snapshots, on the plotting grid of the
target f:

- the *bend*: the first snapshot whose fit leaves its own straight line, where the one before did not. With |p|' the
  root mean square of what the straight line nearest to p leaves of it, that is |p|' >= |f|' / 10. Networks of ReLUs
  have bends from the beginning; this is when the fit visibly has one. A target that is straight has none, and neither
  has a fit that was bent from its first snapshot on.
- the *collapse*: the first snapshot from which on every one, to the last that is finite, has one value on the whole
  grid, up to the rounding of float32.

A fit at epochs between two snapshots is not known: what is seen at a snapshot happened since the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nnexpr.runs.recording import Recording
from nnexpr.training.knee import knees

__all__ = ["Event", "Kind", "events", "losses_of"]

Kind = Literal["knee", "bend", "collapse", "divergence", "best"]
Array = NDArray[np.float64]

VISIBLE = 0.1  # of what the target's straight line leaves of it
SAME = 2.0**-20  # of the largest value: a few roundings of float32


@dataclass(frozen=True)
class Event:
    """``snapshot``: the index of the first that shows it, or of the last where it came later than all."""

    kind: Kind
    epoch: int
    snapshot: int
    words: str  # one sentence


def events(recording: Recording, member: int | None = None) -> tuple[Event, ...]:
    """What happened to a member, in ascending epochs; unless told, to that of the newest snapshot.

    Fits are looked at where snapshots show the member, losses wherever they were recorded.
    """
    shown = recording.snapshots[-1].member if member is None else member
    found = [event for find in FINDERS for event in find(recording, shown)]
    return tuple(sorted(found, key=lambda event: event.epoch))


def losses_of(recording: Recording, member: int) -> tuple[NDArray[np.int64], Array]:
    """Every known epoch of a member and its loss ``(entries,)``: of the history, and after it, of snapshots."""
    last = recording.epochs[-1] if len(recording.epochs) else -1
    later = [each for each in recording.snapshots if each.epoch > last]
    epochs = np.append(recording.epochs, [each.epoch for each in later]).astype(np.int64)
    losses = np.append(
        recording.losses[:, member].astype(np.float64), [each.losses[member] for each in later]
    )
    return epochs, losses


def _at(recording: Recording, epoch: int) -> int:
    """The first snapshot at this epoch or later; else the last."""
    place = int(np.searchsorted([each.epoch for each in recording.snapshots], epoch))
    return min(place, len(recording.snapshots) - 1)


def _knee(recording: Recording, member: int) -> Iterator[Event]:
    epoch = float(knees(*losses_of(recording, member)).epochs)
    if np.isfinite(epoch):
        words = f"The knee is at epoch {epoch:,.0f}: the loss falls fast before it and slowly after."
        yield Event("knee", int(epoch), _at(recording, int(epoch)), words)


def _best(recording: Recording, member: int) -> Iterator[Event]:
    epochs, losses = losses_of(recording, member)
    if np.isfinite(losses).any():
        least = int(np.nanargmin(np.where(np.isfinite(losses), losses, np.nan)))
        epoch = int(epochs[least])
        words = f"The least loss is {losses[least]:.3g}, at epoch {epoch:,}."
        yield Event("best", epoch, _at(recording, epoch), words)


def _divergence(recording: Recording, member: int) -> Iterator[Event]:
    epochs, losses = losses_of(recording, member)
    lost = ~np.isfinite(losses)
    if lost.any():
        epoch = int(epochs[lost.argmax()])
        words = f"It diverged by epoch {epoch:,}: from then on the loss is not finite."
        yield Event("divergence", epoch, _at(recording, epoch), words)


def _fits(recording: Recording, member: int) -> tuple[list[int], Array]:
    """The snapshots that show the member in a finite state, and their predictions ``(snapshots, grid)``."""
    taken = [
        at
        for at, each in enumerate(recording.snapshots)
        if each.member == member and np.isfinite(each.prediction).all()
    ]
    grid = len(recording.scene.x)
    return taken, np.array([recording.snapshots[at].prediction for at in taken], dtype=np.float64).reshape(
        -1, grid
    )


def _bend(recording: Recording, member: int) -> Iterator[Event]:
    taken, fits = _fits(recording, member)
    goal = _bent(recording.scene.truth[None])[0]
    if not goal > SAME * np.abs(recording.scene.truth).max():  # straight, or not known
        return
    visible = _bent(fits) >= VISIBLE * goal
    first = np.flatnonzero(visible[1:] & ~visible[:-1])
    if len(first):
        at = taken[first[0] + 1]
        epoch = recording.snapshots[at].epoch
        words = f"The fit visibly leaves its straight line, by epoch {epoch:,}."
        yield Event("bend", epoch, at, words)


def _bent(values: Array) -> Array:
    """Root mean square of what the nearest straight line leaves of ``(curves, grid)``, on an even grid."""
    t = np.linspace(-1.0, 1.0, values.shape[1])
    centred = values - values.mean(axis=1, keepdims=True)
    left = centred - np.outer(centred @ t / (t @ t), t)
    bent: Array = np.sqrt(np.mean(left**2, axis=1))
    return bent


def _collapse(recording: Recording, member: int) -> Iterator[Event]:
    taken, fits = _fits(recording, member)
    constant = np.ptp(fits, axis=1) <= SAME * np.abs(fits).max(axis=1, initial=0.0)
    if not len(constant) or not constant[-1]:
        return
    varying = np.flatnonzero(~constant)
    at = taken[varying[-1] + 1 if len(varying) else 0]
    epoch = recording.snapshots[at].epoch
    words = f"It has collapsed by epoch {epoch:,}: from then on the output is constant."
    yield Event("collapse", epoch, at, words)


FINDERS: tuple[Callable[[Recording, int], Iterator[Event]], ...] = (
    _bend,
    _knee,
    _collapse,
    _divergence,
    _best,
)
