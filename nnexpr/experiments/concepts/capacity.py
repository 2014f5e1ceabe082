"""C7: what is known of the VC dimension, for fixed depth, growing depth, and in a case that is exact."""

from __future__ import annotations

from math import log2

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Cell, Claim, Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.measures import words
from nnexpr.theory.vc import VCBounds, shatters, vc_bounds

__all__ = ["contained", "run"]

INPUTS = 8
WIDTHS = (8, 16, 32, 64, 128, 256, 512, 1024)
FIXED_DEPTH = 9  # hidden layers of the shapes that grow in width: the reachable bound needs 8 layers
DEPTHS = (8, 13, 18, 28, 48, 98, 198)
FIXED_WIDTH = 64
EXACT_UNITS, QUICK_EXACT_UNITS = 8, 6


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
    claims = (*_calculated(wide, deep), contained(exact))
    return Result((bounds_table, exact_table), (_figure(wide), _figure(deep, "L")), claims)


def _calculated(wide: dict[int, VCBounds], deep: dict[int, VCBounds]) -> tuple[Claim, Claim]:
    """What the bounds say of the two statements: theorems on both sides, which a calculator only evaluates."""
    why = "The bounds are theorems and their values a calculation: no outcome of it could contradict the statement."
    nothing = "nothing that is calculated here could: it is not judged"
    ratios = [_ratios(b) for b in wide.values() if b.reachable > 0]
    spans = [f"{min(each):.2g} to {max(each):.2g}" for each in zip(*ratios, strict=True)]
    ends = [(depth + 1, _ratios(deep[depth])) for depth in (DEPTHS[0], DEPTHS[-1])]
    return (
        judged(
            "C7",
            "At fixed depth the VC dimension grows like parameters × log(parameters)",
            "upper and reached bound over W log2 W constant",
            f"upper {spans[1]}, reached {spans[0]}",
            None,
            None,
            fails_if=nothing,
            why=why,
        ),
        judged(
            "C7 depth",
            "Parameters × log(parameters) is the order of the VC dimension (printed for any depth; corrected by the "
            "factor L for ReLU)",
            "what is reached over W log2 W grows with L",
            ", ".join(
                f"{reached:.3g} of at most {upper:.3g} at L = {layers}" for layers, (reached, upper) in ends
            ),
            None,
            None,
            fails_if=nothing,
            why=why,
        ),
    )


def contained(exact: dict[int, tuple[bool, VCBounds]]) -> Claim:
    """The one case in which the dimension is measured: all labellings of n + 2 points are looked for."""
    missed = [units for units, (shattered, _) in exact.items() if not shattered]
    outside = [
        units for units, (_, b) in exact.items() if not b.reachable <= units + 2 <= min(b.growth, b.bartlett)
    ]
    return judged(
        "C7 exact",
        "One hidden layer of n ReLUs on the line has VC dimension n + 2, which the bounds contain",
        "n + 2 points shattered, within the bounds",
        f"in {len(exact) - len({*missed, *outside})} of {len(exact)} cases",
        "exact",
        not missed and not outside,
        fails_if="some labelling of n + 2 points is met by no network, or n + 2 is outside the bounds",
    )


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
