"""A design matrix that is factored once, for as many cut-offs, ridges and solvers as are then asked for.

Of A ``(samples, n)`` and y, in their precision, and each only when it is first needed:

- ``[A y] = Q [R z; 0 ρ]``, so A = Q R and ‖A c − y‖² = ‖R c − z‖² + ρ²: all that ``qr`` and ``svd`` need of the samples
  is R ``(n, n)`` and z = Qᵀy. The columns of R are as long as those of A, so QR with pivoting takes them in one order;
- R = U Σ Vᵀ: the singular values of A and its modes u_k = A v_k / σ_k, orthonormal at the samples; ``svd`` with the
  cut-off δ is c = Σ v_k (u_kᵀ y) / σ_k over σ_k > δ σ_1;
- AᵀA and its eigenpairs, for ``normal`` and ``gram``, in the arithmetic of the dense solvers.

| then costs | first | another cut-off or ridge |
|---|---|---|
| qr | 2 samples n² | n³ |
| svd | 2 samples n² + 22 n³ | n rank |
| normal | samples n² | n³/3 |
| gram | samples n² + 9 n³ | n rank |

and for each of them 4 samples n more, for the values and the gradient. Against LAPACK's own way from A to c
(``dense``) R and z carry a backward error of the size that it makes as well: ε ‖A‖. ``normal`` and ``gram`` are the
same operations in the same order.

Source: Golub and Van Loan, *Matrix Computations*, §5.3.3 (least squares by QR), §5.5.3 (truncated SVD).
"""

from __future__ import annotations

import time
from functools import cached_property
from typing import NamedTuple

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike

from nnexpr.declarations import load
from nnexpr.linear import dense
from nnexpr.linear.bases.base import PiecewiseLinear
from nnexpr.linear.basis import SOLVERS
from nnexpr.linear.functions import Domain
from nnexpr.linear.solvers import LinearFit, check_choices, check_memory, cut_off_of, pose
from nnexpr.splines.p1 import Floats

__all__ = ["FactoredDesign", "Singular", "gram", "normal", "qr", "svd"]


class Singular(NamedTuple):
    """``values (k,)`` of A, descending; ``shares (k,)``, u_kᵀy; ``directions (n, k)``, columns v_k.

    ``resolved``: how many σ_k are above rounding, n ε σ_1 or, where AᵀA is what is known, (n ε)^(1/2) σ_1.
    """

    values: Floats
    shares: Floats
    directions: Floats
    resolved: int


