"""H8: whole grids of depth, width, activation and encoding, and which of their cells capture high frequencies.

Depth counts affine layers and the encoding is equation (3), as in the report. The sizes of its public code, with two
hidden layers of up to 128 units, are in :mod:`.width`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Map, Result, Table
from nnexpr.experiments.dynamics.courses import HIGH, Case, Course, Draws, columns, measured
from nnexpr.experiments.dynamics.depth import collapsed
from nnexpr.experiments.dynamics.encoding import CAPTURED
from nnexpr.experiments.dynamics.settings import EPOCHS, PRESETS, RATE, REPORT
from nnexpr.experiments.judging import judged
from nnexpr.experiments.measures import Array, median
from nnexpr.training.many import fit_many

__all__ = ["Cell", "Grid", "balanced", "captures", "run"]

DEPTHS, WIDTHS = (2, 4, 8), (2, 8, 16)
BESIDE = ((2, 64), (3, 16), (16, 2))  # sizes that the source tries beyond them
QUICK_DEPTHS, QUICK_WIDTHS = (2, 4), (2, 16)
ACTIVATIONS = ("sigmoid", "elu", "relu")
PAIRS, QUICK_PAIRS = 30, 3
QUICK_EPOCHS = 20

Cell = tuple[int, int, str, bool]  # depth, width, activation, encoded
Grid = Mapping[Cell, Course]


def run(attempt: Attempt) -> Result:
    """Every cell, on the same targets."""
    draws = Draws(*attempt.choose((PAIRS, EPOCHS), (QUICK_PAIRS, QUICK_EPOCHS)), attempt.seed)
    sizes = [
        *product(*attempt.choose((DEPTHS, WIDTHS), (QUICK_DEPTHS, QUICK_WIDTHS))),
        *attempt.choose(BESIDE, ()),
    ]
    cells: list[Cell] = [
        (*size, activation, encoded)
        for activation, encoded, size in product(ACTIVATIONS, (False, True), sizes)
    ]
    done = attempt.each(
        cells, lambda cell: ends(case_of(cell), draws).plain(), lambda cell: case_of(cell).name
    )
    found = {cell: Course.of(plain) for cell, plain in zip(cells, done, strict=True)}
    claims = (captures(found, attempt.quick), balanced(found, attempt.quick))
    return Result((table(found),), figures(found), claims)


def case_of(cell: Cell) -> Case:
    """By the report's settings."""
    depth, width, activation, encoded = cell
    return Case(PRESETS[REPORT], depth, width, encoded, activation)


def ends(case: Case, draws: Draws) -> Course:
    """Looked at before the first epoch and after the last."""
    goals = [case.goal(seed) for seed in draws.seeds]
    results = fit_many([case.network(1, seed) for seed in draws.seeds], goals, epochs=draws.epochs, lr=RATE)
    x = goals[0].inputs
    predictions = [
        np.stack([network(x)[0, :, 0] for network in networks])
        for networks in ([result.begun for result in results], [result.network for result in results])
    ]
    history = np.stack([result.history.losses[:, 0] for result in results], axis=1).astype(np.float64)
    truth = np.stack([goal.own_values for goal in goals])
    return measured(np.array([0, draws.epochs]), x[:, 0], truth, np.stack(predictions), history)


def captures(found: Grid, quick: bool) -> Claim:
    """H8."""
    shares = {cell: median(_high(course)) for cell, course in found.items() if not cell[3]}
    most = max(shares, key=lambda cell: shares[cell].value)
    return judged(
        "H8", "Without encoding no size and no activation captures high frequencies", f"< {CAPTURED:g} everywhere",
        f"most: {shares[most].told}, {case_of(most).name}, of {len(shares)} cells",
        f"energy of the modes from {HIGH} on that is captured after the last epoch, median of the pairs",
        not quick and shares[most].value < CAPTURED, quick=quick,
        fails_if=f"in one of the cells the median share of their energy that is captured is {CAPTURED:g} or more",
        why="Networks that are deep and wide at once do: " + "; ".join(
            f"N = {depth}, d = {width}, {activation}"
            for (depth, width, activation, _), each in shares.items()
            if each.value >= CAPTURED
        ) + ".",
    )  # fmt: skip


def _high(course: Course) -> Array:
    return np.asarray(course.captured(HIGH)[-1])


def balanced(found: Grid, quick: bool) -> Claim:
    """That width and depth are both wanted."""
    losses = {cell: float(np.median(course.losses[-1])) for cell, course in found.items() if not cell[3]}
    best = [
        min((cell for cell in losses if cell[2] == activation), key=lambda cell: losses[cell])
        for activation in ACTIVATIONS
    ]
    return judged(
        "H8 balance", "With width or depth highly constrained the fit is poor: the best is neither", "N > 2 and d > 2",
        "; ".join(f"{activation}: N = {depth}, d = {width}" for depth, width, activation, _ in best),
        "lowest median loss without encoding, by activation",
        not quick and all(depth > 2 < width for depth, width, *_ in best), quick=quick,
        fails_if="for an activation the lowest median loss is at depth 2 or at width 2",
    )  # fmt: skip


def table(found: Grid) -> Table:
    """All cells."""
    return Table.of(
        "Every cell: medians, with 95 % intervals of what is captured of the modes that count as high",
        [
            {"activation": activation, "encoded": encoded, "N": depth, "d": width,
             "parameters": case_of(cell).network(1, 0).parameter_count,
             "loss": float(np.median(course.losses[-1])), "collapsed": float(collapsed(course).mean()),
             f"below {HIGH}": float(np.median(course.captured(1, HIGH)[-1])),
             **columns(_high(course), f"from {HIGH} on")}
            for cell, course in found.items()
            for depth, width, activation, encoded in (cell,)
        ],
    )  # fmt: skip


def figures(found: Grid) -> Sequence[Figure | Map]:
    """What is captured by width, and by width and depth, for each activation and encoding."""
    kinds = [(activation, encoded) for encoded, activation in product((False, True), ACTIVATIONS)]
    return [figure for activation, encoded in kinds for figure in _by_size(found, activation, encoded)]


def _by_size(found: Grid, activation: str, encoded: bool) -> tuple[Figure, Map]:
    cells = [cell for cell in found if cell[2:] == (activation, encoded) and cell[:2] not in BESIDE]
    widths, depths = sorted({cell[1] for cell in cells}), sorted({cell[0] for cell in cells})
    values = [
        [float(np.median(_high(found[depth, width, activation, encoded]))) for width in widths]
        for depth in depths
    ]
    what = "encoded" if encoded else "plain"
    title = f"Energy of the modes from {HIGH} on that is captured, {activation}, {what}"
    series = {f"N = {depth}": row for depth, row in zip(depths, values, strict=True)}
    return (
        Figure.over(widths, series, title, "width", "share", log_x=True),
        Map.over(
            widths, depths, values, title, "width", "depth", "share", log_x=True, log_y=True, limits=(0, 1)
        ),
    )
