"""C7: what is known of the VC dimension, for fixed depth, growing depth, and in a case that is exact."""

from __future__ import annotations

from math import log2

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.concepts.measures import words
from nnexpr.experiments.data import Cell, Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.theory.vc import VCBounds, shatters, vc_bounds

__all__ = ["run"]

INPUTS = 8
WIDTHS = (8, 16, 32, 64, 128, 256, 512, 1024)
FIXED_DEPTH = 9  # hidden layers of the shapes that grow in width: the reachable bound needs 8 layers
DEPTHS = (8, 13, 18, 28, 48, 98, 198)
FIXED_WIDTH = 64
EXACT_UNITS, QUICK_EXACT_UNITS = 8, 6
SPREAD = 4.0  # how far the ratios to W log2 W may drift over a 10,000-fold W and still be called constant


def run(attempt: Attempt) -> Result:
    """Bounds over width at fixed depth and over depth at fixed width; exact values for one hidden layer on the line."""
    wide = {width: vc_bounds([INPUTS, *[width] * FIXED_DEPTH, 1]) for width in WIDTHS}
    deep = {depth: vc_bounds([INPUTS, *[FIXED_WIDTH] * depth, 1]) for depth in DEPTHS}
    largest = attempt.choose(EXACT_UNITS, QUICK_EXACT_UNITS)
    exact = {
        units: (shatters(units), vc_bounds([1, units, 1]))
        for units in attempt.over(range(3, largest + 1), "{} units".format)
    }
    rows = [_row([width] * FIXED_DEPTH, bounds) for width, bounds in wide.items()]
    rows += [_row([FIXED_WIDTH] * depth, bounds) for depth, bounds in deep.items()]
    columns = ("widths", "W", "L", "units", "reached", "growth", "Bartlett", "Anthony", "threshold", "reached ratio",
               "growth ratio")  # fmt: skip
    title = "VC dimension: what is reached, upper bounds, and the ratios to W L log2(W/L) and W L log2 W"
    bounds_table = Table(title, columns, rows)
    exact_table = Table(
        "One hidden layer on the line: exact",
        ("units", "W", "shattered", "VC dimension", "growth"),
        [
            (units, bounds.parameters, shattered, units + 2, bounds.growth)
            for units, (shattered, bounds) in exact.items()
        ],
    )
    every = [*wide.values(), *deep.values()]
    ordered = all(b.reachable <= b.growth for b in every)
    bracketed = ordered and all(ok and units + 2 <= b.growth for units, (ok, b) in exact.items())
    across_width = [_ratios(b) for b in wide.values() if b.reachable > 0]
    across_depth = [b.growth / (b.parameters * log2(b.parameters)) for b in deep.values()]
    drift = max(float(np.ptp(np.log2([r[i] for r in across_width]))) for i in (0, 1))
    claims = (
        judged(
            "C7",
            "At fixed depth the VC dimension grows like parameters × log(parameters)",
            "upper and reached bound over W log2 W constant",
            f"upper {min(r[1] for r in across_width):.2g} to {max(r[1] for r in across_width):.2g}, "
            f"reached {min(r[0] for r in across_width):.2g} to {max(r[0] for r in across_width):.2g}",
            f"within a factor {SPREAD:g}",
            bracketed and drift <= log2(SPREAD),
        ),
        judged(
            "C7 depth",
            "Parameters × log(parameters) is the order of the VC dimension (printed for any depth; corrected by the "
            "factor L for ReLU)",
            "the upper bound over W log2 W grows with L",
            f"{across_depth[0]:.3g} at L = {DEPTHS[0] + 1}, {across_depth[-1]:.3g} at L = {DEPTHS[-1] + 1}",
            "bounds in order",
            bracketed and across_depth[-1] > across_depth[0],
            corrected=True,
        ),
    )
    return Result((bounds_table, exact_table), (_figure(wide), _figure(deep, "L")), claims)


def _ratios(bounds: VCBounds) -> tuple[float, float]:
    """What is reached, and the upper bound, over W log2 W."""
    scale = bounds.parameters * log2(bounds.parameters)
    return bounds.reachable / scale, bounds.growth / scale


def _row(widths: list[int], b: VCBounds) -> tuple[Cell, ...]:
    lower = b.parameters * b.layers * log2(b.parameters / b.layers)
    upper = b.parameters * b.layers * log2(b.parameters)
    return (words(widths), b.parameters, b.layers, b.units, b.reachable, b.growth, b.bartlett, b.anthony, b.threshold,
            b.reachable / lower, b.growth / upper)  # fmt: skip


def _figure(found: dict[int, VCBounds], over: str = "W") -> Figure:
    bounds = found.values()
    x = [b.parameters if over == "W" else b.layers for b in bounds]
    series: dict[str, list[float]] = {
        "Anthony, Bartlett": [b.anthony for b in bounds],
        "Bartlett et al.": [b.bartlett for b in bounds],
        "growth function": [b.growth for b in bounds],
        "reached": [b.reachable or float("nan") for b in bounds],
    }
    return Figure.over(x, series, f"VC dimension over {over}", over, "VC dimension", log_x=True, log_y=True)
