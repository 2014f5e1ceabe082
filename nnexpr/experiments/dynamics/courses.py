"""The course of a training: what of a target many networks have learned, epoch by epoch.

Pair i is a network of seed s + i and a target of seed s + i, so both are drawn anew for each, and what is said of the
pairs is said of both. The points are the 500 of the training.

A function p on the points is taken apart into its mean, its tilt and what is bent: with u the x moved and scaled to
mean 0 and variance 1,

    p = <p> + <p u> u + rest,    bent = sqrt(<rest²>).

Its share of the straight line is <p u>² / (<p u>² + bent²), NaN of a constant. Everything is relative to the target's
own standard deviation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Cell
from nnexpr.experiments.dynamics.settings import (
    EPOCHS,
    PAIRS,
    POINTS,
    PRESETS,
    QUICK_EPOCHS,
    QUICK_PAIRS,
    RATE,
    TERMS,
    Preset,
)
from nnexpr.experiments.measures import Array, median
from nnexpr.networks.builders import mlp
from nnexpr.networks.network import Network
from nnexpr.targets import target
from nnexpr.targets.target import Target
from nnexpr.training.fit import session
from nnexpr.training.knee import knees
from nnexpr.training.modes import mode_amplitudes

__all__ = [
    "MATCHED",
    "Case",
    "Course",
    "Draws",
    "course",
    "courses",
    "looks",
    "taken_apart",
    "turning_points",
]

MODES = TERMS + 1  # 0 is the mean
HIGH = 6  # the first mode that counts as high
MATCHED = 0.1  # of the target's standard deviation: an error that counts as none
APART = 1.05  # the ratio of the epochs of two looks
LEVEL = 1e-12  # of the target's deviation: what moves by less is constant, but for rounding
LEAST_STEP = 1e-5  # of the largest value; a smaller one is level, and may be float32's rounding


@dataclass(frozen=True)
class Draws:
    """How many pairs, for how many epochs, from which seed on."""

    pairs: int
    epochs: int = EPOCHS
    seed: int = 0

    @classmethod
    def of(cls, attempt: Attempt) -> Draws:
        """What the attempt takes."""
        return cls(*attempt.choose((PAIRS, EPOCHS), (QUICK_PAIRS, QUICK_EPOCHS)), attempt.seed)

    @property
    def seeds(self) -> range:
        return range(self.seed, self.seed + self.pairs)


@dataclass(frozen=True)
class Case:
    """Networks of one shape, by the N and d of the source."""

    preset: Preset
    n: int
    width: int
    encoded: bool = False
    activation: str | None = None  # the preset's, unless told

    @property
    def name(self) -> str:
        """For people and for what is kept."""
        encoded = ", encoded" * self.encoded
        activation = f", {self.activation}" if self.activation else ""
        return f"{self.preset.name}, N = {self.n}, d = {self.width}{activation}{encoded}"

    def network(self, members: int, seed: int) -> Network:
        """So many of them."""
        options = self.preset.network(self.n, self.width, encoded=self.encoded, activation=self.activation)
        return mlp(**options, members=members, seed=seed)

    def goal(self, seed: int) -> Target:
        """Equation (1), with the preset's height and trend."""
        drawn = target("fourier", terms=TERMS, points=POINTS, seed=seed)
        if not (self.preset.height or self.preset.trend):
            return drawn
        height, trend = np.random.default_rng([seed, 1]).standard_normal(2) * (
            self.preset.height,
            self.preset.trend,
        )
        moved = partial(_moved, drawn, float(height), float(trend))
        return replace(
            drawn, function=moved, values=moved(drawn.inputs), formula=f"{drawn.formula} + c + s (x - 1/2)"
        )


def _moved(drawn: Target, height: float, trend: float, x: Array) -> Array:
    return np.asarray(drawn.truth(x) + height + trend * (x[:, 0] - 0.5))


@dataclass(frozen=True, eq=False)
class Course:
    """Of ``pairs`` at the ``looks``: each ``(looks, pairs)`` unless told; errors over the target's deviation."""

    epochs: Array  # (looks,)
    losses: Array
    mean: Array  # the error's, without its sign
    tilt: Array
    bent: Array  # the error's
    straight: Array  # the prediction's share of the straight line
    curved: Array  # what is bent of the prediction
    modes: Array  # (looks, pairs, modes): the error's amplitudes
    wanted: Array  # (pairs, modes): the target's
    ranges: Array  # (2, pairs): of the values at the start and at the end, over the target's
    steepest: Array  # (pairs,): the largest slope at the end, over the target's deviation
    turns: Array  # (2, pairs): turning points at the start and at the end
    knees: Array  # (3, pairs): the epoch of the knee, the slopes of log loss before and after

    @property
    def pairs(self) -> int:
        """How many there are."""
        return int(self.losses.shape[1])

    def captured(self, low: int, high: int = MODES) -> Array:
        """Of the target's energy in modes from ``low`` to below ``high`` what is not in the error: (looks, pairs)."""
        missing = (self.modes[:, :, low:high] ** 2).sum(axis=2)
        return np.asarray(1 - missing / (self.wanted[:, low:high] ** 2).sum(axis=1))

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {each.name: getattr(self, each.name).tolist() for each in fields(self)}

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Course:
        """From that."""
        return cls(**{name: np.array(values, dtype=np.float64) for name, values in plain.items()})


