"""What the Compose screen knows of a compositional network that is moved and trained: plain data.

Neither NumPy nor torch is needed to import this: a screen can be drawn before they are loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.regions.line import LineRegions
    from nnexpr.splines.floor import SplineFloor

    Array = NDArray[np.float64]

__all__ = [
    "FIRST_TARGETS", "MOST_LAYERS", "SHARE_OF_EPOCHS", "ManifoldMoment", "ManifoldStart", "Trained", "stages_from",
]  # fmt: skip

MOST_LAYERS = 10
SHARE_OF_EPOCHS = 1000  # of each stage in the paper's tables
FIRST_TARGETS = ("square", "cube", "power11", "quarter_sine", "tanh3")  # x² and the paper's four curves


@dataclass(frozen=True)
class ManifoldStart:
    """A point of the manifold, and what it is to approximate."""

    target: str = "cube"
    sign: int = -1  # +1: waves are added to the line; -1: subtracted from it
    peaks: tuple[float, ...] = (0.5,) * 5
    scales: tuple[float, ...] | None = None  # None: they follow the peaks by Theorem 3.4
    lr: float = 1e-3


def stages_from(start: ManifoldStart) -> tuple[int, ...]:
    """The stages that follow; the first would give free scales up."""
    return (1, 2, 3) if start.scales is None else (2, 3)


@dataclass(frozen=True, eq=False)
class Trained:
    """One of the two networks: the spline that it is, exactly, and how far that is from the target."""

    lines: LineRegions
    loss: float  # mean squared error over the training points, as ``fit`` has it
    max_error: float
    error: tuple[Array, Array]  # network - target, over the domain
    diverged: bool


@dataclass(frozen=True, eq=False)
class ManifoldMoment:
    """The network on its way through the stages, and its twin, which gradient descent alone trains.

    ``units: (layers, 3, points)``: t1, t2 and sum of each hidden layer at ``units_x``, as the network holds them.
    ``history_epochs``, ``history_losses``, ``twin_losses``: ``(entries,)``, the present moment being the last.
    """

    start: ManifoldStart
    state: str  # ready, compiling, running, paused or failed
    stage: int
    stage_begins: tuple[int, ...]  # the epochs at which the stages began, the first at 0
    epoch: int
    rate: float  # epochs a second, of both networks together
    learned: tuple[float, str]  # the first learning rate and the schedule, with what was changed on the way
    formula: str
    domain: tuple[float, float]
    truth: tuple[Array, Array]  # the target over the domain
    truth_slopes: tuple[Array, Array]
    peaks: tuple[float, ...] | None  # None once all weights have been trained
    scales: tuple[float, ...] | None
    exact_regions: int | None  # from peaks and scales, in rational arithmetic
    network: Trained
    twin: Trained
    floors: tuple[SplineFloor | None, SplineFloor | None]  # for as many regions: of the network, of the twin
    units_x: Array
    units: Array
    history_epochs: NDArray[np.int64]
    history_losses: NDArray[np.float32]
    twin_losses: NDArray[np.float32]

    @property
    def layers(self) -> int:
        """Hidden layers."""
        return len(self.start.peaks)

    @property
    def stage_epoch(self) -> int:
        """Epochs of the present stage."""
        return self.epoch - self.stage_begins[-1]

    def is_urgent(self, before: ManifoldMoment | None) -> bool:
        """From another start, in another state or stage: a key asked for it, or training ended."""
        now = self.start, self.state, self.stage
        return before is None or now != (before.start, before.state, before.stage)
