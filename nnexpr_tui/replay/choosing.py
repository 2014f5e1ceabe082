"""What is chosen from lists in Replay: variants to train, runs to open, events to go to; what is done with a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from textual.app import SystemCommand

from nnexpr_tui.controller import Controller
from nnexpr_tui.parts.described import difference
from nnexpr_tui.parts.numbers import count, number
from nnexpr_tui.parts.palette import Palette
from nnexpr_tui.replay.lanes import FIT, LanesSubject
from nnexpr_tui.replay.standing import StandingView
from nnexpr_tui.replay.subject import ReplaySubject
from nnexpr_tui.replay.timeline import index_at, times_of
from nnexpr_tui.replay.variants import Variant, variants_of

if TYPE_CHECKING:
    from nnexpr.runs.events import Event
    from nnexpr.runs.head import Head
    from nnexpr.runs.recording import Recording, Scene
    from nnexpr_tui.replay.charts import Standing

__all__ = ["ChoosingView"]


class Happening(NamedTuple):
    """An event of a run, the epoch of the snapshot that shows it, and when that is on the clock."""

    run: Standing
    event: Event
    at: int
    time: float


class ChoosingView(StandingView):
    """Lists are opened, and events gone to, once the engine's thread has found what is asked for."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._wish: tuple[tuple[Recording, ...], int] | None = None  # events of these; which way to the next
        self._jumped: tuple[Scene, str] | None = None  # of which run, and what
        self._lists: int | None = None  # the look through the store before the one that is to be offered

    # What was asked for and is there now

    def grant(self, runs: list[Standing]) -> bool:
        """Offer the runs that are listed, and go to the event that was sought; whether runs stand elsewhere now."""
        if self._lists is not None and self.lanes.looks > self._lists and self.is_shown:
            self._lists = None
            self._offer_kept(self.lanes.kept)
        known = self.controller.moment(ReplaySubject)
        if self._wish is None or known is None or known.searched is not self._wish[0]:
            return False
        direction, self._wish = self._wish[1], None
        by_scene = {run.recording.scene: run for run in runs}
        found = [
            _happening(run, searched, event)
            for searched in known.searched
            if (run := by_scene.get(searched.scene)) is not None
            for event in known.happened[searched.scene]
        ]
        found.sort(key=lambda each: (each.time, each.event.epoch))
        if not found:
            self.footer.say("Nothing has happened yet: no knee, no bend, no collapse, no divergence")
        elif direction:
            self._jump(found[self._next_of(found, direction)])
        elif self.is_shown:
            self._offer_events(found)
        return bool(found and direction)

    def _next_of(self, found: list[Happening], direction: int) -> int:
        """The next event behind the time that is shown, or before it, and behind the last the first."""
        keys = [(each.run.recording.scene, each.event.kind) for each in found]
        if self.position.pinned is not None and self._jumped in keys:
            return (keys.index(self._jumped) + direction) % len(found)
        at = self.span.high if self.position.at is None else self.position.at
        later = [i for i, each in enumerate(found) if each.time > at]
        earlier = [i for i, each in enumerate(found) if each.time < at]
        return (later[0] if later else 0) if direction > 0 else (earlier[-1] if earlier else len(found) - 1)

    def _jump(self, to: Happening) -> None:
        """That run to the event's snapshot, the others to the time of that; nothing where it is there no more."""
        scene, event = to.run.recording.scene, to.event
        run = next((each for each in self.runs if each.recording.scene is scene), None)
        if run is None:
            return
        self.stop()
        self._jumped = scene, event.kind
        self.chosen = run.lane.mark
        self.position.jump(run.recording, to.at)
        self.footer.say(f"{run.lane.mark}: {event.words}" if len(self.runs) > 1 else event.words)
        self.redraw()

    def _offer_events(self, found: list[Happening]) -> None:
        choices = [
            SystemCommand(f"{each.run.lane.mark} {each.event.kind} {count(each.event.epoch)}", each.event.words,
                          partial(self._jump, each))
            for each in found
        ]  # fmt: skip
        self.app.push_screen(Palette(choices, "what happened"))

    def action_event(self, direction: int) -> None:
        """The next event of all runs, or the one before; 0: a list of them. Once they are found."""
        if self.runs:
            recordings = tuple(run.recording for run in self.runs)
            self._wish = recordings, direction
            self.controller.ask(ReplaySubject, lambda replay: replay.search(recordings))

    # Runs

    def action_next_run(self) -> None:
        marks = [run.lane.mark for run in self.runs]
        if self.run is not None:
            self.chosen = marks[(marks.index(self.run.lane.mark) + 1) % len(marks)]
            self.redraw()

    def action_vary(self) -> None:
        """A list of what may be changed of the chosen run."""
        run = self.run
        if run is None or not self.is_shown:
            return
        base = run.recording.specification
        choices = [
            SystemCommand(each.title, difference(base, each.specification), partial(self._vary, run, each))
            for each in variants_of(base)
        ]
        self.app.push_screen(Palette(choices, f"variants of {run.name}"))

    def action_open(self) -> None:
        """A list of what is kept, and of the fit where it is put away: once the store has been looked through."""
        self._lists = self.lanes.looks
        self.controller.ask(LanesSubject, LanesSubject.list_kept)

    def _offer_kept(self, heads: Sequence[Head]) -> None:
        there = {run.recording.run for run in self.runs}
        choices = [
            SystemCommand(head.run, _told_of(head), partial(self._open, head.run))
            for head in heads
            if head.run not in there
        ]
        if all(lane.kind != FIT for lane in self.lanes.lanes):
            bring = partial(self.controller.ask, LanesSubject, LanesSubject.bring_fit)
            choices.insert(0, SystemCommand("The fit", "that of Explore, which is put away here", bring))
        if choices:
            self.app.push_screen(Palette(choices, "runs that are kept"))
        else:
            self.footer.say("There is no other run that is kept with its recording")

    def _open(self, run: str) -> None:
        self.controller.ask(LanesSubject, lambda lanes: lanes.open([run]))

    def _vary(self, run: Standing, variant: Variant) -> None:
        mark, specification = run.lane.mark, variant.specification
        self.controller.ask(LanesSubject, lambda lanes: lanes.vary(mark, specification))

    def action_take_away(self) -> None:
        self._ask(LanesSubject.take_away)

    def action_train(self) -> None:
        self._ask(LanesSubject.toggle)

    def action_keep(self) -> None:
        self._ask(LanesSubject.keep)

    def _ask(self, question: Callable[[LanesSubject, str], str | None]) -> None:
        """Ask it of the chosen run."""
        if self.run is not None:
            mark = self.run.lane.mark
            self.controller.ask(LanesSubject, lambda lanes: question(lanes, mark))


def _happening(run: Standing, searched: Recording, event: Event) -> Happening:
    """What was found in a recording, in that of the same run as it is now: it has grown since, and been thinned."""
    at = searched.snapshots[event.snapshot].epoch
    index = index_at(times_of(run.recording, "epochs"), at, "epochs")
    return Happening(run, event, at, float(run.times[index]))


def _told_of(head: Head) -> str:
    """A kept run at a glance."""
    network, target = (head.config.get(name) for name in ("network", "target"))
    return f"{network} on {target}, epoch {count(head.epoch)}, loss {number(head.least_loss)}"
