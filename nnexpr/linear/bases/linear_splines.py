"""Bases of the linear splines on fixed knots: coefficients are found in O(n), in whichever they are wanted."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nnexpr.linear.bases.base import FixedBasis, PiecewiseLinear, Solution
from nnexpr.linear.hat import mass_condition, solve_hat
from nnexpr.splines.linear import LinearSpline
from nnexpr.splines.p1 import Floats

__all__ = ["LinearSplines"]


class LinearSplines(FixedBasis, PiecewiseLinear):
    """A basis of the continuous functions that are affine between the knots, both ends included."""

    @abstractmethod
    def from_values(self, values: Floats) -> Floats:
        """The coefficients ``(n,)`` of the function with these values at the knots."""

    @abstractmethod
    def to_values(self, coefficients: Floats) -> Floats:
        """The inverse."""

    @abstractmethod
    def penalty(self) -> Floats:
        """The lower bands of DᵀD, where D takes values to coefficients."""

    def solve(self, x: Floats, y: Floats, ridge: float) -> Solution:
        """In O(samples + n); see ``nnexpr.linear.hat``."""
        penalty = self.penalty() * self.knots.dtype.type(ridge) if ridge > 0 else None
        found = solve_hat(self.knots, x, y, penalty)
        return replace(found, coefficients=self.from_values(found.coefficients))

    def condition(self, x: Floats) -> float:
        """In O(n)."""
        return mass_condition(self.knots, x)

    def spline(self, coefficients: Floats) -> LinearSpline:
        """f, float64: constant left of the first knot, as ReLUs are."""
        wide = type(self)(self.knots.astype(np.float64))
        values = wide.to_values(coefficients.astype(np.float64)).astype(np.float64)
        return LinearSpline(wide.knots.astype(np.float64), values, flat=(True, False))

    def evaluate(self, coefficients: Floats, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """By interpolation, O(log n) for each x: nothing cancels."""
        return self.spline(coefficients)(x)
