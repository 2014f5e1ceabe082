"""What screens are shown of the fit, in the target's own units, and what they are told of the engine.

Nothing here needs NumPy or torch to be imported: a screen can be drawn before either is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from nnexpr.specification import FitSpecification

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.regions.line import LineRegions
    from nnexpr.training.session import Session
    from nnexpr.training.snapshots import Snapshot

    Array = NDArray[np.float64]

__all__ = ["FitMoment", "Library", "Loaded", "Refused", "Scene", "Window"]

Window = tuple[tuple[float, float], tuple[float, float]]  # of x1 and of x2


@dataclass(frozen=True, eq=False, slots=True)
class Scene:
    """What stays the same from one rebuilding of the network to the next.

    ``x: (grid,)`` and ``truth: (grid,)`` are the target on the plotting grid; with two inputs, on the line along the
    first through the middle of the domain.
    ``data: (2, points)`` are the training points, thinned, where they differ from the function; else None.
    """

    specification: FitSpecification  # as it was asked for
    name: str
    formula: str
    dimension: int
    domain: tuple[float, float]
    x: Array
    truth: Array
    data: Array | None
    parameters: int
    countable: bool  # the activation is piecewise linear and there is one input
    upper_bound: int | None  # linear regions that this architecture cannot exceed
    lower_bound: int | None  # linear regions that some network of this architecture has
    device: str
    input_name: str = "x"
    value_name: str = "y"
    plane: Window | None = None  # the domain of two inputs, own units
    has_cells: bool = False  # the activation is piecewise linear and there are two inputs


@dataclass(frozen=True, eq=False, slots=True)
class FitMoment:
    """One moment of training, as the screens show it."""

    scene: Scene
    state: str  # ready, running, paused, finished, failed or stopped
    snapshot: Snapshot
    counts: LineRegions | None  # of the shown member
    counted: int  # the epoch of which they are
    floor: float | None  # mean squared error of the best linear spline with as many pieces
    frequencies: Array | None  # (modes,) amplitude of the error in each Fourier mode over the domain
    history_epochs: NDArray[np.int64]
    history_losses: NDArray[np.float32]
    rate: float  # epochs a second
    run: str | None  # the id under which the run is kept
    diverged_at: int | None  # epoch at which the shown member ceased to be finite
    recording: tuple[Snapshot, ...] = ()
    memory: tuple[int, int] | None = None  # bytes in use and in all of a graphics processor

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


class Loaded(Message):
    """The engine is there; these are the targets it knows."""

    def __init__(self, library: Library) -> None:
        super().__init__()
        self.targets, self.plane_targets = library.targets, library.plane_targets


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
