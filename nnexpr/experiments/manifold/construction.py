"""What is exact about compositional networks: claims M1, M7, M8, M9 and M12, in rational arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import accumulate, pairwise
from operator import mul

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Cell, Claim, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.networks.compositional import compositional
from nnexpr.regions.line import linear_regions
from nnexpr.regions.rational import rational_count
from nnexpr.splines.tent import theorem_scales
from nnexpr.theory import exact

__all__ = ["run"]

DEEPEST, DEEPEST_QUICK = 20, 12
FEW, MANY = 20, 200  # networks drawn
LEAST = 100  # thousandths: c of the theorem on sufficiency
BENDS_IN_FLOAT = 1e-14  # of the slopes: what float64 tells from no bend (``regions/line/outputs.py``)


def run(attempt: Attempt) -> Result:
    """Seconds; quick draws fewer peaks."""
    draws = attempt.choose(MANY, FEW)
    steps = (_regions, _differentiable, _convex, _second_derivative, _layers)
    tables, claims = [], []
    for step in attempt.over(steps, lambda step: step.__name__.strip("_").replace("_", " ")):
        table, made = step(draws, attempt.seed)
        tables.append(table)
        claims += made
    return Result(tables, claims=claims)


def _regions(draws: int, seed: int) -> tuple[Table, list[Claim]]:
    """M1: by the gaps for any depth, by enumeration to depth 10, and by counting float64 networks beside them."""
    rng = np.random.default_rng(seed)
    rows: list[list[Cell]] = []
    right, deepest = True, DEEPEST if draws >= MANY else DEEPEST_QUICK
    for depth in range(1, deepest + 1):
        peaks = [exact.random_peaks(depth + 1, rng) for _ in range(draws)]
        counts = {exact.regions(a, theorem_scales(a, sign)[:depth]) for a in peaks for sign in (-1, 1)}
        network = compositional(
            depth, members=min(draws, 20) if depth <= 12 else 2, seed=seed, dtype="float64"
        )
        lines = [one.count for one in linear_regions(network, certify=False)]
        slivers = rational_count(network).linear_regions if depth <= 7 else None
        right &= counts == {2**depth} and (depth > 10 or _enumerated(peaks[0], depth) == 2**depth)
        rows.append([depth, 2**depth, min(counts), max(counts), min(lines), max(lines), slivers])
    columns = (
        "L", "2^L", "exact, least", "exact, most", "float64 network, least", "most", "its weights taken as exact",
    )  # fmt: skip
    note = (
        f"; float64 networks counted with the tie rule show fewer from L = {short} on, where bends fade below "
        f"{BENDS_IN_FLOAT:g} of the slopes"
        if (short := next((row[0] for row in rows if row[4] != row[1]), None))
        else ""
    )
    claim = judged(
        "M1", "A compositional network of L hidden layers has 2^L linear regions for any peaks in (0, 1)",
        f"2^L for L <= {deepest}", f"2^L for all of {2 * draws} networks a depth{note}" if right else "not 2^L",
        "exact", right,
    )  # fmt: skip
    return Table("Linear regions of compositional networks with random peaks", columns, rows), [claim]


def _enumerated(peaks: exact.Rational, depth: int) -> int:
    scales = theorem_scales(peaks)[:depth]
    slopes = _slopes(peaks, scales)
    return 1 + sum(left != right for left, right in pairwise(slopes))


def _slopes(peaks: exact.Rational, scales: exact.Rational) -> list[Fraction]:
    x, waves = exact.breakpoints(peaks, scales)
    sums = [sum((s * w[k] for s, w in zip(scales, waves, strict=True)), Fraction(0)) for k in range(len(x))]
    return [(sums[k + 1] - sums[k]) / (x[k + 1] - x[k]) for k in range(len(x) - 1)]


def _differentiable(draws: int, seed: int) -> tuple[Table, list[Claim]]:
    """M7: the gap at the first peak, relative to s_0, over the depth; under the theorem it is Π (1 - a_m)."""
    rng = np.random.default_rng(seed + 1)
    depths = (2, 4, 8, 16, 32)
    deepest = depths[-1]
    theorem = {depth: Fraction(0) for depth in depths}
    free = {depth: Fraction(10**9) for depth in depths}
    identical = True
    for _ in range(draws):
        a = exact.random_peaks(deepest + 1, rng, LEAST)
        scales = theorem_scales(a)[:deepest]
        other = list(
            accumulate(exact.random_peaks(deepest, rng), mul)
        )  # ratios in (0, 1), as free as they come
        for depth in depths:
            relative = exact.gap(a, scales[:depth], 0) / scales[0]
            identical &= relative == math.prod(1 - peak for peak in a[2 : depth + 1])
            theorem[depth] = max(theorem[depth], relative)
            free[depth] = min(free[depth], abs(exact.gap(a, other[:depth], 0)) / other[0])
    bound = (1 - Fraction(LEAST, 1000)) ** (deepest - 1)
    rows = [[depth, float(theorem[depth]), float(free[depth])] for depth in depths]
    title = f"Relative gap of the slopes at the first peak, peaks in [{LEAST / 1000}, {1 - LEAST / 1000}]"
    columns = ("layers", "largest, theorem's scales", "smallest, free scales")
    tends = identical and theorem[deepest] <= bound
    claims = [
        judged(
            "M7 sufficient",
            "With s_{i+1} = s_i (1 - a_{i+1}) a_{i+2} and peaks in [c, 1 - c], slopes at a peak meet at last",
            "gap = Π (1 - a_m)",
            f"so in every case; {float(theorem[deepest]):.2g} at depth {deepest}" if identical else "another gap",
            "exact", tends,
        ),
        judged(
            "M7 necessary", "With other scales they do not", "gap does not tend to 0",
            f"at least {float(free[deepest]):.2g} at depth {deepest}", None, free[deepest] > theorem[deepest],
        ),
        _printed_slope(),
    ]  # fmt: skip
    return Table(title, columns, rows), claims


def _printed_slope() -> Claim:
    """Equation (1): the second slope as printed, 1/(1 - a), does not take the triangle back to 0."""
    a = Fraction(3, 10)
    printed, corrected = 1 + (1 - a) / (1 - a), 1 - (1 - a) / (1 - a)
    return judged(
        "M7 equation (1)", "Equation (1) prints the triangle's second slope as 1/(1 - a); T(1) = 0 asks for -1/(1 - a)",
        0, f"T(1) = {printed} as printed, {corrected} as corrected", "exact", corrected == 0, corrected=True,
    )  # fmt: skip


def _convex(draws: int, seed: int) -> tuple[Table, list[Claim]]:
    """M8: ratios of scales, the order of the slopes, and the maximum of each layer's error."""
    rng = np.random.default_rng(seed + 2)
    depth, largest, ordered, maxima = 8, Fraction(0), True, True
    for number in range(draws):
        a = exact.random_peaks(depth + 1, rng)
        scales = theorem_scales(a)[:depth]
        largest = max(largest, *(scales[i + 2] / scales[i] for i in range(depth - 2)))
        if number >= 20:
            continue  # the enumeration of all breakpoints takes longer, and 20 networks have 5120 of them
        slopes = _slopes(a, scales)
        ordered &= all(left > right for left, right in pairwise(slopes))
        x, waves = exact.breakpoints(a, scales)
        for layer in range(depth):
            rest = [sum(scales[n] * waves[n][k] for n in range(layer, depth)) for k in range(len(x))]
            maxima &= max(rest) == scales[layer]
    rows: list[list[Cell]] = [
        ["largest s_{i+2} / s_i", float(largest)],
        ["slopes of F strictly decreasing", ordered],
        ["largest error of layer i is s_i", maxima],
    ]
    claims = [
        judged("M8 ratio", "s_{i+2} / s_i <= 1/4", 0.25, float(largest), "exact", largest <= Fraction(1, 4)),
        judged(
            "M8 shape", "F is convex (printed; F is the sum of the waves, which is concave, and x - F is convex)",
            "slopes ordered", "strictly decreasing" if ordered else "not ordered", "exact", ordered, corrected=True,
        ),
        judged(
            "M8 error", "The error left before layer i has maximum s_i, so it decays exponentially",
            "s_i", "s_i in every case" if maxima else "another maximum", "exact", maxima,
        ),
    ]  # fmt: skip
    return Table("Scales, slopes and errors under Theorem 3.4", ("", "found"), rows), claims


