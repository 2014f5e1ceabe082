"""Which step of Adam explains the printed tables: the paper names the optimiser and not its step.

Five rows of the tables at several steps. A row's distance from print is |log10(ours / printed)|, averaged over rows and
curves, apart for the least and for the mean error of the members.
"""

from __future__ import annotations

import math
from itertools import product
from statistics import mean

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Cell, Result, Table
from nnexpr.experiments.manifold.near_print import Ratios, near_print, ratios_to_print
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

Rates = tuple[float, float, float]
Errors = dict[str, tuple[float, float]]  # least and mean, by row


def run(attempt: Attempt) -> Result:
    """Six steps (quick: two)."""
    steps = attempt.choose(STEPS, STEPS[:2])

    def errors(case: tuple[Rates, Curve]) -> Errors:
        rates, curve = case
        return _errors(curve, Setting.of(attempt, rates=dict(enumerate(rates, 1))))

    cases = list(product(steps, CURVES))
    made = attempt.each(cases, errors, lambda case: f"{case[0]}: {case[1].label}")
    found = {(rates, curve): errors for (rates, curve), errors in zip(cases, made, strict=True)}
    rows: list[list[Cell]] = []
    ratios: dict[Rates, Ratios] = {}
    for rates in steps:
        own = {curve: found[rates, curve] for curve in CURVES}
        ratios[rates] = _ratios(own)
        within = sum(ratio <= 3 for ratio in ratios[rates].values())
        rows.append([*rates, _distance(own, 0), _distance(own, 1), within])
    columns = ("stage 1", "stage 2", "stage 3", "decades off, min", "decades off, mean", "of 8 within × 3")
    claim = near_print(
        "M3 own step",
        "With Adam's own step, 1e-3 in every stage, 'all stages' and 'stages 1 and 3' are at most three times print",
        ratios[OWN],
        quick=attempt.quick,
    )
    return Result([Table("Adam's steps beside the printed tables", columns, rows)], claims=[claim])


def _errors(curve: Curve, setting: Setting) -> Errors:
    trained: Trained = {}
    losses = {row.name: train_rows(row, curve, trained, setting).loss for row in SHOWN}
    return {row: (float(loss.min()), float(loss.mean())) for row, loss in losses.items()}


def _ratios(found: dict[Curve, Errors]) -> Ratios:
    return ratios_to_print(lambda row, curve: found[curve][row][0])


def _distance(found: dict[Curve, Errors], which: int) -> float:
    """Of the least (0) or mean (1) errors from print, in decades."""
    return mean(
        abs(math.log10(errors[row][which] / PRINTED[row][curve.name][which]))
        for curve, errors in found.items()
        for row in errors
    )
