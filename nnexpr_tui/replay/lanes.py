"""The runs that Replay shows side by side: the fit, variants of a run that are trained beside it, and kept runs.

Each stands in a *lane*, A to D, which it keeps until it is taken away. Variants are trained on the engine's thread by
turns, one after the other and the fit between them; the fit goes on, or stands still, as it was. The memory that one
takes is bounded like the fit's: a recording each, of so many snapshots and so many bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from nnexpr.runs.keeper import Keeper
from nnexpr.runs.recorder import Recorder
from nnexpr.runs.recording import Recording, Scene
from nnexpr.specification import FitSpecification, InputError
from nnexpr_tui.parts.described import described, difference
from nnexpr_tui.replay.variants import changed
from nnexpr_tui.training.subject import SNAPSHOT_SHARE, FitSubject
from nnexpr_tui.worker.subject import Subject, sentence
from nnexpr_tui.worker.telling import TRAINS, Telling

if TYPE_CHECKING:
    from nnexpr.runs.head import Head
    from nnexpr.runs.run import Run
    from nnexpr.runs.store import Store
    from nnexpr.targets.target import Target
    from nnexpr.training.session import Session

__all__ = ["FIT", "KEPT", "MARKS", "VARIANT", "Lane", "LanesMoment", "LanesSubject"]

MARKS = "ABCD"
FIT, VARIANT, KEPT = "fit", "variant", "kept"
MOST_LISTED = 200  # runs of the store, the newest
LEAST_EPOCHS = 1000  # that a variant of a run that has hardly begun is trained


@dataclass(frozen=True, eq=False, slots=True)
class Lane:
    """One of the runs side by side. ``recording``: None of the fit, whose own moment has it."""

    mark: str
    kind: str
    name: str = "fit"
    state: str = ""
    recording: Recording | None = None
    run: str | None = None  # the id under which it is kept
    until: int | None = None  # the epoch at which a variant stands still; None: it goes on


@dataclass(frozen=True, eq=False, slots=True)
class LanesMoment:
    """All lanes, by their marks."""

    lanes: tuple[Lane, ...] = (Lane(MARKS[0], FIT),)
    kept: tuple[
        Head, ...
    ] = ()  # the runs of the store, the newest first, as they were when last looked through
    looks: int = 0  # how many times it was

    def is_urgent(self, before: LanesMoment | None) -> bool:
        """There are others, or one began or ceased to train: a key asked for it, or it has come to its end."""
        return before is None or self.looks != before.looks or self._known() != before._known()

    def _known(self) -> list[tuple[str, str, str | None]]:
        return [(lane.mark + lane.name, lane.state, lane.run) for lane in self.lanes]


class _Variant:
    """A session beside the fit's, and what is seen of it."""

    def __init__(self, session: Session, member: int, until: int | None) -> None:
        from nnexpr.runs.scene import scene_of

        self.until = until
        self._session, self._why = session, ""  # and why it trains no more, if so
        self.scene = scene_of(session)
        self.target: Target | None = session.target
        self._recorder = Recorder(session, self.scene)
        self._recorder.member = member
        self._recorder.record()
        self._keeper: Keeper | None = None
        self._shown: Recording | None = None  # as it was last looked at, unless it has trained since
        self._next = 0.0
        self.has_advanced = False
        session.start()

    @property
    def base(self) -> tuple[FitSpecification, int, int]:
        """What it is, its shown member, and how far it has come."""
        return self._session.specification, self._recorder.member, self._session.epoch

    @property
    def is_running(self) -> bool:
        return self._session.state == "running" and not self._why

    @property
    def is_due(self) -> bool:
        """Whether it has trained since it was looked at, and another look costs no more than its share."""
        return self._shown is None and monotonic() >= self._next

    def advance(self, seconds: float) -> None:
        """Train for about so long, up to where it is to stand still; whatever is raised ends it.

        Early snapshots are an epoch apart, and each ends a turn of the recorder.
        """
        self._shown, self.has_advanced, now = None, True, monotonic()
        deadline = now + seconds
        while self.is_running:
            began = now
            self._advance(deadline - began)
            now = monotonic()
            if now + (now - began) > deadline:
                break

    def _advance(self, seconds: float) -> None:
        session = self._session
        try:
            self._recorder.advance(seconds, self.until)
        except Exception as error:
            self._why = sentence(error)
            raise
        if self.until is not None and session.epoch >= self.until and session.state == "running":
            session.pause()

    def pause(self) -> None:
        if self.is_running:
            self._session.pause()

    def toggle(self) -> None:
        """Train on, beyond where it was to stand still, or pause."""
        if self._why:
            raise RuntimeError(f"its training stopped: {self._why}")
        if self._session.state == "running":
            self._session.pause()
            return
        if self._session.state == "finished":
            raise RuntimeError("all its epochs are trained")
        if self.until is not None and self._session.epoch >= self.until:
            self.until = None
        self._session.start()

    def keep(self, store: Store | None) -> str:
        """Write it to the store, over what was kept of it before."""
        if store is None:
            raise RuntimeError("no runs are kept here (--no-store)")
        keeper = self._keeper = self._keeper or Keeper(store, float("inf"))
        keeper.keep(self._session, self._recorder)
        if keeper.problem:
            raise RuntimeError(keeper.problem)
        return f"kept as {keeper.run}, at epoch {self._session.epoch:,}"

    def name(self, fit: FitSpecification | None) -> str:
        """What it has otherwise than this fit beside it; what it is, where there is none or it is of another target."""
        own = self._session.specification
        if fit is None or fit.target != own.target:
            return described(own)
        return difference(fit, own) or "the same again"

    def lane(self, mark: str, fit: FitSpecification | None) -> Lane:
        run = self._keeper.run if self._keeper is not None else None
        if self._shown is None:
            self._recorder.record()
            self._next = monotonic() + SNAPSHOT_SHARE * self._recorder.cost
            self._shown = self._recorder.recording(run)
        state = "failed" if self._why else self._session.state
        return Lane(mark, VARIANT, self.name(fit), state, self._shown, run, self.until)


