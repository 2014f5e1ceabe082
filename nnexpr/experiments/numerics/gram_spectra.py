"""Z1 to Z6: the ReLU Gram kernel, and how its eigenvalues and those of other units decay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.linear.bases.base import FixedBasis
from nnexpr.linear.bases.relu import PowerOfRelu
from nnexpr.linear.continuous import cantilever
from nnexpr.linear.relu_gram import ReluGram
from nnexpr.linear.spectrum import Spectrum, spectrum

__all__ = ["analytic", "conditions", "in_the_plane", "kernel", "on_the_line", "powers", "run"]

Array = NDArray[np.float64]

KNOTS, QUICK_KNOTS = 1000, 300
RANDOM, QUICK_RANDOM = (30, (50, 100, 200, 400, 800)), (5, (50, 100, 200))  # draws, numbers of knots
LINES, QUICK_LINES = 2000, 500
SCALE = 6.0  # of tanh and Gaussians: modes on several octaves before rounding
POWERS = {1: (-4, -4), 2: (-5, -6), 3: (-6, -8)}  # the decay as printed and as corrected
SIGN_CHANGES = 60  # modes


def run(attempt: Attempt) -> Result:
    """All of them."""
    quick = attempt.quick
    n = attempt.choose(KNOTS, QUICK_KNOTS)
    draws, sizes = attempt.choose(RANDOM, QUICK_RANDOM)
    attempt.report(0.0, "the kernel")
    claims = [kernel(60)]
    attempt.report(0.05, "ReLUs and their powers")
    found = {power: spectrum(knots=n, power=power) for power in POWERS}
    claims += [*on_the_line(found[1]), powers({power: each.slope or 0.0 for power, each in found.items()})]
    attempt.report(0.3, "analytic units")
    smooth = {name: spectrum(name, knots=n, scale=SCALE) for name in ("tanh", "gaussian")}
    claims.append(analytic({name: octaves(each) for name, each in smooth.items()}))
    attempt.report(0.5, "condition numbers")
    rng = np.random.default_rng(attempt.seed)
    uniform = [ReluGram(-1 + (np.arange(size) + 0.5) * 2 / size, 1.0).condition for size in sizes]
    drawn = [
        float(np.median([ReluGram(np.sort(rng.uniform(-1, 1, size)), 1.0).condition for _ in range(draws)]))
        for size in sizes
    ]
    claims.append(conditions(sizes, uniform, drawn))
    attempt.report(0.75, "ridges in the plane")
    plane = spectrum(knots=attempt.choose(LINES, QUICK_LINES), dimension=2).eigenvalues
    claims.append(in_the_plane(plane, quick=quick))
    attempt.report(1.0)
    return Result(_tables(found, sizes, uniform, drawn), (_figure(found, smooth, plane),), claims)


def kernel(n: int) -> Claim:
    """Z1: closed form and the talk's formula against quadrature between the knots."""
    b = -1 + (np.arange(n) + 0.5) * 2 / n
    functions = PowerOfRelu(b, (-1.0, 1.0))
    closed, integrated = functions.gram()[0], FixedBasis.gram(functions)[0]
    x, y = b[:, None], b[None, :]
    talk = np.abs(x - y) ** 3 / 12 + (2 - x - y) * (2 * (1 - x) * (1 - y) - (x - y) ** 2) / 12
    apart = float(max(np.abs(closed - integrated).max(), np.abs(talk - integrated).max()))
    statement = "The ReLU Gram kernel has the closed form given, and is u²(3v − u)/6"
    return judged(
        "Z1", statement, 0.0, apart, 1e-12, apart <= 1e-12,
        fails_if="either formula differs from quadrature by more than 1e-12 at some pair of knots",
    )  # fmt: skip


def on_the_line(found: Spectrum) -> list[Claim]:
    """Z2: rate, cantilever, and the order of the modes."""
    slope = found.slope or 0.0
    apart = float(np.abs(found.eigenvalues[:10] / cantilever(10) - 1).max())
    kept = min(SIGN_CHANGES, len(found.eigenvalues))
    changes = [int((np.diff(np.sign(mode)) != 0).sum()) for mode in found.vectors[:, :kept].T]
    wrong = sum(count != k for k, count in enumerate(changes))
    return [
        judged(
            "Z2", "In one dimension λ_k = O(k⁻⁴)", -4, slope, 0.1, abs(slope + 4) <= 0.1,
            fails_if="the slope over modes 10 to 100 is more than 0.1 from −4",
        ),
        judged(
            "Z2 cantilever", "The eigenvalues are those of φ'''' = φ/μ with the conditions given, a cantilever's",
            0.0, apart, 0.005, apart <= 0.005,
            fails_if="one of the first ten differs from (2/β_k)⁴, cos β cosh β = −1, by more than 0.5 %",
        ),
        judged(
            "Z2 order", "Modes are asymptotically Fourier, from low to high frequencies",
            f"k − 1 sign changes, k to {kept}", f"{kept - wrong} of {kept} modes", "exact", wrong == 0,
            fails_if="a mode has another number of sign changes",
        ),
    ]  # fmt: skip


