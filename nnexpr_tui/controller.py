"""What the keys do: the specification being looked at, how it is looked at, and the channel to the engine's thread.

Knows nothing of widgets. Screens call its methods, ask subjects through it, and draw the moments that it fetches; every
wrong value is an :class:`InputError`, raised where it was typed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from textual.message import Message

from nnexpr.runs.store import Store
from nnexpr.runs.store import store as usual_store
from nnexpr.specification import OPTIONS, FitSpecification, InputError, command_line
from nnexpr_tui.adjust import replaced, stepped
from nnexpr_tui.charts.series import Markers
from nnexpr_tui.last_seen import LastSeen, set_aside
from nnexpr_tui.parts.numbers import member_of
from nnexpr_tui.presets import Preset
from nnexpr_tui.settings import MARKERS, Settings
from nnexpr_tui.terminal import lacks_characters
from nnexpr_tui.training.moment import FitMoment, Library, Refused, TakenUp, default_library
from nnexpr_tui.training.subject import FitSubject
from nnexpr_tui.worker.scheduler import Scheduler, Topic
from nnexpr_tui.worker.subject import Moment, Subject

if TYPE_CHECKING:
    from nnexpr_tui.parts.writing import Writing

__all__ = ["DEFAULT_EPOCHS", "Controller", "Look"]

M = TypeVar("M", bound=Moment)
S = TypeVar("S", bound=Subject[Any])

PACES = (None, 1000, 100, 10)  # epochs a second; None: as fast as it goes
DEFAULT_EPOCHS = 10**10  # the explorer trains until it is told to pause


@dataclass
class Look:
    """How the present fit is looked at."""

    markers: Markers = MARKERS[0]
    residual: bool = False
    log_axis: bool = True
    log_epochs: bool = False
    # In place of the loss, one of these:
    modes: str = ""  # of the error over the epochs: of the shown "member", or the "median" of all
    tangent: str = (
        ""  # of the tangent kernel: its "spectrum", the "error" in its modes, the "loss" foretold, or "modes"
    )
    bends: str = ""  # over time: "places" or "count"
    fronts: str = ""  # of learning, over time: the "map" of the error over x, or the "front" alone
    together: bool = False  # the fits of several runs in one chart
    member: int = 0
    error: bool = False  # of a composed wave, in place of its fit
    whole: bool = False  # all pieces of a wave, also those too fine for the screen


class Controller:
    """One explorer's state. ``post`` takes the worker's messages to the app; ``store`` keeps runs and findings."""

    def __init__(
        self,
        post: Callable[[Message], object],
        *,
        specification: FitSpecification | None = None,
        start: bool = False,
        fresh: bool = False,
        preset: Preset | None = None,
        settings: Settings | None = None,
        store: Store | None = None,
        load: Callable[[], Library] = default_library,
    ) -> None:
        self.preset = preset  # whose question is looked at
        self.settings = settings or Settings()
        self._store = (store or usual_store()) if self.settings.keep_runs else None
        restore = self.settings.restore and not fresh
        self.last, self._unread = LastSeen.load() if restore else (LastSeen(), "")
        self.specification = (
            specification or self.last.specification or FitSpecification.make(epochs=DEFAULT_EPOCHS)
        )
        chosen = self.settings.markers or ("ascii" if lacks_characters() else self.last.markers)
        self.look = Look(
            markers=next((markers for markers in MARKERS if markers == chosen), MARKERS[0]),
            residual=self.last.residual,
            log_axis=self.last.log_axis,
            log_epochs=self.last.log_epochs,
        )
        self._moments: dict[Topic, Any] = {}  # the newest of what is looked at
        self.is_held = False
        self.targets: tuple[str, ...] = ()
        self.plane_targets: tuple[str, ...] = ()
        self.idle: Callable[[Any], frozenset[str]] = lambda _: frozenset()  # until the engine is there
        self._start = start
        self._is_refused = False
        self._pace: int | None = None
        self._by_network: dict[str, FitSpecification] = {}
        self.writing: Writing | None = None  # the file that was last asked for
        self._keeps: dict[str, Callable[[], dict[str, Any]]] = {}  # what views are left as, by their names
        self._fit = FitSubject(load, store=self._store, keep_every=self.settings.checkpoint_every)
        self.worker = Scheduler(post, self._fit)

    @property
    def greeting(self) -> str:
        """Where the run that was seen last is kept, if there is one, or why nothing is known of it."""
        if self._unread:
            return f"What was seen last cannot be read and is set aside as {set_aside()}: {self._unread}"
        if not self.last.run:
            return ""
        return f"The last run is kept, epoch {self.last.epoch:,}: nnexpr-tui runs open {self.last.run}"

    def open(self) -> None:
        """Load the engine and build the first network."""
        specification, start = self.specification, self._start
        if self.preset is not None and self.preset.fit:
            self.begin(self.preset, specification)
        else:
            self.ask(FitSubject, lambda fit: fit.configure(specification, start=start))
        self.worker.open()

    # The channel

    def ask(self, topic: type[S], question: Callable[[S], str | None]) -> None:
        """Have ``question(subject)`` done on the engine's thread, and said what it returns or raises."""
        self.worker.ask(topic, question)

    def look_at(self, *topics: Topic) -> None:
        """From now on these are looked at, beside the fit; what is known of others is forgotten."""
        looked_at: frozenset[Topic] = frozenset({FitSubject, *topics})
        self._moments = {topic: moment for topic, moment in self._moments.items() if topic in looked_at}
        self.worker.look(looked_at)

    def take(self) -> None:
        """Fetch the newest moments; none while others are held."""
        if not self.is_held:
            self._moments |= self.worker.take()

    def hold(self, moments: dict[Topic, Any]) -> None:
        """Show these until :meth:`release`."""
        self.is_held = True
        self._moments |= moments

    def release(self) -> None:
        """Go on with the newest."""
        self.is_held = False

    def moment(self, topic: type[Subject[M]]) -> M | None:
        """The newest one of this topic."""
        found: M | None = self._moments.get(topic)
        return found

    @property
    def fit(self) -> FitMoment | None:
        """The newest moment of the fit."""
        return self.moment(FitSubject)

    @property
    def is_urgent(self) -> bool:
        """Whether a moment that waits is of another kind than the one shown before."""
        waiting = self.worker.waiting
        return not waiting or any(
            moment is not None and moment.is_urgent(self._moments.get(topic))
            for topic, moment in waiting.items()
        )

    @property
    def state(self) -> str:
        """In one word."""
        if self.fit is not None:
            return self.fit.state
        return "failed" if self._is_refused else "loading"

    # Training

    def toggle(self) -> str:
        """Start or pause; after the last epoch, as many epochs again. What is to be said of that."""
        fit, said = self.fit, ""
        if fit is not None and fit.state == "finished" and fit.epoch >= self.specification.epochs:
            epochs = min(2 * max(fit.epoch, 1), int(OPTIONS["epochs"].maximum or 10**12))
            self.change("epochs", epochs)
            said = f"All {fit.epoch:,} epochs were trained: {epochs:,} from now on"
        self.ask(FitSubject, FitSubject.toggle)
        return said

    def begin(self, preset: Preset, specification: FitSpecification) -> None:
        """Train ``specification``, made of the preset, from the start, as the preset wants it looked at."""
        self.specification = specification
        for name, value in {**asdict(Look()), "markers": self.look.markers, **preset.look}.items():
            setattr(self.look, name, value)
        self.ask(FitSubject, lambda fit: fit.configure(specification, start=True))
        self._set_pace(preset.pace)

    def take_up(self, run: str) -> None:
        """Go on with a run of the store, in the place of the present training."""
        self.ask(FitSubject, lambda fit: fit.take_up(run))

    def next_pace(self) -> str:
        """Another pace of training; what it is."""
        pace = PACES[(PACES.index(self._pace) + 1) % len(PACES)]
        self._set_pace(pace)
        return "as fast as it can" if pace is None else f"{pace:,} epochs a second"

    def _set_pace(self, pace: int | None) -> None:
        self._pace = pace
        self.ask(FitSubject, lambda fit: fit.set_pace(pace))

    def restart(self) -> None:
        """The same network at epoch 0."""
        self._configure(self.specification)

    def _configure(self, specification: FitSpecification) -> None:
        self.ask(FitSubject, lambda fit: fit.configure(specification))

    def reseed(self) -> None:
        """The same architecture with seeds that were not yet used."""
        self.change("seed", self.specification.seed + self.specification.members)

    # The specification

    def change(self, name: str, value: Any) -> None:
        """Give an option another value; raises :class:`InputError` and changes nothing where that cannot be."""
        self._take(replaced(self.specification, name, value), name)

    def step(self, name: str, direction: int) -> None:
        """One step of an option up or down; of the target, through the catalogue."""
        if name == "target":
            self.change("target", self._neighbour(direction, self.targets))
        else:
            self._take(stepped(self.specification, name, direction), name)

    def step_plane_target(self, direction: int) -> None:
        """The next target of two inputs."""
        self.change("target", self._neighbour(direction, self.plane_targets))

    def _neighbour(self, direction: int, targets: tuple[str, ...]) -> str:
        present = self.specification.target
        if not targets:
            raise InputError("target", present, "the catalogue is still being loaded; try again in a moment")
        at = targets.index(present) if present in targets else -1 if direction > 0 else 0
        return targets[(at + direction) % len(targets)]

    def _take(self, specification: FitSpecification, name: str) -> None:
        before = self.specification
        if specification.network != before.network:
            self._by_network[before.network] = before
            specification = _with_architecture(specification, self._by_network.get(specification.network))
        if specification == before:
            return
        self.specification = specification
        self.look.member %= specification.members
        if OPTIONS[name].live:
            self.ask(FitSubject, lambda fit: fit.reconfigure(specification))
        else:
            self._configure(specification)

    def taken_up(self, message: TakenUp) -> None:
        """Another training is the fit now: its options too."""
        self.specification = message.specification
        self.look.member %= message.specification.members

    def refused(self, message: Refused) -> None:
        """The engine could not build it: back to what is there."""
        if message.back_to is not None:
            self.specification = message.back_to
        self._is_refused = message.back_to is None

    # What is shown

    def show_member(self, step: int) -> None:
        """Another member of the ensemble."""
        self.look.member = member = (self.look.member + step) % self.specification.members
        self.ask(FitSubject, lambda fit: fit.show_member(member))

    def show_best(self) -> None:
        """The member with the least loss."""
        if self.fit is not None:
            self.show_member(int(self.fit.snapshot.losses.argsort()[0]) - self.look.member)

    def next_markers(self) -> str:
        """Another way to draw curves; its name."""
        self.look.markers = MARKERS[(MARKERS.index(self.look.markers) + 1) % len(MARKERS)]
        return self.look.markers

    # The store

    @property
    def kept_in(self) -> Store | None:
        """Where runs are kept; None where they are not."""
        return self._store

    @property
    def store(self) -> Store:
        """Where runs are found, also where none are kept."""
        return self._store or usual_store()

    # Experiments

    @property
    def findings(self) -> Path | None:
        """Where findings are kept, beside the runs; None where they are not."""
        return self._store.findings if self._store is not None else None

    @property
    def spare_threads(self) -> int | None:
        """How many threads an experiment takes: all (None), but one less while a training goes on."""
        return max(1, (os.cpu_count() or 2) - 1) if self.state == "running" else None

    # Leaving

    def stop(self, *, cut_short: bool = False) -> None:
        """Keep the run and end the engine's thread; a file that is being written is given up.

        ``cut_short``: nobody asked for it, so the run is kept as one that trains, which the next start offers to do.
        """
        self._fit.is_left |= not cut_short
        self.worker.stop()
        if self.writing is not None:
            self.writing.stop()

    def summary(self) -> str:
        """The command line of this fit, with its numbers as comments behind it."""
        fit = self.fit
        if fit is None:
            endless = self.specification.epochs == DEFAULT_EPOCHS
            epochs = OPTIONS["epochs"].default if endless else self.specification.epochs
            return command_line(self.specification.replace(epochs=epochs))
        run = fit.recording.specification  # with the rates that were changed on the way
        done = fit.specification.replace(epochs=fit.epoch, lr=run.lr, schedule=run.schedule)
        lines = [command_line(done)]
        members = fit.specification.members
        which = f", member {member_of(fit.snapshot.member, members)}" if members > 1 else ""
        lines.append(f"# epoch {fit.epoch}{which}: loss {fit.loss:.6g}")
        if fit.counts is not None:
            at = f" at epoch {fit.counted}" * (fit.counted != fit.epoch)
            lines.append(f"# linear regions {fit.counts.count}, bends {fit.counts.bends}{at}")
        return "\n".join(lines)

    def restore(
        self, name: str, keep: Callable[[], dict[str, Any]], restore: Callable[[Mapping[str, Any]], None]
    ) -> None:
        """Have a view of this name begin as it was left; ``keep`` is asked from now on what it is left as.

        A file that says something else than it wrote, such as one of an older version, restores nothing of it.
        """
        self._keeps[name] = keep
        if values := self.last.views.get(name):
            with suppress(ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
                restore(values)

    def remember(self, theme: str) -> None:
        """Keep what is on the screen for the next start; a full disk is not worth an error on leaving."""
        views = self.last.views | {name: keep() for name, keep in self._keeps.items()}
        seen = LastSeen(
            config=self.specification.as_config(),
            views=views,
            theme=theme,
            markers=self.look.markers,
            log_axis=self.look.log_axis,
            log_epochs=self.look.log_epochs,
            residual=self.look.residual,
            run=self._fit.run or "",
            epoch=self.fit.epoch if self.fit else 0,
        )
        try:
            seen.save()
        except OSError:
            return


def _with_architecture(specification: FitSpecification, before: FitSpecification | None) -> FitSpecification:
    """The network as it was when it was last looked at."""
    if before is None:
        return specification
    return specification.replace(
        **{name: getattr(before, name) for name, option in OPTIONS.items() if option.group == "network"}
    )
