"""Z16: features with random w and b against the same ones trained, at equal width and at equal degrees of freedom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Curve, Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.measures import Array, median_interval
from nnexpr.experiments.numerics.features import (
    ACTIVATIONS,
    FREE,
    Goal,
    errors,
    freedom,
    random_features,
    splines,
    trained,
)
from nnexpr.experiments.numerics.global_local import TARGETS

__all__ = ["Errors", "Pair", "falls", "gain", "per_freedom", "run", "too_hard"]

SAMPLES = {"sparse": 20, "dense": 1000}
UNITS, QUICK_UNITS = (4, 8, 16, 32), (4, 8)
MORE = {"relu": 2, "tanh": 3}  # times as many random units have the degrees of freedom of trained ones
MEMBERS, QUICK_MEMBERS = 30, 4
METHOD, STEPS, QUICK_STEPS = "levenberg-marquardt", 100, 20
EPOCHS = 2500  # of Adam, which take longer than the steps
COMPARED = 16  # units whose optimisers are compared
PIECES, QUICK_PIECES = (2, 4, 8, 12, 16, 24, 32), (2, 4, 8)
LITTLE = 2.0  # a gain up to this factor
FAR = 2.0  # from the best spline found

Pair = tuple[str, str, str]  # target, samples, activation


@dataclass(frozen=True)
class Errors:
    """Relative errors of the members, by units."""

    random: Mapping[int, Sequence[float]]
    trained: Mapping[int, Sequence[float]]

    def ratio(self, units: int, random_units: int | None = None) -> float:
        """Of the median of so many random units over that of trained ones."""
        return float(np.median(self.random[random_units or units]) / np.median(self.trained[units]))


def run(attempt: Attempt) -> Result:
    """Two targets, sparse and dense, and two activations; splines on the dense samples."""
    pairs = list(product(TARGETS, SAMPLES, ACTIVATIONS))
    kept = attempt.each(pairs, partial(_pair, attempt), " ".join, end=0.8)
    found = {pair: _read(each) for pair, each in zip(pairs, kept, strict=True)}
    names = list(TARGETS)
    lines = attempt.each(names, partial(_splines, attempt), "splines, {}".format, begin=0.8, end=0.95)
    best = {
        name: {way: _by_number(each) for way, each in ways.items()}
        for name, ways in zip(names, lines, strict=True)
    }
    ways = attempt.each(ACTIVATIONS, partial(_ways, attempt), "optimisers, {}".format, begin=0.95)
    tables = _table(found), Table.of(f"Which optimiser: {COMPARED} units, smooth and dense, medians", ways)
    dense = {activation: found["smooth", "dense", activation] for activation in ACTIVATIONS}
    claims = (
        falls(dense), gain(dense, attempt.quick), per_freedom(dense, attempt.quick),
        too_hard(found["rough", "dense", "relu"], best["rough"][FREE], attempt.quick),
    )  # fmt: skip
    return Result(tables, [_figure(name, found, best[name]) for name in names], claims)


def _goal(name: str, density: str) -> Goal:
    return Goal(name, TARGETS[name], SAMPLES[density])


def _pair(attempt: Attempt, pair: Pair) -> dict[str, dict[int, list[float]]]:
    """The errors of one pair."""
    name, density, activation = pair
    goal = _goal(name, density)
    members, steps, units = attempt.choose((MEMBERS, STEPS, UNITS), (QUICK_MEMBERS, QUICK_STEPS, QUICK_UNITS))
    widths = sorted({*units, *(MORE[activation] * n for n in units)})
    starts = {n: random_features(goal, activation, n, members, attempt.seed) for n in widths}
    ends = trained(goal, [starts[n] for n in units], METHOD, steps)
    return {
        "random": {n: errors(goal, start) for n, start in starts.items()},
        "trained": {n: errors(goal, end) for n, end in zip(units, ends, strict=True)},
    }


def _splines(attempt: Attempt, name: str) -> dict[str, dict[int, float]]:
    return splines(_goal(name, "dense"), attempt.choose(PIECES, QUICK_PIECES))


def _ways(attempt: Attempt, activation: str) -> dict[str, Any]:
    """Medians of the optimisers, from the same start."""
    goal = _goal("smooth", "dense")
    members, share = attempt.choose((MEMBERS, 1), (QUICK_MEMBERS, 5))
    start = random_features(goal, activation, COMPARED, members, attempt.seed)
    steps, epochs = STEPS // share, EPOCHS // share

    def after(*stages: tuple[str, int]) -> float:
        networks = [start]
        for way, count in stages:
            networks = trained(goal, networks, way, count)
        return float(np.median(errors(goal, networks[0])))

    return {
        "activation": activation,
        "random": after(),
        f"{steps} steps of Levenberg-Marquardt": after((METHOD, steps)),
        f"{epochs} epochs of Adam": after(("adam", epochs)),
        "half of Adam, then half of Levenberg-Marquardt": after(("adam", epochs // 2), (METHOD, steps // 2)),
    }


def _read(kept: Mapping[str, Mapping[Any, list[float]]]) -> Errors:
    return Errors(**{way: _by_number(each) for way, each in kept.items()})


def _by_number(kept: Mapping[Any, Any]) -> dict[int, Any]:
    """JSON has texts for keys."""
    return {int(number): each for number, each in kept.items()}


def falls(dense: Mapping[str, Errors]) -> Claim:
    """Of random features, by activation."""
    medians = {name: [float(np.median(each.random[n])) for n in each.trained] for name, each in dense.items()}
    return judged(
        "Z16", "Training a with fixed random w and b approximates smooth functions", "the error falls with n",
        "; ".join(f"{name}: {values[0]:.1e} to {values[-1]:.1e}" for name, values in medians.items()),
        "medians", all(np.all(np.diff(values) < 0) for values in medians.values()),
        fails_if="at some doubling of the units the median error on the smooth target does not fall",
    )  # fmt: skip


def gain(dense: Mapping[str, Errors], quick: bool) -> Claim:
    """At equal width."""
    ratios = {(name, n): each.ratio(n) for name, each in dense.items() for n in each.trained}
    why = (
        "Second-order steps in double precision, from where random features end, move units to where they serve; what "
        "that gains, more random units gain too."
    )
    return _little("Z16 gain", "width", ratios, "random over trained", why, quick)


def per_freedom(dense: Mapping[str, Errors], quick: bool) -> Claim:
    """At equal degrees of freedom, for which there are more random units."""
    ratios = {(name, n): each.ratio(n, MORE[name] * n) for name, each in dense.items() for n in each.trained}
    why = "It gains more where tanh units are fewest; with more of them, random ones of as much freedom are far ahead."
    return _little("Z16 freedom", "degrees of freedom", ratios, "more random units over trained", why, quick)


def _little(
    name: str, equal: str, ratios: Mapping[tuple[str, int], float], what: str, why: str, quick: bool
) -> Claim:
    (worst, units), ratio = max(ratios.items(), key=lambda each: each[1])
    return judged(
        name, f"Training w and b as well gains little, at equal {equal}", f"a factor of at most {LITTLE:g}",
        f"{what}: {min(ratios.values()):.2g} to {ratio:.3g}, most with {units} {worst} units", "medians",
        ratio <= LITTLE,
        fails_if=f"on the smooth target, from dense samples, some width gains more than {LITTLE:g} times",
        quick=quick, why=why,
    )  # fmt: skip


def too_hard(rough: Errors, best: Mapping[int, float], quick: bool) -> Claim:
    """n ReLUs can be any spline of n pieces, which has 2n degrees of freedom."""
    units = max(n for n in rough.trained if 2 * n in best)
    reached, possible = min(rough.trained[units]), best[2 * units]
    return judged(
        "Z16 adaptive", "Training highly adaptive w and b is not effective",
        f"≥ {FAR:g} times the best spline found",
        f"rough target, {units} ReLUs: {reached:.2g}, the best of {len(rough.trained[units])} members; the spline of "
        f"{units} pieces, which they can be: {possible:.2g}", "best member", reached >= FAR * possible,
        fails_if=f"the best member is less than {FAR:g} times as far from the rough target as the best spline found "
        "with as many pieces as units",
        quick=quick,
    )  # fmt: skip


def _table(found: Mapping[Pair, Errors]) -> Table:
    rows = []
    for (name, density, activation), each in found.items():
        for units in each.trained:
            middle, low, high = median_interval(each.random[units])
            after, least, most = median_interval(each.trained[units])
            rows.append({
                "case": f"{name}, {density}, {units} {activation}", "random": middle, "from": low, "to": high,
                "trained": after, "trained from": least, "trained to": most,
                "random / trained": middle / after,
                "random, equal freedom": float(np.median(each.random[MORE[activation] * units])),
            })  # fmt: skip
    return Table.of("Relative error between the samples: medians and their 95 % intervals", rows)


def _figure(name: str, found: Mapping[Pair, Errors], best: Mapping[str, Mapping[int, float]]) -> Figure:
    curves = [_curve(way, each.items(), int) for way, each in best.items()]
    for activation in ACTIVATIONS:
        each = found[name, "dense", activation]
        curves.append(_curve(f"random {activation}", each.random.items(), lambda n: n + 1))
        curves.append(_curve(f"trained {activation}", each.trained.items(), partial(freedom, activation)))
    return Figure(
        f"{name}, dense samples", "degrees of freedom", "relative error", curves, log_x=True, log_y=True
    )


def _curve(label: str, errors_: Iterable[tuple[int, Any]], freedom_of: Callable[[int], int]) -> Curve:
    pairs: list[tuple[int, Array]] = list(errors_)
    return Curve(
        label, [float(freedom_of(n)) for n, _ in pairs], [float(np.median(each)) for _, each in pairs]
    )
