"""What screens are shown of the fit, in the target's own units, and what they are told of the engine.

Nothing here needs NumPy or torch to be imported: a screen can be drawn before either is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.message import Message

from nnexpr.specification import FitSpecification

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.regions.line import LineRegions
    from nnexpr.runs.recording import Recording, Scene
    from nnexpr.splines.floor import SplineFloor
    from nnexpr.training.session import Session
    from nnexpr.training.snapshots import Snapshot

    Array = NDArray[np.float64]
    History = tuple[NDArray[np.int64], NDArray[np.float32]]

__all__ = [
    "FitMoment", "Library", "Loaded", "ModesOverTime", "Refused", "TakenUp", "Tried", "default_library",
    "file_name",
]  # fmt: skip


@dataclass(frozen=True, eq=False, slots=True)
class Tried:
    """A training whose place another took: how far it came."""

    specification: FitSpecification  # with the rates that were changed on the way
    epoch: int
    loss: float  # the least of its members'
    regions: int | None  # of the member that was shown
    history: History


@dataclass(frozen=True, eq=False, slots=True)
class ModesOverTime:
    """The amplitude of the error in each Fourier mode at ``epochs: (entries,)``, each ``(entries, modes)``."""

    epochs: NDArray[np.int64]
    member: NDArray[np.float32]  # of the shown member
    median: NDArray[np.float32]  # of all


@dataclass(frozen=True, eq=False, slots=True)
class FitMoment:
    """One moment of training, as the screens show it."""

    specification: FitSpecification  # as it was asked for
    recording: Recording
    state: str  # ready, running, paused, finished, failed or stopped
    snapshot: Snapshot
    counts: LineRegions | None  # of the shown member
    counted: int  # the epoch of which they are
    floor: SplineFloor | None  # of as many regions, or, while that is sought, of as many as it says itself
    frequencies: Array | None  # (modes,) amplitude of the error in each Fourier mode over the domain
    modes: ModesOverTime | None  # the same over time, of one input
    rate: float  # epochs a second
    run: str | None  # the id under which the run is kept
    diverged_at: int | None  # epoch at which the shown member ceased to be finite
    memory: tuple[int, int] | None  # bytes in use and in all of a graphics processor
    tried: tuple[Tried, ...] = ()  # the trainings before this one, the newest last

    @property
    def before(self) -> History | None:
        """Epochs and the first member's losses of the training before, where there was one."""
        return self.tried[-1].history if self.tried else None

    @property
    def scene(self) -> Scene:
        """What it is looked at against; another one for another network."""
        return self.recording.scene

    @property
    def history(self) -> History:
        """Epochs, and the shown member's losses at them."""
        return self.recording.epochs, self.recording.losses[:, self.snapshot.member]

    @property
    def epoch(self) -> int:
        """Epochs trained."""
        return self.snapshot.epoch

    @property
    def loss(self) -> float:
        """The shown member's mean squared error, own units."""
        return self.snapshot.loss

    def is_urgent(self, before: FitMoment | None) -> bool:
        """Of another network, or of one that stands still: a key asked for it, or training ended."""
        return (
            before is None
            or self.state != "running"
            or before.state != "running"
            or self.scene is not before.scene
        )


def file_name(specification: FitSpecification, epoch: int) -> str:
    """The name, without suffix, of the files of a fit at an epoch."""
    spelled = specification.target
    if spelled.startswith("csv:"):
        spelled = Path(spelled.split(":")[1]).stem
    target = "".join(c if c.isalnum() else "-" for c in spelled).strip("-")[:40]
    return f"nnexpr-{specification.network}-{target}-{epoch}"


class Loaded(Message):
    """The engine is there; these are the targets it knows."""

    def __init__(self, library: Library) -> None:
        super().__init__()
        self.targets, self.plane_targets, self.idle = library.targets, library.plane_targets, library.idle


class TakenUp(Message):
    """A training of before is the fit now: brought back, or gone on with, and what is ``said`` of that."""

    def __init__(self, specification: FitSpecification, said: str = "") -> None:
        super().__init__()
        self.specification, self.said = specification, said


class Refused(Message):
    """A specification could not be built; training goes on with the one before, if there was one."""

    def __init__(self, error: Exception, refused: FitSpecification, back_to: FitSpecification | None) -> None:
        super().__init__()
        self.error, self.refused, self.back_to = error, refused, back_to


@dataclass(frozen=True)
class Library:
    """What is there once torch is loaded: the targets' names and how to build a session."""

    targets: tuple[str, ...]
    build: Callable[[FitSpecification], Session]
    plane_targets: tuple[str, ...] = ()  # those with two inputs
    idle: Callable[[Any], frozenset[str]] = lambda _: (
        frozenset()
    )  # the options that mean nothing for a target


def default_library() -> Library:
    """The real engine; costs the import of torch."""
    from nnexpr_tui.training.engine import library

    return library()
