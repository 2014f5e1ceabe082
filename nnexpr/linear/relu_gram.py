"""The Gram matrix of n ReLUs applied, and inverted, in O(n): dense in its entries, banded in disguise.

Knots a_1 < … < a_n < r. The ReLUs σ(x − a_i) and the hats of the mesh a_1, …, a_n, r that vanish at a_1 span the same
functions. With R the map from ReLU coefficients to the values v at a_2, …, a_n, r (two prefix sums, of slopes and of
rises) and D its inverse (two differences),

    G = Rᵀ M R,    G⁻¹ = D M⁻¹ Dᵀ,    M the tridiagonal mass matrix of the hats.

So G x = λ x is the banded problem M v = λ DᵀD v, v = R x: DᵀD, pentadiagonal, is the second difference squared, the
discrete φ'''' with φ = φ' = 0 at one end and φ'' = φ''' = 0 at the other. That is a cantilever's, whose modes these
are, and why λ_k falls like k⁻⁴. Lanczos on G is shift-and-invert at 0 for that pencil, with the factorisation of DᵀD
given exactly by the prefix sums; Lanczos on G⁻¹ finds the small end.

**Errors.** Lanczos gives eigenvectors with an error of about ε λ_1/λ_k in directions of its neighbours, and λ from
them as the quotient ‖M^{1/2} R x‖²/‖x‖², whose error is quadratic in that of x, plus the rounding of the two sums,
about ε k² relative (held to 10⁻⁹ for a hundred modes in tests). G⁻¹ is held to exact rationals.

Sources: Cai et al., arXiv 2407.01496 (O(n) factorised solve); the talk "Numerical understanding of neural networks"
(the kernel and its boundary conditions). That the two make the spectrum O(n) is elementary.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky_banded, solveh_banded
from scipy.sparse.linalg import LinearOperator, eigsh

from nnexpr.splines.p1 import mass, multiply_bands

__all__ = ["ReluGram"]

Array = NDArray[np.float64]

ROOM = 40  # Lanczos vectors beyond the modes: 40, 100 and 160 tried, all settle in one pass, and fewest cost least
SETTLED = 1e-9  # of a Ritz value's residual: an eigenvalue is good to its square, or to rounding


class ReluGram:
    """G_ij = ∫ σ(x − a_i) σ(x − a_j) dx up to ``right``. Vectors are ``(n,)``; changes of basis take columns too."""

    def __init__(self, knots: Array, right: float) -> None:
        """``knots (n,)`` strictly ascending, below ``right``."""
        mesh = np.append(knots.astype(np.float64), right)
        self.steps = np.diff(mesh)
        self.size = len(knots)
        # The value at a_1 is 0: its row and column are gone. A matrix of one row has one band.
        self._mass = mass(mesh)[: min(2, self.size), 1:]

    def values(self, coefficients: Array) -> Array:
        """R x: at a_2, …, a_n, r."""
        slopes = np.cumsum(coefficients, axis=0)
        return np.asarray(np.cumsum((slopes.T * self.steps).T, axis=0))

    def coefficients(self, values: Array) -> Array:
        """D v: the inverse of :meth:`values`."""
        slopes = (np.diff(values.T, prepend=0.0) / self.steps).T
        return np.asarray(np.diff(slopes, axis=0, prepend=0.0))

    def _transposed_values(self, vector: Array) -> Array:
        rises = np.cumsum(vector[::-1]) * self.steps[::-1]
        return np.asarray(np.cumsum(rises)[::-1])

    def _transposed_coefficients(self, vector: Array) -> Array:
        slopes = -np.diff(vector, append=0.0) / self.steps
        return np.asarray(-np.diff(slopes, append=0.0))

    def apply(self, vector: Array) -> Array:
        """G x."""
        products = multiply_bands(self._mass, self.values(vector)).astype(np.float64, copy=False)
        return self._transposed_values(products)

    def solve(self, vector: Array) -> Array:
        """G⁻¹ x, exact but for the rounding of differences; no digit is lost to the condition of G."""
        found = solveh_banded(
            self._mass, self._transposed_coefficients(vector), lower=True, check_finite=False
        )
        return self.coefficients(found)

    def quotients(self, vectors: Array) -> Array:
        """xᵀGx / xᵀx of each column of ``vectors (n, k)``, as ‖M^{1/2} R x‖²/‖x‖²: each to its own digits."""
        factor = cholesky_banded(self._mass, lower=True, check_finite=False)
        values = self.values(vectors)
        raised = (factor[0] * values.T).T  # Lᵀ v
        if self.size > 1:
            raised[:-1] += (factor[1, :-1] * values[1:].T).T
        return np.asarray((raised**2).sum(axis=0) / (vectors**2).sum(axis=0))

    @cached_property
    def smallest(self) -> float:
        """The smallest eigenvalue, to 1e-9: Lanczos on G⁻¹, O(n) a step."""
        if self.size == 1:
            return float(self.apply(np.ones(1))[0])
        inverse = LinearOperator((self.size, self.size), matvec=self.solve, dtype=np.float64)
        found = eigsh(inverse, k=1, which="LA", tol=SETTLED, ncv=min(self.size, ROOM), v0=_start(self.size))
        return 1 / float(found[0][0])

    @property
    def condition(self) -> float:
        """λ_1/λ_n, to 1e-9, however large; O(n)."""
        largest = self.leading(1)[0][0] if self.size > 1 else self.smallest
        return float(largest) / self.smallest

    def leading(self, modes: int) -> tuple[Array, Array]:
        """The largest eigenvalues ``(modes,)``, descending, and their eigenvectors ``(n, modes)``; modes < n."""
        operator = LinearOperator((self.size, self.size), matvec=self.apply, dtype=np.float64)
        ncv = min(self.size, modes + ROOM)
        _, vectors = eigsh(operator, k=modes, which="LA", tol=SETTLED, ncv=ncv, v0=_start(self.size))
        descending = vectors[:, ::-1]
        return self.quotients(descending), descending


def _start(n: int) -> Array:
    """The same first vector each time, so that the same question has the same bits for an answer."""
    return np.random.default_rng(0).normal(size=n)
