"""The setting of section 4: curves, starts, stages, learning rates; and training a row of the tables through it.

30 members, four wide, five hidden layers, 512 evenly spaced points of [0, 1], Adam, 1000 epochs a stage. Adam's step is
not printed; ``docs/decisions/manifold.md`` says what was tried. Peaks of member i are drawn from
``default_rng(seed + i)``, so that all rows share their starting points, as in the paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.networks.builders import mlp
from nnexpr.networks.compositional import compositional, random_peaks
from nnexpr.networks.network import Network
from nnexpr.targets import target
from nnexpr.targets.target import Target
from nnexpr.training.fit import FitResult, fit

__all__ = ["CURVES", "DEFAULT_RATE", "RATES", "ROWS", "Curve", "Row", "Setting", "start", "train"]

RATES = {1: 3e-3, 2: 1e-3, 3: 5e-4}  # Adam's step in each stage, constant
DEFAULT_RATE = 1e-3  # Adam's own, for the networks that start at random


@dataclass(frozen=True)
class Curve:
    """One of the four: its name in the catalogue and in the tables, and whether waves are added or subtracted."""

    name: str
    label: str
    sign: int


@dataclass(frozen=True)
class Row:
    """A row of the tables: how its networks start, and the stages that follow."""

    name: str
    label: str
    start: str  # default, raai, theorem or free
    stages: tuple[int, ...]


CURVES = (
    Curve("cube", "x³", -1),
    Curve("power11", "x¹¹", -1),
    Curve("quarter_sine", "sin", 1),
    Curve("tanh3", "tanh 3x", 1),
)

ROWS = (
    Row("default", "Default network", "default", (3,)),
    Row("raai", "RAAI distribution", "raai", (3,)),
    Row("stage 1", "Stage 1", "theorem", (1,)),
    Row("stage 3", "Stage 3 (GD only)", "theorem", (3,)),
    Row("free scales", "Free scale init.", "free", (2, 3)),
    Row("stages 2, 3", "Stage 2 and 3", "theorem", (2, 3)),
    Row("stages 1, 3", "Stage 1 and 3", "theorem", (1, 3)),
    Row("all stages", "All stages", "theorem", (1, 2, 3)),
)


@dataclass(frozen=True)
class Setting:
    """How many members, epochs a stage, points and hidden layers; ``seed`` of the first member; Adam's steps."""

    members: int = 30
    epochs: int = 1000
    points: int = 512
    depth: int = 5
    seed: int = 0
    rates: Mapping[int, float] = field(default_factory=lambda: dict(RATES))

    @classmethod
    def of(cls, attempt: Attempt, **changed: Any) -> Setting:
        """The paper's, or a tenth of it; but for what is ``changed``."""
        members, epochs = attempt.choose((30, 1000), (6, 300))
        return cls(**{"members": members, "epochs": epochs, "seed": attempt.seed, **changed})

    def target(self, curve: Curve) -> Target:
        """The curve at the training points."""
        return target(curve.name, points=self.points)


def start(kind: str, sign: int, setting: Setting) -> Network:
    """Networks before any training.

    ``free``: the peaks of the others, and ratios s_i / s_{i-1} uniform in (0, 1), the nearest reading of "random values
    between 0 and 1 as the scales" (the manifold's coordinates are the ratios; scales uniform themselves end far worse).
    """
    if kind in ("default", "raai"):
        init = "torch" if kind == "default" else "raai"
        return mlp(setting.depth + 1, 4, init=init, members=setting.members, seed=setting.seed)
    peaks = random_peaks(setting.depth, setting.members, setting.seed)
    scales = None
    if kind == "free":
        # "Not deterministically related to the random seed" of the peaks: a stream of their own.
        drawn = [
            np.random.default_rng((setting.seed + i, 1)).random(setting.depth) for i in range(setting.members)
        ]
        scales = np.cumprod(np.maximum(np.stack(drawn), 2.0**-53), axis=1)
    return compositional(setting.depth, peaks, scales, members=setting.members, seed=setting.seed, sign=sign)


def train(
    network: Network, goal: Target, stages: Sequence[int], setting: Setting, rate: float | None = None
) -> FitResult:
    """``network`` through the stages, :attr:`Setting.epochs` each; ``rate`` in place of the setting's."""
    if not stages:
        return fit(network, goal, epochs=0)
    for stage in stages:
        chosen = None if stage == 3 else (stage,)
        result = fit(network, goal, epochs=setting.epochs, lr=rate or setting.rates[stage], stages=chosen)
        network = result.network
    return result
