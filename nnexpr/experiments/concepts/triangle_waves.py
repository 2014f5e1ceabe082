"""C1-C3: the tent composed k times, counted exactly and by the page's sampling, and the shallow networks beside it."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.theory.sawtooth import least_width
from nnexpr.theory.triangle_wave import SAMPLES, Composition, ShallowFit, compose

__all__ = ["doubling", "run", "sampling"]

DEEPEST, DEEPEST_QUICK = 40, 12
SAMPLED_TO = 8  # the page's table ends at k = 8
SHALLOW_DEPTH = 6  # the page's example 2
SHALLOW_KNOTS = (8, 16, 32, 63, 64, 128)
MATCHED = 1e-6  # of the mean square: a shallow network that is below has matched the wave


def run(attempt: Attempt) -> Result:
    """Counts to k = 40, the page's sampled table to k = 8, and its shallow fits at k = 6."""
    depths = range(1, attempt.choose(DEEPEST, DEEPEST_QUICK) + 1)
    made = [compose(k, ()) for k in attempt.over(depths, "k = {}".format, end=0.9)]
    attempt.report(0.9, "shallow fits")
    fits = compose(SHALLOW_DEPTH, SHALLOW_KNOTS).shallow
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
    return Result((counts, shallow), (figure,), (doubling(made), sampling(made), _width(fits)))


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
        why="20,000 cells are 2^5 · 625: from k = 6 on bends lie inside cells, and each of those is counted twice.",
    )


def _width(fits: Sequence[ShallowFit]) -> Claim:
    matching = [f.knots for f in fits if f.mse < MATCHED]
    needed = 2**SHALLOW_DEPTH - 1
    narrow = [f.mse for f in fits if f.knots <= needed // 2]
    return judged(
        "C3",
        f"A shallow network with fixed knots needs width about 2^k to match f_k (k = {SHALLOW_DEPTH}, peak 1)",
        f"{needed} knots; a mean squared error of 1/12 = 0.0833 to {needed // 2}",
        f"{min(matching, default=0)} knots; errors " + ", ".join(f"{f.mse:.3g} at {f.knots}" for f in fits),
        "1 % of 1/12",
        bool(matching) and min(matching) == needed and all(abs(12 * mse - 1) < 0.01 for mse in narrow),
        corrected=True,
    )
