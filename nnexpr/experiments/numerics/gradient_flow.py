"""Z12: the modal formula of linear gradient flow against an ODE solver, the time of each mode, and late noise."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Result
from nnexpr.experiments.judging import judged
from nnexpr.linear.bases.relu import PowerOfRelu
from nnexpr.linear.flow import modal_flow

__all__ = ["agrees", "in_turn", "run", "stopped"]

Array = NDArray[np.float64]

UNITS = 12  # of the flow that the ODE solver follows
TIMES = np.geomspace(1e-2, 1e3, 40)
NOISE = 0.3
SAMPLES = 400
NOISY, QUICK_NOISY = (30, 100), (5, 60)  # draws of noise, units
LONG = np.geomspace(1e-1, 1e10, 90)


def run(attempt: Attempt) -> Result:
    """Its three parts."""
    draws, n = attempt.choose(NOISY, QUICK_NOISY)
    attempt.report(0.0, "an ODE solver")
    eigenvalues, ends, formula, solved = both_ways()
    claims = [agrees(formula, solved), in_turn(eigenvalues[:4], solved[:, :4] / ends[:4])]
    attempt.report(0.5, "noise")
    errors = np.median([distances(n, attempt.seed + draw) for draw in range(draws)], axis=0)
    claims.append(stopped(errors))
    attempt.report(1.0)
    figure = Figure.over(
        LONG,
        {"distance to the truth": errors},
        "Stopping regularises",
        "t",
        "root mean square",
        log_x=True,
        log_y=True,
    )
    return Result((), (figure,), claims)


def both_ways() -> tuple[Array, Array, Array, Array]:
    """Eigenvalues, descending, the ends â(∞), and â(t) from 0 for f = 1, by the formula and by DOP853."""
    knots = -1 + (np.arange(UNITS) + 0.5) * 2 / UNITS
    gram = PowerOfRelu(knots, (-1.0, 1.0)).gram()[0]
    load = (1 - knots) ** 2 / 2  # ∫ σ(x − b) dx
    ascending, vectors = np.linalg.eigh(gram)
    eigenvalues, modes = ascending[::-1], vectors[:, ::-1]
    loads = modes.T @ load
    formula = modal_flow(eigenvalues, loads, np.zeros(UNITS), TIMES)
    solved = [np.zeros(UNITS)]
    for begin, end in pairwise(
        [0.0, *TIMES]
    ):  # anew from each time: between its steps the solver interpolates, less well
        found = solve_ivp(
            lambda _, a: load - gram @ a, (begin, end), solved[-1], method="DOP853", rtol=1e-13, atol=1e-14
        )
        solved.append(found.y[:, -1])
    return eigenvalues, loads / eigenvalues, formula, np.array(solved[1:]) @ modes


def agrees(formula: Array, solved: Array) -> Claim:
    """Both ``(times, modes)``."""
    apart = float(np.abs(formula - solved).max() / np.abs(solved).max())
    return judged(
        "Z12", "Linear gradient flow is solved by its modal formula", 0.0, apart, 1e-10, apart <= 1e-10,
        fails_if="at some time a mode of an ODE solver's solution is 1e-10 of the largest coefficient away or more",
    )  # fmt: skip


def in_turn(eigenvalues: Array, solved: Array) -> Claim:
    """``solved (times, modes)``, 1 at the end of each; the time at which 1 − 1/e is passed, times λ."""
    reached = [float(np.exp(np.interp(1 - np.exp(-1), mode, np.log(TIMES)))) for mode in solved.T]
    products = np.multiply(reached, eigenvalues)
    return judged(
        "Z12 in turn", "It takes t > 1/λ_k for mode k to converge", 1.0,
        ", ".join(f"{product:.3f}" for product in products), 0.02, bool((np.abs(products - 1) <= 0.02).all()),
        fails_if="the ODE's solution is within 1/e of a mode's end 2 % sooner or later than at 1/λ_k",
    )  # fmt: skip


def distances(n: int, seed: int) -> Array:
    """Distance to the truth along LONG, of a flow that sees noisy samples, root mean square: ``(times,)``."""
    x = np.linspace(-1, 1, SAMPLES)
    truth = np.sin(np.pi * x)
    noisy = truth + NOISE * np.random.default_rng(seed).normal(size=SAMPLES)
    design = PowerOfRelu(np.linspace(-1, 1, n)).design(x) / np.sqrt(SAMPLES)
    left, singular, _ = np.linalg.svd(design, full_matrices=False)
    # In the left singular vectors the fitted values are σ â, and f̂ = σ (leftᵀ y).
    coefficients = modal_flow(singular**2, singular * (left.T @ noisy), np.zeros(n), LONG)
    fitted = (coefficients * singular) @ left.T
    return np.asarray(np.sqrt(np.mean((fitted - truth) ** 2, axis=1)))


def stopped(errors: Sequence[float] | Array) -> Claim:
    """``errors`` along LONG."""
    at = int(np.argmin(errors))
    gained = float(errors[-1] / errors[at])
    return judged(
        "Z12 stopping", "Noise enters late: stopping regularises", "a least error at a finite time",
        f"at t = {LONG[at]:.2g}, {gained:.2f} times less than in the end", "≥ 1.5",
        0 < at < len(LONG) - 1 and gained >= 1.5,
        fails_if="the error is least at the beginning or the end, or stopping gains less than 1.5 times",
    )  # fmt: skip
