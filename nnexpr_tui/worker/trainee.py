"""One fit as the explorer sees it: the engine with its record, its counts and how fast it goes.

Lives on the worker's thread. What is dear (counting, the spline floor, the record) is done as often as it takes a small
share of the time, and always once training stands still.
"""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from nnexpr_tui.plane.moment import PlaneView
from nnexpr_tui.plane.watch import PlaneWatch
from nnexpr_tui.worker.frame import Counts, Engine, Frame
from nnexpr_tui.worker.record import Record

if TYPE_CHECKING:
    from nnexpr.specification import FitSpecification
    from nnexpr.training.snapshots import Snapshot

__all__ = ["Trainee"]

LOOK_INTERVAL = 0.3  # seconds between two counts while training
COUNT_SHARE = 50  # counting may take a fiftieth of the time
SNAPSHOT_SHARE = 20  # snapshots a twentieth: for the screen, and as much again for the record
FLOOR_SHARE = 100
QUICK = 0.01  # what takes less is done before the frame is shown, what takes more after it
SUSPICIOUS = 0.05  # seconds of the first snapshot, for which loops may have been loaded or compiled
WAIT = 0.05  # seconds between two looks at the commands while what counts is being compiled
WORTH_KEEPING = 1.0  # seconds of training that are not thrown away when the network is rebuilt


