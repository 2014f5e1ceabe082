"""C13: the best error against units: what one hidden layer can do at best, what training finds, and deep networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.concepts.measures import loglog_slopes
from nnexpr.experiments.data import Claim, Curve, Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.networks.builders import mlp
from nnexpr.networks.compositional import compositional, tent
from nnexpr.networks.network import Network
from nnexpr.splines.floor import spline_floors
from nnexpr.targets import target
from nnexpr.targets.target import Target
from nnexpr.training.many import fit_many

__all__ = ["run"]

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


@dataclass(frozen=True)
class _Errors:
    """Mean squared errors on one target, by units."""

    target: str
    variance: float
    floor: dict[int, float]  # the best spline with a piece more than units: one hidden layer cannot be below
    bound: dict[
        int, float
    ]  # proved not to be above the best spline; equal to the floor where that is certified
    shallow: dict[int, float]  # the best that training found
    deep: dict[int, float]
    constructed: dict[int, float]  # deep networks made for the target

    @property
    def best_deep(self) -> dict[int, float]:
        """Trained or constructed, by units; more units are never worse."""
        best: dict[int, float] = {}
        for units in UNITS:
            found = [errors[units] for errors in (self.deep, self.constructed) if units in errors]
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
    found = [_errors(name, attempt) for name in attempt.over(TARGETS)]
    columns = ("target", "units", "one hidden layer, best possible", "one hidden layer, trained", "deep, trained",
               "deep, constructed")  # fmt: skip
    rows = [
        (each.target, units, each.floor[units], each.shallow.get(units), each.deep.get(units),
         each.constructed.get(units))
        for each in found for units in UNITS
    ]  # fmt: skip
    table = Table("Mean squared error against hidden units", columns, rows)
    return Result((table,), tuple(map(_figure, found)), (_falls(found), _fewer(found)))


def _errors(name: str, attempt: Attempt) -> _Errors:
    goal = target(name, terms=FOLDS, points=POINTS)
    x, y = goal.inputs[:, 0], goal.values
    floors = spline_floors(x, y, [units + 1 for units in UNITS])
    sizes, members, epochs = attempt.choose(
        (TRAINED_UNITS, MEMBERS, EPOCHS), (QUICK_TRAINED_UNITS, QUICK_MEMBERS, QUICK_EPOCHS)
    )
    depths = [units // DEEP_WIDTH for units in sizes if units <= DEEPEST]
    shapes = [(units,) for units in sizes] + [(DEEP_WIDTH,) * layers for layers in depths]
    networks = [mlp(depth=len(s) + 1, width=s, members=members, seed=attempt.seed) for s in shapes]
    results = fit_many(networks, target(name, terms=FOLDS, points=257), epochs=epochs, lr=3e-3)
    best = [float(np.nanmin(result.best_loss)) for result in results]
    return _Errors(
        target=name,
        variance=float(y.var()),
        floor={units: floor.mse for units, floor in zip(UNITS, floors, strict=True)},
        bound={units: floor.lower_bound for units, floor in zip(UNITS, floors, strict=True)},
        shallow=dict(zip(sizes, best[: len(sizes)], strict=True)),
        deep={DEEP_WIDTH * layers: error for layers, error in zip(depths, best[len(sizes) :], strict=True)},
        constructed={units: _mse(made, goal) for units, made in _constructions(name)},
    )


def _constructions(name: str) -> list[tuple[int, Network]]:
    """Deep networks whose function is known: the folded triangle, and x² by its triangle series (Yarotsky 2017)."""
    if name == "triangle":
        return [(2 * FOLDS, tent(FOLDS))]
    if name == "square":
        return [
            (units, compositional(units // 4, peaks=[0.5], dtype="float64"))
            for units in UNITS
            if units % 4 == 0 and units <= 48
        ]
    return []


def _mse(network: Network, goal: Target) -> float:
    predicted = network(torch.from_numpy(goal.inputs)).detach().numpy()[0, :, 0].astype(np.float64)
    return float(np.mean((predicted - goal.values) ** 2))


def _figure(each: _Errors) -> Figure:
    named = (
        ("one hidden layer, best possible", each.floor),
        ("one hidden layer, trained", each.shallow),
        ("deep, trained", each.deep),
        ("deep, constructed", each.constructed),
    )
    series = [
        Curve(label, [float(units) for units in errors], [error or float("nan") for error in errors.values()])
        for label, errors in named if errors
    ]  # fmt: skip
    return Figure(
        f"Error on {each.target}", "hidden units", "mean squared error", series, log_x=True, log_y=True
    )


def _falls(found: Sequence[_Errors]) -> Claim:
    falling = all(np.all(np.diff(list(each.floor.values())) <= 1e-12 * each.variance) for each in found)
    slopes = {}
    for each in found:
        if each.target in SMOOTH:
            units = [count for count in UNITS if count >= RATE_FROM]
            slopes[each.target] = float(loglog_slopes(units, [each.floor[count] for count in units])[0])
    left = max(each.floor[UNITS[-1]] / each.variance for each in found)
    return judged(
        "C13",
        "With enough hidden units one hidden layer reaches any accuracy",
        "the best error falls on every target; on smooth ones like units^-4",
        f"{'falls' if falling else 'does not fall'} everywhere, to {left:.1g} of the variance at {UNITS[-1]} units; "
        "slopes " + ", ".join(f"{slope:.2f} ({name})" for name, slope in slopes.items()),
        f"slope ± {RATE_TOLERANCE}",
        falling and all(abs(slope - RATE) <= RATE_TOLERANCE for slope in slopes.values()),
    )


def _fewer(found: Sequence[_Errors]) -> Claim:
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
    )