def looks(epochs: int) -> list[int]:
    """The epochs that are looked at: all at first, then ones in a constant ratio, and the last."""
    found = [0]
    while found[-1] < epochs:
        found.append(min(epochs, max(found[-1] + 1, int(APART * found[-1]))))
    return found


def course(case: Case, draws: Draws) -> Course:
    """Train all pairs, one after another: each has a target of its own."""
    epochs = looks(draws.epochs)
    goals = [case.goal(seed) for seed in draws.seeds]
    pairs = [
        trained(case.network(1, seed), goal, epochs) for seed, goal in zip(draws.seeds, goals, strict=True)
    ]
    predictions = np.stack([each for each, _ in pairs], axis=1)
    history = np.stack([each for _, each in pairs], axis=1)
    return measured(np.array(epochs), goals[0].inputs[:, 0], np.stack([goal.own_values for goal in goals]),
                    predictions, history)  # fmt: skip


def courses(attempt: Attempt, cases: Sequence[Case], draws: Draws) -> list[Course]:
    """Of each case."""
    return [course(case, draws) for case in attempt.over(cases, lambda case: case.name)]


def by_preset(attempt: Attempt, shapes: Mapping[int, tuple[int, int]]) -> dict[Preset, dict[int, Course]]:
    """Of every preset, and in it of each shape ``(N, d)`` by its name, on the same targets."""
    named = [(preset, name) for preset in PRESETS.values() for name in shapes]
    done = courses(attempt, [Case(preset, *shapes[name]) for preset, name in named], Draws.of(attempt))
    found: dict[Preset, dict[int, Course]] = {preset: {} for preset in PRESETS.values()}
    for (preset, name), each in zip(named, done, strict=True):
        found[preset][name] = each
    return found


def trained(network: Network, goal: Target, epochs: Sequence[int]) -> tuple[Array, Array]:
    """Predictions ``(looks, points)`` and the losses of every epoch."""
    running = session(network, goal, epochs=epochs[-1], lr=RATE)
    features = network.features(torch.as_tensor(goal.inputs))
    rows = []
    for epoch in epochs:
        if epoch:
            running.step(epoch - running.epoch)
        rows.append(running.predictions(features)[0])
    return np.stack(rows), running.history.losses[:, 0].astype(np.float64)


def measured(
    epochs: NDArray[np.integer[Any]], x: Array, truth: Array, predictions: Array, history: Array
) -> Course:
    """From predictions ``(looks, pairs, points)``, targets ``(pairs, points)`` and all losses ``(epochs, pairs)``."""
    size = truth.std(axis=1)
    errors = (predictions - truth) / size[:, None]
    mean, tilt, bent = taken_apart(x, errors)
    _, own_tilt, own_bent = taken_apart(x, predictions / size[:, None])
    moving = own_tilt**2 + own_bent**2
    moving[moving < LEVEL**2] = np.nan
    found = knees(np.arange(len(history)), history)
    last = predictions[-1]
    return Course(
        epochs=epochs.astype(np.float64), losses=(errors**2).mean(axis=2), mean=np.abs(mean), tilt=np.abs(tilt),
        bent=bent, straight=own_tilt**2 / moving, curved=own_bent, modes=mode_amplitudes(errors)[..., :MODES],
        wanted=mode_amplitudes(truth / size[:, None])[:, :MODES],
        ranges=np.stack([np.ptp(each, axis=1) / np.ptp(truth, axis=1) for each in (predictions[0], last)]),
        steepest=np.abs(np.diff(last, axis=1) / np.diff(x)).max(axis=1) / size,
        turns=np.stack([turning_points(predictions[0]), turning_points(last)]).astype(np.float64),
        knees=np.stack([found.epochs, found.before, found.after]),
    )  # fmt: skip


def columns(values: Array, what: str = "median") -> dict[str, Cell]:
    """The median with its interval as columns of a table."""
    return dict(zip((what, "from", "to"), median(values), strict=True))


def taken_apart(x: Array, values: Array) -> tuple[Array, Array, Array]:
    """Mean, tilt and what is bent, ``(...)`` each, of ``values: (..., points)`` at ``x: (points,)``."""
    u = (x - x.mean()) / x.std()
    mean, tilt = values.mean(axis=-1), (values * u).mean(axis=-1)
    rest = values - mean[..., None] - tilt[..., None] * u
    return mean, tilt, np.asarray(np.sqrt((rest**2).mean(axis=-1)))


def turning_points(values: Array) -> NDArray[np.intp]:
    """How often each of ``(n, points)`` changes between rising and falling; level stretches are passed over."""
    steps = np.diff(values, axis=1)
    steps[np.abs(steps) < LEAST_STEP * np.abs(values).max(axis=1, keepdims=True)] = 0.0
    return np.array([np.count_nonzero(np.diff(np.sign(row[row != 0]))) for row in steps])
