"""The banded algebra of linear splines (P1 finite elements): O(n) for n knots, O(m) for m samples.

The hats φ_0 … φ_{n−1} are 1 at their knot and 0 at the others, so coefficients are values at the knots, and each place
touches two of them. Symmetric matrices are lower banded as LAPACK has them: row k holds the k-th diagonal below the
main one, its last k entries unused.

    mass   Σ w_k φ_i(x_k) φ_j(x_k) on samples (``Hats``), ∫ φ_i φ_j (``mass``): tridiagonal
    stiffness   ∫ φ_i′ φ_j′: tridiagonal
    ``settled``   the solution by a banded Cholesky factor, repeated with the residual
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import get_lapack_funcs

from nnexpr.declarations import InputError

__all__ = [
    "Floats", "Hats", "add_bands", "assembled", "checked_samples", "locate", "mass", "multiply_bands", "settled",
    "stiffness",
]  # fmt: skip

Floats = NDArray[np.floating]

REFINEMENTS = 12  # at most; two are the rule, the rest only where elements are nearly empty


def checked_samples(
    x: ArrayLike, y: ArrayLike, *, plane: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both as float64 ``(samples,)``; x may be ``(samples, 2)`` where the ``plane`` is allowed.

    ValueError for other shapes, InputError for none and for what is not finite.
    """
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if ys.ndim != 1 or xs.shape not in [ys.shape, (*ys.shape, 2)][: 1 + plane]:
        beside = ", or x (samples, 2)" if plane else ""
        raise ValueError(f"x has shape {xs.shape} and y {ys.shape}; both must be (samples,){beside}")
    if not len(xs):
        raise InputError("samples", 0, "x and y both must be (samples,), at least one is needed")
    if not (np.isfinite(xs).all() and np.isfinite(ys).all()):
        raise InputError("samples", "not finite", "every x and y must be a finite number")
    return xs, ys


def locate(knots: Floats, x: Floats) -> tuple[NDArray[np.intp], Floats]:
    """The element of each x and its place t in it: x = b_e + t (b_{e+1} − b_e), with e in 0…n−2.

    A knot belongs to the element on its right, the last one to the element on its left. Left of b_0, t is negative;
    right of b_{n−1}, t is above 1. Cost O(log n) for each x.
    """
    element = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, len(knots) - 2)
    return element, (x - knots[element]) / (knots[element + 1] - knots[element])


@dataclass(frozen=True)
class Hats:
    """The hats at samples: each sample's element and place in it; all sums in the dtype of ``t``."""

    element: NDArray[np.intp]  # (m,)
    t: Floats  # (m,)
    n: int
    weights: Any = 1  # (m,), or 1

    @classmethod
    def at(cls, knots: Floats, x: Floats, weights: Any = 1) -> Hats:
        """Those on ``knots (n,)`` at ``x (m,)``."""
        return cls(*locate(knots, x), len(knots), weights)

    def apply(self, values: Floats) -> Floats:
        """The spline with these values at the knots, at the samples."""
        return (1 - self.t) * values[self.element] + self.t * values[self.element + 1]

    def load(self, residual: Floats) -> Floats:
        """Σ w_k φ_i(x_k) r_k, ``(n,)``."""
        left, right = self.loads(residual)
        sums = np.zeros(self.n, dtype=left.dtype)
        sums[:-1] = left
        sums[1:] += right
        return sums

    def loads(self, residual: Floats) -> tuple[Floats, Floats]:
        """Of each element's left and right hat, ``(n − 1,)``: Σ w (1 − t) r and Σ w t r over its samples."""
        weighted = self.weights * residual
        left, right = (self.sums(part * weighted) for part in (1 - self.t, self.t))
        return left, right

    def blocks(self) -> tuple[Floats, Floats, Floats]:
        """Σ w (1 − t)², Σ w (1 − t) t and Σ w t² of each element, ``(n − 1,)``."""
        left, right = self.weights * (1 - self.t), self.weights * self.t
        terms = left * (1 - self.t), left * self.t, right * self.t
        first, mixed, last = map(self.sums, terms)
        return first, mixed, last

    def sums(self, terms: Floats) -> Floats:
        """Over each element's samples, ``(n − 1,)``."""
        count = self.n - 1
        if terms.dtype == np.float64:
            return np.asarray(np.bincount(self.element, terms, count), dtype=np.float64)
        sums = np.zeros(count, dtype=terms.dtype)  # bincount would sum in double precision
        np.add.at(sums, self.element, terms)
        return sums


def assembled(first: Floats, mixed: Floats, last: Floats) -> Floats:
    """The tridiagonal matrix ``(2, n)`` of the elements' symmetric 2 × 2 blocks."""
    bands = np.zeros((2, len(first) + 1), dtype=first.dtype)
    bands[0, :-1] += first
    bands[0, 1:] += last
    bands[1, :-1] = mixed
    return bands


def mass(knots: Floats) -> Floats:
    """∫ φ_i φ_j over the knots, ``(2, n)``."""
    h = np.diff(knots)
    return assembled(h / 3, h / 6, h / 3)


def stiffness(knots: Floats) -> Floats:
    """∫ φ_i′ φ_j′, ``(2, n)``: cᵀ(stiffness)c is the energy ∫ f′²."""
    inverse = 1 / np.diff(knots)
    return assembled(inverse, -inverse, inverse)


def add_bands(first: Floats, second: Floats) -> Floats:
    """The sum of two lower banded matrices of different bandwidths."""
    wide, narrow = (first, second) if len(first) >= len(second) else (second, first)
    total = wide.copy()
    total[: len(narrow)] += narrow
    return total


def multiply_bands(bands: Floats, vector: Floats) -> Floats:
    """A symmetric lower banded matrix times a vector."""
    product: Floats = bands[0] * vector
    for offset in range(1, len(bands)):
        band = bands[offset, :-offset]
        product[offset:] += band * vector[:-offset]
        product[:-offset] += band * vector[offset:]
    return product


def settled(factor: Floats, gradient: Callable[[Floats], Floats], rounds: int = REFINEMENTS) -> Floats:
    """The values at which ``gradient`` (minus that of the squared error, at values) is 0, by a banded Cholesky factor.

    The factor may be of a matrix slightly different. The step is repeated with the gradient at the new values until
    it stops shrinking, at most ``rounds`` times: that removes what squaring the matrix of hats had cost.
    """
    values: Floats = np.zeros(factor.shape[1], dtype=factor.dtype)
    # Called here itself: many of the problems are small.
    solve: Any = get_lapack_funcs("pbtrs", (factor,))
    previous = math.inf
    for _ in range(rounds):
        step = solve(factor, gradient(values), lower=True)[0]
        size = float(np.abs(step).max())
        if size > previous / 2:
            break
        values = values + step
        previous = size
        if size <= np.finfo(values.dtype).eps * float(np.abs(values).max()):
            break
    return values
