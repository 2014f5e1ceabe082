"""The fit under training, as the engine's thread has it: one session, what was seen of it, and how fast it goes.

Snapshots, for the screen and for the recording, are taken as often as it costs training a small share of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from nnexpr.runs.recording import Recording
from nnexpr.specification import OPTIONS, InputError
from nnexpr_tui.training.begun import Training, begun, notes_of, taken_up
from nnexpr_tui.training.counting import Counting
from nnexpr_tui.training.moment import (
    FitMoment,
    Library,
    Loaded,
    ModesOverTime,
    Refused,
    TakenUp,
    Tried,
    default_library,
    file_name,
)
from nnexpr_tui.training.pace import Pace
from nnexpr_tui.worker.scheduler import Exported, Scheduler
from nnexpr_tui.worker.subject import Subject, sentence
from nnexpr_tui.worker.telling import TRAINS, Telling
from nnexpr_tui.worker.warming import compiling

if TYPE_CHECKING:
    from nnexpr.runs.keeper import Keeper
    from nnexpr.runs.store import Store
    from nnexpr.specification import FitSpecification
    from nnexpr.training.session import Session
    from nnexpr.training.snapshots import Snapshot

__all__ = ["WRITTEN", "FitSubject"]

WRITTEN = ".json, .safetensors and .svg"
SNAPSHOT_SHARE = 20  # snapshots for the screen may take a twentieth, beside those for the recording
WAIT = 0.05  # seconds between two looks whether what counts is compiled
MOST_EARLIER = 8  # trainings that can be brought back: each holds its network and its snapshots
MOST_TRIED = 50  # of which the numbers are remembered
WORTH_KEEPING = 1.0  # seconds of training that are not thrown away when the network is rebuilt


class FitSubject(Subject[FitMoment]):
    """There is no session before the first specification could be built."""

    def __init__(
        self,
        load: Callable[[], Library] = default_library,
        *,
        store: Store | None = None,
        keep_every: float = 10.0,
    ) -> None:
        self._load, self._store, self._keep_every = load, store, keep_every
        self._library: Library | None = None
        self.session: Session | None = None
        self._keeper: Keeper | None = None
        self._kept: tuple[object, int, str] | None = None  # by whom, at which epoch, in which state
        self.is_left = False  # by a person, who ends the explorer and does not train on
        self._member = 0
        self._modes: tuple[object, ModesOverTime | None] = None, None
        self._advanced: set[tuple[str, ...]] = set()  # kinds of training whose loops are there
        self._has_told = False  # that what counts is being compiled
        self._pace = Pace()
        self._earlier: list[tuple[Training, Tried]] = []
        self._tried: list[Tried] = []

    def begin(self, scheduler: Scheduler) -> None:
        super().begin(scheduler)
        self._library = self._load()
        scheduler.send(Loaded(self._library))

    def end(self) -> None:
        if self.is_left and self.is_running:
            self._session.pause()
        self._keep()

    def _take(self, taken: Training) -> None:
        """Go on with this session, and with what was seen and kept of it."""
        self._asked, self.session, self._recorder, self.scene, self._keeper = taken
        self._has_failed = False
        self._counting = Counting(taken.session)
        self._pace.rate = self._next_moment = 0.0
        self._recorder.member = self._member = self._member % self._asked.members
        self._recorder.record()

    # What the scheduler asks

    @property
    def is_running(self) -> bool:
        """Whether another turn is to be taken."""
        return self.session is not None and self.session.state == "running" and not self._has_failed

    def can_count(self, kind: str) -> bool:
        """Whether what counts on the line or in the plane, or what finds floors, is compiled.

        Training comes first: while it waits for its own loops to be compiled, nothing else is begun.
        """
        is_first = self.is_running and self._session.epoch == 0
        if is_first or (done := compiling(kind)).is_set():
            return not is_first
        if not self._has_told:
            self._has_told = True
            said = "The loops that count are being compiled, once on this machine; training need not wait"
            Telling(self.scheduler.say, said, over=done.is_set)
        return False

    @property
    def _owes_counts(self) -> bool:
        return self.scene.countable and self._counting.is_owed

    @property
    def wait(self) -> float | None:
        if self.is_running:
            return self._pace.wait
        if self.session is None or not self._owes_counts:
            return None
        needed = "floor" if self._counting.owes_only_floor(self.snapshot()) else "line"
        return 0.0 if self.can_count(needed) else WAIT

    def turn(self, seconds: float) -> bool:
        if not self.is_running:
            self._counting.look(self.snapshot(), search=self.can_count("floor"))
            return True
        self._advance(self._session, seconds)
        if self._keeper is not None and (not self.is_running or self._keeper.is_due):
            self._keep()
        return not self.is_running

    @property
    def due(self) -> bool:
        return self.is_running and monotonic() >= self._next_moment

    def fail(self, why: str) -> str:
        if not self.is_running:
            self._counting.is_owed = False
            return why
        self._has_failed = True
        with suppress(Exception):  # its last checkpoint stands anyway
            self._session.take_back()
            self._keep()
        return f"Training stopped: {why}"

    def moment(self) -> FitMoment | None:
        from nnexpr_tui.training.engine import frequencies, memory

        session = self.session
        if session is None:
            return None
        snapshot, running = self.snapshot(), self.is_running
        self._next_moment = monotonic() + SNAPSHOT_SHARE * self._recorder.cost
        if self.scene.countable and self.can_count("line"):
            self._counting.glance(snapshot, running=running)
        if not running:
            self._recorder.add(snapshot)
        counts, counted, floor = self._counting.of(snapshot.member)
        return FitMoment(
            specification=self._asked,
            recording=self._recorder.recording(),
            state="failed" if self._has_failed else session.state,
            snapshot=snapshot,
            counts=counts,
            counted=counted,
            floor=floor,
            frequencies=frequencies(self.scene, snapshot),
            modes=self._modes_over_time(session),
            rate=self._pace.rate,
            run=self.run,
            diverged_at=session.diverged.get(snapshot.member),
            memory=memory(session),
            tried=tuple(self._tried),
        )

    def _modes_over_time(self, session: Session) -> ModesOverTime | None:
        """What was recorded so far; made anew only once there is more of it, or another member is shown."""
        recorded = session.modes
        if recorded is None or not len(recorded):
            return None
        key = (recorded, len(recorded), recorded.next, self._member)
        if key != self._modes[0]:
            over_time = ModesOverTime(recorded.epochs, recorded.member(self._member), recorded.median)
            self._modes = key, over_time
        return self._modes[1]

    def snapshot(self) -> Snapshot:
        """The present moment of the shown member; a second look at it costs nothing."""
        return self._recorder.look()

    def _advance(self, session: Session, seconds: float) -> None:
        asked = self._asked
        kind = asked.optimizer, asked.dtype, asked.activation, asked.network
        telling = None if kind in self._advanced else Telling(self.scheduler.say, TRAINS)
        epoch, began = session.epoch, monotonic()
        try:
            self._recorder.advance(self._pace.turn(seconds))
        finally:
            self._advanced.add(kind)
            if telling is not None:
                telling.end()
        self._pace.took(session.epoch - epoch, began)
        if not self.is_running:
            self._counting.is_owed = True

    @property
    def member(self) -> int:
        """The one that is shown."""
        return self._member

    @property
    def recording(self) -> Recording:
        """What was seen of the training so far."""
        return self._recorder.recording()

    @property
    def store(self) -> Store | None:
        """Where runs are kept; None where they are not."""
        return self._store

    def build(self, specification: FitSpecification) -> Session:
        """A session at epoch 0, not the fit's own; raises InputError for what cannot be."""
        assert self._library is not None  # noqa: S101 - loaded before the first question
        return self._library.build(specification)

    @property
    def run(self) -> str | None:
        """The id under which the fit is kept."""
        return self._keeper.run if self._keeper is not None else None

    def _keep(self) -> None:
        """Write the run to the store, over what was there of it, if it has trained since or stands still now."""
        session, keeper = self.session, self._keeper
        if session is None or keeper is None or session.epoch == 0:
            return
        if self._kept == (now := (keeper, session.epoch, session.state)):
            return
        try:
            keeper.keep(session, self._recorder)
        except Exception as error:
            self.scheduler.say(f"The run could not be kept: {sentence(error)}", error=True)
        if keeper.problem:
            self.scheduler.say(keeper.problem, error=True)
        else:
            self._kept = now

    # What screens ask

    @property
    def _session(self) -> Session:
        if self.session is None:
            raise RuntimeError("there is no network yet")
        return self.session

    def configure(self, specification: FitSpecification, *, start: bool | None = None) -> None:
        """Build another network at epoch 0. ``start`` None: go on running if it was running."""
        before = self.session
        try:
            session = self.build(specification)
        except Exception as error:
            self.scheduler.send(Refused(error, specification, self._asked if before is not None else None))
            return
        running = self.is_running if start is None else start
        self._put_by()
        known = () if before is None else notes_of(before)
        if told := " ".join(note for note in notes_of(session) if note not in known):
            self.scheduler.say(told)
        self._take(begun(specification, session, self._store, self._keep_every))
        if running:
            session.start()

    def take_up(self, run: str) -> str:
        """Go on with a run of the store where it was kept last, in the place of the present training."""
        if self._store is None:
            raise InputError("run", run, "no runs are kept here (--no-store)")
        if run == self.run:
            raise InputError("run", run, "it is the fit that is open already: 1 shows it")
        earlier = next((each for each, _ in self._earlier if each.keeper and each.keeper.run == run), None)
        taken = earlier or taken_up(run, self._store, self._keep_every)
        self._put_by()
        self._earlier = [pair for pair in self._earlier if pair[0] is not taken]
        self._take(taken)
        self._counting.is_owed = True
        self.scheduler.send(TakenUp(taken.specification, said := self._gone_on_with(taken)))
        return said

    @staticmethod
    def _gone_on_with(taken: Training) -> str:
        """Start it, unless all is trained; what is to be said of that."""
        session, keeper = taken.session, taken.keeper
        run = keeper.run if keeper is not None else None
        mended = f"{keeper.problem}. " if keeper is not None and keeper.problem else ""
        if session.state == "finished":
            if keeper is not None:
                keeper.release()  # until it is trained further
            return f"{mended}All {session.epoch:,} epochs of {run} are trained: space trains it further"
        session.start()
        return f"{mended}Going on with {run} from epoch {session.epoch:,}"

    def _put_by(self) -> None:
        """Keep the present training, if it is one, and remember it so that it can be brought back."""
        session = self.session
        if session is None or session.epoch == 0:
            return
        if session.state == "running":
            session.pause()
        if session.seconds >= WORTH_KEEPING or self.run is not None:
            self._keep()
        training = Training(self._asked, session, self._recorder, self.scene, self._keeper)
        self._earlier.append((training, self._note()))
        del self._earlier[:-MOST_EARLIER]

    def _note(self) -> Tried:
        """How far the present training came, among what was tried."""
        snapshot, recording = self.snapshot(), self._recorder.recording()
        counts, _, _ = self._counting.of(snapshot.member)
        history = recording.epochs, recording.losses[:, snapshot.member]
        regions = counts.count if counts is not None else None
        loss = min(snapshot.losses.tolist())
        noted = Tried(recording.specification, snapshot.epoch, loss, regions, history)
        self._tried = [*self._tried[1 - MOST_TRIED :], noted]
        return noted

    def undo(self) -> str:
        """Bring back the training whose place the present one took; it stands still where it was."""
        if not self._earlier:
            raise RuntimeError("There is no training before this one to go back to")
        if self.is_running:
            self._session.pause()
        self._keep()
        if self._session.epoch:
            self._note()
        earlier, noted = self._earlier.pop()
        self._tried = [tried for tried in self._tried if tried is not noted]
        self._take(earlier)
        self._counting.is_owed = True
        self.scheduler.send(TakenUp(earlier.specification))
        return f"Back at epoch {earlier.session.epoch:,} of the training before"

    def reconfigure(self, specification: FitSpecification) -> None:
        """Change options that need no new network."""
        live = {name: getattr(specification, name) for name, option in OPTIONS.items() if option.live}
        present = self._asked
        self._session.reconfigure(**{name: to for name, to in live.items() if to != getattr(present, name)})
        self._asked = specification

    def toggle(self) -> None:
        """Start, or pause; after the last epoch there is nothing to start."""
        session = self._session
        if self._has_failed:
            raise RuntimeError("training stopped with an error; r starts again from epoch 0")
        if session.state == "running":
            session.pause()
        else:
            self._require_more()
            session.start()
        self._counting.is_owed = True

    def set_pace(self, pace: float | None) -> None:
        """Train so many epochs a second, one by one; None: as many as there is time for."""
        self._pace.ask(pace)

    def step(self, epochs: int = 1) -> None:
        """Train exactly so many epochs, then stand still."""
        session = self._session
        if session.state == "running":
            session.pause()
        self._require_more()
        session.step(epochs)
        self._counting.is_owed = True

    def _require_more(self) -> None:
        if self._session.state == "finished":
            raise RuntimeError("all epochs are trained; give more epochs, or r starts again from epoch 0")

    def show_member(self, member: int) -> None:
        """Show this member from now on."""
        self._recorder.member = self._member = member % self._session.specification.members
        self._counting.is_owed = True

    def export(self, folder: Path) -> None:
        """Write the present moment."""
        stem, moment = self.write(folder)
        self.scheduler.send(Exported(stem, WRITTEN, {FitSubject: moment}))

    def write(self, folder: Path, cells: dict[str, Any] | None = None) -> tuple[Path, FitMoment]:
        """The trained members and the numbers of one moment, with those of the cells; under which stem, and which."""
        from nnexpr_tui.training.engine import export

        if self.scene.countable:
            for kind in ("line", "floor"):
                compiling(kind).wait()
            self._counting.look(self.snapshot())
        moment = self.moment()
        assert moment is not None  # noqa: S101 - there is a session
        stem = folder / file_name(self._asked, moment.epoch)
        export(self._session, moment, stem, cells)
        return stem, moment
