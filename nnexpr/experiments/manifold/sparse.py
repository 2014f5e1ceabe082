"""Ten training points and ten test points between them: claim M13, from the later version of the paper.

Neither set is printed. Training points are i/9, test points (i + 1/2)/10; errors are those on the test points, and the
least is over the members, as in the other tables.
"""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import Any

import numpy as np
import torch

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.manifold.printed import SPARSE
from nnexpr.experiments.manifold.rows import Trained, train_rows
from nnexpr.experiments.manifold.setup import CURVES, ROWS, Curve, Setting

__all__ = ["run"]

SHOWN = tuple(row for row in ROWS if row.name not in ("raai", "free scales", "stages 2, 3"))
POINTS = 10


def run(attempt: Attempt) -> Result:
    """Five rows of the tables on four curves."""
    setting = Setting.of(attempt, points=POINTS)
    rows: list[list[Any]] = []
    won: dict[str, tuple[float, float]] = {}
    found = attempt.each(CURVES, lambda curve: _cells(curve, setting), attrgetter("label"))
    for curve, cells in zip(CURVES, found, strict=True):
        for row in SHOWN:
            least, middle, training = cells[row.name]
            printed = {"default": SPARSE[curve.name][0], "stages 1, 3": SPARSE[curve.name][1]}.get(row.name)
            rows.append([curve.label, row.label, least, printed, middle, training])
        won[curve.label] = cells["default"][0], cells["stages 1, 3"][0]
    columns = (
        "curve", "network", "least test error", "least, printed", "median test error", "least training error",
    )  # fmt: skip
    winners = [label for label, (default, manifold) in won.items() if manifold < default]
    claim = judged(
        "M13", "With 10 training and 10 test points the manifold still wins (x³: 2.41e-4 to 5.65e-6)",
        "lower on 4 of 4 curves",
        f"lower on {len(winners)} of 4: " + "; ".join(f"{label} {a:.2g} to {b:.2g}" for label, (a, b) in won.items()),
        None, len(winners) == len(won), quick=attempt.quick,
        fails_if="on some curve the least test error of the default networks is not above that of stages 1 and 3",
    )  # fmt: skip
    return Result([Table("Mean squared error from ten points", columns, rows)], claims=[claim])


def _cells(curve: Curve, setting: Setting) -> dict[str, list[float]]:
    """Least and median test error and least training error of each row."""
    finer = replace(setting, points=2 * POINTS + 1).target(curve)
    x, values = finer.inputs[1::2, 0], finer.values[1::2]
    trained: Trained = {}
    found = {}
    for row in SHOWN:
        result = train_rows(row, curve, trained, setting)
        errors = ((result.network(torch.from_numpy(x))[:, :, 0].double().numpy() - values) ** 2).mean(axis=1)
        found[row.name] = [float(errors.min()), float(np.median(errors)), float(result.loss.min())]
    return found
