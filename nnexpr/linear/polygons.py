"""The Gram matrix of ReLU ridges σ(w·x − b)^p on a convex polygon, by exact moments.

The product of two ridges is a polynomial where both are positive. The polygon is clipped by the first half-plane once
for each ridge. Clipping by the second keeps of each edge a segment, and what is left is the union of the triangles
from one point of the cut to those segments (to a corner, where nothing is cut). On a triangle both ridges are affine
and f^p g^p has degree 2p: the conical Gauss rule with (p + 1)² points is exact. All terms are positive, so entries
are right to a few rounding errors each. Cost O(p² n²), one row at a time; memory O(n²).

Sources: A. H. Stroud, *Approximate Calculation of Multiple Integrals*, §2.4 (conical products); Sutherland and Hodgman
(1974) for clipping.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import roots_jacobi

__all__ = ["ridge_gram"]

Array = NDArray[np.float64]


def ridge_gram(
    heights_at: Callable[[NDArray[np.floating]], NDArray[np.floating]], polygon: Array, power: int
) -> Array:
    """∫ over the ``polygon (corners, 2)``, anticlockwise, of f_i^p f_j^p where both are positive: ``(n, n)``.

    ``heights_at``: points ``(m, 2)`` to the n affine functions f there, ``(m, n)``.
    """
    at_corners = heights_at(polygon).astype(np.float64)
    n = at_corners.shape[1]
    total = np.zeros((n, n))
    for row in range(n):
        corners = _kept(polygon, at_corners[:, row])
        if len(corners) > 2:
            heights = heights_at(corners).astype(np.float64)
            own = np.maximum(heights[:, row], 0)
            total[row, row:] = _moments(power, corners, own, heights[:, row:].T)
    return total + np.triu(total, 1).T


def _moments(power: int, corners: Array, own: Array, others: Array) -> Array:
    """∫ f^p g^p over the polygon where the others g are positive: of each row of ``others (m, corners)``."""
    start, end = others, np.roll(others, -1, axis=1)
    rise = end - start
    crossing = np.clip(np.divide(-start, rise, out=np.zeros_like(rise), where=rise != 0), 0, 1)
    first = np.where(start >= 0, 0.0, np.where(end > 0, crossing, 1.0))
    last = np.where(end >= 0, 1.0, np.where(start > 0, crossing, first))
    shares = np.stack([first, np.maximum(first, last)])  # of each edge, where what is kept begins and ends
    edge = np.roll(corners, -1, axis=0) - corners
    ends = corners + shares[..., None] * edge
    f = own + shares * (np.roll(own, -1) - own)
    g = np.maximum(start + shares * rise, 0)
    # The apex: where the cut enters the polygon, or the first corner.
    enters = (start < 0) & (end >= 0)
    place = np.where(enters.any(axis=1), enters.argmax(axis=1), 0)
    row = np.arange(len(others))
    apex, f_apex, g_apex = (each[0, row, place] for each in (ends, f, g))
    to_first, to_last = (each - apex[:, None, :] for each in ends)
    doubled = to_first[..., 0] * to_last[..., 1] - to_first[..., 1] * to_last[..., 0]
    mean = np.zeros_like(doubled)
    for (a, b, c), weight in zip(*_conical(power + 1), strict=True):
        products = (a * f_apex[:, None] + b * f[0] + c * f[1]) * (a * g_apex[:, None] + b * g[0] + c * g[1])
        mean += weight * products**power
    return np.asarray((doubled / 2 * mean).sum(axis=1))


def _kept(corners: Array, heights: Array) -> Array:
    """The part of a convex polygon ``(corners, 2)`` where the affine function with these values is positive."""
    kept = []
    for at, here in enumerate(heights):
        after = (at + 1) % len(corners)
        there = heights[after]
        if here >= 0:
            kept.append(corners[at])
        if here * there < 0:
            kept.append(corners[at] + here / (here - there) * (corners[after] - corners[at]))
    return np.array(kept).reshape(-1, 2)


def _conical(nodes: int) -> tuple[Array, Array]:
    """Barycentric points ``(nodes², 3)`` and weights that sum to 1, exact to degree 2 nodes − 1 on a triangle."""
    along, along_weights = np.polynomial.legendre.leggauss(nodes)
    away, away_weights = roots_jacobi(nodes, 0, 1)  # weight (1 + t): the triangle opens from its apex
    s, r = (along + 1) / 2, (away + 1) / 2
    points = [(1 - far, far * (1 - at), far * at) for far in r for at in s]
    weights = np.outer(away_weights / 2, along_weights / 2).ravel()
    return np.array(points), weights
