"""Z7, Z8, Z10, Z11: what a precision or a cut-off keeps, noise, more knots than samples, adaptive knots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Cell, Claim, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.linear.relu_gram import ReluGram
from nnexpr.linear.solvers import least_squares
from nnexpr.linear.spectrum import Spectrum, spectrum

__all__ = ["captured", "concentrated", "kept_modes", "largest_kept", "run", "stable"]

Array = NDArray[np.float64]

EPSILONS = {"single": 2.0**-23, "double": 2.0**-52}
PRINTED = {("single", 1): 24, ("single", 2): 10, ("single", 3): 6,
           ("double", 1): 1351, ("double", 2): 172, ("double", 3): 55, ("double", 10): 5}  # fmt: skip
CUT_OFFS = (1e-5, 1e-6, 1e-7, 1e-8, 1e-9)
TOLD = 1e-7  # the cut-off that is judged: it keeps the frequencies of f_1 and about half of those of f_3
SCALES = (1, 3, 9)
CAPTURED = 0.9999  # of a target's squares
NOISES = (0.01, 0.03, 0.1)
SAMPLES, OVER = 1000, 1500
UNITS, QUICK_UNITS = 1000, 300  # whose modes are looked at


def run(attempt: Attempt) -> Result:
    """All of them."""
    x = np.linspace(-1, 1, 10_001)
    attempt.report(0.0, "what a precision keeps")
    measured = {name: largest_kept(epsilon) for name, epsilon in EPSILONS.items()}
    claims = kept_modes(measured)
    attempt.report(0.3, "cut-offs")
    found = spectrum(knots=attempt.choose(UNITS, QUICK_UNITS))
    errors = {scale: relative_errors(found, x, _waves(scale * x)) for scale in SCALES}
    claims.append(captured(errors))
    attempt.report(0.6, "noise")
    noises = attempt.choose(NOISES, NOISES[-1:])
    ratios = {(noise, n): noise_ratio(n, noise, attempt.seed) for noise in noises for n in (100, OVER)}
    claims.append(stable(ratios))
    attempt.report(0.8, "adaptive knots")
    sizes = (100, attempt.choose(UNITS, QUICK_UNITS))
    modes = {(n, biases): modes_needed(n, biases, x) for n in sizes for biases in ("uniform", "adaptive")}
    claims.append(concentrated(modes))
    attempt.report(1.0)
    rows: list[list[Cell]] = [
        [f"{cut:.0e}", *(float(errors[scale][place]) for scale in SCALES)]
        for place, cut in enumerate(CUT_OFFS)
    ]
    tables = (
        Table("Relative error with the modes λ_k/λ_1 ≥ η", ("η", "f_1", "f_3", "f_9"), rows),
        Table(
            "Error over noise, ReLU knots on 1000 samples", ("noise", "knots", "root mean square over noise"),
            [(noise, n, ratio) for (noise, n), ratio in ratios.items()],
        ),
        Table(
            f"Modes that capture {CAPTURED} of arctan(25x)", ("knots", "biases", "modes"),
            [(n, biases, count) for (n, biases), count in modes.items()],
        ),
    )  # fmt: skip
    return Result(tables, (), claims)


def _waves(x: Array) -> Array:
    return np.asarray(np.cos(6 * np.pi * x) - np.sin(2 * np.pi * x))


def largest_kept(epsilon: float) -> int:
    """The largest n whose Gram matrix a pseudo-inverse keeps whole: λ_n ≥ n ε λ_1, MATLAB's tolerance."""
    low, high = 2, 4
    while _kept_whole(high, epsilon):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _kept_whole(middle, epsilon) else (low, middle)
    return low


def _kept_whole(n: int, epsilon: float) -> bool:
    middles = -1 + (np.arange(n) + 0.5) * 2 / n
    return ReluGram(middles, 1.0).condition * n * epsilon <= 1


