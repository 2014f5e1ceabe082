"""The engine's thread: takes commands, trains between them, and offers the newest frame.

A plain daemon thread, because Textual waits for its own workers when it closes. Commands go in by a queue; between two
turns of training of at most 20 ms all waiting commands are carried out. Frames go out by a slot that holds one: the
screen says when it wants the next (:meth:`Worker.want`), the thread puts it there and posts one message, and a newer
frame replaces one that has not been fetched. So nothing queues up, however slow the terminal is.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from textual.message import Message

from nnexpr.specification import FitSpecification
from nnexpr_tui.plane.moment import PlaneView
from nnexpr_tui.worker.frame import Companion, Counts, Frame, Library
from nnexpr_tui.worker.trainee import Trainee

if TYPE_CHECKING:
    from nnexpr.training.snapshots import Snapshot

__all__ = ["Loaded", "Refused", "Said", "Updated", "Worker"]

TURN = 0.02  # seconds of training between two looks at the queue
SLOW = 1.5  # seconds after which the first turn says why it takes so long
SINGLE_EPOCHS = 32  # the first turns are of one epoch, so that Replay shows the beginning


class Updated(Message):
    """A new frame is in the slot."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Updated)


class Loaded(Message):
    """The engine is there; these are the targets it knows."""

    def __init__(self, targets: tuple[str, ...], plane_targets: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.targets, self.plane_targets = targets, plane_targets


class Said(Message):
    """One sentence for the person at the keyboard."""

    def __init__(self, text: str, *, error: bool = False) -> None:
        super().__init__()
        self.text, self.error = text, error


class Refused(Message):
    """A specification could not be built; training goes on with the one before, if there was one."""

    def __init__(self, error: Exception, refused: FitSpecification, back_to: FitSpecification | None) -> None:
        super().__init__()
        self.error, self.refused, self.back_to = error, refused, back_to


def default_library() -> Library:
    """The real engine; costs the import of torch."""
    from nnexpr_tui.worker.engine import library

    return library()


class Worker:
    """Owns the thread. Every public method returns at once and may be called from the event loop."""

    def __init__(
        self,
        post: Callable[[Message], object],
        load: Callable[[], Library] = default_library,
        *,
        checkpoint_seconds: float = 10.0,
        keep_runs: bool = True,
    ) -> None:
        self._post, self._load = post, load
        self._checkpoint_seconds, self._keep_runs = checkpoint_seconds, keep_runs
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._slot: Frame | None = None
        self._questions: dict[str, tuple[Callable[[], Message], Callable[[Message], object]]] = {}
        self._wanted = threading.Event()
        self._quitting = threading.Event()
        self.stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._library: Library | None = None
        self._trainee: Trainee | None = None
        self._companion: Companion | None = None
        self._member = 0
        self._view: PlaneView | None = None
        self._changed = False
        self._has_advanced = False
        self._next_checkpoint = 0.0

    # Called from the event loop

    def open(self, specification: FitSpecification, *, start: bool) -> None:
        """Start the thread, which imports the engine and builds the first network."""
        self.configure(specification, start=start)
        self._thread.start()

    def configure(self, specification: FitSpecification, *, start: bool | None = None) -> None:
        """Build another network at epoch 0. ``start`` None: go on running if it was running."""
        self._commands.put(lambda: self._configure(specification, start))

    def reconfigure(self, specification: FitSpecification) -> None:
        """Change options that need no new network."""
        self._commands.put(lambda: self._do(lambda trainee: trainee.reconfigure(specification)))

    def toggle(self) -> None:
        """Start, or pause."""
        self._commands.put(lambda: self._do(Trainee.toggle))

    def step(self, epochs: int = 1) -> None:
        """Train exactly so many epochs, then stand still."""
        self._commands.put(lambda: self._do(lambda trainee: trainee.step(epochs)))

    def show_member(self, member: int) -> None:
        """Show this member from now on."""

        def show(trainee: Trainee) -> None:
            self._member = trainee.show(member)

        self._commands.put(lambda: self._do(show))

    def watch_plane(self, view: PlaneView | None) -> None:
        """From now on frames hold what there is to see in this view of the plane; None: nothing."""

        def watch() -> None:
            self._view = view
            if self._trainee is not None:
                self._trainee.plane.view = view
                self._changed = True

        self._commands.put(watch)

    def count(
        self,
        snapshot: Snapshot,
        answer: Callable[[Counts | None], Message],
        post: Callable[[Message], object],
    ) -> None:
        """Count the regions of a recorded snapshot of the present network; ``answer(counts)`` is posted."""

        def work(trainee: Trainee) -> None:
            self._send(answer(trainee.count(snapshot)), post)

        self._commands.put(lambda: self._do(work, changes=False))

    def ask(self, topic: str, work: Callable[[], Message], post: Callable[[Message], object]) -> None:
        """Have ``work()`` done on the thread and its message posted; it needs no network and waits for the engine.

        Of several questions on one topic that wait, only the newest is worked on.
        """
        with self._lock:
            waits = topic in self._questions
            self._questions[topic] = work, post
        if not waits:
            self._commands.put(lambda: self._answer(topic))

    def accompany(self, companion: Companion) -> None:
        """From now on it takes turns with the fit, and frames hold what there is to see of it."""
        self._companion = companion

    def tell(self, work: Callable[[], str | None], *, changes: bool = True) -> None:
        """Have ``work()`` done on the thread and say what it returns; then show what has changed."""

        def do() -> None:
            try:
                said = work()
            except Exception as error:
                self._say(_sentence(error), error=True)
            else:
                if said:
                    self._say(said)
            self._changed = self._changed or changes

        self._commands.put(do)

    def export(self, stem: Path) -> None:
        """Write the trained members and the numbers beside ``stem``; says where."""

        def work(trainee: Trainee) -> None:
            trainee.export(stem, self._member)
            self._say(f"Wrote {stem.resolve()}.json, .safetensors and .svg")

        self._commands.put(lambda: self._do(work, changes=False))

    def want(self) -> None:
        """Ask for the next frame once something has changed."""
        self._wanted.set()

    def take(self) -> Frame | None:
        """The newest frame, once."""
        with self._lock:
            frame, self._slot = self._slot, None
        return frame

    @property
    def waiting(self) -> Frame | None:
        """The frame in the slot, left there."""
        with self._lock:
            return self._slot

    def stop(self) -> None:
        """Keep the run and end the thread; :attr:`stopped` is set once that is done."""
        self._quitting.set()
        self._commands.put(lambda: None)
        if self._library is None or not self._thread.is_alive():  # there is nothing to keep yet
            self.stopped.set()

    @property
    def run(self) -> str | None:
        """The id under which the present run is kept."""
        return self._trainee.run if self._trainee else None

    # On the thread

    def _run(self) -> None:
        try:
            self._library = self._load()
            self._send(Loaded(self._library.targets, self._library.plane_targets))
        except Exception as error:
            self._say(f"The engine could not be loaded: {_sentence(error)}", error=True)
            self.stopped.set()
            return
        while not self._quitting.is_set():
            try:
                self._turn()
            except Exception as error:
                self._changed = False
                if self._trainee is not None:
                    self._trainee.owes_counts = False
                self._say(_sentence(error), error=True)
        if self._trainee is not None:
            self._checkpoint(self._trainee)
        self.stopped.set()

    def _turn(self) -> None:
        trainee, companion = self._trainee, self._companion
        busy = trainee is not None and (trainee.running or trainee.owes_counts or trainee.plane.owes)
        wait = companion.wait if companion is not None else None
        while not self._quitting.is_set():
            blocks = not busy and not self._changed and wait != 0
            try:
                command = self._commands.get(block=blocks, timeout=wait)
            except queue.Empty:
                break
            command()
            busy = True
            trainee = self._trainee
        if trainee is None or self._quitting.is_set():
            return
        if companion is not None and companion.wait == 0:
            self._accompany(companion, TURN / 2 if trainee.running else TURN)
        if self._changed or (companion is not None and companion.frame_due and self._wanted.is_set()):
            self._publish(trainee)
        elif trainee.plane.owes:
            self._changed = trainee.plane.settle()
        elif trainee.running:
            self._advance(trainee)
            if self._wanted.is_set() and trainee.frame_due:
                self._publish(trainee)
            if monotonic() >= self._next_checkpoint:
                self._checkpoint(trainee)
        elif trainee.owes_counts and trainee.look(self._member):
            self._publish(trainee)

    def _advance(self, trainee: Trainee) -> None:
        """One turn; where training raises, say so, stand still and go on living."""
        patience = None if self._has_advanced else self._say_if_slow()
        try:
            trainee.advance(0.0 if trainee.engine.epoch < SINGLE_EPOCHS else TURN, self._member)
        except Exception as error:
            trainee.failed = True
            self._say(f"Training stopped: {_sentence(error)}", error=True)
        if patience is not None:
            patience.cancel()
        self._has_advanced = True
        self._changed = not trainee.running

    def _accompany(self, companion: Companion, seconds: float) -> None:
        """The companion's turn; where it raises, it stands still."""
        try:
            self._changed = companion.turn(seconds) or self._changed
        except Exception as error:
            companion.fail()
            self._changed = True
            self._say(f"Training stopped: {_sentence(error)}", error=True)

    def _beside(self, frame: Frame, companion: Companion) -> Frame:
        """The frame with the companion's moment, or without where it cannot be made."""
        try:
            return replace(frame, manifold=companion.moment())
        except Exception as error:
            self._say(_sentence(error), error=True)
            return frame

    def _say_if_slow(self) -> threading.Timer:
        """The first turn of a process may wait for a compiler: say so, unless it is over before."""
        timer = threading.Timer(
            SLOW, self._say, ("The loops that train are being compiled, once on this machine",)
        )
        timer.daemon = True
        timer.start()
        return timer

    def _configure(self, specification: FitSpecification, start: bool | None) -> None:
        if self._library is None:
            return
        before = self._trainee
        try:
            engine = self._library.build(specification)
        except Exception as error:
            self._send(Refused(error, specification, before.engine.scene.specification if before else None))
            return
        if before is not None and before.worth_keeping:
            self._checkpoint(before)
        self._trainee = trainee = Trainee(engine, self._view)
        self._member = trainee.show(self._member)
        running = start if start is not None else before is not None and before.running
        if running:
            engine.start()
        self._next_checkpoint = monotonic() + self._checkpoint_seconds
        self._changed = True

    def _do(self, work: Callable[[Trainee], None], *, changes: bool = True) -> None:
        if self._trainee is None:
            return
        try:
            work(self._trainee)
        except Exception as error:
            self._say(_sentence(error), error=True)
        self._changed = self._changed or changes

    def _answer(self, topic: str) -> None:
        with self._lock:
            work, post = self._questions.pop(topic)
        try:
            self._send(work(), post)
        except Exception as error:
            self._say(_sentence(error), error=True)

    def _publish(self, trainee: Trainee) -> None:
        self._changed = False
        self._wanted.clear()
        frame = trainee.frame(self._member)
        if self._companion is not None:
            frame = self._beside(frame, self._companion)
        with self._lock:
            undelivered = self._slot is not None
            self._slot = frame
        if not undelivered:
            self._send(Updated())

    def _checkpoint(self, trainee: Trainee) -> None:
        """Keep the run; the next time is far enough off that keeping costs little."""
        began = monotonic()
        if self._keep_runs:
            try:
                trainee.keep()
            except Exception as error:
                self._say(f"The run could not be kept: {_sentence(error)}", error=True)
        cost = monotonic() - began
        self._next_checkpoint = monotonic() + max(self._checkpoint_seconds, 20 * cost)

    def _say(self, text: str, *, error: bool = False) -> None:
        self._send(Said(text, error=error))

    def _send(self, message: Message, post: Callable[[Message], object] | None = None) -> None:
        try:
            (post or self._post)(message)
        except RuntimeError:  # the event loop has closed: nobody is there to read it
            self._quitting.set()


def _sentence(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
