"""Gram matrices by composite Gauss–Legendre quadrature, for functions that have no closed form.

Between neighbouring ends of ``panels`` the functions are smooth. NODES points a panel integrate products of polynomials
of degree NODES − 1 exactly; analytic functions converge geometrically. The error is estimated by halving the panels:
both are computed, the finer one is returned, and their largest difference bounds its error as long as refinement helps,
which is when it is trusted. Weights are positive, so G = BᵀB is positive semidefinite but for rounding.

Cost O(NODES panels n²), memory a block of rows. In the plane the rule is the product of one for each side, on
NODES² points a rectangle.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nnexpr.splines.p1 import Floats

__all__ = ["gauss_gram", "gauss_points"]

NODES = 6
ROWS = 4096  # of the matrix that is held at once


def gauss_points(panels: Floats, nodes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points and weights, ``(panels − 1) nodes`` of each, of the rule on every panel between neighbouring ends."""
    ends = np.unique(panels.astype(np.float64))
    on_unit, weights = np.polynomial.legendre.leggauss(nodes)
    half, middle = np.diff(ends) / 2, (ends[1:] + ends[:-1]) / 2
    return (middle[:, None] + half[:, None] * on_unit).ravel(), (half[:, None] * weights).ravel()


def gauss_gram(functions: Callable[[Floats], Floats], *panels: Floats) -> tuple[NDArray[np.float64], float]:
    """∫ ψ_i ψ_j from the first to the last of ``panels`` and an estimate of the largest error.

    ``functions``: x ``(points,)`` to ``(points, n)``; with panels for two inputs x is ``(points, 2)``.
    """
    ends = [np.unique(each.astype(np.float64)) for each in panels]
    finer = [np.sort(np.concatenate([each, (each[1:] + each[:-1]) / 2])) for each in ends]
    coarse, fine = (_products(functions, *_rule(each)) for each in (ends, finer))
    return fine, float(np.abs(fine - coarse).max())


def _rule(panels: list[NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points and weights on the panels of one input, or their product over two."""
    rules = [gauss_points(each, NODES) for each in panels]
    if len(rules) == 1:
        return rules[0]
    (first, first_weights), (second, second_weights) = rules
    points = np.stack(np.meshgrid(first, second, indexing="ij"), axis=-1).reshape(-1, 2)
    return points, np.outer(first_weights, second_weights).ravel()


def _products(
    functions: Callable[[Floats], Floats], points: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    total = None
    for at in range(0, len(points), ROWS):
        rows = functions(points[at : at + ROWS]).astype(np.float64)
        rows *= np.sqrt(weights[at : at + ROWS])[:, None]
        total = rows.T @ rows if total is None else total + rows.T @ rows
    assert total is not None  # noqa: S101 - there is a panel
    return total