def kept_modes(measured: Mapping[str, int]) -> list[Claim]:
    """Z7: the printed numbers by the formula, and the measured ones in one dimension."""
    computed = {(name, d): round(EPSILONS[name] ** (-1 / (2 * d + 3))) for name, d in PRINTED}
    ratios = {name: count / PRINTED[name, 1] for name, count in measured.items()}
    statement = "A precision ε keeps frequencies up to O(ε^(−1/(2d+3)))"
    return [
        judged(
            "Z7 numbers", statement + ": 24, 10, 6 in single, 1351, 172, 55, 5 (d = 10) in double",
            ", ".join(map(str, PRINTED.values())), ", ".join(map(str, computed.values())), "exact, rounded",
            computed == PRINTED, fails_if="one of the printed numbers is not the formula's",
        ),
        judged(
            "Z7", statement + ", on the line, where eigenvalues below n ε λ_1 are lost", "24 in single, 1351 in double",
            ", ".join(f"{count} in {name}" for name, count in measured.items()), "2×",
            all(0.5 <= ratio <= 2 for ratio in ratios.values()),
            fails_if="the largest matrix that a pseudo-inverse keeps whole is not within 2× of either",
        ),
    ]  # fmt: skip


def relative_errors(found: Spectrum, x: Array, y: Array) -> Array:
    """‖f − f_η‖/‖f − constant‖ for each cut-off η, f_η of the constant and the modes above it."""
    covered = np.append(0.0, np.cumsum(found.shares(x, y)))
    kept = [int((found.eigenvalues >= cut * found.eigenvalues[0]).sum()) for cut in CUT_OFFS]
    return np.asarray(np.sqrt(np.maximum(1 - covered[kept], 0)))


def captured(errors: Mapping[int, Array]) -> Claim:
    """Z8, at the cut-off TOLD."""
    first, third, ninth = (float(errors[scale][CUT_OFFS.index(TOLD)]) for scale in SCALES)
    return judged(
        "Z8", f"With the modes λ_k/λ_1 ≥ η (printed ≤), f_1 is captured, f_3 partly, f_9 not (η = {TOLD:.0e})",
        "ordered, f_9 ≥ 10 f_1", f"{first:.3g}, {third:.3g}, {ninth:.3g}", "", first < third < ninth >= 10 * first,
        fails_if="the relative errors are not in this order or f_9's is below ten times f_1's",
    )  # fmt: skip


def noise_ratio(n: int, noise: float, seed: int) -> float:
    """Root mean square of fit less truth between the samples, over the noise: ReLUs by a truncated pseudo-inverse."""
    x = np.linspace(-1, 1, SAMPLES)
    y = np.arctan(25 * x) + noise * np.random.default_rng(seed).normal(size=SAMPLES)
    fit = least_squares(x, y, np.linspace(-1, 1, n), basis="relu", solver="svd")
    between = np.linspace(-1, 1, 20_001)
    return float(np.sqrt(np.mean((fit.predict(between) - np.arctan(25 * between)) ** 2)) / noise)


def stable(ratios: Mapping[tuple[float, int], float]) -> Claim:
    """Z10."""
    noisy = {which: ratio for which, ratio in ratios.items() if which[0] == max(NOISES) or which[1] == OVER}
    worst = max(noisy.values())
    return judged(
        "Z10", "Least squares is fairly stable to noise, and with 1500 knots on 1000 samples", "≤ 3", worst,
        "3 times the noise", worst <= 3,
        fails_if="a fit is further from the truth than three times the noise, in the root mean square",
    )  # fmt: skip


def modes_needed(n: int, biases: str, x: Array) -> int:
    """How many modes capture CAPTURED of arctan(25x)."""
    y = np.arctan(25 * x)
    covered = np.cumsum(spectrum(knots=n, biases=biases, samples=(x, y)).shares(x, y))
    return int(np.searchsorted(covered, CAPTURED)) + 1


def concentrated(modes: Mapping[tuple[int, str], int]) -> Claim:
    """Z11."""
    sizes: Sequence[int] = sorted({n for n, _ in modes})
    fewer = all(modes[n, "adaptive"] < modes[n, "uniform"] for n in sizes)
    measured = "; ".join(f"n = {n}: {modes[n, 'uniform']} and {modes[n, 'adaptive']}" for n in sizes)
    return judged(
        "Z11", f"Adaptive biases let f project on fewer modes (for {CAPTURED} of its squares)", "fewer", measured, "",
        fewer, fails_if="adaptive knots need as many modes as uniform ones, or more",
    )  # fmt: skip
