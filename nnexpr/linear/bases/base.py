"""What a basis on fixed knots is: functions that least squares, Gram matrices and networks ask for.

On the line: a basis of n units on knots b_0 ≤ … ≤ b_{n−1} of the domain [l, r]. A new one is a class with ``units`` and
its declaration (``nnexpr.linear.basis``); whatever else it knows better than by quadrature or by its matrix, it
overrides:

    class Cosines(FixedBasis):
        def units(self, x):
            return np.cos(np.pi * np.arange(1, len(self.knots)) * self.places(x)[:, None])

In the plane the domain is a rectangle, and knots are what its class says (``nnexpr.linear.plane``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from nnexpr.kinds import dense_layers
from nnexpr.linear.quadrature import gauss_gram
from nnexpr.networks.network import Network
from nnexpr.splines.p1 import Floats

__all__ = ["FixedBasis", "Functions", "PiecewiseLinear", "Solution", "shallow_network"]

CHUNK = 2**22  # entries of a design matrix that is made to be multiplied with at once


class Functions(ABC):
    """f(x) = Σ c_i ψ_i(x): columns of ``polynomials``, then of ``units``, all in the dtype of ``knots``.

    x is ``(points,)`` on the line and ``(points, 2)`` in the plane; ``low`` and ``high`` are the ends of the domain, in
    the plane its corners ``(2,)``.
    """

    dimension: ClassVar[int] = 1
    knots: Floats  # one a row
    low: Any
    high: Any

    @property
    def measure(self) -> float:
        """Of what the knots are spread over: the domain, unless knots are no points of it."""
        return float(
            np.prod(np.asarray(self.high, dtype=np.float64) - np.asarray(self.low, dtype=np.float64))
        )

    def places(self, x: Floats) -> Floats:
        """Where x lies in the domain, as shares of it: 0 at the left end or lower corner, 1 at the other."""
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

    @abstractmethod
    def gram(self) -> tuple[NDArray[np.float64], float]:
        """∫ ψ_i ψ_j over the domain, of the units, ``(units, units)``, and a bound of its error.

        By quadrature, and then the bound is an estimate; a closed form's is 0, which is to say rounding.
        """

    def evaluate(self, coefficients: Floats, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """f at x, ``(points,)``, float64, a few rows of the matrix at a time."""
        rows = max(1, CHUNK // len(coefficients))
        parts = [self.design(x[at : at + rows]) @ coefficients for at in range(0, len(x), rows)]
        return np.concatenate([np.zeros(0), *parts]).astype(np.float64)

    def to_network(self, coefficients: Floats) -> Network:  # noqa: ARG002
        """f as a network of one hidden layer, float64; ValueError where no activation makes these functions."""
        raise ValueError(f"{type(self).__name__.lower()} functions are not a network's")


class FixedBasis(Functions):
    """On the line."""

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
        return self.measure

    def gram(self) -> tuple[NDArray[np.float64], float]:
        """By Gauss–Legendre between the knots."""
        return gauss_gram(self.units, np.concatenate([[self.low], self.knots, [self.high]]))


@dataclass(frozen=True)
class Solution:
    """``coefficients (n,)``, ``fitted (samples,)``, the rank (None: not told), and the gradient's largest component."""

    coefficients: Floats
    fitted: Floats
    rank: int | None
    gradient: float


class PiecewiseLinear(Functions):
    """A basis of the continuous functions that are affine between the knots: the solver ``hat`` finds its coefficients.

    On the line the knots include both ends; in the plane they are the corners of triangles.
    """

    @abstractmethod
    def solve(self, x: Floats, y: Floats, ridge: float) -> Solution:
        """Minimise Σ (f(x_k) − y_k)² + ridge ‖coefficients‖², of all minimisers the one of least energy ∫ |∇f|²."""

    @abstractmethod
    def condition(self, x: Floats) -> float | None:
        """cond₂ of the matrix of the hats at x, which ``solve`` solves with; inf where it is singular, None untold."""


def shallow_network(
    weights: Floats, biases: Floats, outer: Floats, constant: float, activation: str
) -> Network:
    """Σ outer_i σ(weights_i · x + biases_i) + constant: ``(units,)`` each, in the plane weights ``(units, 2)``."""
    rows = weights.reshape(len(weights), -1)
    hidden = np.column_stack([rows, biases]).ravel()
    parameters = np.concatenate([hidden, outer, [constant]]).astype(np.float64)
    layers = dense_layers((rows.shape[1], len(rows), 1), activation)
    return Network(layers, torch.from_numpy(parameters[None]))
