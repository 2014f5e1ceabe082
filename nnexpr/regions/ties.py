"""The tie rule: when a pre-activation counts as exactly on a kink.

Kinks that coincide by design (compositional networks, zero biases, duplicated units) do so only up to the rounding of
weights and values; taken literally, the rounded network has slivers of width 1e-17 there. The rule: at a position, z
counts as on the kink k if

    |z - k| <= tolerance * sigma(z),    sigma(z)^2 = sum_j w_j^2 (a_j^2 + sigma(a_j)^2) + b^2,

the spread of z if every weight, bias and value were off by about its own size, independently; tolerance * sigma is the
rounding that z has gathered on its way, if numbers are rounded to a relative tolerance. sigma is 0 for the two ends of the
domain, for a value set to its kink and for one on a flat piece. At a crossing, whose own place is uncertain by
sigma(z_u) / |slope of z_u|, every unit's slope times that is added in squares.

A tie is a measurement. z is set to k, and the row's other pre-activations, which share inputs and often weights with it,
are moved by their regression on z, losing the variance that they share with it (one step of a Kalman filter, for the first
tie of a row). Without this a compositional network with float32 weights loses bends: t1 = W and t2 = W - a are then taken to
err independently.

What this reaches: `compositional` with peaks uniform in (0, 1) and float64 weights has exactly 2^L activation regions for
every seed tried (100 each to L = 10, 20 each to L = 16). With float32 weights, and tolerance 2 eps, so do peaks in [0.1,
0.9] to L = 16; steeper ones move values past kinks by their rounding alone, and no rule can tell.
"""

from __future__ import annotations

import numpy as np

from nnexpr.regions.front import Array, Front, Index

__all__ = ["settle", "variance"]

BLOCK = 1 << 20  # weights gathered at once, to bound the memory


def variance(front: Front) -> Array:
    """a^2 + sigma(a)^2, what one layer's variances pass on to the next."""
    total = front.values * front.values
    total += front.variances
    return total


def settle(
    z: Front, below: Front, affine: Array, kinks: tuple[float, ...], tolerance: float
) -> tuple[Index, Index]:
    """Set what counts as on a kink to it, in place; ``(rows, units)`` of every tie.

    ``z`` holds pre-activations, ``below`` the outputs they were formed from with ``affine``.
    """
    tied, on = [], []
    for kink in kinks:
        distance = z.values - kink
        distance *= distance
        tied.append((distance <= tolerance * tolerance * z.variances).ravel().nonzero()[0])
        on.append(np.full(len(tied[-1]), kink))
    places, kinks_met = np.concatenate(tied), np.concatenate(on)
    rows, units = np.divmod(places, z.values.shape[1])
    if len(places):
        _, first = np.unique(rows, return_index=True)
        step = max(1, BLOCK // affine[0].size)
        for block in (first[low : low + step] for low in range(0, len(first), step)):
            _measure(z, below, affine, rows[block], units[block], kinks_met[block])
        z.values[rows, units] = kinks_met
        z.variances[rows, units] = 0.0
    return rows, units


def _measure(z: Front, below: Front, affine: Array, rows: Index, units: Index, kinks: Array) -> None:
    """Move all of ``z.values[rows]`` by their regression on ``units``, which were measured to be at ``kinks``.

    Two sums covary through the inputs they share, and through the rounding of weights that are equal.
    """
    weights = affine[z.members_of(rows), :, :-1]
    own = np.take_along_axis(weights, units[:, None, None], axis=1)
    inputs, doubts = below.values[rows], below.variances[rows]
    products = own * weights
    shared = np.einsum("cvj,cj->cv", products, doubts)
    shared += np.einsum("cvj,cj->cv", np.where(own == weights, products, 0.0), inputs * inputs)
    measured = z.variances[rows, units]
    gain = shared / np.where(measured > 0.0, measured, np.inf)[:, None]
    z.values[rows] += gain * (kinks - z.values[rows, units])[:, None]
    z.variances[rows] = np.maximum(z.variances[rows] - gain * shared, 0.0)
