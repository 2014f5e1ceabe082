"""Records a session while it trains: which epochs a snapshot is taken of, and which snapshots are kept.

Learning is fast first and slow later, so snapshots are spaced evenly in the logarithm of the epoch first and evenly in
the epoch after: two that follow one another are a 1/detail of their epoch apart, or a stride where that is less
(:class:`Spacing`). Where there are too many, the detail is halved or the stride doubled and what falls together is
dropped, so number and memory stay bounded however long the fit goes on.

Snapshots of epochs 0, 1, 2, 4, 8, ... are always taken: training stops there for them. The others are taken as far as a
twentieth of the training time goes, and what is given to every training at its beginning.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

from nnexpr.runs.recording import Recording, Scene

if TYPE_CHECKING:
    from nnexpr.training.session import Session
    from nnexpr.training.snapshots import Snapshot

__all__ = ["Recorder", "Spacing"]

MOST_SNAPSHOTS = 300
LEAST_ROOM = 16  # snapshots that are kept however large they are; also those of 0, 1, 2, 4, ...
MOST_BYTES = 8_000_000
LARGEST_PARAMETERS = 400_000  # bytes; beyond it the weights of a snapshot are left out

SHARE = 20  # snapshots may take a twentieth of the training time,
GIVEN = 0.25  # and so many seconds beside, so that short trainings are seen too
SUSPICIOUS = 0.05  # seconds of the first snapshot, for which loops may have been loaded or compiled


@dataclass(frozen=True, slots=True)
class Spacing:
    """Epochs in cells, of each of which one snapshot is kept: the first.

    A cell is as long as the largest power of two that is at most epoch / ``detail`` and at most ``stride``, and begins
    at a multiple of its length. ``detail`` and ``stride`` are powers of two: a coarser spacing only joins cells, and
    each power of two begins one.
    """

    detail: int = 16
    stride: int = 1

    def length(self, epoch: int) -> int:
        """Of the cell that holds the epoch."""
        return min(self.stride, 1 << max(0, (epoch // self.detail).bit_length() - 1))

    def start(self, epoch: int) -> int:
        """The first epoch of its cell."""
        return epoch - epoch % self.length(epoch)

    def after(self, epoch: int) -> int:
        """The first epoch of the next cell."""
        return self.start(epoch) + self.length(epoch)

    def coarser(self, epochs: list[int]) -> Spacing:
        """Fewer cells where most of ``epochs`` are: in the early part, or in that of an even stride."""
        even = sum(epoch >= self.detail * self.stride for epoch in epochs)
        if self.detail > 1 and 2 * even < len(epochs):
            return replace(self, detail=self.detail // 2)
        return replace(self, stride=2 * self.stride)

    def is_coarsest(self, last: int) -> bool:
        """Whether nothing but 0, 1, 2, 4, ... is kept up to the ``last`` epoch."""
        return self.detail == 1 and self.stride > last


class Recorder:
    """Trains a session and records it; ``member`` is the one that snapshots show from now on.

    The first snapshot stays, and the newest is always the last. Two snapshots of one epoch are one: the newer replaces
    it.
    """

    def __init__(self, session: Session, scene: Scene, most: int = MOST_SNAPSHOTS) -> None:
        self._session, self._scene, self._most = session, scene, most
        self._kept: list[Snapshot] = []
        self._newest: Snapshot | None = None
        self._seen: tuple[tuple[int, int, float], Snapshot] | None = None
        self._spent = 0.0  # seconds for snapshots while it trained
        self.member = 0
        self.spacing = Spacing()
        self.cost = 0.0  # seconds of the last snapshot

    # Snapshots

    def look(self) -> Snapshot:
        """The present moment of the shown member; a second look at it costs nothing."""
        now = self._session.epoch, self.member, self._session.learning_rate
        if self._seen is None or self._seen[0] != now:
            began = perf_counter()
            snapshot = self._session.snapshot(self.member)
            self.cost, is_first = perf_counter() - began, self._seen is None
            self._seen = now, snapshot
            if is_first and self.cost > SUSPICIOUS:  # the next will cost less: how much?
                began = perf_counter()
                self._session.snapshot(self.member)
                self.cost = perf_counter() - began
        return self._seen[1]

    def record(self) -> Snapshot:
        """Take the present moment into the recording."""
        snapshot = self.look()
        self.add(snapshot)
        return snapshot

    def advance(self, seconds: float, until: int | None = None) -> bool:
        """Train for about ``seconds``, or up to the next snapshot, and take it; True while there is more to do.

        ``until``: an epoch beyond which it is not trained.
        """
        if not self._kept:
            self.record()
        goal = self._next() if until is None else min(self._next(), until)
        goes_on = self._session.advance(seconds, until=goal)
        if self._session.epoch >= self._next():
            self.record()
            self._spent += self.cost
        return goes_on

    def _next(self) -> int:
        """The epoch of the next snapshot: that of the next cell that can be paid for, but no later than 1, 2, 4, ..."""
        last, now = self._kept[-1].epoch, self._session.epoch
        landmark = 1 << last.bit_length()
        epoch_seconds = self._session.seconds / now if now else 0.0
        owed = (
            self._spent + self.cost - GIVEN - self._session.seconds / SHARE
        )  # 0 where another can be paid for
        wait = math.ceil(min(owed * SHARE / epoch_seconds, landmark)) if owed > 0 and epoch_seconds else 0
        return min(landmark, max(self.spacing.after(last), now + wait))

    # What is kept

    def resume(self, recording: Recording) -> None:
        """Go on from what was recorded before."""
        for snapshot in recording.snapshots:
            self.add(snapshot)
        self.member = recording.snapshots[-1].member

    def add(self, snapshot: Snapshot) -> None:
        """Take a snapshot of the session, newer than all before."""
        if snapshot.parameters.nbytes > LARGEST_PARAMETERS:
            snapshot = replace(snapshot, parameters=snapshot.parameters[:0])
        if self._kept and self._kept[-1].epoch == snapshot.epoch:
            self._kept[-1] = snapshot
        elif not self._kept or snapshot.epoch >= self.spacing.after(self._kept[-1].epoch):
            self._kept.append(snapshot)
            self._thin(_size(snapshot))
        self._newest = snapshot

    def _thin(self, size: int) -> None:
        room = min(self._most, max(LEAST_ROOM, MOST_BYTES // size))
        while len(self._kept) > room and not self.spacing.is_coarsest(self._kept[-1].epoch):
            self.spacing = self.spacing.coarser([snapshot.epoch for snapshot in self._kept])
            firsts = {self.spacing.start(snapshot.epoch): snapshot for snapshot in reversed(self._kept)}
            self._kept = list(reversed(firsts.values()))

    def recording(self, run: str | None = None) -> Recording:
        """All of it so far; ``run`` is the id under which it is kept."""
        newest, session = self._newest, self._session
        tail = (newest,) if newest is not None and newest is not self._kept[-1] else ()
        return Recording(
            specification=session.specification,
            scene=self._scene,
            network=session.network,
            snapshots=(*self._kept, *tail),
            epochs=session.history.epochs,
            losses=session.history.losses,
            run=run,
        )


def _size(snapshot: Snapshot) -> int:
    """In bytes."""
    band = 0 if snapshot.band is None else snapshot.band.nbytes
    return snapshot.parameters.nbytes + snapshot.prediction.nbytes + band + snapshot.losses.nbytes
