"""The rows of Tables 1 and 2: 8 ways to train × 4 curves × 30 members, with the spline floor of each best member."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.manifold.setup import CURVES, DEFAULT_RATE, ROWS, Curve, Row, Setting, start, train
from nnexpr.networks.network import Network
from nnexpr.regions.line import linear_regions
from nnexpr.splines.floor import spline_floor
from nnexpr.training.fit import FitResult

__all__ = ["Cells", "Trained", "cell_of", "floor_of", "measure", "train_rows"]

Cells = dict[str, dict[str, dict[str, Any]]]  # row, curve: min, mean, median, regions, floor
Trained = dict[tuple[str, tuple[int, ...]], FitResult]


def measure(attempt: Attempt) -> Cells:
    """Trains row after row, curve by curve."""
    setting = Setting.of(attempt)
    cells: Cells = {row.name: {} for row in ROWS}
    trained: dict[str, Trained] = {curve.name: {} for curve in CURVES}
    both = [(curve, row) for curve in CURVES for row in ROWS]
    for curve, row in attempt.over(both, lambda each: f"{each[0].label}: {each[1].label}"):
        compute = partial(_cell, row, curve, trained[curve.name], setting)
        cells[row.name][curve.name] = attempt.kept(f"{curve.name}, {row.name}", compute)
    return cells


def train_rows(row: Row, curve: Curve, trained: Trained, setting: Setting) -> FitResult:
    """The row's networks; what rows share with each other is trained once and held in ``trained``."""
    goal = setting.target(curve)
    network: Network = start(row.start, curve.sign, setting)
    for place in range(1, len(row.stages) + 1):
        key = row.start, row.stages[:place]
        if key not in trained:
            rate = DEFAULT_RATE if row.start in ("default", "raai") else None
            trained[key] = train(network, goal, row.stages[place - 1 : place], setting, rate)
        network = trained[key].network
    return trained[row.start, row.stages]


def _cell(row: Row, curve: Curve, trained: Trained, setting: Setting) -> dict[str, Any]:
    return cell_of(train_rows(row, curve, trained, setting))


def cell_of(result: FitResult) -> dict[str, Any]:
    """A cell of the tables: over the members, and of the best of them regions and floor."""
    losses = result.loss.numpy()
    best = int(np.nanargmin(losses))
    regions, floor = floor_of(result, best)
    return {
        "min": float(losses[best]),
        "mean": float(np.nanmean(losses)),
        "median": float(np.nanmedian(losses)),
        "regions": regions,
        "floor": floor,
    }


def floor_of(result: FitResult, member: int) -> tuple[int, float]:
    """A member's linear regions, and the proved bound of the error of every spline with so many pieces."""
    [lines] = linear_regions(result.network.member(member), (0.0, 1.0), certify=False)
    x, y = result.target.own_inputs[:, 0], result.target.own_values
    return lines.count, spline_floor(x, y, lines.count).lower_bound
