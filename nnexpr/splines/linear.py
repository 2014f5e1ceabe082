"""The continuous piecewise-linear function of one variable: what a network with one input is, on an interval.

On piece i, between the knots x_i and x_{i+1},

    f(x) = v_i + s_i (x − x_i),    s_i = (v_{i+1} − v_i) / (x_{i+1} − x_i),

evaluated from the piece's left end, which keeps the digits that s_i x + intercept cancels. Slopes may be given where
they are known to more digits than the difference has. Cost: O(n) to make, O(log n) for each x.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnexpr.scale import Scale

__all__ = ["Array", "Deviation", "LinearSpline"]

Array = NDArray[np.float64]


class Deviation(NamedTuple):
    """How far two functions are apart: the largest absolute difference and the mean of its square."""

    largest: float
    mean_square: float


@dataclass(frozen=True, eq=False)
class LinearSpline:
    """``values (n,)`` at ``knots (n,)``, n ≥ 2, straight between. Arrays are float64 and must not be written to.

    Knots ascend, both ends included. ``slopes (n − 1,)`` are the difference quotients unless given; where they are,
    neighbouring knots may be one float64 number. With several outputs, values and slopes have a last axis
    ``(outputs,)``. ``flat``: whether f is constant left of the first knot and right of the last; otherwise the
    outermost piece goes on.
    """

    knots: Array
    values: Array
    slopes: Array = field(default_factory=lambda: np.empty(0), kw_only=True)
    flat: tuple[bool, bool] = field(default=(False, False), kw_only=True)

    def __post_init__(self) -> None:
        if not len(self.slopes):
            object.__setattr__(self, "slopes", (np.diff(self.values.T) / np.diff(self.knots)).T)

    def __repr__(self) -> str:
        low, high = self.domain
        return f"<LinearSpline: {self.count:,} piece{'s' * (self.count != 1)} on [{low:g}, {high:g}]>"

    @property
    def domain(self) -> tuple[float, float]:
        """The first and the last knot."""
        return float(self.knots[0]), float(self.knots[-1])

    @property
    def breakpoints(self) -> Array:
        """The knots strictly inside, ``(n − 2,)``."""
        return self.knots[1:-1]

    @property
    def bends(self) -> int:
        """Knots strictly inside."""
        return len(self.knots) - 2

    @property
    def count(self) -> int:
        """Pieces."""
        return len(self.knots) - 1

    @property
    def intercepts(self) -> Array:
        """Piece i is ``slopes[i] x + intercepts[i]``: the shape of ``slopes``."""
        return self.values[:-1] - (self.slopes.T * self.knots[:-1]).T

    @property
    def gaps(self) -> Array:
        """By how much the slope changes at each breakpoint, ``(n − 2,)``."""
        return self.slopes[1:] - self.slopes[:-1]

    @property
    def integral(self) -> float:
        """Over the domain, of a single output."""
        return float(np.diff(self.knots) @ (self.values[1:] + self.values[:-1]) / 2)

    def __call__(self, x: ArrayLike) -> Array:
        """f at x, any shape."""
        points = np.asarray(x, dtype=np.float64)
        if any(self.flat):
            low, high = (
                end if flat else None for end, flat in zip(self.knots[[0, -1]], self.flat, strict=True)
            )
            points = np.clip(points, low, high)
        piece = np.searchsorted(self.breakpoints, points, side="right")
        from_left = points - self.knots[piece]
        return self.values[piece] + (self.slopes[piece].T * from_left.T).T

    def visible_bends(self, tolerance: float) -> int:
        """At how many breakpoints the change of slope moves f, within a neighbouring piece, by more than rounding.

        ``tolerance``: what counts as rounding, as a share of the largest value.
        """
        widths = np.diff(self.knots)
        moved = np.abs(self.gaps) * np.minimum(widths[1:], widths[:-1])
        return int((moved > tolerance * np.abs(self.values).max()).sum())

    def deviation(self, other: LinearSpline) -> Deviation:
        """From another spline, over the interval where both have knots; exact but for rounding.

        Between the knots of both the difference d is straight: |d| is largest at a knot, and the square of a straight
        piece from d_0 to d_1 is (d_0² + d_0 d_1 + d_1²)/3 in the mean.
        """
        low, high = max(self.knots[0], other.knots[0]), min(self.knots[-1], other.knots[-1])
        x = np.union1d(self.knots, other.knots)
        x = x[(x >= low) & (x <= high)]
        d = self(x) - other(x)
        squares = (d[1:] ** 2 + d[1:] * d[:-1] + d[:-1] ** 2) / 3
        return Deviation(float(np.abs(d).max()), float(np.diff(x) @ squares / (high - low)))

    def deviation_on(self, x: ArrayLike, y: ArrayLike) -> Deviation:
        """From samples ``x, y (m,)``."""
        d = self(x) - np.asarray(y, dtype=np.float64)
        return Deviation(float(np.abs(d).max()), float(np.mean(d**2)))

    def rescaled(self, input_scale: Scale, value_scale: Scale) -> Self:
        """The same function in a target's own units."""
        forwards = input_scale.factor > 0
        order = slice(None, None, 1 if forwards else -1)
        return replace(
            self,
            knots=input_scale.to_own(self.knots)[order],
            values=value_scale.to_own(self.values)[order],
            slopes=(self.slopes * (value_scale.factor / input_scale.factor))[order],
            flat=self.flat if forwards else self.flat[::-1],
        )
