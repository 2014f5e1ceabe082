"""Z17: global and local units on a smooth and a rough target, from few samples and from many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

import numpy as np
from numpy.typing import NDArray

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Cell, Claim, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.linear.solvers import least_squares

__all__ = ["run", "winner_changes"]

Array = NDArray[np.float64]

TARGETS: dict[str, Callable[[Array], Array]] = {
    "smooth": lambda x: np.exp(x) * np.cos(2 * x),
    "rough": lambda x: np.where(np.abs(x) < 0.1, np.sin(50 * np.pi * x), 0.0) + np.abs(x - 0.3),
}
SAMPLES = {"sparse": (20, 20), "dense": (4000, 200)}  # samples, knots
BASES = ("hat", "relu", "tanh", "gaussian", "cosine")
GLOBAL = ("tanh", "gaussian")  # with a scale of 2 each unit is felt on the whole domain
SCALE = 2.0
FACTOR = 2.0  # by which a winner wins

Case = tuple[str, str, str]  # target, samples, basis


def run(attempt: Attempt) -> Result:
    """Every target, density and basis."""
    cases = list(product(TARGETS, SAMPLES, BASES))
    errors = {case: relative_error(*case) for case in attempt.over(cases, " ".join)}
    rows: list[list[Cell]] = [
        [target, density, *(errors[target, density, basis] for basis in BASES)]
        for target, density in product(TARGETS, SAMPLES)
    ]
    table = Table("Relative error between the samples", ("target", "samples", *BASES), rows)
    return Result((table,), (), (winner_changes(errors),))


def relative_error(target: str, density: str, basis: str) -> float:
    """Root mean square of fit less target on a fine grid, over the target's standard deviation."""
    samples, n = SAMPLES[density]
    f, x = TARGETS[target], np.linspace(-1, 1, samples)
    solver = "hat" if basis == "hat" else "svd"
    fit = least_squares(x, f(x), np.linspace(-1, 1, n), basis=basis, solver=solver, scale=SCALE)
    fine = np.linspace(-1, 1, 5001)
    return float(np.sqrt(np.mean((fit.predict(fine) - f(fine)) ** 2)) / np.std(f(fine)))


def winner_changes(errors: Mapping[Case, float]) -> Claim:
    """From the relative errors of the hat and the global bases."""
    smooth, rough = (
        {basis: errors[target, density, basis] for basis in ("hat", *GLOBAL)}
        for target, density in (("smooth", "sparse"), ("rough", "dense"))
    )
    best_smooth, best_rough = (min(each[basis] for basis in GLOBAL) for each in (smooth, rough))
    measured = (
        f"smooth, sparse: {best_smooth:.1e}, hat {smooth['hat']:.1e}; "
        f"rough, dense: {best_rough:.1e}, hat {rough['hat']:.1e}"
    )
    return judged(
        "Z17", "Global activations suit smooth functions and sparse samples, local ones fine features and dense ones",
        "the winner changes", measured, f"{FACTOR:g}×",
        FACTOR * best_smooth <= smooth["hat"] and FACTOR * rough["hat"] <= best_rough,
        fails_if="the better of tanh and Gaussians is not twice as near as hats on the smooth target from 20 samples, "
        "or hats not twice as near as both on the rough one from 4000",
    )  # fmt: skip
