"""C9: the squared error of m units on functions of known Barron norm, chosen greedily and at random."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.measures import Array, loglog_slopes, median_interval
from nnexpr.theory.barron import (
    BarronFunction,
    ball_points,
    barron_bound,
    gaussian,
    greedy_errors,
    plane_waves,
    random_errors,
)

__all__ = ["Measured", "below", "rate", "run"]

DIMENSIONS = (2, 5, 10)
QUICK_DIMENSIONS = (2, 5)
POINTS = 1024
UNITS, QUICK_UNITS = 128, 48
SEEDS, QUICK_SEEDS = 30, 6
FIRST = 8  # the slope is fitted from so many units on


@dataclass(frozen=True)
class Measured:
    function: BarronFunction
    greedy: Array  # (seeds, units): squared errors with 1, 2, ... units
    random: Array

    @property
    def units(self) -> Array:
        return np.arange(1.0, self.greedy.shape[1] + 1)

    @property
    def share_of_bound(self) -> float:
        """The largest error over the bound, over all seeds and units."""
        return float((self.greedy / barron_bound(self.function.norm, self.units)).max())

    def slopes(self, errors: Array) -> tuple[float, float, float]:
        return median_interval(loglog_slopes(self.units[FIRST - 1 :], errors[:, FIRST - 1 :]))


def run(attempt: Attempt) -> Result:
    """Two functions in several dimensions, thirty draws of points and directions each."""
    units, seeds = attempt.choose((UNITS, SEEDS), (QUICK_UNITS, QUICK_SEEDS))
    functions = [
        function
        for d in attempt.choose(DIMENSIONS, QUICK_DIMENSIONS)
        for function in (gaussian(d), plane_waves(d, seed=attempt.seed))
    ]
    errors = attempt.each(functions, partial(_errors, units, seeds, attempt.seed), _named)
    measured = [
        Measured(function, *map(np.array, both)) for function, both in zip(functions, errors, strict=True)
    ]
    columns = ("function", "d", "C_f", "greedy slope", "greedy from", "greedy to", "random slope", "random from",
               "random to", f"greedy error, m = {units}", f"random, m = {units}", "bound", "largest share of the bound"
    )  # fmt: skip
    rows = [
        (m.function.name, m.function.dimension, m.function.norm, *m.slopes(m.greedy), *m.slopes(m.random),
         float(np.median(m.greedy[:, -1])), float(np.median(m.random[:, -1])),
         float(barron_bound(m.function.norm, units)), m.share_of_bound)
        for m in measured
    ]  # fmt: skip
    table = Table(
        f"Squared error of m steps on {POINTS} points of the unit ball, {seeds} draws", columns, rows
    )
    claims = (below(measured), rate(measured, attempt.quick))
    return Result((table,), tuple(map(_figure, measured[-2:])), claims)


def _named(function: BarronFunction) -> str:
    return f"{function.name}, d = {function.dimension}"


def _errors(units: int, seeds: int, first: int, function: BarronFunction) -> list[list[list[float]]]:
    """The errors of greedy and of random units, ``(2, seeds, units)`` as lists."""

    def one(seed: int) -> list[Array]:
        points = ball_points(POINTS, function.dimension, seed)
        return [way(function, points, units, seed=seeds + seed)[1:] for way in (greedy_errors, random_errors)]

    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        found: list[list[list[float]]] = np.swapaxes(
            list(pool.map(one, range(first, first + seeds))), 0, 1
        ).tolist()
    return found


def _figure(m: Measured) -> Figure:
    series = {
        "(2rC)²/m": barron_bound(m.function.norm, m.units),
        "random units": np.median(m.random, axis=0),
        "greedy units": np.median(m.greedy, axis=0),
    }
    return Figure.over(
        m.units, series, _named(m.function), "units m", "squared error", log_x=True, log_y=True
    )


def below(measured: list[Measured]) -> Claim:
    share = max(m.share_of_bound for m in measured)
    return judged(
        "C9",
        "m units reach a squared error below (2rC)²/m, whatever the dimension",
        "never above the bound",
        f"at most {share:.2g} of the bound, over all functions, draws and m",
        1.0,
        share <= 1.0,
        fails_if="for some function, draw and m the error is above the bound",
    )


def rate(measured: list[Measured], quick: bool) -> Claim:
    """The slope may be steeper than −1; it fails where a whole interval is flatter."""
    slopes = [m.slopes(m.greedy) for m in measured]
    flattest = max(range(len(slopes)), key=lambda index: slopes[index])
    middle, low, high = slopes[flattest]
    return judged(
        "C9 rate",
        "For functions of finite Barron norm the squared error falls like 1/m in the hidden units, or faster",
        f"slope <= −1 from m = {FIRST} on, within its interval",
        f"flattest {middle:.2f} ({low:.2f} to {high:.2f}): {_named(measured[flattest].function)}",
        "95 % interval",
        all(-np.inf < low <= -1.0 for _, low, _ in slopes),
        fails_if="the whole interval of some function's slope is flatter than −1",
        quick=quick,
    )
