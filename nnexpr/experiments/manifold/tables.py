"""Tables 1 and 2 whole: claims M2 to M5 and M14."""

from __future__ import annotations

import math

from nnexpr.experiments.manifold.printed import LATER, PRINTED
from nnexpr.experiments.manifold.rows import Cells, measure
from nnexpr.experiments.manifold.setup import CURVES, ROWS, Curve, Setting
from nnexpr.experiments.registry import Cell, Claim, Report, Result, Table, judged

__all__ = ["run"]

BY_CURVE = {curve.name: index for index, curve in enumerate(CURVES)}
WITH_STAGE_1 = ("stages 1, 3", "all stages")
FULLY_TRAINED = tuple(row.name for row in ROWS if row.stages[-1] == 3)


def run(quick: bool, report: Report) -> Result:
    """960 networks (quick: 192, with fewer epochs)."""
    cells: Cells = {}
    for share, note, so_far in measure(Setting.of(quick)):
        report(share, note)
        cells = so_far
    return Result([_table(curve, cells) for curve in CURVES], claims=_claims(cells))


def _table(curve: Curve, cells: Cells) -> Table:
    columns = (
        "network", "min", "printed", "later", "mean", "printed", "later",
        "regions", "floor", "min / floor",
    )  # fmt: skip
    rows: list[list[Cell]] = []
    for row in ROWS:
        cell, place = cells[row.name][curve.name], BY_CURVE[curve.name]
        printed = PRINTED[row.name][place]
        later = LATER[row.name][place] if row.name in LATER else (None, None)
        rows.append([
            row.label, cell["min"], printed[0], later[0], cell["mean"], printed[1], later[1],
            cell["regions"], cell["floor"], cell["min"] / cell["floor"] if cell["floor"] > 0 else None,
        ])  # fmt: skip
    number = 1 if curve.sign < 0 else 2
    return Table(f"Table {number}: mean squared error on {curve.label}, over the members", columns, rows)


def _claims(cells: Cells) -> list[Claim]:
    return [*_stage_one(cells), _whole(cells), *_orders(cells), _gaps(cells), _floors(cells)]


def _stage_one(cells: Cells) -> list[Claim]:
    """M2, one for each curve: the optimum of the differentiable manifold, which depends on no step size."""
    claims = []
    for curve in CURVES:
        printed, found = PRINTED["stage 1"][BY_CURVE[curve.name]][0], cells["stage 1"][curve.name]["min"]
        claims.append(
            judged(
                f"M2 {curve.label}",
                f"The least error of Stage 1 on {curve.label}",
                printed,
                found,
                0.02,
                printed is not None and abs(found / printed - 1) <= 0.02,
            )
        )
    return claims


def _whole(cells: Cells) -> Claim:
    """M3."""
    ratios = {
        (row, curve.label): cells[row][curve.name]["min"]
        / (PRINTED[row][BY_CURVE[curve.name]][0] or math.nan)
        for row in WITH_STAGE_1
        for curve in CURVES
    }
    above = {key: ratio for key, ratio in ratios.items() if not ratio <= 3}
    (row, label), worst = max(ratios.items(), key=lambda item: item[1])
    return judged(
        "M3", "The least errors of 'all stages' and 'stages 1 and 3' are at most three times the printed ones",
        "8 of 8", f"{len(ratios) - len(above)} of 8; the largest ratio is {worst:.2g} ({row}, {label})", "× 3",
        not above,
    )  # fmt: skip


def _orders(cells: Cells) -> list[Claim]:
    """M4: the order of the starts, then the factor that training on the manifold gains."""
    out_of_order, gains = [], {}
    for curve in CURVES:
        least = {row: cells[row][curve.name]["min"] for row in cells}
        random = min(least["default"], least["raai"])
        manifold = min(least[row] for row in WITH_STAGE_1)
        if not random > least["stage 3"] > manifold:
            out_of_order.append(curve.label)
        gains[curve.label] = least["default"] / manifold
    label, smallest = min(gains.items(), key=lambda item: item[1])
    typical = math.prod(gains.values()) ** (1 / len(gains))
    return [
        judged(
            "M4 order", "Random starts are the worst, starting on the manifold alone helps, training on it helps more",
            "4 of 4 curves", f"{4 - len(out_of_order)} of 4" + "".join(f"; not {name}" for name in out_of_order),
            None, not out_of_order,
        ),
        judged(
            "M4 factor",
            "Training on the manifold lowers the least error by three orders of magnitude (printed numbers: 268, 29, "
            "1130 and 843 times)", "at least 100 on every curve",
            f"{typical:.3g} on average, {smallest:.3g} on {label}", None, smallest >= 100,
        ),
    ]  # fmt: skip


def _gaps(cells: Cells) -> Claim:
    """M5: mean over minimum, of the rows that end with all weights trained."""
    others, words = [], []
    for curve in CURVES:
        gap = {row: cells[row][curve.name]["mean"] / cells[row][curve.name]["min"] for row in FULLY_TRAINED}
        best = min(gap, key=lambda row: gap[row])
        widened = gap["stages 2, 3"] / gap["all stages"]
        words.append(f"{curve.label}: {best} {gap[best]:.2g}, without stage 1 {widened:.2g} times as much")
        if best not in WITH_STAGE_1 or widened <= 1:
            others.append(curve.label)
    return judged(
        "M5", "Stage 1 closes the gap between mean and least error; skipping it widens the gap",
        "mean / min is least with stage 1", "; ".join(words), None, not others,
    )  # fmt: skip


def _floors(cells: Cells) -> Claim:
    """M14."""
    ratios = [
        cell["min"] / cell["floor"] for row in cells.values() for cell in row.values() if cell["floor"] > 0
    ]
    return judged(
        "M14", "No row is below the best free-knot linear spline with as many pieces as its best network has regions",
        "at least 1", f"{min(ratios):.4g} to {max(ratios):.3g} times the floor", 1e-4, min(ratios) >= 1 - 1e-4,
    )  # fmt: skip
