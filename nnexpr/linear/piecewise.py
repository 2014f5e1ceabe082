"""Two bases of one space: hats and ReLUs on the same knots b_0 < … < b_{n−1}.

Continuous functions that are affine between the knots form a space of dimension n on [b_0, b_{n−1}]. It is spanned by

- the **hats** φ_i, with φ_i(b_j) = δ_ij: coefficients are the values at the knots;
- the **ReLUs** 1, σ(x − b_0), …, σ(x − b_{n−2}): coefficients are the value at b_0, the first slope, and the changes of
  slope. σ(x − b_{n−1}) vanishes on the interval and is left out.

A change of basis is a first difference of slopes one way and a prefix sum of slopes the other way, O(n) both. Beyond
the knots both mean what the ReLUs do: constant to the left of b_0, the last piece continued to the right of b_{n−1}.

Sources: the talk "Numerical understanding of neural networks: representation and learning" (Zhao), which compares the
two bases; Cai et al., arXiv 2407.01496, for the change of basis.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike

from nnexpr.kinds import dense_layers
from nnexpr.networks.network import Network
from nnexpr.specification import InputError
from nnexpr.splines.p1 import Floats, locate

__all__ = [
    "check_knots", "hat_network", "hat_penalty", "hat_to_relu", "hats", "relu_network", "relu_penalty",
    "relu_to_hat", "relus", "same",
]  # fmt: skip


def check_knots(knots: ArrayLike, dtype: np.dtype[np.floating]) -> Floats:
    """The knots ``(n,)`` in ``dtype``, ascending; given in any order.

    Raises :class:`InputError` for fewer than two, for one that is not a finite number, and for two that are equal in
    ``dtype``.
    """
    sorted_knots: Floats = np.sort(np.asarray(knots, dtype=np.float64).ravel()).astype(dtype)
    if len(sorted_knots) < 2:
        raise InputError("knots", len(sorted_knots), "at least 2 are needed, the two ends")
    if not np.isfinite(sorted_knots).all():
        raise InputError("knots", "not finite", "every knot must be a finite number")
    repeated = np.flatnonzero(np.diff(sorted_knots) <= 0)
    if len(repeated):
        value = f"{float(sorted_knots[repeated[0]])!r} twice"
        raise InputError("knots", value, f"knots must be distinct in {dtype.name}")
    return sorted_knots


def hat_to_relu(knots: Floats, values: Floats) -> Floats:
    """ReLU coefficients ``(n,)``: the value at b_0, the first slope, then the changes of slope at b_1 … b_{n−2}."""
    slopes = np.diff(values) / np.diff(knots)
    return np.concatenate([values[:1], slopes[:1], np.diff(slopes)])


def relu_to_hat(knots: Floats, coefficients: Floats) -> Floats:
    """The values ``(n,)`` at the knots, by prefix sums of the slopes: the inverse of :func:`hat_to_relu`."""
    slopes = np.cumsum(coefficients[1:])
    rises = np.cumsum(slopes * np.diff(knots))
    return np.concatenate([coefficients[:1], coefficients[0] + rises])


def hats(knots: Floats, x: Floats) -> Floats:
    """The dense matrix ``(samples, n)`` of the hats at x, in the knots' dtype."""
    matrix = np.zeros((len(x), len(knots)), dtype=knots.dtype)
    element, t = locate(knots, x)
    t = np.maximum(t, 0)  # constant to the left of b_0
    rows = np.arange(len(x))
    matrix[rows, element], matrix[rows, element + 1] = 1 - t, t
    return matrix


def relus(knots: Floats, x: Floats) -> Floats:
    """The dense matrix ``(samples, n)`` of 1 and the ReLUs at x, in the knots' dtype."""
    matrix = np.empty((len(x), len(knots)), dtype=knots.dtype)
    matrix[:, 0] = 1
    np.maximum(x[:, None] - knots[None, :-1], 0, out=matrix[:, 1:])
    return matrix


def same(knots: Floats, values: Floats) -> Floats:  # noqa: ARG001 - as a change of basis is called
    """The coefficients of hats are the values at the knots."""
    return values


def hat_penalty(knots: Floats) -> Floats:
    """The identity, lower banded: the squares of the values at the knots."""
    return np.ones((1, len(knots)), dtype=knots.dtype)


def relu_penalty(knots: Floats) -> Floats:
    """DᵀD, lower banded ``(3, n)``, where Dc are the ReLU coefficients of the values c."""
    n = len(knots)
    inverse = 1 / np.diff(knots)
    # Row i of D holds the change of slope at knot i: three neighbours, of which the first row lacks one.
    below = np.concatenate([np.zeros(1, dtype=knots.dtype), inverse[:-1]])
    middle = -inverse - below
    above = inverse
    bands = np.zeros((3, n), dtype=knots.dtype)
    bands[0, 0] = 1  # the constant is a coefficient too
    bands[0, :-1] += middle**2
    bands[0, 1:] += above**2
    bands[0, : n - 2] += below[1:] ** 2
    bands[1, :-1] += middle * above
    bands[1, : n - 2] += below[1:] * middle[1:]
    bands[2, : n - 2] += below[1:] * above[1:]
    return bands


def relu_network(knots: Floats, coefficients: Floats) -> Network:
    """The function as a network of one hidden layer with n − 1 units, float64."""
    hidden = np.stack([np.ones(len(knots) - 1), -knots[:-1].astype(np.float64)], axis=1).ravel()
    parameters = np.concatenate([hidden, coefficients[1:], coefficients[:1]]).astype(np.float64)
    return Network(dense_layers((1, len(knots) - 1, 1)), torch.from_numpy(parameters[None]))


def hat_network(knots: Floats, values: Floats) -> Network:
    """The same from the values at the knots."""
    return relu_network(knots, hat_to_relu(knots.astype(np.float64), values.astype(np.float64)))
