"""The tie rule: when a pre-activation counts as exactly on a kink.

Kinks that coincide by design (compositional networks, zero biases, duplicated units) do so only up to the rounding of
weights and values; taken literally, the rounded network has slivers of width 1e-17 there. The rule: at a position, z
counts as on the kink k if

    |z - k| <= tolerance * sigma(z),    sigma(z)^2 = sum_j w_j^2 (a_j^2 + sigma(a_j)^2) + b^2,

with sigma the spread of z if every weight, bias and value were off by about its own size, independently; so tolerance *
sigma is the rounding that z has gathered on its way, for numbers rounded to a relative tolerance. sigma is 0 for the
ends of the domain, for a value set to its kink and for one on a flat piece. A crossing's own place is uncertain by
sigma(z_u) / |slope of z_u|; that times the slope of each unit is added there, in squares.

A tie is a measurement. z is set to k, and the row's other pre-activations, which share inputs and often weights with
it, are moved by their regression on z and lose the variance that they share with it (one step of a Kalman filter, for
the first tie of a row). Without this, t1 = W and t2 = W - a of a compositional network would err independently, and
bends be lost where float32 weights are steep.

What it reaches, on [0, 1]: ``compositional`` with peaks uniform in (0, 1) and float64 weights has exactly 2^L
activation regions for every seed tried (100 each to L = 12, fewer to L = 20). With float32 weights and a tolerance of 2
eps, so have peaks in [0.1, 0.9] to L = 16; beyond that the rounding of the weights alone moves values past kinks.

Variances cost a third product a layer, and networks in general position have no use for them. A member is first counted
without; if a pre-activation comes within 2^-30 ||(w, b)|| ||(a, 1)|| of a kink somewhere, it is suspect and counted
again with care. For the others to have a tie, rounding would have to grow 2^19-fold above the default tolerance.
"""

from __future__ import annotations

import numpy as np

from nnexpr.regions.front import Array, Front, Index, affine_rows

__all__ = ["nearness", "pass_on", "settle", "suspect"]

BLOCK = 1 << 20  # weights gathered at once, to bound the memory
NEAR = 2.0**-30


def pass_on(below: Front, affine: Array) -> Array | None:
    """sigma(z)^2 of the next layer's pre-activations, ``(rows, outputs)``; None if variances are not carried."""
    if below.variances is None:
        return None
    squares = below.values * below.values
    squares += below.variances
    return affine_rows(squares, below.starts, affine * affine)


def nearness(below: Front, affine: Array) -> Array:
    """What is near a kink in each row, ``(rows,)``: 2^-30 of the most that the terms of any unit amount to."""
    largest = np.sqrt(np.einsum("moi,moi->mo", affine, affine).max(axis=1))
    lengths = np.sqrt(np.einsum("ri,ri->r", below.values, below.values) + 1.0)
    near: Array = NEAR * lengths * np.repeat(largest, np.diff(below.starts))
    return near


def suspect(z: Front, near: Array, kinks: tuple[float, ...]) -> None:
    """Mark the members that have a pre-activation near a kink."""
    for kink in kinks:
        distance = np.abs(z.values - kink if kink else z.values)
        places = (distance <= near[:, None]).ravel().nonzero()[0]
        z.suspects[z.members_of(places // z.values.shape[1])] = True


def settle(
    z: Front, below: Front, affine: Array, kinks: tuple[float, ...], tolerance: float
) -> tuple[Index, Index]:
    """Set what counts as on a kink to it, in place; ``(rows, units)`` of every tie.

    ``z`` holds pre-activations, ``below`` the outputs they were formed from with ``affine``.
    """
    tied, on = [], []
    variances = _carried(z)
    limits = tolerance * tolerance * variances
    limits[np.isinf(limits)] = 0.0  # squares overflow from 1e154 on: nothing is taken for a tie there
    for kink in kinks:
        distance = np.square(z.values - kink if kink else z.values)
        tied.append((distance <= limits).ravel().nonzero()[0])
        on.append(np.full(len(tied[-1]), kink))
    places, kinks_met = np.concatenate(tied), np.concatenate(on)
    rows, units = np.divmod(places, z.values.shape[1])
    if len(places):
        _, first = np.unique(rows, return_index=True)
        step = max(1, BLOCK // affine[0].size)
        for block in (first[low : low + step] for low in range(0, len(first), step)):
            _measure(z, below, affine, rows[block], units[block], kinks_met[block])
        z.values[rows, units] = kinks_met
        variances[rows, units] = 0.0
    return rows, units


def _measure(z: Front, below: Front, affine: Array, rows: Index, units: Index, kinks: Array) -> None:
    """Move all of ``z.values[rows]`` by their regression on ``units``, which were measured to be at ``kinks``.

    Two sums covary through the inputs they share, and through the rounding of weights that are equal.
    """
    weights = affine[z.members_of(rows), :, :-1]
    own = np.take_along_axis(weights, units[:, None, None], axis=1)
    inputs, doubts, variances = below.values[rows], _carried(below)[rows], _carried(z)
    products = own * weights
    shared = np.einsum("cvj,cj->cv", products, doubts)
    shared += np.einsum("cvj,cj->cv", np.where(own == weights, products, 0.0), inputs * inputs)
    measured = variances[rows, units]
    gain = shared / np.where(measured > 0.0, measured, np.inf)[:, None]
    z.values[rows] += gain * (kinks - z.values[rows, units])[:, None]
    variances[rows] = np.maximum(variances[rows] - gain * shared, 0.0)


def _carried(front: Front) -> Array:
    if front.variances is None:
        raise ValueError("this front carries no variances")
    return front.variances
