"""The clock of Replay: when a snapshot is, by epochs, by seconds or by loss, and which one a run shows at a time.

A time is a number that does not fall along a recording: the epoch; the seconds spent training; or, by loss, one over
the least loss so far, so that of two runs at one time both have come down to the same loss. A run shows the newest of
its snapshots that are not later; by loss the first that has come so low. Before its first it shows that, and a run that
has ended, or that never comes so low, stays at its last.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.runs.recording import Recording

    Array = NDArray[np.float64]

__all__ = ["AXES", "CLOCKS", "Clock", "Span", "along", "index_at", "span_of", "time_at", "times_of"]

Clock = Literal["epochs", "seconds", "loss"]
CLOCKS: tuple[Clock, ...] = ("epochs", "seconds", "loss")
AXES = {"epochs": "epoch", "seconds": "seconds of training", "loss": "1 / least loss so far"}
SMALLEST = 1e-300  # losses below are taken for this


def times_of(recording: Recording, clock: Clock) -> Array:
    """When each snapshot is: ``(snapshots,)``, ascending."""
    import numpy as np

    snapshots = recording.snapshots
    if clock == "epochs":
        return np.array([snapshot.epoch for snapshot in snapshots], dtype=np.float64)
    if clock == "seconds":  # the clock of a resumed run may begin anew
        return np.maximum.accumulate(np.array([snapshot.seconds for snapshot in snapshots]))
    return _lowest(np.array([snapshot.loss for snapshot in snapshots]))


def along(recording: Recording, member: int, clock: Clock) -> Array:
    """When each entry of the history is: ``(entries,)``, ascending. Seconds between two snapshots pass evenly."""
    import numpy as np

    if clock == "epochs":
        return recording.epochs.astype(np.float64)
    if clock == "loss":
        return _lowest(recording.losses[:, member].astype(np.float64))
    known = times_of(recording, "epochs"), times_of(recording, "seconds")
    return np.asarray(np.interp(recording.epochs, *known))


def _lowest(losses: Array) -> Array:
    """One over the least loss so far; 0 before there is one."""
    import numpy as np

    least = np.minimum.accumulate(np.where(np.isfinite(losses), losses, np.inf))
    return np.asarray(1.0 / np.maximum(least, SMALLEST))


def index_at(times: Array, at: float | None, clock: Clock) -> int:
    """Which snapshot is shown at a time; None: the end."""
    import numpy as np

    last = len(times) - 1
    if at is None:
        return last
    found = (
        np.searchsorted(times, at, side="left")
        if clock == "loss"
        else np.searchsorted(times, at, "right") - 1
    )
    return min(max(int(found), 0), last)


def time_at(times: Sequence[Array], at: float | None, steps: int) -> float | None:
    """So many snapshots later (or earlier) than ``at``, of all runs taken together; None: the end."""
    import numpy as np

    every = np.unique(np.concatenate(list(times)))
    last = len(every) - 1
    here = last if at is None else int(np.searchsorted(every, at, side="right")) - 1
    if steps < 0 and at is not None and (here < 0 or every[here] < at):
        here += 1  # between two: the earlier one is one step back
    there = min(max(here + steps, 0), last)
    return None if there == last else float(every[there])


@dataclass(frozen=True)
class Span:
    """The time that is played through, on a linear or a logarithmic axis; on the latter ``low`` is above 0."""

    low: float
    high: float
    log: bool

    def time(self, share: float) -> float:
        """The time at this share of the axis."""
        if self.log:
            return self.low * math.exp(share * math.log(self.high / self.low))
        return self.low + share * (self.high - self.low)

    def share(self, time: float) -> float:
        """Where on the axis a time is, from 0 to 1."""
        if self.log:
            time = math.log(max(time, self.low) / self.low)
            whole = math.log(self.high / self.low)
        else:
            time, whole = time - self.low, self.high - self.low
        return min(max(time / whole, 0.0), 1.0) if whole > 0 else 1.0


def span_of(times: Sequence[Array], *, log: bool) -> Span:
    """From the first snapshot of all runs to the last; of a logarithmic axis from the first that has a place on it."""
    import numpy as np

    every = np.unique(np.concatenate(list(times)))
    if log:
        every = every[every > 0]
    if not len(every):
        return Span(1.0, 1.0, log)
    return Span(float(every[0]), float(every[-1]), log)
