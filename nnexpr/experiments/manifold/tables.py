"""Tables 1 and 2 whole: claims M2 to M5 and M14."""

from __future__ import annotations

from statistics import geometric_mean

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Cell, Claim, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.manifold.near_print import WITH_STAGE_1, near_print, ratios_to_print
from nnexpr.experiments.manifold.printed import LATER, PRINTED
from nnexpr.experiments.manifold.rows import Cells, measure
from nnexpr.experiments.manifold.setup import CURVES, ROWS, Curve

__all__ = ["claims", "run"]

NEAR = 0.02  # of the printed optima of Stage 1
FACTOR = 100  # a bar that the printed numbers pass: 29 to 902, 184 in the geometric mean
WORDED = 1000  # three orders of magnitude
FULLY_TRAINED = tuple(row.name for row in ROWS if row.stages[-1] == 3)


def run(attempt: Attempt) -> Result:
    """960 networks (quick: 192, with fewer epochs)."""
    cells = measure(attempt)
    return Result([_table(curve, cells) for curve in CURVES], claims=claims(cells, attempt.quick))


def _table(curve: Curve, cells: Cells) -> Table:
    """Ours, print, and the later version's numbers for the curves that it gives; the floor is for the best network."""
    both = any(curve.name in numbers for numbers in LATER.values())
    columns = ["network"]
    for what in ("min", "mean"):
        columns += [what, f"{what}, printed", *[f"{what}, later version"] * both]
    columns += ["regions", "floor", "min / floor"]
    rows: list[list[Cell]] = []
    for row in ROWS:
        cell, printed = cells[row.name][curve.name], PRINTED[row.name][curve.name]
        later = LATER.get(row.name, {}).get(curve.name, (None, None))
        numbers: list[Cell] = []
        for index, what in enumerate(("min", "mean")):
            numbers += [cell[what], printed[index], *[later[index]] * both]
        least, floor = cell["min"], cell["floor"]
        rows.append([row.label, *numbers, cell["regions"], floor, least / floor if floor > 0 else None])
    number = 1 if curve.sign < 0 else 2
    return Table(f"Table {number}: mean squared error on {curve.label}, over the members", columns, rows)


def claims(cells: Cells, quick: bool) -> list[Claim]:
    return [
        *_stage_one(cells, quick), _whole(cells, quick), *_orders(cells, quick), _gaps(cells, quick), _floors(cells),
    ]  # fmt: skip


def _stage_one(cells: Cells, quick: bool) -> list[Claim]:
    """M2, one for each curve: the optimum of the differentiable manifold, which depends on no step size."""
    claims = []
    for curve in CURVES:
        (printed, _), found = PRINTED["stage 1"][curve.name], cells["stage 1"][curve.name]["min"]
        claims.append(
            judged(
                f"M2 {curve.label}", f"The least error of Stage 1 on {curve.label}", printed, found,
                f"{100 * NEAR:.0f} %", abs(found / printed - 1) <= NEAR, quick=quick,
                fails_if=f"the least error of 30 members is more than {100 * NEAR:.0f} % from the printed one",
            )
        )  # fmt: skip
    return claims


def _whole(cells: Cells, quick: bool) -> Claim:
    """M3."""
    return near_print(
        "M3",
        "The least errors of 'all stages' and 'stages 1 and 3' are at most three times the printed ones",
        ratios_to_print(lambda row, curve: cells[row][curve.name]["min"]),
        quick=quick,
        why="Adam's step is not printed: at these steps the pattern of all cells is nearest to print, and with 1e-3 in "
        "every stage all eight are within three times (manifold-steps).",
    )


def _orders(cells: Cells, quick: bool) -> list[Claim]:
    """M4: the order of the starts, then the factor from the better random start to training on the manifold.

    The source says "three orders of magnitude", and its own tables give less. So the factor is judged twice: as it is
    worded, and against a bar that the printed numbers pass.
    """
    out_of_order, gains, printed = [], {}, {}
    for curve in CURVES:
        least = {row: cells[row][curve.name]["min"] for row in cells}
        if not _random(least) > least["stage 3"] > _manifold(least):
            out_of_order.append(curve.label)
        gains[curve.label] = _random(least) / _manifold(least)
        theirs = {row: numbers[curve.name][0] for row, numbers in PRINTED.items()}
        printed[curve.label] = _random(theirs) / _manifold(theirs)
    label, smallest = min(gains.items(), key=lambda item: item[1])
    mean, theirs_mean = geometric_mean(gains.values()), geometric_mean(printed.values())
    return [
        judged(
            "M4 order", "Random starts are the worst, starting on the manifold alone helps, training on it helps more",
            "4 of 4 curves", f"{4 - len(out_of_order)} of 4" + "".join(f"; not {name}" for name in out_of_order),
            None, not out_of_order, quick=quick,
            fails_if="on some curve the better random start is not above stage 3, or that not above stages with 1",
        ),
        judged(
            "M4 factor",
            "Training on the manifold lowers the least error of the better random start as the printed tables say "
            f"({_factors(printed)})",
            f"at least {FACTOR}, geometric mean over the curves (printed {theirs_mean:.3g})",
            f"{mean:.3g}: {_factors(gains)}", f">= {FACTOR}", mean >= FACTOR, quick=quick,
            fails_if=f"the geometric mean of the four factors is below {FACTOR}",
        ),
        judged(
            "M4 as worded", 'It does so "by three orders of magnitude"', f"{WORDED:,}, geometric mean over the curves",
            mean, f">= {WORDED:,}", mean >= WORDED, quick=quick,
            fails_if=f"the geometric mean of the four factors is below {WORDED:,}",
            why=f"Nor do the printed numbers: their mean is {theirs_mean:.3g}, their largest factor "
            f"{max(printed.values()):.0f}.",
        ),
        judged(
            "M4 every curve", "It does so on every curve",
            f"at least {FACTOR} on each", f"{smallest:.3g} on {label}", f">= {FACTOR}", smallest >= FACTOR, quick=quick,
            fails_if=f"the factor on some curve is below {FACTOR}",
            why=f"Nor do the printed numbers: they give {printed[label]:.2g} on {label}, which the manifold fits least "
            "well.",
        ),
    ]  # fmt: skip


def _random(least: dict[str, float]) -> float:
    """The least error of the two random starts."""
    return min(least["default"], least["raai"])


def _manifold(least: dict[str, float]) -> float:
    """The least error of the rows that were trained on the manifold."""
    return min(least[row] for row in WITH_STAGE_1)


def _factors(gains: dict[str, float]) -> str:
    return ", ".join(f"{gain:.0f} on {label}" for label, gain in gains.items())


def _gaps(cells: Cells, quick: bool) -> Claim:
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
        "mean / min is least with stage 1", "; ".join(words), None, not others, quick=quick,
        fails_if="on some curve a row without stage 1 has the smallest mean / min, or leaving it out does not widen it",
    )  # fmt: skip


def _floors(cells: Cells) -> Claim:
    """M14."""
    ratios = [
        cell["min"] / cell["floor"] for row in cells.values() for cell in row.values() if cell["floor"] > 0
    ]
    found = f"{min(ratios):.4g} to {max(ratios):.3g} times the proved bound" if ratios else None
    return judged(
        "M14", "No row is below what is proved of every linear spline with as many pieces as its best network",
        "at least 1", found, "relative 1e-4", min(ratios) >= 1 - 1e-4 if ratios else None,
        fails_if="the best network of a row is below the proved bound for its own number of regions",
    )  # fmt: skip
