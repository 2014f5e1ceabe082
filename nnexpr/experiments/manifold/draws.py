"""How much the least of 30 networks depends on which 30 were drawn: the statistic of the tables, ten times over."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Cell, Result, Table
from nnexpr.experiments.manifold.near_print import WITH_STAGE_1, near_print, ratios_to_print, worst_of
from nnexpr.experiments.manifold.printed import PRINTED
from nnexpr.experiments.manifold.rows import Trained, train_rows
from nnexpr.experiments.manifold.setup import CURVES, ROWS, Curve, Setting

__all__ = ["run"]

DRAWS = 10
SHOWN = tuple(row for row in ROWS if row.name in ("stage 1", *WITH_STAGE_1))


def run(attempt: Attempt) -> Result:
    """Ten draws of 30 members (quick: two of 6)."""
    draws, first = attempt.choose(DRAWS, 2), Setting.of(attempt)

    def least(case: tuple[Curve, int]) -> list[float]:
        """The least error of a draw in each row."""
        curve, draw = case
        setting = replace(first, seed=first.seed + draw * first.members)
        trained: Trained = {}
        return [float(np.nanmin(train_rows(row, curve, trained, setting).loss.numpy())) for row in SHOWN]

    cases = list(product(CURVES, range(draws)))
    made = attempt.each(cases, least, lambda case: f"{case[0].label}, draw {case[1] + 1}")
    least_of = np.array(made).reshape(len(CURVES), draws, len(SHOWN))
    found = {
        (row.name, curve): least_of[i, :, j] for i, curve in enumerate(CURVES) for j, row in enumerate(SHOWN)
    }
    rows: list[list[Cell]] = []
    shares: dict[tuple[str, str], float] = {}
    for curve in CURVES:
        for row in SHOWN:
            errors, (printed, _) = found[row.name, curve], PRINTED[row.name][curve.name]
            share = shares[row.name, curve.label] = float(np.mean(errors <= 3 * printed))
            numbers = [float(number) for number in (np.median(errors), errors.min(), errors.max())]
            rows.append([curve.label, row.label, printed, *numbers, share])
    columns = (
        "curve", "network", "printed", "median draw", "best draw", "worst draw", "share within × 3 of print",
    )  # fmt: skip
    ratios = ratios_to_print(lambda row, curve: float(np.median(found[row, curve])))
    claim = near_print(
        "M3 draws",
        "Over draws of 30 networks, the median least error is at most three times the printed one",
        ratios,
        quick=attempt.quick,
        why=f"Luck does not make the difference: at these steps of Adam {100 * shares[worst_of(ratios)]:.0f} % of the "
        "draws are within three times print there.",
    )
    return Result(
        [Table(f"Least error of {first.members} networks, over {draws} draws", columns, rows)], claims=[claim]
    )