class Trainee:
    """An engine, what was seen of it so far, and whether that is up to date."""

    def __init__(self, engine: Engine, view: PlaneView | None = None) -> None:
        self.engine = engine
        self.plane = PlaneWatch(engine, view)
        self.record = Record()
        self.run: str | None = None
        self.failed = False
        self.owes_counts = engine.scene.countable
        self._kept_epoch = 0
        self._counts: Counts | None = None
        self._floors: dict[int, float | None] = {}
        self._count_cost = 0.0
        self._next_count = self._next_floor = 0.0
        self._next_record = 0.0
        self._rate = 0.0
        self._snapshot: Snapshot | None = None
        self._snapshot_cost = 0.0
        self._next_frame = 0.0
        self.record.add(self._snap(0))
        if self._snapshot_cost > SUSPICIOUS:  # the next will cost less: how much?
            self._snapshot = None
            self._snap(0)

    @property
    def running(self) -> bool:
        """Whether another turn is to be taken."""
        return not self.failed and self.engine.state == "running"

    @property
    def worth_keeping(self) -> bool:
        """Whether replacing it would lose more than a moment's training."""
        return self.engine.seconds >= WORTH_KEEPING or self.run is not None

    @property
    def _members(self) -> int:
        return self.engine.scene.specification.members

    def show(self, member: int) -> int:
        """The member that is shown when this one is asked for."""
        self.owes_counts = True
        return member % self._members

    def toggle(self) -> None:
        """Start, or pause; after the last epoch there is nothing to start."""
        if self.failed:
            raise RuntimeError("training stopped with an error; r starts again from epoch 0")
        if self.engine.state == "running":
            self.engine.pause()
        elif self.engine.state == "finished":
            raise RuntimeError("all epochs are trained; give more epochs, or r starts again from epoch 0")
        else:
            self.engine.start()
        self.owes_counts = True

    def step(self, epochs: int) -> None:
        """Exactly so many epochs; pauses first if it was running."""
        if self.engine.state == "running":
            self.engine.pause()
        if self.engine.state == "finished":
            raise RuntimeError("all epochs are trained; give more epochs, or r starts again from epoch 0")
        self.engine.step(epochs)
        self.owes_counts = True

    def reconfigure(self, specification: FitSpecification) -> None:
        """Live options only."""
        self.engine.reconfigure(specification)
        self._snapshot = None

    @property
    def frame_due(self) -> bool:
        """Whether another frame would cost training no more than its share of the time."""
        return monotonic() >= self._next_frame

    def _snap(self, member: int) -> Snapshot:
        """The present moment; a second look at it costs nothing."""
        kept = self._snapshot
        if kept is None or (kept.epoch, kept.member) != (self.engine.epoch, member):
            began = monotonic()
            self._snapshot = kept = self.engine.snapshot(member)
            self._snapshot_cost = monotonic() - began
        return kept

    def advance(self, seconds: float, member: int) -> None:
        """One turn of training."""
        epoch, began = self.engine.epoch, monotonic()
        self.engine.advance(seconds)
        passed = monotonic() - began
        if passed > 0:
            rate = (self.engine.epoch - epoch) / passed
            weight = min(1.0, passed / 1.0) if self._rate else 1.0
            self._rate += weight * (rate - self._rate)
        if not self.running:
            self.owes_counts = self.engine.scene.countable
        if self.record.due(self.engine.epoch) and monotonic() >= self._next_record:
            self.record.add(self._snap(member))
            self._next_record = monotonic() + SNAPSHOT_SHARE * self._snapshot_cost

    def look(self, member: int) -> bool:
        """While standing still: whatever of the present moment is not yet counted, however long it takes.

        False while what counts is still being compiled: then it is owed still.
        """
        if self.engine.scene.countable and not self.engine.can_count(WAIT):
            return False
        self.owes_counts = False
        self._count(self._snap(member))
        self._find_floor()
        return True

    def _count(self, snapshot: Snapshot) -> None:
        began = monotonic()
        self._counts = self.engine.count(snapshot)
        self._count_cost = monotonic() - began
        self._next_count = monotonic() + max(LOOK_INTERVAL, COUNT_SHARE * self._count_cost)

    def _find_floor(self) -> None:
        """The floor for as many regions as there are; the same for every epoch that has as many."""
        if self._counts is None or self._counts.regions in self._floors:
            return
        began = monotonic()
        self._floors[self._counts.regions] = self.engine.floor(self._counts.regions)
        self._next_floor = monotonic() + FLOOR_SHARE * (monotonic() - began)

    def _glance(self, snapshot: Snapshot) -> None:
        """Before a frame is shown: what is due while training, or quickly done while standing still."""
        if not self.engine.can_count():
            return
        if self.running:
            if monotonic() >= self._next_count:
                self._count(snapshot)
            if monotonic() >= self._next_floor:
                self._find_floor()
        elif self.owes_counts and self._count_cost < QUICK:
            self._count(snapshot)
            self.owes_counts = self._counts is not None and self._counts.regions not in self._floors

    def frame(self, member: int) -> Frame:
        """The present moment."""
        engine = self.engine
        snapshot = self._snap(member)
        plane = self.plane.moment(snapshot, running=self.running)
        self._next_frame = monotonic() + SNAPSHOT_SHARE * (self._snapshot_cost + self.plane.cost)
        if engine.scene.countable:
            self._glance(snapshot)
        if not self.running:
            self.record.add(snapshot)
        counts = self._counts if self._counts is not None and self._counts.member == member else None
        epochs, losses = engine.history(member)
        return Frame(
            scene=engine.scene,
            state="failed" if self.failed else engine.state,
            snapshot=snapshot,
            counts=counts,
            floor=self._floors.get(counts.regions) if counts else None,
            frequencies=engine.frequencies(snapshot),
            history_epochs=epochs,
            history_losses=losses,
            rate=self._rate,
            run=self.run,
            diverged_at=engine.diverged_at(member),
            record=self.record.snapshots(),
            plane=plane,
            memory=engine.memory,
        )

    def count(self, snapshot: Snapshot) -> Counts | None:
        """Of a snapshot of the record; None where its weights were left out, or belong to a network since rebuilt."""
        if snapshot.parameters.size != self.engine.scene.parameters:
            return None
        return self.engine.count(snapshot)

    def keep(self) -> None:
        """Write the run to the store, over what was there of it, if it has trained since."""
        if self.engine.epoch > 0 and self.engine.epoch != self._kept_epoch:
            self.run = self.engine.keep(self.run)
            self._kept_epoch = self.engine.epoch

    def export(self, stem: Path, member: int) -> list[Path]:
        """The files written beside ``stem``."""
        while not self.look(member):
            pass
        return self.engine.export(stem, self.frame(member))
