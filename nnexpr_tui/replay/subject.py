"""Replay on the engine's thread: of all snapshots that it was asked to count, the newest of each run is counted.

While nothing is asked, those of other snapshots are counted, one a turn, so that the bends can be drawn over time: of
each run first a few far apart, then those between them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from time import monotonic
from typing import TYPE_CHECKING

from nnexpr_tui.replay.lanes import LanesSubject
from nnexpr_tui.worker.subject import Subject
from nnexpr_tui.worker.warming import compiling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.regions.line import LineRegions
    from nnexpr.runs.events import Event
    from nnexpr.runs.recording import Recording, Scene

    Bends = NDArray[np.int32]  # (PARTS,)

__all__ = ["PARTS", "ReplayMoment", "ReplaySubject", "far_apart"]

MOST_WHOLE = (
    32  # counts of a run that are known with all they hold, for they were asked for; of others, the bends
)
PARTS = 64  # of the domain
WAIT = 0.05  # seconds between two looks whether what counts is compiled
SHARE = 20  # of the time that passes, what is not asked for may take a twentieth while something trains


@dataclass(frozen=True, eq=False)
class ReplayMoment:
    """``counts``: of the snapshots of each run that were asked for, by epoch; None where they cannot be counted.

    ``bends``: how many lie in each part of the domain, of all snapshots of each run that were counted by now.
    ``happened``: what did in each of the ``searched`` recordings.
    """

    counts: Mapping[Scene, Mapping[int, LineRegions | None]]
    bends: Mapping[Scene, Mapping[int, Bends | None]]
    searched: tuple[Recording, ...] = ()
    happened: Mapping[Scene, tuple[Event, ...]] = field(default_factory=dict)

    def is_urgent(self, before: ReplayMoment | None) -> bool:
        """Another snapshot is counted, or events are found: a key asked for it."""
        return before is None or before.counts is not self.counts or before.searched is not self.searched


class ReplaySubject(Subject[ReplayMoment]):
    """Counts snapshots of recordings, each once."""

    def __init__(self) -> None:
        self._asked: dict[Scene, tuple[Recording, int]] = {}
        self._left: deque[tuple[Recording, int]] = deque()
        self._counts: dict[Scene, dict[int, LineRegions | None]] = {}
        self._bends: dict[Scene, dict[int, Bends | None]] = {}
        self._next = 0.0
        self._wanted: tuple[Recording, ...] | None = None  # of which events are to be found
        self._moment: ReplayMoment | None = None
        self._is_new = False

    def count(self, recording: Recording, index: int) -> None:
        """Count this snapshot of its run next; nothing where the run is there no more."""
        self._asked[recording.scene] = recording, index

    def search(self, recordings: tuple[Recording, ...]) -> None:
        """Find what happened in these: knee, bend, collapse, divergence, best."""
        self._wanted = recordings

    def survey(self, recordings: Sequence[Recording]) -> None:
        """In spare turns count the other snapshots of these, of each in its turn, those far apart first."""
        self._forget(recordings)
        queues = [
            [
                (recording, index)
                for index in far_apart(len(recording.snapshots))
                if recording.snapshots[index].epoch not in self._bends.get(recording.scene, {})
            ]
            for recording in recordings
            if recording.scene.countable
        ]
        self._left = deque(item for row in zip_longest(*queues) for item in row if item is not None)

    @property
    def wait(self) -> float | None:
        if self._wanted is not None:
            return 0.0
        if not (self._asked or (self._left and self.is_watched)):
            return None
        if not compiling("line").is_set():  # the thread trains and answers keys meanwhile
            return WAIT
        if self._asked:
            return 0.0
        return max(0.0, self._next - monotonic()) if self._lanes.is_training else 0.0

    def turn(self, seconds: float) -> bool:  # noqa: ARG002
        if self._asked and compiling("line").is_set():
            recording, index = self._asked.pop(next(iter(self._asked)))
            is_there = self._count(recording, index, whole=True)
            if is_there:
                self._show(asked=True)
            return is_there
        if self._wanted is not None:
            self._search()
            return True
        began = monotonic()
        if self._count(*self._left.popleft(), whole=False):
            self._show(asked=False)
        self._next = monotonic() + SHARE * (monotonic() - began)
        return not self._left  # the last is shown at once: nobody wakes the thread for it

    @property
    def due(self) -> bool:
        return self._is_new

    def moment(self) -> ReplayMoment | None:
        self._is_new = False
        return self._moment

    @property
    def _lanes(self) -> LanesSubject:
        return self.scheduler.subject(LanesSubject)

    def _count(self, recording: Recording, index: int, *, whole: bool) -> bool:
        """Whether the run is there still."""
        import numpy as np

        from nnexpr_tui.training.engine import lines

        scene, target = recording.scene, self._lanes.target_of(recording.scene)
        if target is None:
            return False
        network, epoch = recording.network_at(index), recording.snapshots[index].epoch
        found = None if network is None else lines(network, target)
        bends = None
        if found is not None:
            bends = np.histogram(found.breakpoints, PARTS, scene.domain[0])[0].astype(np.int32)
        self._bends.setdefault(scene, {})[epoch] = bends
        self._forget_gone()
        if whole:
            known = self._counts.get(scene, {})
            self._counts[scene] = dict(list(known.items())[1 - MOST_WHOLE :]) | {epoch: found}
        return True

    def _search(self) -> None:
        from nnexpr.runs.events import events

        wanted, self._wanted = self._wanted or (), None
        found = {recording.scene: events(recording) for recording in wanted}
        self._moment = replace(self._moment or ReplayMoment({}, {}), searched=wanted, happened=found)

    def _forget_gone(self) -> None:
        """Runs that are there no more."""
        lanes = self._lanes
        for known in (self._counts, self._bends):
            for scene in [scene for scene in known if lanes.target_of(scene) is None]:
                del known[scene]

    def _forget(self, recordings: Sequence[Recording]) -> None:
        """Runs that are there no more, and snapshots that were dropped."""
        self._forget_gone()
        for recording in recordings:
            there = {snapshot.epoch for snapshot in recording.snapshots}
            bends = self._bends.get(recording.scene, {})
            self._bends[recording.scene] = {at: found for at, found in bends.items() if at in there}

    def _show(self, *, asked: bool) -> None:
        before = self._moment
        counts = (
            {scene: dict(known) for scene, known in self._counts.items()}
            if asked or before is None
            else before.counts
        )
        bends = {scene: dict(known) for scene, known in self._bends.items()}
        self._moment = replace(before or ReplayMoment({}, {}), counts=counts, bends=bends)
        self._is_new = True


def far_apart(count: int) -> list[int]:
    """0 to ``count - 1``, the ends first, then always in the middle of what is between two."""
    order = [0, count - 1] if count > 1 else [0] * count
    step = 1
    while step < count:
        step *= 2
    while step > 1:
        order += range(step // 2, count - 1, step)
        step //= 2
    return order
