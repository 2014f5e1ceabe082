"""Least squares on fixed knots in O(samples + n), to full accuracy, whichever basis the coefficients are wanted in.

With hats each sample touches two coefficients, so the normal equations ΦᵀΦ c = Φᵀ y are tridiagonal and, where every
element holds two samples, as well conditioned as the samples are spread: cond(ΦᵀΦ) = O(h_max / h_min). The dense ReLU
matrix spans the same space with a condition of O(n²) (its Gram matrix O(n⁴)): the digits it loses are the basis', not
the problem's. Solve by banded Cholesky; then repeat with the residual y − Φc, which removes what squaring the
matrix had cost (error from O(cond(Φ)²ε) to O(cond(Φ)ε)), as long as each step is less than half of the last. A factor
whose steps are not is made of rounding, and the problem is solved in the other way, below, from the beginning.

**Where the samples do not determine the function** (elements without a sample, or with one only) the answer is, of all
minimisers, the one of least energy ∫ f′²: straight across a gap, flat beyond the last sample. It is the limit of steps
s that minimise Σ (s(x_k) − r_k)² + δ∫ s′² for what is left, r (iterated Tikhonov, which converges to exactly that
minimiser). A sample at 1e-5 of an element beside an empty one makes a singular value of 1e-5, whose square is below
what normal equations can tell from 0: so nothing is squared, but s and its residuals are solved for together, by the
banded augmented system of :func:`_careful_step`. With δ = ε^(4/3) every step takes away all but 10⁻⁹ of what singular
values above 10⁻⁶ leave, and what samples leave open is right to about ε^(1/3); values below 10⁻⁹ count as open. The
rank is counted exactly, from which elements hold none, one or more positions.

**Certificate.** At a minimiser the gradient Φᵀ(Φc − y) (with a ridge, + λDᵀDc) is 0: its largest component is
returned. Steps go on until one moves no fitted value by more than rounding, or ``ROUNDS`` are done.

**Ridge.** With hats the penalty is λ‖c‖². With ReLUs it is λ‖a‖², a = Dc for the three-term D of ``hat_to_relu``, so
the matrix is pentadiagonal and the same O(n) holds.

Sources: Cai et al., arXiv 2407.01496 (the mass matrices of both bases and an O(n) factorised solve); Å. Björck,
*Numerical Methods for Least Squares Problems*, §2.5 (the augmented system and its scaling), §2.9 (refinement) and §4.5
(iterated regularisation).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg import LinAlgError, cho_solve_banded, cholesky_banded, eigh_tridiagonal, solve_banded

from nnexpr.linear.bases.base import Solution
from nnexpr.splines.p1 import Floats, Hats, add_bands, assembled, multiply_bands

__all__ = ["mass_condition", "solve_hat"]

ROUNDS = 12  # of steps at most; two or three are the rule, more only where singular values are near 10⁻⁹
ROUNDING = 4  # ε of what a fitted value is summed from, which is no movement
COINCIDENT = (
    2.0**-20
)  # samples closer than this part of an element are one position: its square is still above ε
EMPTY, BETWEEN, LEFT, RIGHT, TWO = range(5)  # what an element holds: nothing, one position (where), or more


def solve_hat(knots: Floats, x: Floats, y: Floats, penalty: Floats | None) -> Solution:
    """Minimise Σ (f(x_k) − y_k)² + vᵀPv over f piecewise linear on the knots; coefficients are its values v there.

    Knots ``(n,)`` ascending and distinct, ``x, y (samples,)`` in any order within the knots, all of one dtype, which is
    the dtype of every sum and of the result. ``penalty``: P, positive definite, as lower bands.
    """
    samples = Hats.at(knots, x)
    matrix = assembled(*samples.blocks())
    rank = _rank(samples) if penalty is None else samples.n
    if penalty is None:
        penalty = np.zeros((1, samples.n), dtype=matrix.dtype)
    factor = _factor(add_bands(matrix, penalty)) if rank == samples.n else None

    def downhill(values: Floats) -> tuple[Floats, Floats, Floats]:
        """What is left of y, the pull of the penalty, and the two as minus the gradient at ``values``."""
        residual, pull = y - samples.apply(values), multiply_bands(penalty, values)
        return residual, pull, samples.load(residual) - pull

    values, before = np.zeros(samples.n, dtype=matrix.dtype), math.inf
    for _ in range(ROUNDS):
        residual, pull, slope = downhill(values)
        if factor is None:
            step = _careful_step(samples, knots, residual, penalty, pull)
        else:
            step = cho_solve_banded((factor, True), slope, check_finite=False)
        values = values + step
        rounding = ROUNDING * np.finfo(matrix.dtype).eps * (np.abs(y) + samples.apply(np.abs(values)))
        if (np.abs(samples.apply(step)) <= rounding).all():
            break
        size = float(np.abs(step).max())
        if factor is not None and not size < before / 2:  # the factor is made of rounding
            factor, values = None, np.zeros_like(values)
        before = size
    return Solution(values, samples.apply(values), rank, float(np.abs(downhill(values)[2]).max()))


def _factor(matrix: Floats) -> Floats | None:
    """The banded Cholesky factor, or None where the matrix is singular."""
    try:
        factor: Floats = cholesky_banded(matrix, lower=True, check_finite=False)
    except LinAlgError:
        return None
    return factor


def _careful_step(samples: Hats, knots: Floats, residual: Floats, penalty: Floats, pull: Floats) -> Floats:
    """The step s of least Σ (s(x_k) − r_k)² + δ∫ s′² + sᵀPs + 2 pullᵀs, ``(n,)``: P is ``penalty``.

    In an element of width h with w samples, of means t̄ and r̄, the sum is w(m − r̄)² + S(d − b)² and a constant, with m
    the value of s at t̄ and d its rise over the element, S = Σ (t − t̄)², b = Σ (t − t̄)(r − r̄)/S. So A has two rows an
    element, √w (1 − t̄, t̄) and g (−1, 1), g² = S + δ/h, and is never squared:

        [σ I   A  ] [q]   [a]
        [Aᵀ  −P/σ ] [s] = [pull/σ]

    in the order s_0, q_0, q_0′, s_1, q_1, … has two bands on either side, or as many as P takes. σ is the size of A:
    with one near √δ, rounding in what is left, σq, would be 10⁻⁶ of a where s is well determined, and remain.
    """
    kind, n = samples.t.dtype.type, samples.n
    count = samples.sums(np.ones_like(samples.t))
    some = np.maximum(count, 1)
    t, r = (samples.sums(each) / some for each in (samples.t, residual))
    off_t, off_r = samples.t - t[samples.element], residual - r[samples.element]
    h = np.diff(knots)
    size = kind(math.sqrt(len(residual) / n))
    slight = kind(np.finfo(kind).eps ** (4 / 3)) * (h.mean() / h)
    root, steep = np.sqrt(count), np.sqrt(samples.sums(off_t**2) + slight)
    width = max(2, 3 * (len(penalty) - 1))
    bands = np.zeros((width + 1, 3 * n - 2), dtype=kind)
    bands[0, 1::3] = bands[0, 2::3] = size
    for offset, band in enumerate(penalty):
        bands[3 * offset, : bands.shape[1] - 3 * offset : 3] = -band[: n - offset] / size
    bands[1, 0:-1:3], bands[1, 2::3] = root * (1 - t), steep
    bands[2, 0:-1:3], bands[2, 1::3] = -steep, root * t
    right = np.zeros(3 * n - 2, dtype=kind)
    right[::3], right[1::3], right[2::3] = pull / size, root * r, samples.sums(off_t * off_r) / steep
    full = np.zeros((2 * width + 1, len(right)), dtype=kind)
    for offset, band in enumerate(bands):
        held = band[: len(right) - offset]
        full[width + offset, : len(held)] = full[width - offset, offset:] = held
    solution: Floats = solve_banded((width, width), full, right, overwrite_ab=True, check_finite=False)
    return solution[::3]


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