class FactoredDesign:
    """A basis on knots at samples, to be solved with again and again; see :func:`least_squares` for what is given."""

    def __init__(
        self, x: ArrayLike, y: ArrayLike, knots: int | ArrayLike, *,
        basis: str = "hat", dtype: str = "float64", power: int = 1, scale: float = 10.0, domain: Domain | None = None,
    ) -> None:  # fmt: skip
        """InputError as of :func:`least_squares`."""
        self.problem = pose(x, y, knots, basis=basis, dtype=dtype, power=power, scale=scale, domain=domain)

    @cached_property
    def matrix(self) -> Floats:
        """A ``(samples, n)``."""
        check_memory(len(self.problem.x), len(self.problem.functions.knots), self.problem.precision)
        return self.problem.functions.design(self.problem.x)

    @cached_property
    def triangle(self) -> tuple[Floats, Floats]:
        """R ``(k, n)`` and z ``(k,)``, k the smaller of samples and n."""
        beside = np.column_stack([self.matrix, self.problem.y])
        upper: Floats = scipy.linalg.qr(beside, mode="r", overwrite_a=True, check_finite=False)[0]
        rows = min(self.matrix.shape)
        return upper[:rows, :-1], upper[:rows, -1]

    @cached_property
    def singular(self) -> Singular:
        """The singular values of A, what y has of each mode, and the modes' coefficients times σ_k."""
        upper, projected = self.triangle
        left, values, right = scipy.linalg.svd(upper, full_matrices=False, check_finite=False)
        return Singular(values, left.T @ projected, right.T, _above_rounding(values))

    @cached_property
    def squared(self) -> Singular:
        """The same from AᵀA: values below its rounding are that; those of eigenvalues below 0 are 0."""
        eigenvalues, vectors = self.gram_pairs
        descending = np.maximum(eigenvalues[::-1], 0)
        directions, values = vectors[:, ::-1], np.sqrt(descending)
        loads = directions.T @ self.normal_equations[1]
        shares = np.divide(loads, values, out=np.zeros_like(loads), where=values > 0)
        return Singular(values, shares, directions, _above_rounding(descending))

    def seen_by(self, solver: str) -> Singular:
        """The modes as the solver knows them."""
        return self.squared if SOLVERS[solver].squares else self.singular

    @cached_property
    def normal_equations(self) -> tuple[Floats, Floats]:
        """AᵀA ``(n, n)`` and Aᵀy ``(n,)``."""
        return self.matrix.T @ self.matrix, self.matrix.T @ self.problem.y

    @cached_property
    def gram_pairs(self) -> tuple[Floats, Floats]:
        """The eigenvalues of AᵀA as the solver ``gram`` sees them, ascending, and its eigenvectors in columns."""
        return dense.gram_pairs(self.normal_equations[0])

    @cached_property
    def condition(self) -> float:
        """cond₂ of A, in double precision; inf where it is singular."""
        if self.matrix.shape[0] < self.matrix.shape[1]:
            return float("inf")
        if self.problem.precision == np.float32:
            return dense.design_condition(self.matrix)
        values = self.singular.values
        return float(values[0] / values[-1]) if values[-1] > 0 else float("inf")

    @cached_property
    def element_condition(self) -> float | None:
        """That of the hats on these knots, with which ``hat`` solves; None where there are none, or it is not told."""
        functions = self.problem.functions
        return functions.condition(self.problem.x) if isinstance(functions, PiecewiseLinear) else None

    def condition_of(self, solver: str) -> float | None:
        """Of the matrix that is solved with."""
        return self.condition if SOLVERS[solver].dense else self.element_condition

    def fit(self, solver: str, *, rcond: float | None = None, ridge: float | None = None) -> LinearFit:
        """What :func:`least_squares` finds, and its errors; ``seconds`` are what was still to be done for it."""
        ridge, way = check_choices(solver, rcond, ridge), SOLVERS[solver]
        start = time.perf_counter()
        if not way.dense:
            found = self.problem.elements(solver, ridge)
        else:
            cut_off = cut_off_of(rcond, self.problem.precision)
            if way.factored:
                coefficients, rank = load(way.factored)(self, cut_off, ridge)
            else:
                coefficients, rank = way.solve(self.matrix, self.problem.y, cut_off, ridge)
            found = self.problem.measured(self.matrix, coefficients, rank, ridge)
        seconds = time.perf_counter() - start
        return self.problem.fit(found, solver, rcond, ridge, seconds)

    def mode(self, number: int, x: Floats, solver: str = "svd") -> Floats:
        """u_k at x ``(points,)``, or ``(points, 2)``, k from 1, of mean square 1 over the samples; 0 where σ_k is."""
        values, _, directions, _ = self.seen_by(solver)
        if values[number - 1] == 0:
            return np.zeros(len(x), dtype=values.dtype)
        design = self.problem.functions.design(x.astype(self.problem.precision))
        size = values.dtype.type(len(self.problem.x) ** 0.5) / values[number - 1]
        mode: Floats = design @ (directions[:, number - 1] * size)
        return mode


def _above_rounding(values: Floats) -> int:
    """How many of these, descending, are above n ε of the first."""
    return int((values > len(values) * np.finfo(values.dtype).eps * values[0]).sum())


def qr(design: FactoredDesign, rcond: float, ridge: float) -> tuple[Floats, int]:
    """QR with column pivoting, of R; the coefficients ``(n,)`` and the rank kept, as of all of these."""
    return dense.qr(*design.triangle, rcond, ridge)


def svd(design: FactoredDesign, rcond: float, ridge: float) -> tuple[Floats, int]:  # noqa: ARG001
    """The pseudo-inverse."""
    values, shares, directions, _ = design.singular
    rank = int((values > values.dtype.type(rcond) * values[0]).sum())
    return directions[:, :rank] @ (shares[:rank] / values[:rank]), rank


def normal(design: FactoredDesign, rcond: float, ridge: float) -> tuple[Floats, int]:  # noqa: ARG001
    """The normal equations."""
    product, load = design.normal_equations
    return dense.ridged(product.copy(), load, ridge), len(load)


def gram(design: FactoredDesign, rcond: float, ridge: float) -> tuple[Floats, int]:  # noqa: ARG001
    """The eigenvectors of AᵀA above the cut-off."""
    return dense.above(*design.gram_pairs, design.normal_equations[1], rcond)
