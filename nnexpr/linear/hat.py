"""Least squares on fixed knots in O(samples + n), to full accuracy, whichever basis the coefficients are wanted in.

With hats each sample touches two coefficients, so the normal equations ΦᵀΦ c = Φᵀ y are tridiagonal and, where every
element holds two samples, as well conditioned as the samples are spread: cond(ΦᵀΦ) = O(h_max / h_min). The dense ReLU
matrix spans the same space with a condition of O(n²) (its Gram matrix O(n⁴)): the digits it loses are the basis', not
the problem's. Solve by banded Cholesky; then repeat with the residual y − Φc, which removes what squaring the
matrix had cost (error from O(cond(Φ)²ε) to O(cond(Φ)ε)).

**Where the samples do not determine the function** (elements without a sample, or with one only) the answer is, of all
minimisers, the one of least energy ∫ f′²: straight across a gap, flat beyond the last sample. It is the limit of
ΦᵀΦ + δE as δ → 0, with E the tridiagonal stiffness matrix; δ = ε^(2/3) and the repeated solve (iterated Tikhonov, which
converges to exactly that minimiser) reach it to about ε^(1/3) in what the samples leave open, and to rounding in the
fitted values. The rank is counted exactly, from which elements hold none, one or more positions.

**Ridge.** With hats the penalty is λ‖c‖². With ReLUs it is λ‖a‖², a = Dc for the three-term D of ``hat_to_relu``, so
the matrix is pentadiagonal and the same O(n) holds.

Sources: Cai et al., arXiv 2407.01496 (the mass matrices of both bases and an O(n) factorised solve); Å. Björck,
*Numerical Methods for Least Squares Problems*, §2.9 (refinement) and §4.5 (iterated regularisation).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cholesky_banded, eigh_tridiagonal

from nnexpr.declarations import load
from nnexpr.linear.basis import BASES, Basis
from nnexpr.splines.p1 import Floats, Hats, add_bands, assembled, multiply_bands, settled, stiffness

__all__ = ["HatSolution", "mass_condition", "solve_hat"]

LOST_DIGITS = 2.0**19  # a Cholesky pivot below this many ε of its diagonal entry (1e-10 in float64): singular
COINCIDENT = (
    2.0**-20
)  # samples closer than this part of an element are one position: its square is still above ε
EMPTY, BETWEEN, LEFT, RIGHT, TWO = range(5)  # what an element holds: nothing, one position (where), or more


@dataclass(frozen=True)
class HatSolution:
    """``values (n,)`` at the knots, ``fitted (samples,)``, and the exact rank of the problem."""

    values: Floats
    fitted: Floats
    rank: int


def solve_hat(
    knots: Floats, x: Floats, y: Floats, *, basis: Basis = BASES["hat"], ridge: float = 0.0
) -> HatSolution:
    """Minimise Σ (f(x_k) − y_k)² + ridge ‖coefficients in basis‖² over f piecewise linear on ``knots``.

    ``knots (n,)`` ascending and distinct, ``x, y (samples,)`` in any order within the knots, all of one dtype, which is
    the dtype of every sum and of the result.
    """
    samples = Hats.at(knots, x)
    matrix = assembled(*samples.blocks())
    if ridge > 0:
        bands: Floats = load(basis.penalty)(knots)
        penalty: Floats | None = bands * matrix.dtype.type(ridge)
        matrix = add_bands(matrix, bands * matrix.dtype.type(ridge))
        rank, factor = samples.n, _factor(matrix)
    else:
        penalty = None
        rank = _rank(samples)
        factor = _factor(matrix) if rank == samples.n else None
    if factor is None:
        factor = cholesky_banded(add_bands(matrix, _energy(knots, matrix)), lower=True, check_finite=False)

    def gradient(values: Floats) -> Floats:
        load = samples.load(y - samples.apply(values))
        return load if penalty is None else load - multiply_bands(penalty, values)

    values = settled(factor, gradient)
    return HatSolution(values, samples.apply(values), rank)


def _factor(matrix: Floats) -> Floats | None:
    """The banded Cholesky factor, or None where the matrix is singular to working precision."""
    try:
        factor: Floats = cholesky_banded(matrix, lower=True, check_finite=False)
    except LinAlgError:
        return None
    lost = min(LOST_DIGITS * float(np.finfo(matrix.dtype).eps), 1e-3)
    return factor if bool((factor[0] ** 2 > lost * matrix[0]).all()) else None


def _energy(knots: Floats, mass: Floats) -> Floats:
    """δE, the stiffness matrix ∫ φ_i′ φ_j′ scaled to ε^(2/3) of the mean entry of the mass matrix."""
    scale = np.finfo(mass.dtype).eps ** (2 / 3) * mass[0].mean() * np.diff(knots).mean()
    energy: Floats = (scale * stiffness(knots)).astype(mass.dtype)
    return energy


def _rank(samples: Hats) -> int:
    """The rank of Φ: n unless elements hold fewer than two positions.

    Left to right, a knot is *known* if what lies left of it determines its value. Two positions in an element settle
    both its knots; one position between the knots passes on what is known, or else ties its left knot to its right.
    """
    low = np.full(samples.n - 1, np.inf)
    high = np.full(samples.n - 1, -np.inf)
    np.minimum.at(low, samples.element, samples.t)
    np.maximum.at(high, samples.element, samples.t)
    two = high - low > COINCIDENT
    if two.all():
        return samples.n
    kinds = np.select(
        [two, high < low, high <= COINCIDENT, low >= 1 - COINCIDENT], [TWO, EMPTY, LEFT, RIGHT], BETWEEN
    )
    rank, known = 0, False
    for kind in kinds.tolist():
        if kind == BETWEEN:
            rank += (
                1  # settles the left knot, or, where that is known, the right one, which is then counted next
            )
        else:
            rank += known or kind in (TWO, LEFT)
            known = kind in (TWO, RIGHT)
    return rank + known


def mass_condition(knots: Floats, x: Floats) -> float:
    """The 2-norm condition of Φ, √(λ_max/λ_min) of ΦᵀΦ by bisection: O(n) for each end; inf where it is singular."""
    samples = Hats.at(knots.astype(np.float64), x.astype(np.float64))
    if _rank(samples) < samples.n:
        return math.inf
    bands = assembled(*samples.blocks())
    ends = [
        float(
            eigh_tridiagonal(bands[0], bands[1, :-1], eigvals_only=True, select="i", select_range=(i, i))[0]
        )
        for i in (0, samples.n - 1)
    ]
    return math.sqrt(ends[1] / ends[0]) if ends[0] > 0 else math.inf
