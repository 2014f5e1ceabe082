"""Where Replay stands: a time on the clock, how it moves, and how fast it is played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnexpr_tui.replay.timeline import CLOCKS, Clock, Span, index_at, time_at, times_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.runs.recording import Recording, Scene

    Array = NDArray[np.float64]

__all__ = ["Playing", "Position"]

SLOWEST, FASTEST = 1280.0, 1.25  # seconds from the first snapshot to the last


@dataclass
class Position:
    """``at``: the time that is shown; None: the end, wherever that is by now.

    ``pinned``: a run, by its scene, and the epoch that it shows whatever the time: where a jump has gone. By loss,
    times of several snapshots can be one.
    """

    clock: Clock = CLOCKS[0]
    at: float | None = None
    pinned: tuple[Scene, int] | None = None

    def index(self, recording: Recording, times: Array) -> int:
        """Which snapshot a run shows, those of it being at ``times`` on this clock."""
        if self.pinned is not None and self.pinned[0] is recording.scene:
            return index_at(times_of(recording, "epochs"), self.pinned[1], "epochs")
        return index_at(times, self.at, self.clock)

    def move(self, times: Sequence[Array], steps: int) -> None:
        """So many snapshots on, of all runs taken together."""
        self.at, self.pinned = time_at(times, self.at, steps), None

    def go(self, at: float | None) -> None:
        """To a time."""
        self.at, self.pinned = at, None

    def jump(self, recording: Recording, epoch: int) -> None:
        """To the newest snapshot of this run that is not later than the epoch, and others to the time of that."""
        index = index_at(times_of(recording, "epochs"), epoch, "epochs")
        self.at = float(times_of(recording, self.clock)[index])
        self.pinned = recording.scene, recording.snapshots[index].epoch

    def turn(self, recording: Recording) -> None:
        """Take the next clock; that run goes on showing what it shows, and at the end all stay there."""
        index = self.index(recording, times_of(recording, self.clock))
        self.clock = CLOCKS[(CLOCKS.index(self.clock) + 1) % len(CLOCKS)]
        if self.at is not None:
            self.jump(recording, recording.snapshots[index].epoch)


class Playing:
    """The time from one moment to the next: evenly along the axis that is looked at, whatever its scale."""

    def __init__(self) -> None:
        self.seconds = 20.0  # for all of it
        self._share = 0.0
        self._then = 0.0

    def begin(self, span: Span, at: float | None, now: float) -> float | None:
        """From this time on, at the end from the beginning; the time that is shown first."""
        self._share, self._then = 0.0 if at is None else span.share(at), now
        return span.time(self._share) if at is None else at

    def time(self, span: Span, now: float) -> float | None:
        """What is shown now; None once the end is reached."""
        self._share += (now - self._then) / self.seconds
        self._then = now
        return span.time(self._share) if self._share < 1 else None

    def faster(self, times: float) -> bool:
        """So many times as fast; whether it goes."""
        seconds = self.seconds / times
        if not FASTEST <= seconds <= SLOWEST:
            return False
        self.seconds = seconds
        return True
