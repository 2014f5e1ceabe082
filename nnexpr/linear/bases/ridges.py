"""Ridges ψ(w·x − b) on a rectangle: along which lines, and the Gram matrix of ReLU ridges by exact polygon moments.

**Lines.** {w·x = b}, w on the unit circle, meets the rectangle of half sides A and B around c iff |b − w·c| < A|w_1|
+ B|w_2|. These (w, b) have measure ∫ 2(A|cos θ| + B|sin θ|) dθ, twice the perimeter (Crofton; 16 for the square [−1,
1]²). With angles t = φ + arcsin(((A + B) u − B)/R) from the side A, R e^{iφ} = A + iB, in each quadrant, A and B
changing places from one to the next, and b = w·c + (2v − 1)(A|w_1| + B|w_2|), they are spread by that measure when
(u, v) are spread over the unit square: drawn, or on a golden-ratio lattice. Least squares has the left and the lower
side among the lines, as it has the ends of an interval among its knots, so that its ReLU ridges and the constant
beside them have the affine functions among their sums.

**Gram matrix.** Of ReLU ridges by exact moments of polygons (``nnexpr.linear.polygons``); of smooth ones by a product
rule whose panels get finer with their scale.

Source: L. Santaló, *Integral Geometry and Geometric Probability*, §3.2 (the measure of lines).
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnexpr.linear.bases.base import shallow_network
from nnexpr.linear.plane import PlaneBasis, Rectangle, check_sides
from nnexpr.linear.polygons import ridge_gram
from nnexpr.linear.quadrature import gauss_gram
from nnexpr.networks.network import Network
from nnexpr.specification import InputError
from nnexpr.splines.p1 import Floats

__all__ = ["GaussianRidges", "ReluRidges", "Ridges", "TanhRidges", "spread_lines"]

Array = NDArray[np.float64]

GOLDEN = (np.sqrt(5) - 1) / 2
PANELS, MOST_PANELS = 8, 64  # along a side, for quadrature


def spread_lines(n: int, domain: Rectangle, generator: np.random.Generator | None = None) -> Array:
    """n lines that meet the rectangle as rows (w_1, w_2, b): drawn, or evenly spread where there is no generator."""
    if n < 1:
        raise InputError("knots", n, "at least 1 is needed")
    if generator is None:
        at = (np.arange(n) + 0.5) / n
        v = ((np.arange(n) + 0.5) * GOLDEN) % 1  # never 0: that line would touch a corner only
    else:
        at, v = generator.uniform(size=(2, n))
    low, high = np.asarray(domain, dtype=np.float64).T
    half, middle = (high - low) / 2, (high + low) / 2
    quadrant, u = np.divmod(4 * at, 1)
    along, across = np.where(quadrant[:, None] % 2 == 0, half, half[::-1]).T
    turned = np.arcsin(((along + across) * u - across) / np.hypot(along, across))
    angle = np.pi / 2 * quadrant + np.arctan2(across, along) + turned
    w = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.column_stack([w, w @ middle + (2 * v - 1) * (np.abs(w) @ half)])


class Ridges(PlaneBasis):
    """ψ(w_i·x − b_i) for rows (w_1, w_2, b) of ``knots (n, 3)``, and the constant."""

    def __init__(self, knots: Floats, domain: Rectangle) -> None:
        check_sides(*domain)
        super().__init__(knots, domain)

    @classmethod
    def checked(cls, knots: ArrayLike, dtype: np.dtype[np.floating]) -> Floats:
        """Lines ``(n, 3)``; w of any length."""
        lines: Floats = np.asarray(knots, dtype=dtype)
        if lines.ndim != 2 or lines.shape[1] != 3 or not len(lines):
            raise InputError(
                "knots",
                f"of shape {lines.shape}",
                "in the plane ridges lie on lines (w_1, w_2, b), one a row",
            )
        if not np.isfinite(lines).all():
            raise InputError("knots", "not finite", "every line must be three finite numbers")
        return lines

    @classmethod
    def spread(cls, n: int, domain: Rectangle, generator: np.random.Generator | None, *, ends: bool) -> Array:
        """Lines; ``ends``: the first two are the left and the lower side."""
        if not ends:
            return spread_lines(n, domain, generator)
        (left, _), (lower, _) = domain
        sides = np.array([[1.0, 0.0, left], [0.0, 1.0, lower]])
        return np.concatenate([sides, spread_lines(n - 2, domain, generator)]) if n > 2 else sides[:n]

    @property
    def measure(self) -> float:
        """Of the lines that meet the rectangle, each with its two sides."""
        return 4 * float((self.high - self.low).sum())

    @property
    def side(self) -> float:
        """Of the square of equal area."""
        return float(np.sqrt(np.prod((self.high - self.low).astype(np.float64))))

    def heights(self, x: Floats) -> Floats:
        """w·x − b of each line at points ``(…, 2)``: ``(…, n)``."""
        return np.asarray(x @ self.knots[:, :2].T - self.knots[:, 2])

    @abstractmethod
    def profile(self, heights: Floats) -> Floats:
        """ψ."""

    def units(self, x: Floats) -> Floats:
        """At points ``(samples, 2)``: ``(samples, n)``."""
        return self.profile(self.heights(x))


class ReluRidges(Ridges):
    """σ(w_i·x − b_i)^p, with the polynomials of total degree below p."""

    def __init__(self, knots: Floats, domain: Rectangle, power: int = 1) -> None:
        super().__init__(knots, domain)
        self.power = power

    def profile(self, heights: Floats) -> Floats:
        """σ^p."""
        return np.asarray(np.maximum(heights, 0) ** self.power)

    def polynomials(self, x: Floats) -> Floats:
        """Products of powers of x − the lower corner, ``(samples, p (p + 1)/2)``."""
        first, second = (x - self.low).T
        terms = [first**i * second ** (degree - i) for degree in range(self.power) for i in range(degree + 1)]
        return np.stack(terms, axis=1).astype(self.knots.dtype)

    def gram(self) -> tuple[Array, float]:
        """By polygon moments."""
        (left, lower), (right, upper) = self.low, self.high
        corners = np.array([[left, lower], [right, lower], [right, upper], [left, upper]], dtype=np.float64)
        return ridge_gram(self.heights, corners, self.power), 0.0

    def to_network(self, coefficients: Floats) -> Network:
        """A unit for each ReLU; ValueError for a power of them."""
        if self.power > 1:
            return super().to_network(coefficients)
        lines = self.knots.astype(np.float64)
        return shallow_network(lines[:, :2], -lines[:, 2], coefficients[1:], float(coefficients[0]), "relu")


class SmoothRidges(Ridges):
    """Of an analytic profile of s (w·x − b): ``scale`` is s on a square of side 2, so that units do not matter."""

    def __init__(self, knots: Floats, domain: Rectangle, scale: float = 10.0) -> None:
        super().__init__(knots, domain)
        self.steepness = 2 * scale / self.side

    def gram(self) -> tuple[Array, float]:
        """By a product rule, with an estimate of its error."""
        low, high = self.low.astype(np.float64), self.high.astype(np.float64)
        counts = np.clip(np.rint(self.steepness * (high - low)), PANELS, MOST_PANELS).astype(int)
        sides = [np.linspace(a, b, count + 1) for a, b, count in zip(low, high, counts, strict=True)]
        return gauss_gram(self.units, *sides)


class TanhRidges(SmoothRidges):
    """tanh(s (w·x − b))."""

    def profile(self, heights: Floats) -> Floats:
        """tanh."""
        return np.tanh(self.knots.dtype.type(self.steepness) * heights)

    def to_network(self, coefficients: Floats) -> Network:
        """A unit for each ridge."""
        lines = self.steepness * self.knots.astype(np.float64)
        return shallow_network(lines[:, :2], -lines[:, 2], coefficients[1:], float(coefficients[0]), "tanh")


class GaussianRidges(SmoothRidges):
    """exp(−s² (w·x − b)²)."""

    def profile(self, heights: Floats) -> Floats:
        """The bell."""
        return np.exp(-((self.knots.dtype.type(self.steepness) * heights) ** 2))
