"""C1-C3: the tent composed k times, counted exactly and by the page's sampling, and the shallow networks beside it."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.theory.sawtooth import least_width
from nnexpr.theory.triangle_wave import SAMPLES, Composition, ShallowFit, compose

__all__ = ["doubling", "run", "sampling", "width"]

DEEPEST, DEEPEST_QUICK = 40, 12
SAMPLED_TO = 8  # the page's table ends at k = 8
SHALLOW_DEPTH = 6  # the page's example 2
# Mean squared errors of the best fits, from an independent calculation: with too few knots the mean of the wave, 1/12;
# with 63, at its corners, the wave itself; with others again not.
SHALLOW = {8: 1 / 12, 16: 1 / 12, 32: 1 / 12, 63: 0.0, 64: 0.0404, 128: 0.00233}
NEAR, MATCHED = 0.01, 1e-6  # of those errors; an error that is none


def run(attempt: Attempt) -> Result:
    """Counts to k = 40, the page's sampled table to k = 8, and its shallow fits at k = 6."""
    depths = range(1, attempt.choose(DEEPEST, DEEPEST_QUICK) + 1)
    made = [compose(k, ()) for k in attempt.over(depths, "k = {}".format, end=0.9)]
    attempt.report(0.9, "shallow fits")
    fits = compose(SHALLOW_DEPTH, tuple(SHALLOW)).shallow
    attempt.report(1.0)
    counts = Table(
        "Linear pieces of k folds",
        ("k", "pieces", "with the printed peak 1/2", "sampled", "units", "parameters", "shallow units at least"),
        [
            (c.depth, c.linear_regions, c.printed_regions, c.sampled_regions, c.units, c.parameters,
             least_width(2**c.depth, 1))
            for c in made
        ],
    )  # fmt: skip
    shallow = Table(
        f"Shallow fits of f_{SHALLOW_DEPTH}, {SAMPLES} samples",
        ("knots", "features", "mse", "mse with the page's ridge", "linear regions"),
        [(f.knots, f.features, f.mse, f.mse_ridge, f.linear_regions) for f in fits],
    )
    series = {
        "exact": [log2(c.linear_regions) for c in made],
        "sampled": [log2(c.sampled_regions) for c in made],
        "as printed": [log2(c.printed_regions) for c in made],
    }
    figure = Figure.over(depths, series, "Linear pieces of k folds", "k", "log2 pieces")
    return Result((counts, shallow), (figure,), (doubling(made), sampling(made), width(fits)))


def doubling(made: Sequence[Composition]) -> Claim:
    exact = all(
        (c.linear_regions, c.units, c.parameters) == (2**c.depth, 2 * c.depth, 6 * c.depth + 1) for c in made
    )
    printed = sorted({c.printed_regions for c in made})
    to = f"for k <= {made[-1].depth}"
    return judged(
        "C1",
        "k compositions of the triangle map have 2^k pieces, with depth O(k) and constant width "
        "(printed with peak 1/2; corrected to peak 1)",
        f"2^k pieces, 2k units {to}",
        f"{'2^k pieces, 2k units' if exact else 'other counts'} {to}; as printed {printed} pieces",
        "equal",
        exact,
        fails_if="for some k the corrected map has other numbers of pieces, units or parameters",
        corrected=printed != [2**c.depth for c in made],
    )


def sampling(made: Sequence[Composition]) -> Claim:
    sampled = [c.sampled_regions for c in made[:SAMPLED_TO]]
    expected = [2**k for k in range(1, len(sampled) + 1)]
    return judged(
        "C2",
        "Sampling the function (20,000 cells) and counting changes of slope counts its pieces (peak 1)",
        ", ".join(map(str, expected)),
        ", ".join(map(str, sampled)),
        "equal",
        sampled == expected,
        fails_if="for some k the sampled count is not 2^k",
        why="20,000 cells are 2^5 · 625: from k = 6 on bends lie inside cells, and each of those is counted twice.",
    )


def width(fits: Sequence[ShallowFit]) -> Claim:
    found = {fit.knots: fit.mse for fit in fits}
    other = [knots for knots, mse in SHALLOW.items() if abs(found[knots] - mse) > max(NEAR * mse, MATCHED)]
    return judged(
        "C3",
        f"A shallow network with fixed knots needs width about 2^k to match f_k (k = {SHALLOW_DEPTH}, peak 1)",
        "errors " + ", ".join(f"{mse:.3g} at {knots}" for knots, mse in SHALLOW.items()),
        ", ".join(f"{found[knots]:.3g} at {knots}" for knots in SHALLOW),
        f"{100 * NEAR:.0f} %, or {MATCHED:g}",
        not other,
        fails_if=f"fewer than {2**SHALLOW_DEPTH - 1} knots do better than the mean, those at the corners do not give "
        "the wave, or 64 or 128 another error",
        corrected=True,
    )
