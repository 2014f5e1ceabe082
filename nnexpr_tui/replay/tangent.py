"""The tangent kernel of the snapshot that Replay shows: of all that it was asked for, the newest.

While nothing is asked, those of other snapshots are found, one a turn, so that the way of the kernel can be drawn.
"""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from nnexpr_tui.replay.lanes import LanesSubject
from nnexpr_tui.training.tangent import INTERVAL, SHARE, Tangency, TangentMoment
from nnexpr_tui.worker.subject import Subject

if TYPE_CHECKING:
    from nnexpr.runs.recording import Recording

__all__ = ["ReplayTangent"]

WAYPOINTS = 32  # snapshots, evenly spread, whose kernels are found unasked


class ReplayTangent(Subject[TangentMoment]):
    """One at a time: going back to a snapshot finds its kernel again, in some 30 ms."""

    def __init__(self) -> None:
        self._tangency = Tangency()
        self._asked: tuple[Recording, int] | None = None
        self._shown: tuple[Recording, int] | None = None
        self._moment: TangentMoment | None = None
        self._left: list[int] = []  # snapshots of what is shown, the last first
        self._next = 0.0
        self._is_new = False

    def seek(self, recording: Recording, index: int) -> None:
        """Find that of this snapshot next; nothing where its run is there no more."""
        self._asked = recording, index

    @property
    def wait(self) -> float | None:
        if self._asked is not None:
            return 0.0
        if not (self._left and self.is_watched):
            return None
        is_training = self.scheduler.subject(LanesSubject).is_training
        return max(0.0, self._next - monotonic()) if is_training else 0.0

    def turn(self, seconds: float) -> bool:  # noqa: ARG002
        if self._asked is None:
            self._go_on()
            return not self._left  # the last is shown at once: nobody wakes the thread for it
        asked, self._asked, self._left = self._asked, None, []
        self._moment = self._found(*asked)
        if self._moment is None:
            return False
        self._shown = asked
        if self._moment.tangents is not None:
            self._left = self._others(*asked)
        return True

    def _found(self, recording: Recording, index: int) -> TangentMoment | None:
        """The moment of a snapshot of a run that is there still."""
        target = self.scheduler.subject(LanesSubject).target_of(recording.scene)
        if target is None:
            return None
        began, snapshot = monotonic(), recording.snapshots[index]
        network = recording.network_at(index)
        found = self._tangency.moment(recording, target, network, snapshot, replayed=True)
        now = monotonic()
        self._next = now + max(INTERVAL, SHARE * (now - began))
        return found

    def _others(self, recording: Recording, index: int) -> list[int]:
        """Evenly spread snapshots of the same member that are not on the way yet, the last first."""
        snapshots = recording.snapshots
        member, last = snapshots[index].member, len(snapshots) - 1
        spread = sorted({round(last * k / (WAYPOINTS - 1)) for k in range(WAYPOINTS)}, reverse=True)
        return [
            at
            for at in spread
            if snapshots[at].member == member
            and not self._tangency.knows(recording.scene, member, snapshots[at].epoch)
        ]

    def _go_on(self) -> None:
        """Find the next of the others; what is shown gets a longer way."""
        assert self._shown is not None  # noqa: S101 - the others are those of what is shown
        recording, _ = self._shown
        other = self._found(recording, self._left.pop())
        if other is None:
            self._left = []
        elif self._moment is not None and other.way:
            self._moment, self._is_new = replace(self._moment, way=other.way), True

    @property
    def due(self) -> bool:
        return self._is_new

    def moment(self) -> TangentMoment | None:
        self._is_new = False
        return self._moment
