"""What a basis on fixed knots is: functions of x that least squares, Gram matrices and networks ask for.

A basis of n units on knots b_0 ≤ … ≤ b_{n−1} of the domain [l, r]. A new one is a class with ``units`` and its
declaration (``nnexpr.linear.basis``); whatever else it knows better than by quadrature or by its matrix, it overrides:

    class Cosines(FixedBasis):
        def units(self, x):
            return np.cos(np.pi * np.arange(1, len(self.knots)) * self.places(x)[:, None])
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from nnexpr.kinds import dense_layers
from nnexpr.linear.quadrature import gauss_gram
from nnexpr.networks.network import Network
from nnexpr.splines.linear import LinearSpline
from nnexpr.splines.p1 import Floats

__all__ = ["FixedBasis", "LinearSplines", "shallow_network"]

CHUNK = 2**22  # entries of a design matrix that is made to be multiplied with at once


class FixedBasis(ABC):
    """f(x) = Σ c_i ψ_i(x): columns of ``polynomials``, then of ``units``, all in the dtype of ``knots``."""

    spans_by_ends: ClassVar[bool] = (
        False  # whether the first and the last knot must be the ends of the domain
    )

    def __init__(self, knots: Floats, domain: tuple[float, float] | None = None) -> None:
        """``knots (n,)`` ascending; the ``domain`` is from the first to the last of them unless given."""
        low, high = (knots[0], knots[-1]) if domain is None else domain
        self.knots, self.low, self.high = knots, knots.dtype.type(low), knots.dtype.type(high)

    @property
    def length(self) -> float:
        """Of the domain."""
        return float(self.high) - float(self.low)

    def places(self, x: Floats) -> Floats:
        """Where x lies in the domain, as a share of it: 0 at its left end, 1 at its right end."""
        shares: Floats = (x - self.low) / (self.high - self.low)
        return shares

    @abstractmethod
    def units(self, x: Floats) -> Floats:
        """The functions that follow the knots, at x: ``(samples, units)``."""

    def polynomials(self, x: Floats) -> Floats:
        """The functions that do not, ``(samples, few)``: the constant, unless a basis has none or more."""
        return np.ones((len(x), 1), dtype=self.knots.dtype)

    def design(self, x: Floats) -> Floats:
        """The dense matrix ``(samples, size)`` of all functions at x."""
        return np.concatenate([self.polynomials(x), self.units(x)], axis=1)

    def gram(self) -> tuple[NDArray[np.float64], float]:
        """∫ ψ_i ψ_j over the domain, of the units, ``(units, units)``, and a bound of its error.

        By quadrature here, and then the bound is an estimate; a closed form's is 0, which is to say rounding.
        """
        return gauss_gram(self.units, np.concatenate([[self.low], self.knots, [self.high]]))

    def evaluate(self, coefficients: Floats, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """f at x ``(points,)``, float64, a few rows of the matrix at a time."""
        rows = max(1, CHUNK // len(coefficients))
        parts = [self.design(x[at : at + rows]) @ coefficients for at in range(0, len(x), rows)]
        return np.concatenate([np.zeros(0), *parts]).astype(np.float64)

    def to_network(self, coefficients: Floats) -> Network:  # noqa: ARG002
        """f as a network of one hidden layer, float64; ValueError where no activation makes these functions."""
        raise ValueError(f"{type(self).__name__.lower()} functions are not a network's")


class LinearSplines(FixedBasis):
    """A basis of the continuous functions that are affine between the knots: the O(n) solver finds its coefficients.

    The knots include both ends.
    """

    @abstractmethod
    def from_values(self, values: Floats) -> Floats:
        """The coefficients ``(n,)`` of the function with these values at the knots."""

    @abstractmethod
    def to_values(self, coefficients: Floats) -> Floats:
        """The inverse."""

    @abstractmethod
    def penalty(self) -> Floats:
        """The lower bands of DᵀD, where D takes values to coefficients."""

    def spline(self, coefficients: Floats) -> LinearSpline:
        """f, float64: constant left of the first knot, as ReLUs are."""
        wide = type(self)(self.knots.astype(np.float64))
        values = wide.to_values(coefficients.astype(np.float64)).astype(np.float64)
        return LinearSpline(wide.knots.astype(np.float64), values, flat=(True, False))

    def evaluate(self, coefficients: Floats, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """By interpolation, O(log n) for each x: nothing cancels."""
        return self.spline(coefficients)(x)


def shallow_network(
    weights: Floats, biases: Floats, outer: Floats, constant: float, activation: str
) -> Network:
    """Σ outer_i σ(weights_i x + biases_i) + constant, all ``(units,)``."""
    hidden = np.stack([weights, biases], axis=1).ravel()
    parameters = np.concatenate([hidden, outer, [constant]]).astype(np.float64)
    return Network(dense_layers((1, len(weights), 1), activation), torch.from_numpy(parameters[None]))