class _Kept:
    """A run from the store: nothing is done to it."""

    has_advanced = True

    is_running = is_due = False
    until = None

    def __init__(self, run: Run) -> None:
        self._recording = run.recording()
        self.scene = self._recording.scene
        try:
            self.target: Target | None = run.load().target
        except InputError:  # of a file that is no longer there: nothing is counted
            self.target = None
        self._name = f"{described(self._recording.specification)}, {run.id}"

    @property
    def base(self) -> tuple[FitSpecification, int, int]:
        last = self._recording.snapshots[-1]
        return self._recording.specification, last.member, last.epoch

    def advance(self, seconds: float) -> None:
        raise NotImplementedError

    def pause(self) -> None:
        return

    def toggle(self) -> None:
        raise RuntimeError("it is a run from the store: a trains a variant of it")

    def keep(self, store: Store | None) -> str:  # noqa: ARG002
        return f"kept as {self._recording.run}"

    def name(self, fit: FitSpecification | None) -> str:  # noqa: ARG002
        return self._name

    def lane(self, mark: str, fit: FitSpecification | None) -> Lane:
        return Lane(mark, KEPT, self.name(fit), "stopped", self._recording, self._recording.run)


class LanesSubject(Subject[LanesMoment]):
    """At first the fit alone."""

    def __init__(self) -> None:
        self._has_fit = True
        self._fit_mark = MARKS[0]
        self._others: dict[str, _Variant | _Kept] = {}
        self._last = ""  # the mark of the variant that had the last turn
        self._heads: tuple[Head, ...] = ()
        self._looks = 0

    # What screens ask

    def vary(self, mark: str, specification: FitSpecification) -> str:
        """Train this beside the run of that lane, which it is a variant of, in a lane of its own."""
        free = self._free()
        _, member, epoch = self._base(mark)
        until = None if self._is_endless(mark) else max(LEAST_EPOCHS, epoch)
        session = self._fit.build(specification)
        self._others[free] = variant = _Variant(session, member % specification.members, until)
        told = f"to epoch {until:,}" if until is not None else "as long as the run that it is a variant of"
        return f"{free}: {variant.name(self._shown_fit)}, trained {told}"

    def list_kept(self) -> None:
        """Look which runs of the store can be replayed."""
        store, heads = self._fit.store, []
        for run in reversed(store.runs() if store is not None else ()):
            with suppress(InputError):  # of a file that cannot be read there is nothing to replay
                heads.append(run.head())
            if len(heads) == MOST_LISTED:
                break
        self._heads = tuple(head for head in heads if head.snapshots)
        self._looks += 1

    def open(self, runs: Sequence[str], *, alone: bool = False) -> None:
        """Kept runs, each in a lane of its own; ``alone``: in place of all that are there."""
        store = self._fit.store
        found = []
        for name in runs:
            if store is None:
                raise InputError("run", name, "no runs are kept here (--no-store)")
            found.append(_Kept(store.named(name)))
        if alone:
            for other in self._others.values():
                other.pause()
            self._others, self._has_fit = {}, not found
        for kept in found:
            self._others[self._free()] = kept

    def compare(self, differences: Sequence[Mapping[str, Any]]) -> None:
        """In place of all that are there: the fit, and beside it what differs from it in these options."""
        for other in self._others.values():
            other.pause()
        self._others = {}
        self.bring_fit()
        for options in differences:
            self.vary(self._fit_mark, changed(self._base(self._fit_mark)[0], options))

    def take_away(self, mark: str) -> str:
        """Empty that lane; a variant that was not kept is gone. The last one stays."""
        if len(self._marks()) < 2:
            raise RuntimeError("this is the only run there is")
        if self._has_fit and mark == self._fit_mark:
            self._has_fit = False
            return "The fit is put away here, and stays as it is: A brings it back"
        gone = self._others.pop(mark)
        gone.pause()
        return f"{mark}, {gone.name(self._shown_fit)}, is taken away"

    def bring_fit(self) -> None:
        """The fit in a lane of its own again."""
        if not self._has_fit:
            self._fit_mark, self._has_fit = self._free(), True

    def toggle(self, mark: str) -> None:
        """Have the run of that lane trained on, or pause it."""
        if mark in self._others:
            self._others[mark].toggle()
        else:
            self._fit.toggle()

    def keep(self, mark: str) -> str:
        """Write a variant to the store."""
        if mark not in self._others:
            return "The fit is kept by itself"
        return f"{mark} is {self._others[mark].keep(self._fit.store)}"

    # What the other subjects of Replay ask

    def target_of(self, scene: Scene) -> Target | None:
        """The target of the run that is looked at against this scene; None where it is there no more."""
        fit = self._fit
        if self._has_fit and fit.session is not None and scene is fit.scene:
            return fit.session.target
        return next((other.target for other in self._others.values() if other.scene is scene), None)

    @property
    def is_training(self) -> bool:
        """Whether anything is."""
        return self._fit.is_running or any(self._running())

    # On the thread

    @property
    def _fit(self) -> FitSubject:
        return self.scheduler.subject(FitSubject)

    @property
    def _shown_fit(self) -> FitSpecification | None:
        """What the fit is, where it stands beside the others."""
        session = self._fit.session
        return session.specification if self._has_fit and session is not None else None

    def _marks(self) -> list[str]:
        return sorted([*self._others, *([self._fit_mark] if self._has_fit else [])])

    def _free(self) -> str:
        taken = self._marks()
        free = next((mark for mark in MARKS if mark not in taken), None)
        if free is None:
            raise RuntimeError(f"there are {len(MARKS)} runs already; d takes one away")
        return free

    def _base(self, mark: str) -> tuple[FitSpecification, int, int]:
        """Of the run in that lane: what it is, its shown member, and how far it has come."""
        if mark in self._others:
            return self._others[mark].base
        fit = self._fit
        if fit.session is None:
            raise RuntimeError("there is no network yet")
        return fit.session.specification, fit.member, fit.session.epoch

    def _is_endless(self, mark: str) -> bool:
        """Whether that run goes on by itself."""
        if mark in self._others:
            return self._others[mark].is_running and self._others[mark].until is None
        return self._fit.is_running

    def _running(self) -> Iterator[str]:
        return (mark for mark, other in self._others.items() if other.is_running)

    @property
    def wait(self) -> float | None:
        return 0.0 if any(self._running()) else None

    def turn(self, seconds: float) -> bool:
        running = sorted(self._running())
        mark = next((mark for mark in running if mark > self._last), running[0])
        self._last, variant = mark, self._others[mark]
        telling = None if variant.has_advanced else Telling(self.scheduler.say, TRAINS)
        try:
            variant.advance(seconds)
        except Exception as error:
            self.scheduler.say(
                f"{mark}, {variant.name(self._shown_fit)}, stopped: {sentence(error)}", error=True
            )
        finally:
            if telling is not None:
                telling.end()
        return not variant.is_running

    @property
    def due(self) -> bool:
        return any(self._others[mark].is_due for mark in self._running())

    def moment(self) -> LanesMoment:
        lanes = [other.lane(mark, self._shown_fit) for mark, other in self._others.items()]
        if self._has_fit:
            lanes.append(Lane(self._fit_mark, FIT))
        return LanesMoment(tuple(sorted(lanes, key=lambda lane: lane.mark)), self._heads, self._looks)
