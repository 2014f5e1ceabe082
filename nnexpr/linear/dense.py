"""The dense ways to least squares, each in genuine single or double precision, with the rank it kept.

For a design matrix A ``(samples, n)``, minimise ‖A c − y‖₂:

- ``qr``: QR with column pivoting (LAPACK ``gelsy``), directions below ``rcond`` of the largest dropped, shortest c;
- ``svd``: pseudo-inverse by divide and conquer (``gelsd``), singular values below ``rcond`` of the largest dropped;
- ``normal``: (AᵀA + λI) c = Aᵀy by Cholesky, ridge λ on the unnormalised sum over the samples;
- ``gram``: AᵀA = V Λ Vᵀ, eigenvalues below ``rcond`` of the largest dropped, c = V Λ⁻¹ Vᵀ Aᵀ y.

The last two see cond(A)². For ReLUs cond(A) = O(n²), so with a cut-off at ε ``gram`` keeps O(ε^(−1/4)) directions
where ``svd`` keeps O(ε^(−1/2)): the loss is the solver's as much as the basis'. Cost O(samples n²) + O(n³), memory
O(samples n).

``numpy.linalg.lstsq`` is not used: it computes single-precision input in double. SciPy chooses the LAPACK driver by the
arrays' dtype, and the dtype of each result is checked.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import scipy.linalg
from scipy.linalg import LinAlgError

from nnexpr.specification import InputError
from nnexpr.splines.p1 import Floats

__all__ = ["above", "design_condition", "gram", "gram_pairs", "normal", "qr", "ridged", "svd"]


def design_condition(matrix: Floats) -> float:
    """cond₂ of the design matrix, in double precision: at most about 10¹⁶, inf with fewer samples than columns."""
    if matrix.shape[0] < matrix.shape[1]:
        return float("inf")
    triangle = scipy.linalg.qr(matrix.astype(np.float64), mode="r", check_finite=False)[0][: matrix.shape[1]]
    singular_values = scipy.linalg.svdvals(triangle, overwrite_a=True, check_finite=False)
    smallest = float(singular_values[-1])
    return float(singular_values[0]) / smallest if smallest > 0 else float("inf")


def qr(matrix: Floats, y: Floats, rcond: float, ridge: float) -> tuple[Floats, int]:  # noqa: ARG001
    """QR with column pivoting; the coefficients ``(n,)`` and the rank kept, as of all of these."""
    return _lapack(matrix, y, rcond, "gelsy")


def svd(matrix: Floats, y: Floats, rcond: float, ridge: float) -> tuple[Floats, int]:  # noqa: ARG001
    """The pseudo-inverse."""
    return _lapack(matrix, y, rcond, "gelsd")


def _lapack(matrix: Floats, y: Floats, rcond: float, driver: Literal["gelsy", "gelsd"]) -> tuple[Floats, int]:
    found: tuple[Floats, Any, int, Any] = scipy.linalg.lstsq(
        matrix, y, cond=rcond, lapack_driver=driver, check_finite=False
    )
    return found[0], int(found[2])


def normal(matrix: Floats, y: Floats, rcond: float, ridge: float) -> tuple[Floats, int]:  # noqa: ARG001
    """The normal equations; InputError where the ridge is too small for them in this precision."""
    return ridged(matrix.T @ matrix, matrix.T @ y, ridge), matrix.shape[1]


def ridged(product: Floats, load: Floats, ridge: float) -> Floats:
    """c of (AᵀA + λI) c = Aᵀy, from AᵀA, which is overwritten, and Aᵀy; InputError where it is not positive."""
    product[np.diag_indices_from(product)] += product.dtype.type(ridge)
    try:
        factor = scipy.linalg.cho_factor(product, overwrite_a=True, check_finite=False)
    except LinAlgError:
        raise InputError(
            "ridge",
            ridge,
            f"AᵀA + ridge is not positive definite in {product.dtype.name}; give a larger ridge",
        ) from None
    solution: Floats = scipy.linalg.cho_solve(factor, load, check_finite=False)
    return solution


def gram(matrix: Floats, y: Floats, rcond: float, ridge: float) -> tuple[Floats, int]:  # noqa: ARG001
    """The eigenvectors of AᵀA above the cut-off."""
    return above(*gram_pairs(matrix.T @ matrix), matrix.T @ y, rcond)


def gram_pairs(product: Floats) -> tuple[Floats, Floats]:
    """The eigenvalues of AᵀA, ascending, and its eigenvectors in columns."""
    pairs: tuple[Floats, Floats] = scipy.linalg.eigh(product, driver="evd", check_finite=False)
    return pairs


def above(eigenvalues: Floats, vectors: Floats, load: Floats, rcond: float) -> tuple[Floats, int]:
    """c = V Λ⁻¹ Vᵀ Aᵀy of the eigenpairs above the cut-off, and how many there are; ``load`` is Aᵀy."""
    first = int(np.searchsorted(eigenvalues, eigenvalues.dtype.type(rcond) * eigenvalues[-1], side="right"))
    projected = vectors[:, first:].T @ load
    return vectors[:, first:] @ (projected / eigenvalues[first:]), len(eigenvalues) - first
