"""The fit under training, as the engine's thread has it: one session, what was seen of it, and how fast it goes.

Snapshots, for the screen and for the recording, are taken as often as it costs training a small share of the time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from nnexpr_tui.training.counting import Counting
from nnexpr_tui.training.moment import Engine, FitMoment, Library, Loaded, Refused
from nnexpr_tui.training.record import Record
from nnexpr_tui.worker.scheduler import Scheduler
from nnexpr_tui.worker.subject import Subject, sentence

if TYPE_CHECKING:
    from nnexpr.specification import FitSpecification
    from nnexpr.training.snapshots import Snapshot

__all__ = ["FitSubject", "default_library"]

SNAPSHOT_SHARE = 20  # snapshots may take a twentieth: for the screen, and as much again for the recording
SUSPICIOUS = 0.05  # seconds of the first snapshot, for which loops may have been loaded or compiled
SLOW = 1.5  # seconds after which the first turn says why it takes so long
SINGLE_EPOCHS = 32  # the first turns are of one epoch, so that Replay shows the beginning
WAIT = 0.05  # seconds between two looks whether what counts is compiled
WORTH_KEEPING = 1.0  # seconds of training that are not thrown away when the network is rebuilt


def default_library() -> Library:
    """The real engine; costs the import of torch."""
    from nnexpr_tui.training.engine import library

    return library()


class FitSubject(Subject[FitMoment]):
    """There is no session before the first specification could be built."""

    def __init__(
        self,
        load: Callable[[], Library] = default_library,
        *,
        keep_every: float = 10.0,
        keep_runs: bool = True,
    ) -> None:
        self._load, self._keep_every, self._keep_runs = load, keep_every, keep_runs
        self._library: Library | None = None
        self.engine: Engine | None = None
        self.run: str | None = None
        self._member = 0
        self._has_advanced = False

    def begin(self, scheduler: Scheduler) -> None:
        super().begin(scheduler)
        self._library = self._load()
        scheduler.send(Loaded(self._library))

    def end(self) -> None:
        self._keep()

    def _take(self, engine: Engine) -> None:
        """Another network, of which nothing was seen yet."""
        self.engine = engine
        self.run, self._kept_epoch, self._next_keep = None, 0, monotonic() + self._keep_every
        self._has_failed = False
        self._counting, self._record, self._next_record = Counting(engine), Record(), 0.0
        self._rate = self._next_moment = 0.0
        self._member %= engine.scene.specification.members
        self._seen: Snapshot | None = None
        self._record.add(self.snapshot())
        if self._snapshot_cost > SUSPICIOUS:  # the next will cost less: how much?
            self._seen = None
            self.snapshot()

    # What the scheduler asks

    @property
    def is_running(self) -> bool:
        """Whether another turn is to be taken."""
        return self.engine is not None and self.engine.state == "running" and not self._has_failed

    @property
    def wait(self) -> float | None:
        if self.is_running:
            return 0.0
        if self.engine is None or not self._counting.is_owed:
            return None
        return 0.0 if self.engine.can_count() else WAIT

    def turn(self, seconds: float) -> bool:
        if not self.is_running:
            self._counting.look(self.snapshot())
            return True
        self._advance(seconds)
        if monotonic() >= self._next_keep:
            self._keep()
        return not self.is_running

    @property
    def due(self) -> bool:
        return self.is_running and monotonic() >= self._next_moment

    def fail(self, why: str) -> str:
        if not self.is_running:
            self._counting.forgive()
            return why
        self._has_failed = True
        return f"Training stopped: {why}"

    def moment(self) -> FitMoment | None:
        engine = self.engine
        if engine is None:
            return None
        snapshot, running = self.snapshot(), self.is_running
        self._next_moment = monotonic() + SNAPSHOT_SHARE * self._snapshot_cost
        self._counting.glance(snapshot, running=running)
        if not running:
            self._record.add(snapshot)
        counts, floor = self._counting.of(snapshot.member)
        epochs, losses = engine.history(snapshot.member)
        return FitMoment(
            scene=engine.scene,
            state="failed" if self._has_failed else engine.state,
            snapshot=snapshot,
            counts=counts,
            floor=floor,
            frequencies=engine.frequencies(snapshot),
            history_epochs=epochs,
            history_losses=losses,
            rate=self._rate,
            run=self.run,
            diverged_at=engine.diverged_at(snapshot.member),
            recording=self._record.snapshots(),
            memory=engine.memory,
        )

    def snapshot(self) -> Snapshot:
        """The present moment of the shown member; a second look at it costs nothing."""
        engine = self._required
        kept = self._seen
        if kept is None or (kept.epoch, kept.member) != (engine.epoch, self._member):
            began = monotonic()
            self._seen = kept = engine.snapshot(self._member)
            self._snapshot_cost = monotonic() - began
        return kept

    def _advance(self, seconds: float) -> None:
        engine = self._required
        patience = None if self._has_advanced else self._say_if_slow()
        epoch, began = engine.epoch, monotonic()
        try:
            engine.advance(0.0 if epoch < SINGLE_EPOCHS else seconds)
        finally:
            self._has_advanced = True
            if patience is not None:
                patience.cancel()
        passed = monotonic() - began
        if passed > 0:
            rate = (engine.epoch - epoch) / passed
            weight = min(1.0, passed / 1.0) if self._rate else 1.0
            self._rate += weight * (rate - self._rate)
        if not self.is_running:
            self._counting.owe()
        if self._record.due(engine.epoch) and monotonic() >= self._next_record:
            self._record.add(self.snapshot())
            self._next_record = monotonic() + SNAPSHOT_SHARE * self._snapshot_cost

    def _say_if_slow(self) -> threading.Timer:
        """The first turn of a process may wait for a compiler: say so, unless it is over before."""
        said = "The loops that train are being compiled, once on this machine"
        timer = threading.Timer(SLOW, self.scheduler.say, (said,))
        timer.daemon = True
        timer.start()
        return timer

    def _keep(self) -> None:
        """Write the run to the store, over what was there of it; the next time is so far off that it costs little."""
        engine, began = self.engine, monotonic()
        if engine is not None and self._keep_runs and engine.epoch not in (0, self._kept_epoch):
            try:
                self.run = engine.keep(self.run)
                self._kept_epoch = engine.epoch
            except Exception as error:
                self.scheduler.say(f"The run could not be kept: {sentence(error)}", error=True)
        self._next_keep = monotonic() + max(self._keep_every, 20 * (monotonic() - began))

    # What screens ask

    @property
    def _required(self) -> Engine:
        if self.engine is None:
            raise RuntimeError("there is no network yet")
        return self.engine

    def configure(self, specification: FitSpecification, *, start: bool | None = None) -> None:
        """Build another network at epoch 0. ``start`` None: go on running if it was running."""
        assert self._library is not None  # noqa: S101 - loaded before the first question
        before = self.engine
        try:
            engine = self._library.build(specification)
        except Exception as error:
            back_to = before.scene.specification if before is not None else None
            self.scheduler.send(Refused(error, specification, back_to))
            return
        running = self.is_running if start is None else start
        if before is not None and (before.seconds >= WORTH_KEEPING or self.run is not None):
            self._keep()
        self._take(engine)
        if running:
            engine.start()

    def reconfigure(self, specification: FitSpecification) -> None:
        """Change options that need no new network."""
        self._required.reconfigure(specification)
        self._seen = None

    def toggle(self) -> None:
        """Start, or pause; after the last epoch there is nothing to start."""
        engine = self._required
        if self._has_failed:
            raise RuntimeError("training stopped with an error; r starts again from epoch 0")
        if engine.state == "running":
            engine.pause()
        else:
            self._require_more()
            engine.start()
        self._counting.owe()

    def step(self, epochs: int = 1) -> None:
        """Train exactly so many epochs, then stand still."""
        engine = self._required
        if engine.state == "running":
            engine.pause()
        self._require_more()
        engine.step(epochs)
        self._counting.owe()

    def _require_more(self) -> None:
        if self._required.state == "finished":
            raise RuntimeError("all epochs are trained; give more epochs, or r starts again from epoch 0")

    def show_member(self, member: int) -> None:
        """Show this member from now on."""
        self._member = member % self._required.scene.specification.members
        self._counting.owe()

    def export(self, stem: Path, cells: dict[str, Any] | None = None) -> str:
        """Write the trained members and the numbers beside ``stem``, with those of the cells; says where."""
        engine = self._required
        while engine.scene.countable and not engine.can_count(WAIT):
            pass
        self._counting.look(self.snapshot())
        moment = self.moment()
        assert moment is not None  # noqa: S101 - there is an engine
        engine.export(stem, moment, cells)
        return f"Wrote {stem.resolve()}.json, .safetensors and .svg"