def _second_derivative(draws: int, seed: int) -> tuple[Table, list[Claim]]:
    """M9: the error of x² after m waves, and the difference quotients of F' at the first peak for other peaks."""
    del draws, seed  # all peaks are given
    half, errors = Fraction(1, 2), []
    for waves in range(1, 9):
        a, scales = [half] * (waves + 1), [Fraction(1, 4) ** (i + 1) for i in range(waves)]
        x, w = exact.breakpoints(a, scales)
        f = [x[k] - sum(scales[i] * w[i][k] for i in range(waves)) for k in range(len(x))]
        interpolates = all(value == place**2 for value, place in zip(f, x, strict=True))
        widest = max(x[k + 1] - x[k] for k in range(len(x) - 1))
        errors.append(
            widest**2 / 4 if interpolates else Fraction(-1)
        )  # of a chord of x², attained in its middle
    halved = all(error == Fraction(1, 4) ** (m + 1) for m, error in enumerate(errors, 1))
    rows: list[list[Cell]] = []
    agree = {}
    for peak in (Fraction(3, 10), Fraction(2, 5), half, Fraction(3, 5), Fraction(7, 10)):
        a = [peak] * 42
        pairs = [exact.quotients(a, theorem_scales(a)[:41], layers) for layers in (10, 20, 40)]
        rows.append([float(peak), *(float(q) for pair in pairs for q in pair)])
        agree[peak] = pairs[-1][0] == pairs[-1][1] and pairs[0] == pairs[-1]
    only_half = [peak for peak, same in agree.items() if same] == [half]
    columns = ("peak", "left, 10 waves", "right", "left, 20 waves", "right", "left, 40 waves", "right")
    claims = [
        judged(
            "M9 error", "With a = 1/2 the network is x² with largest error 4^{-(m+1)} after m waves",
            "4^{-(m+1)}", "4^{-(m+1)} for m = 1 to 8" if halved else "another error", "exact", halved,
        ),
        judged(
            "M9 only x²",
            "For other peaks the difference quotients of F' have no common limit (they grow without bound for a < 1/2 "
            "and vanish for a > 1/2)",
            "left and right agree for a = 1/2 alone",
            "so found" if only_half else "not so", "exact", only_half,
        ),
    ]  # fmt: skip
    return Table("Difference quotients of F' at its first peak, all peaks equal", columns, rows), claims


def _layers(draws: int, seed: int) -> tuple[Table, list[Claim]]:
    """M12: the rows of t1 and t2, and the amplitude that the bias unit carries."""
    network = compositional(8, members=draws, seed=seed, dtype="float64")
    differ, largest = 0.0, 0.0
    rows: list[list[Cell]] = []
    amplitude = np.ones(draws)
    for index in range(1, 8):
        weights = network.weight(index).numpy()
        differ = max(differ, float(np.abs(weights[:, 1, :3] - weights[:, 2, :3]).max()))
        ratio = weights[:, 3, 3]
        largest = max(largest, float(ratio.max()))
        amplitude = amplitude * ratio
        rows.append([index + 1, float(np.median(amplitude)), float(amplitude.max())])
    claim = judged(
        "M12", "In a layer t1 and t2 have identical slopes, and outputs decay with depth",
        "equal weights; ratio below 1", f"weights differ by {differ:g}; largest ratio {largest:.3g}", "exact",
        differ == 0.0 and largest < 1.0,
    )  # fmt: skip
    title = f"Amplitude of the outputs by hidden layer, {draws} networks (layer 1 has 1)"
    return Table(title, ("hidden layer", "median", "largest"), rows), [claim]