def conditions(sizes: Sequence[int], uniform: Sequence[float], drawn: Sequence[float]) -> Claim:
    """Z3: slope of log cond(G) against log n; ``drawn`` are medians."""
    slopes = [float(np.polyfit(np.log(sizes), np.log(each), 1)[0]) for each in (uniform, drawn)]
    return judged(
        "Z3", "cond(G) ≥ O(n³/log n) for random biases, with uniform ones beside them", "≥ 3",
        f"n^{slopes[0]:.2f} uniform, n^{slopes[1]:.2f} random (median)", "≥ 3", min(slopes) >= 3,
        fails_if="either grows more slowly than n³",
    )  # fmt: skip


def in_the_plane(eigenvalues: Array, *, quick: bool) -> Claim:
    """Z4: on the square, lines evenly spread by the measure of those that meet it."""
    modes = np.arange(10, 251)
    slope = float(np.polyfit(np.log(modes), np.log(eigenvalues[9:250]), 1)[0])
    return judged(
        "Z4", "In the plane λ_k ~ k^(−5/2) (square, lines evenly spread, modes 10 to 250)", -2.5, slope, 0.3,
        abs(slope + 2.5) <= 0.3, quick=quick,
        fails_if="the slope is more than 0.3 from −2.5",
    )  # fmt: skip


def powers(slopes: Mapping[int, float]) -> Claim:
    """Z5: as printed and as corrected."""
    printed, corrected = zip(*(POWERS[power] for power in slopes), strict=True)
    as_printed, as_corrected = (
        all(abs(slope - decay) <= 0.35 for slope, decay in zip(slopes.values(), decays, strict=True))
        for decays in (printed, corrected)
    )
    return judged(
        "Z5", "For σ^p λ_k = O(k^(−(d+p+2)/d)); from the order of the equation it is k^(−(d+2p+1)/d)",
        f"printed {', '.join(map(str, printed))}; corrected {', '.join(map(str, corrected))}",
        ", ".join(f"{slope:.2f}" for slope in slopes.values()), 0.35, as_printed or as_corrected,
        corrected=not as_printed, fails_if="the slopes of powers 1, 2, 3 are near neither row",
    )  # fmt: skip


def octaves(found: Spectrum) -> list[float]:
    """log₂ of the decay over each octave of modes, from 4 on, above rounding."""
    ends = 4 * 2 ** np.arange(int(np.log2(found.resolved / 4)) + 1)
    return [float(step) for step in np.diff(np.log2(found.eigenvalues[ends - 1]))]


def analytic(slopes: Mapping[str, Sequence[float]]) -> Claim:
    """Z6: each octave steeper than the one before, the last steeper than any power shown."""
    steepest = min(corrected for _, corrected in POWERS.values())
    faster = all(bool((np.diff(each) < 0).all()) and each[-1] < steepest for each in slopes.values())
    measured = "; ".join(
        f"{name} {', '.join(f'{step:.1f}' for step in each)}" for name, each in slopes.items()
    )
    return judged(
        "Z6", "For analytic activations the spectrum decays faster than any power",
        f"steeper by octave, below {steepest}",
        measured, "", faster,
        fails_if=f"an octave is no steeper than the one before, or the last is no steeper than k^({steepest})",
    )  # fmt: skip


def _tables(
    found: Mapping[int, Spectrum], sizes: Sequence[int], uniform: Sequence[float], drawn: Sequence[float]
) -> tuple[Table, ...]:
    exact = cantilever(10)
    first = [(k + 1, float(found[1].eigenvalues[k]), float(exact[k])) for k in range(10)]
    rows = list(zip(sizes, uniform, drawn, strict=True))
    return (
        Table("The first ten eigenvalues", ("mode", "h G", "cantilever"), first),
        Table("Condition of the Gram matrix", ("knots", "uniform", "random, median"), rows),
    )


def _figure(found: Mapping[int, Spectrum], smooth: Mapping[str, Spectrum], plane: Array) -> Figure:
    series = {f"ReLU^{power}": each.eigenvalues[: min(each.resolved, 100)] for power, each in found.items()}
    series |= {name: each.eigenvalues[: min(each.resolved, 100)] for name, each in smooth.items()}
    series |= {"ReLU, plane": plane[:100]}
    padded = {label: np.append(each, np.full(100 - len(each), np.nan)) for label, each in series.items()}
    return Figure.over(range(1, 101), padded, "Gram spectra", "mode", "eigenvalue", log_x=True, log_y=True)
