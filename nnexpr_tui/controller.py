"""What the keys do: the specification being looked at, how it is looked at, and the worker that trains it.

Knows nothing of widgets. Screens call its methods and draw the frames it fetches; every wrong value is an
:class:`InputError`, raised where it was typed.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.message import Message

from nnexpr.runs.store import folder
from nnexpr.specification import OPTIONS, FitSpecification, InputError
from nnexpr_tui.adjust import replaced, stepped
from nnexpr_tui.experiments.runs import ExperimentRuns
from nnexpr_tui.session import LastSession
from nnexpr_tui.settings import MARKERS, Settings
from nnexpr_tui.worker.frame import Frame, Library
from nnexpr_tui.worker.thread import Refused, Worker, default_library

__all__ = ["DEFAULT_EPOCHS", "Controller", "View", "command_line"]

DEFAULT_EPOCHS = 10**10  # the explorer trains until it is told to pause


@dataclass
class View:
    """How the present fit is looked at."""

    markers: str = MARKERS[0]
    residual: bool = False
    log_axis: bool = True
    member: int = 0


class Controller:
    """One explorer's state. ``post`` takes the worker's messages to the app."""

    def __init__(
        self,
        post: Callable[[Message], object],
        *,
        specification: FitSpecification | None = None,
        start: bool = False,
        fresh: bool = False,
        settings: Settings | None = None,
        load: Callable[[], Library] = default_library,
    ) -> None:
        self.settings = settings or Settings()
        restore = self.settings.restore_session and not fresh
        self.last = LastSession.load() if restore else LastSession()
        self.specification = (
            specification or self.last.specification or FitSpecification.make(epochs=DEFAULT_EPOCHS)
        )
        markers = self.settings.markers or self.last.markers
        self.view = View(
            markers=markers if markers in MARKERS else MARKERS[0],
            residual=self.last.residual,
            log_axis=self.last.log_axis,
        )
        self.frame: Frame | None = None
        self.targets: tuple[str, ...] = ()
        self.plane_targets: tuple[str, ...] = ()
        self._start = start
        self._is_refused = False
        self._by_network: dict[str, FitSpecification] = {}
        self.experiments = ExperimentRuns(post, self._experiments_folder, self._experiment_threads)
        self.worker = Worker(
            post,
            load,
            checkpoint_seconds=self.settings.checkpoint_every,
            keep_runs=self.settings.keep_runs,
        )

    @property
    def greeting(self) -> str:
        """How to go on with the last session's run, where there is one."""
        if not self.last.run:
            return ""
        return f"The last run is kept at epoch {self.last.epoch:,}; to go on: nnexpr-tui runs resume {self.last.run}"

    def open(self) -> None:
        """Load the engine and build the first network."""
        self.worker.open(self.specification, start=self._start)

    def take(self) -> Frame | None:
        """The newest frame, if there is one that was not yet fetched."""
        frame = self.worker.take()
        if frame is not None:
            self.frame = frame
        return frame

    @property
    def is_urgent(self) -> bool:
        """Whether the frame that waits is of another kind than the one shown: a key was pressed, or training ended."""
        waiting = self.worker.waiting
        shown = self.frame
        if waiting is None or shown is None:
            return True
        if waiting.manifold is not None:
            before, now = shown.manifold, waiting.manifold
            if before is None or (before.start, before.state, before.stage) != (
                now.start,
                now.state,
                now.stage,
            ):
                return True
            if now.state == "running":
                return False
        if waiting.state != "running" or shown.state != "running" or waiting.scene is not shown.scene:
            return True
        return waiting.plane is not None and (shown.plane is None or waiting.plane.view != shown.plane.view)

    @property
    def state(self) -> str:
        """In one word."""
        if self.frame is not None:
            return self.frame.state
        return "failed" if self._is_refused else "loading"

    # Training

    def toggle(self) -> None:
        """Start or pause; after the last epoch, as many epochs again."""
        if self.frame is not None and self.frame.state == "finished" and not self._stopped_early(self.frame):
            self.change("epochs", min(2 * max(self.frame.epoch, 1), int(OPTIONS["epochs"].maximum or 10**12)))
        self.worker.toggle()

    def _stopped_early(self, frame: Frame) -> bool:
        return frame.epoch < self.specification.epochs

    def restart(self) -> None:
        """The same network at epoch 0."""
        self.worker.configure(self.specification)

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
        self.view.member %= specification.members
        if OPTIONS[name].live:
            self.worker.reconfigure(specification)
        else:
            self.worker.configure(specification)

    def refused(self, message: Refused) -> None:
        """The engine could not build it: back to what is there."""
        if message.back_to is not None:
            self.specification = message.back_to
        self._is_refused = message.back_to is None

    # What is shown

    def show_member(self, step: int) -> None:
        """Another member of the ensemble."""
        self.view.member = (self.view.member + step) % self.specification.members
        self.worker.show_member(self.view.member)

    def next_markers(self) -> str:
        """Another way to draw curves; its name."""
        self.view.markers = MARKERS[(MARKERS.index(self.view.markers) + 1) % len(MARKERS)]
        return self.view.markers

    # Experiments

    def _experiments_folder(self) -> Path | None:
        """Where findings are kept, beside the runs."""
        return folder() / "experiments" if self.settings.keep_runs else None

    def _experiment_threads(self) -> int | None:
        """How many threads an experiment takes: all, but one less while a training goes on."""
        return max(1, (os.cpu_count() or 2) - 1) if self.state == "running" else None

    # Leaving

    def stop(self) -> None:
        """End the experiment that runs, keep the run and end the engine's thread."""
        self.experiments.stop()
        self.worker.stop()

    def export_stem(self, folder: str = "") -> Path:
        """The path, without suffix, of the files that x writes."""
        spelled = self.specification.target
        if spelled.startswith("csv:"):
            spelled = Path(spelled.split(":")[1]).stem
        target = "".join(c if c.isalnum() else "-" for c in spelled).strip("-")[:40]
        name = f"nnexpr-{self.specification.network}-{target}-{self.frame.epoch if self.frame else 0}"
        return Path(folder or self.settings.export_folder or ".").expanduser() / name

    def summary(self) -> str:
        """The command line of this fit, with its numbers as comments behind it."""
        lines = [command_line(self.specification)]
        frame = self.frame
        if frame is not None:
            lines.append(f"# epoch {frame.epoch}, loss {frame.loss:.6g}")
            if frame.counts is not None:
                lines.append(f"# linear regions {frame.counts.regions}, bends {frame.counts.bends}")
            if frame.plane is not None and frame.plane.cells is not None:
                lines.append(f"# linear regions {frame.plane.cells.counts.regions}")
        return "\n".join(lines)

    def save_session(self, theme: str) -> None:
        """Keep what is on the screen for the next start; a full disk is not worth an error on leaving."""
        session = LastSession(
            config=self.specification.as_config(),
            theme=theme,
            markers=self.view.markers,
            log_axis=self.view.log_axis,
            residual=self.view.residual,
            run=self.worker.run or "",
            epoch=self.frame.epoch if self.frame else 0,
        )
        try:
            session.save()
        except OSError:
            return


def _with_architecture(specification: FitSpecification, before: FitSpecification | None) -> FitSpecification:
    """The network as it was when it was last looked at."""
    if before is None:
        return specification
    return specification.replace(
        **{name: getattr(before, name) for name, option in OPTIONS.items() if option.group == "network"}
    )


def command_line(specification: FitSpecification) -> str:
    """The ``fit`` command that trains this specification: every option that is not its default."""
    plain = FitSpecification.make(network=specification.network)
    words = ["nnexpr-tui", "fit", "--network", specification.network]
    for name, option in OPTIONS.items():
        value = getattr(specification, name)
        if name == "network" or value == getattr(plain, name) or not specification.relevant(name):
            continue
        if option.kind == "flag":
            words.append(option.flag if value else f"--no-{option.flag[2:]}")
        elif option.kind == "interval":
            words += [option.flag, *(f"{item:.12g}" for item in value)]
        else:
            words += [option.flag, option.format(value)]
    return shlex.join(words)
