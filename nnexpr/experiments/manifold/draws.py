"""How much the least of 30 networks depends on which 30 were drawn: the statistic of the tables, ten times over."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from operator import attrgetter

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Cell, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.manifold.printed import PRINTED
from nnexpr.experiments.manifold.rows import Trained, train_rows
from nnexpr.experiments.manifold.setup import CURVES, ROWS, Curve, Setting

__all__ = ["run"]

DRAWS, MEMBERS = 10, 30
SHOWN = tuple(row for row in ROWS if row.name in ("stage 1", "stages 1, 3", "all stages"))


def run(attempt: Attempt) -> Result:
    """Ten draws of 30 members (quick: two of 6)."""
    draws, full = attempt.choose(DRAWS, 2), Setting.of(attempt)
    setting = replace(full, members=draws * full.members)
    rows: list[list[Cell]] = []
    within: dict[str, float] = {}
    shares: dict[str, float] = {}
    for curve in attempt.over(CURVES, attrgetter("label")):
        cells = attempt.kept(curve.name, partial(_least, curve, setting, draws))
        for row in SHOWN:
            least = np.array(cells[row.name])
            printed, _ = PRINTED[row.name][curve.name]
            share = float(np.mean(least <= 3 * printed))
            rows.append([
                curve.label, row.label, printed, float(np.median(least)), float(least.min()), float(least.max()), share
            ])  # fmt: skip
            if row.name != "stage 1":
                name = f"{row.label.lower()}, {curve.label}"
                within[name], shares[name] = float(np.median(least)) / printed, share
    columns = (
        "curve",
        "network",
        "printed",
        "median draw",
        "best draw",
        "worst draw",
        "share within × 3 of print",
    )
    worst = max(within, key=lambda key: within[key])
    claim = judged(
        "M3 draws", "Over draws of 30 networks, the median least error is at most three times the printed one",
        "8 of 8",
        f"{sum(ratio <= 3 for ratio in within.values())} of 8; the largest ratio is {within[worst]:.2g} ({worst})",
        "× 3", all(ratio <= 3 for ratio in within.values()), quick=attempt.quick,
        why=f"Luck does not make the difference: at these steps of Adam {100 * shares[worst]:.0f} % of the draws are "
        "within three times print there.",
    )  # fmt: skip
    title = f"Least error of {full.members} networks, over {draws} draws"
    return Result([Table(title, columns, rows)], claims=[claim])


def _least(curve: Curve, setting: Setting, draws: int) -> dict[str, list[float]]:
    """The least error of each draw, by row."""
    trained: Trained = {}
    found = {}
    for row in SHOWN:
        losses = train_rows(row, curve, trained, setting).loss.numpy()
        found[row.name] = np.nanmin(losses.reshape(draws, -1), axis=1).tolist()
    return found
