"""ReLU ridges σ(w·x − b)^p on the square [−1, 1]²: which lines, and their Gram matrix by exact polygon moments.

**Lines.** {w·x = b}, w on the unit circle, meets the square iff |b| < |w_1| + |w_2|. These (w, b) have measure
∫ 2(|cos θ| + |sin θ|) dθ = 16; by θ = π/4 + arcsin((2u − 1)/√2) in each quadrant and b = (2v − 1)(|w_1| + |w_2|) they
are spread by that measure when (u, v) are spread over the unit square: drawn, or on a golden-ratio lattice.

**Gram matrix.** The product of two ridges is a polynomial on the polygon where both are positive. The square is clipped
by the first half-plane once for each ridge. Clipping by the second keeps of each edge a segment, and the polygon is the
union of the triangles from one point of the cut to those segments (to a corner, where nothing is cut). On a triangle
both ridges are affine and f^p g^p has degree 2p: the conical Gauss rule with (p + 1)² points is exact. All terms are
positive, so entries are right to a few rounding errors each. Cost O(p² n²), one row at a time; memory O(n²).

Sources: A. H. Stroud, *Approximate Calculation of Multiple Integrals*, §2.4 (conical products); Sutherland and Hodgman
(1974) for clipping.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import roots_jacobi

from nnexpr.specification import InputError

__all__ = ["MEASURE", "SQUARE", "Ridges", "spread_lines"]

Array = NDArray[np.float64]

SQUARE = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
MEASURE = 16.0  # of the lines that meet the square, each with its two sides
GOLDEN = (np.sqrt(5) - 1) / 2


def spread_lines(n: int, generator: np.random.Generator | None = None) -> Array:
    """n lines that meet the square as rows (w_1, w_2, b): drawn, or evenly spread where there is no generator."""
    if n < 1:
        raise InputError("knots", n, "at least 1 is needed")
    if generator is None:
        at, v = (np.arange(n) + 0.5) / n, (np.arange(n) * GOLDEN) % 1
    else:
        at, v = generator.uniform(size=(2, n))
    quadrant, u = np.divmod(4 * at, 1)
    angle = np.pi / 2 * quadrant + np.pi / 4 + np.arcsin((2 * u - 1) / np.sqrt(2))
    w = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.column_stack([w, (2 * v - 1) * np.abs(w).sum(axis=1)])


class Ridges:
    """σ(w_i·x − b_i)^p for rows (w_1, w_2, b) of ``lines (n, 3)``."""

    def __init__(self, lines: Array, power: int = 1) -> None:
        self.lines, self.power = lines, power

    def heights(self, x: Array) -> Array:
        """w·x − b of each line at points ``(…, 2)``: ``(…, n)``."""
        return np.asarray(x @ self.lines[:, :2].T - self.lines[:, 2])

    def units(self, x: Array) -> Array:
        """At points ``(samples, 2)``: ``(samples, n)``."""
        return np.asarray(np.maximum(self.heights(x), 0) ** self.power)

    def gram(self) -> Array:
        """∫ over the square of the products, ``(n, n)``."""
        n = len(self.lines)
        total = np.zeros((n, n))
        for row in range(n):
            corners = _kept(SQUARE, self.heights(SQUARE)[:, row])
            if len(corners) > 2:
                heights = self.heights(corners)
                own = np.maximum(heights[:, row], 0)
                total[row, row:] = self._moments(corners, own, heights[:, row:].T)
        return total + np.triu(total, 1).T

    def _moments(self, corners: Array, own: Array, others: Array) -> Array:
        """∫ f^p g^p over the polygon where the others g are positive: of each row of ``others (m, corners)``."""
        start, end = others, np.roll(others, -1, axis=1)
        rise = end - start
        crossing = np.clip(np.divide(-start, rise, out=np.zeros_like(rise), where=rise != 0), 0, 1)
        first = np.where(start >= 0, 0.0, np.where(end > 0, crossing, 1.0))
        last = np.where(end >= 0, 1.0, np.where(start > 0, crossing, first))
        shares = np.stack(
            [first, np.maximum(first, last)]
        )  # of each edge, where what is kept begins and ends
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
        for (a, b, c), weight in zip(*_conical(self.power + 1), strict=True):
            products = (a * f_apex[:, None] + b * f[0] + c * f[1]) * (
                a * g_apex[:, None] + b * g[0] + c * g[1]
            )
            mean += weight * products**self.power
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
