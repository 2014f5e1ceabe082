"""Continuous piecewise-linear least squares with free knots: a local optimum by variable projection.

For knots ξ_0 < … < ξ_N with the ends fixed and values c at them, f = (1 − t) c_e + t c_{e+1} on element e, and

    ∂f/∂(ξ_e, c_e) = (1 − t)(−s_e, 1),  ∂f/∂(ξ_{e+1}, c_{e+1}) = t (−s_e, 1),  s_e = (c_{e+1} − c_e)/(ξ_{e+1} − ξ_e),

so the Gauss–Newton matrix has 2 × 2 blocks next to the diagonal only: one Levenberg–Marquardt step costs O(m + N). The
damping acts on the knots; after each step the values are projected out again by the exact linear solve, and a step is
taken only if the error falls. Knots keep their order: none moves more than 0.4 of the way to a neighbour.

The error has a kink wherever a knot meets a sample. Where steps stall, the knots that lie at a sample are held and the
others go on. So this ends in a local optimum; ``search.py`` looks further.

Sources: G. Golub and V. Pereyra (1973), variable projection; D. Jupp, "Approximation to data by splines with free
knots", SIAM J. Numer. Anal. 15 (1978).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cholesky_banded, solveh_banded

from nnexpr.splines.p1 import Floats, Hats, assembled, settled

__all__ = ["FreeKnots", "Samples", "fit_values", "refine"]

Array = NDArray[np.float64]

REACH = 0.4  # of the way to its neighbour a knot may move in one step: below 1/2, so order is kept
LEAST_GAP = 1e-9  # of the domain between two knots
SLIGHT = 1e-12  # stiffness, relative to the samples' weight, that settles values no sample does
FIRST_DAMPING = 1e-3
AT_SAMPLE = 1e-2  # of the way from one sample to the next
ENOUGH = 1e-8  # relative gain of a step below which the refinement ends


@dataclass(frozen=True)
class Samples:
    """``x (m,)`` ascending and distinct on [0, 1], ``y (m,)``, ``weights (m,)`` above 0."""

    x: Array
    y: Array
    weights: Array


@dataclass(frozen=True)
class FreeKnots:
    """A spline: knots ``(N + 1,)``, values at them, weighted squared error ``error``, and what a step needs."""

    knots: Array
    values: Array
    error: float
    residual: Array  # (m,)
    hats: Hats  # at the samples
    mass: tuple[Floats, Floats, Floats]  # Σ w (1−t)², Σ w (1−t) t, Σ w t² of each element, (N,)


def fit_values(samples: Samples, knots: Array) -> FreeKnots:
    """The best values at given knots: tridiagonal normal equations, and once more with the residual."""
    hats = Hats.at(knots, samples.x, samples.weights)
    blocks = hats.blocks()
    elements = len(knots) - 1
    slight = SLIGHT * samples.weights.sum() / elements**2 / np.diff(knots)
    matrix = assembled(blocks[0] + slight, blocks[1] - slight, blocks[2] + slight)
    factor = cholesky_banded(matrix, lower=True, check_finite=False)
    values = settled(factor, lambda values: hats.load(samples.y - hats.apply(values)), 2).astype(np.float64)
    residual = samples.y - hats.apply(values)
    error = float(samples.weights @ residual**2)
    return FreeKnots(knots, values, error, residual, hats, blocks)


def refine(samples: Samples, start: FreeKnots, iterations: int = 60) -> FreeKnots:
    """Move the interior knots downhill from ``start``; the error never rises."""
    spline, damping = start, FIRST_DAMPING
    held = np.zeros(len(start.knots), dtype=np.bool_)
    held[[0, -1]] = True
    for _ in range(iterations):
        system = _gauss_newton(spline)
        better = None
        while better is None and damping < 1e8:
            candidate = _step(samples, spline, system, damping, held)
            if candidate is not None and candidate.error < spline.error:
                better = candidate
            else:
                damping *= 10
        gain = 0.0 if better is None else 1 - better.error / spline.error
        spline, damping = better or spline, max(damping / 5, 1e-12)
        if gain < ENOUGH:
            at_sample = _at_sample(samples, spline.knots) & ~held
            if not at_sample.any():
                break
            held, damping = held | at_sample, FIRST_DAMPING
    return spline


def _at_sample(samples: Samples, knots: Array) -> NDArray[np.bool_]:
    """Which knots lie at a sample: within a hundredth of the way to the next one."""
    place = np.interp(knots, samples.x, np.arange(len(samples.x)))
    near: NDArray[np.bool_] = np.abs(place - place.round()) < AT_SAMPLE
    return near


def _gauss_newton(spline: FreeKnots) -> tuple[Array, Array]:
    """JᵀJ, lower banded ``(4, 2n)``, and Jᵀr, for the unknowns ξ_0, c_0, ξ_1, c_1, …"""
    elements = len(spline.knots) - 1
    slopes = np.diff(spline.values) / np.diff(spline.knots)
    direction = (-slopes, np.ones(elements))
    loads = spline.hats.loads(spline.residual)
    matrix, gradient = np.zeros((4, 2 * elements + 2)), np.zeros(2 * elements + 2)
    for row in range(4):  # (ξ, c) of the element's left knot, then of its right one
        gradient[row : row + 2 * elements : 2] += loads[row // 2] * direction[row % 2]
        for column in range(row + 1):
            block = spline.mass[row // 2 + column // 2] * direction[row % 2] * direction[column % 2]
            matrix[row - column, column : column + 2 * elements : 2] += block
    return matrix, gradient


def _step(
    samples: Samples, spline: FreeKnots, system: tuple[Array, Array], damping: float, held: NDArray[np.bool_]
) -> FreeKnots | None:
    """The spline after one damped step, or None where the damped matrix is singular."""
    damped, gradient = system[0].copy(), system[1]
    knot_diagonal, value_diagonal = damped[0, 0::2], damped[0, 1::2]
    largest = knot_diagonal.max() + np.finfo(np.float64).tiny
    knot_diagonal *= 1 + damping
    knot_diagonal += SLIGHT * largest
    knot_diagonal[held] = largest * 1e30
    value_diagonal += SLIGHT * value_diagonal.mean()
    try:
        moves = solveh_banded(damped, gradient, lower=True, check_finite=False)[0::2]
    except LinAlgError:
        return None
    room = REACH * np.maximum(np.diff(spline.knots) - LEAST_GAP, 0)
    moves[1:-1] = np.clip(moves[1:-1], -room[:-1], room[1:])
    moves[held] = 0
    return fit_values(samples, spline.knots + moves)
