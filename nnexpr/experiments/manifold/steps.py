"""Which step of Adam explains the printed tables: the paper names the optimiser and not its step.

Five rows of the tables at several steps. A row's distance from print is |log10(ours / printed)|, averaged over rows and
curves, apart for the least and for the mean error of the members.
"""

from __future__ import annotations

import math
from functools import partial

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Cell, Claim, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.manifold.printed import PRINTED
from nnexpr.experiments.manifold.rows import Trained, train_rows
from nnexpr.experiments.manifold.setup import CURVES, RATES, ROWS, Curve, Setting

__all__ = ["run"]

OWN = (1e-3, 1e-3, 1e-3)  # Adam's default in PyTorch
STEPS = (
    (RATES[1], RATES[2], RATES[3]),
    OWN,
    (3e-3, 1e-3, 1e-3),
    (3e-3, 1e-3, 2e-4),
    (1e-2, 1e-3, 5e-4),
    (1e-2, 1e-2, 1e-2),
)
SHOWN = tuple(row for row in ROWS if row.start == "theorem")
JUDGED = ("stages 1, 3", "all stages")

Cells = dict[str, dict[str, tuple[float, float]]]  # curve, row: least and mean error


def run(attempt: Attempt) -> Result:
    """Six steps (quick: two)."""
    steps = attempt.choose(STEPS, STEPS[:2])
    rows: list[list[Cell]] = []
    claims: list[Claim] = []
    found: dict[tuple[float, float, float], Cells] = {rates: {} for rates in steps}
    both = [(rates, curve) for rates in steps for curve in CURVES]
    for rates, curve in attempt.over(both, lambda each: f"{each[0]}: {each[1].label}"):
        setting = Setting.of(attempt, rates=dict(zip((1, 2, 3), rates, strict=True)))
        found[rates][curve.name] = attempt.kept(f"{rates} {curve.name}", partial(_cells, curve, setting))
    for rates, cells in found.items():
        rows.append([*rates, _distance(cells, 0), _distance(cells, 1), _within(cells)[0]])
        if rates == OWN:
            claims.append(_claim(cells, attempt.quick))
    columns = ("stage 1", "stage 2", "stage 3", "decades off, min", "decades off, mean", "of 8 within × 3")
    return Result([Table("Adam's steps beside the printed tables", columns, rows)], claims=claims)


def _cells(curve: Curve, setting: Setting) -> dict[str, tuple[float, float]]:
    trained: Trained = {}
    found = {}
    for row in SHOWN:
        losses = train_rows(row, curve, trained, setting).loss
        found[row.name] = float(losses.min()), float(losses.mean())
    return found


def _ratio(cells: Cells, curve: Curve, row: str, which: int) -> float:
    return cells[curve.name][row][which] / PRINTED[row][curve.name][which]


def _distance(cells: Cells, which: int) -> float:
    ratios = [_ratio(cells, curve, row.name, which) for curve in CURVES for row in SHOWN]
    return sum(abs(math.log10(ratio)) for ratio in ratios) / len(ratios)


def _within(cells: Cells) -> tuple[int, float, str]:
    """How many of the eight minima are within three times print; the largest ratio, and where."""
    ratios = {(row, curve.label): _ratio(cells, curve, row, 0) for row in JUDGED for curve in CURVES}
    worst = max(ratios, key=lambda key: ratios[key])
    return sum(ratio <= 3 for ratio in ratios.values()), ratios[worst], ", ".join(worst)


def _claim(cells: Cells, quick: bool) -> Claim:
    within, largest, where = _within(cells)
    return judged(
        "M3 own step",
        "With Adam's own step, 1e-3 in every stage, 'all stages' and 'stages 1 and 3' are at most three times print",
        "8 of 8",
        f"{within} of 8; the largest ratio is {largest:.2g} ({where})",
        "× 3",
        within == len(CURVES) * len(JUDGED),
        quick=quick,
    )
