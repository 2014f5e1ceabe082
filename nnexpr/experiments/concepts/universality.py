"""C13: the best error against units: what one hidden layer can do at best, what training finds, and deep networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Curve, Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.measures import loglog_slopes
from nnexpr.networks.builders import mlp
from nnexpr.networks.compositional import compositional, tent
from nnexpr.networks.network import Network
from nnexpr.splines.floor import QUICK_WORK, WORK, spline_floors
from nnexpr.targets import target
from nnexpr.targets.target import Target
from nnexpr.training.many import fit_many

__all__ = ["CONSTRUCTED", "DEEP", "POSSIBLE", "SHALLOW", "UNITS", "Errors", "accurate", "fewer", "run"]

SMOOTH = ("tanh3", "two_tone", "square")
COMPOSITIONAL = ("triangle", "square")
TARGETS = ("tanh3", "two_tone", "square", "triangle")
FOLDS = 6  # of the triangle wave
UNITS = (4, 8, 12, 16, 20, 24, 32, 48, 64, 96, 128)
TRAINED_UNITS, QUICK_TRAINED_UNITS = (8, 16, 32, 64), (8, 16)
DEEP_WIDTH = 4
DEEPEST = 32  # units of a deep trained network: eight hidden layers
POINTS = 1024  # as many as floors are certified for
MEMBERS, QUICK_MEMBERS = 20, 4
EPOCHS, QUICK_EPOCHS = 1000, 60
NOTHING = 1e-20  # of the variance: rounding
RATE_FROM = 32  # units from which on the rate of the best error is fitted
RATE, RATE_TOLERANCE = -4.0, 0.5
ACCURATE = 1e-5  # of the variance
# The best spline with a piece more than units: one hidden layer cannot be below. The best that training found. Deep
# networks made for the target.
POSSIBLE, SHALLOW = "one hidden layer, best possible", "one hidden layer, trained"
DEEP, CONSTRUCTED = "deep, trained", "deep, constructed"

ByUnits = dict[int, float]  # mean squared errors


@dataclass(frozen=True)
class Errors:
    target: str
    variance: float
    shown: dict[str, ByUnits]
    bound: ByUnits  # proved not to be above the best spline; equal to it where that is certified

    @property
    def best_deep(self) -> ByUnits:
        """Trained or constructed, by units; more units are never worse."""
        best: ByUnits = {}
        for units in UNITS:
            found = [self.shown[way][units] for way in (DEEP, CONSTRUCTED) if units in self.shown[way]]
            best[units] = min([*best.values(), *found], default=float("inf"))
        return best

    @property
    def crossover(self) -> int | None:
        """The least units with which a deep network is below what one hidden layer of as many can reach."""
        best = self.best_deep
        return min((units for units in UNITS if best[units] < self.bound[units]), default=None)

    def as_good(self, units: int) -> int | None:
        """The least units, of those looked at, with which one hidden layer could equal a deep network of ``units``."""
        error = max(self.best_deep[units], NOTHING * self.variance)
        return min((count for count in UNITS if self.bound[count] <= error), default=None)


def run(attempt: Attempt) -> Result:
    """Four targets: the floor of one hidden layer to 128 units, training, and constructions."""
    made = attempt.each(TARGETS, partial(_errors, attempt))
    found = [
        Errors(name, variance, {way: _by_units(errors) for way, errors in shown.items()}, _by_units(bound))
        for name, (variance, shown, bound) in zip(TARGETS, made, strict=True)
    ]
    table = Table.of(
        "Mean squared error against hidden units",
        (
            {
                "target": each.target,
                "units": units,
                **{way: errors.get(units) for way, errors in each.shown.items()},
            }
            for each in found
            for units in UNITS
        ),
    )
    return Result((table,), tuple(map(_figure, found)), (accurate(found), fewer(found)))


def _by_units(kept: Mapping[Any, float]) -> ByUnits:
    """JSON has texts for keys."""
    return {int(units): error for units, error in kept.items()}


def _errors(attempt: Attempt, name: str) -> tuple[float, dict[str, ByUnits], ByUnits]:
    """The variance of a target, and what :class:`Errors` holds of it."""
    goal = target(name, terms=FOLDS, points=POINTS)
    x, y = goal.inputs[:, 0], goal.values
    sizes, members, epochs, work = attempt.choose(
        (TRAINED_UNITS, MEMBERS, EPOCHS, WORK), (QUICK_TRAINED_UNITS, QUICK_MEMBERS, QUICK_EPOCHS, QUICK_WORK)
    )
    floors = dict(zip(UNITS, spline_floors(x, y, [units + 1 for units in UNITS], work=work), strict=True))
    deep = [(DEEP_WIDTH,) * (units // DEEP_WIDTH) for units in sizes if units <= DEEPEST]
    shapes = [*((units,) for units in sizes), *deep]
    networks = [mlp(depth=len(s) + 1, width=s, members=members, seed=attempt.seed) for s in shapes]
    results = fit_many(networks, target(name, terms=FOLDS, points=257), epochs=epochs, lr=3e-3)
    best = [(sum(s), float(np.nanmin(result.best_loss))) for s, result in zip(shapes, results, strict=True)]
    shown = {
        POSSIBLE: {units: floor.mse for units, floor in floors.items()},
        SHALLOW: dict(best[: len(sizes)]),
        DEEP: dict(best[len(sizes) :]),
        CONSTRUCTED: {units: _mse(made, goal) for units, made in _constructions(name).items()},
    }
    bound = {units: floor.lower_bound for units, floor in floors.items()}
    return float(y.var()), shown, bound


def _constructions(name: str) -> dict[int, Network]:
    """Deep networks whose function is known: the folded triangle, and x² by its triangle series (Yarotsky 2017)."""
    if name == "triangle":
        return {2 * FOLDS: tent(FOLDS)}
    if name == "square":
        sizes = [units for units in UNITS if units % 4 == 0 and units <= 48]
        return {units: compositional(units // 4, peaks=[0.5], dtype="float64") for units in sizes}
    return {}


def _mse(network: Network, goal: Target) -> float:
    predicted = network(torch.from_numpy(goal.inputs)).detach().numpy()[0, :, 0].astype(np.float64)
    return float(np.mean((predicted - goal.values) ** 2))


def _figure(each: Errors) -> Figure:
    series = [
        Curve(way, list(map(float, errors)), [error or float("nan") for error in errors.values()])
        for way, errors in each.shown.items()
        if errors
    ]
    title = f"Error on {each.target}"
    return Figure(title, "hidden units", "mean squared error", series, log_x=True, log_y=True)


def accurate(found: Sequence[Errors]) -> Claim:
    best = {each.target: each.shown[POSSIBLE] for each in found}
    units = [count for count in UNITS if count >= RATE_FROM]
    slopes = {name: float(loglog_slopes(units, [best[name][count] for count in units])[0]) for name in SMOOTH}
    left = {each.target: best[each.target][UNITS[-1]] / each.variance for each in found}
    hardest = max(left, key=lambda name: left[name])
    return judged(
        "C13",
        "With enough hidden units one hidden layer reaches any accuracy",
        f"{ACCURATE:g} of the variance with {UNITS[-1]} units on every target; on smooth ones the error falls like "
        f"units^{RATE:.0f}",
        f"at most {left[hardest]:.1g} of the variance ({hardest}); slopes "
        + ", ".join(f"{slope:.2f} ({name})" for name, slope in slopes.items()),
        f"slope ± {RATE_TOLERANCE}",
        left[hardest] <= ACCURATE and all(abs(slope - RATE) <= RATE_TOLERANCE for slope in slopes.values()),
        fails_if=f"the best spline of {UNITS[-1] + 1} pieces is further from a target, or errors fall at another rate",
    )


def fewer(found: Sequence[Errors]) -> Claim:
    crossovers = {each.target: each.crossover for each in found}
    told = []
    for each in found:
        if each.crossover is None:
            told.append(f"{each.target}: none to {UNITS[-1]} units")
        else:
            equal = each.as_good(each.crossover) or f"over {UNITS[-1]}"
            told.append(f"{each.target}: {each.crossover} units do what takes one hidden layer {equal}")
    return judged(
        "C13 depth",
        "Deep and narrow networks need far fewer units on compositional targets",
        "a crossover on " + " and ".join(COMPOSITIONAL),
        "; ".join(told),
        "below what one hidden layer of as many units can reach",
        all(crossovers[name] is not None for name in COMPOSITIONAL),
        fails_if="on one of them no deep network is below what is proved of one hidden layer of as many units",
    )
