"""Compositional networks trained in their own coordinates: weights from coordinates, the gradient pulled back, Adam.

Coordinates of a network of L hidden layers (``nnexpr/networks/compositional.py``): peaks a_0 … a_{L-1}, then ratios
r_0 = s_0, r_i = s_i / s_{i-1}. Every weight that depends on them is one of

    u_i = r_i / a_i,    d_i = -r_i / (a_i - a_i²),    -a_i r_{i-1},    r_{i-1},    -a_0,

so the pull-back of a gradient G over the weights is a sum of products,

    ∂r_i = ∂u_i / a_i - ∂d_i / (a_i - a_i²) + …,    ∂a_i = -∂u_i r_i / a_i² + ∂d_i r_i (1 - 2 a_i) / (a_i - a_i²)² + …

Where the scales follow the peaks (Theorem 3.4), r_0 = a_0 a_1 (subtracted waves) or (1 - a_0) a_1 (added), r_i =
(1 - a_i) a_{i+1}, a_L = a_{L-1}, and ∂r is pulled back once more. The lift that keeps ``sum`` above 0 under free scales
enters with +1 in the first layer and -1 in the last: the output does not depend on it, so its derivative is 0.
Held to autograd in tests/training/test_stages.py. Cost of a pull-back: about 30 L operations, beside 10⁴ L of a
gradient.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnexpr.kernels.compiled import Numbers, compiled, inlined
from nnexpr.kernels.epochs import Members, Points, Room, gradient_sum
from nnexpr.kernels.passes import Plan
from nnexpr.kernels.steps import adam_exactly
from nnexpr.splines.tent import relu_weights, scale_ratio

__all__ = ["MARGIN", "Waves", "pull_back_to_coordinates", "train_coordinates", "weights_of"]

MARGIN = (
    1e-3  # peaks stay in [MARGIN, 1 - MARGIN], ratios above MARGIN², so that all weights stay below 1/MARGIN²
)
_relu_weights, _scale_ratio = inlined(relu_weights), inlined(scale_ratio)


class Waves(NamedTuple):
    """What of compositional networks is not trained."""

    sign: int  # waves are added (1) or subtracted (-1)
    low: float  # where the domain begins
    width: float  # and how long it is


@compiled
def theorem_ratio(coordinates: Numbers, layer: int, sign: int) -> float:
    """r_i as Theorem 3.4 has it."""
    depth = coordinates.size // 2
    a, following = coordinates[layer], coordinates[min(layer + 1, depth - 1)]
    ratio: float = _scale_ratio(a, following, layer > 0 or sign > 0)
    return ratio


@compiled
def weights_of(coordinates: Numbers, waves: Waves, parameters: Numbers, p0: int) -> None:
    """The 20 L - 7 parameters at ``p0`` of ``coordinates: (2 L,)``, rows (sum, t1, t2, bias) of [W | b]."""
    depth, sign, width = coordinates.size // 2, waves.sign, waves.width
    start = 0.0 - waves.low / width
    lift, scale, theorem = 0.0, 1.0, 1.0
    for i in range(depth):
        scale *= coordinates[depth + i]
        theorem *= theorem_ratio(coordinates, i, sign)
        if sign < 0:
            lift += max(0.0, scale - theorem)
    p = parameters[p0 : p0 + 20 * depth - 7]
    p[:] = 0.0
    p[0], p[1], p[2], p[3] = 1.0 / width, lift + start, 1.0 / width, start
    p[4], p[5], p[7] = 1.0 / width, start - coordinates[0], 1.0
    for layer in range(1, depth + 1):
        a, r = coordinates[layer - 1], coordinates[depth + layer - 1]
        (u, d), at = _relu_weights(a, r), 8 + 20 * (layer - 1)
        p[at], p[at + 1], p[at + 2] = 1.0, sign * u, sign * d
        if layer == depth:
            p[at + 4] = -lift
        else:
            p[at + 6], p[at + 7], p[at + 11], p[at + 12] = u, d, u, d
            p[at + 13], p[at + 18] = -coordinates[layer] * r, r


@compiled
def pull_back_to_coordinates(
    coordinates: Numbers, follows: bool, sign: int, gradient: Numbers, out: Numbers
) -> None:
    """``out: (2 L,)``: the gradient over the coordinates, from that over the weights.

    ``follows``: the scales follow the peaks; the ratios' part of ``out`` is then 0.
    """
    depth = coordinates.size // 2
    out[:] = 0.0
    out[0] = -gradient[5]
    for layer in range(1, depth + 1):
        a, r, at = coordinates[layer - 1], coordinates[depth + layer - 1], 8 + 20 * (layer - 1)
        gu, gd = sign * float(gradient[at + 1]), sign * float(gradient[at + 2])
        if layer < depth:
            gu += gradient[at + 6] + gradient[at + 11]
            gd += gradient[at + 7] + gradient[at + 12]
            out[layer] -= r * gradient[at + 13]
            out[depth + layer - 1] += gradient[at + 18] - coordinates[layer] * gradient[at + 13]
        gap = a * (1.0 - a)
        out[depth + layer - 1] += gu / a - gd / gap
        out[layer - 1] += r * (gd * (1.0 - 2.0 * a) / (gap * gap) - gu / (a * a))
    if follows:
        for i in range(depth):
            above, pulled = min(i + 1, depth - 1), out[depth + i]
            first = i == 0 and sign < 0
            factor = coordinates[i] if first else 1.0 - coordinates[i]
            out[i] += pulled * coordinates[above] * (1.0 if first else -1.0)
            out[above] += pulled * factor
            out[depth + i] = 0.0


@compiled
def _confine(coordinates: Numbers, follows: bool, sign: int) -> None:
    """Peaks back into [MARGIN, 1 - MARGIN], ratios above MARGIN²; ratios that follow the peaks made to."""
    depth = coordinates.size // 2
    for i in range(depth):
        coordinates[i] = min(max(coordinates[i], MARGIN), 1.0 - MARGIN)
    for i in range(depth):
        if follows:
            coordinates[depth + i] = theorem_ratio(coordinates, i, sign)
        else:
            coordinates[depth + i] = max(coordinates[depth + i], MARGIN * MARGIN)


@compiled
def train_coordinates(
    plan: Plan, points: Points, waves: Waves, follows: bool, peaks: Members, parameters: Numbers,
    rates: Numbers, updates: int, room: Room, losses: Numbers,
) -> None:  # fmt: skip
    """``rates.size`` epochs of Adam over the coordinates of every member; ``losses[k, member]`` is before epoch k.

    ``peaks``: the coordinates, 2 L of each member, float64. ``parameters: (members * P,)`` holds the weights
    afterwards. The other arguments are those of ``epochs.train``.
    """
    members, n, gradient = peaks.scales.size, points.values.size, room.gradient
    size, count = gradient.size, peaks.parameters.size // members
    pulled = np.zeros(count)
    for member in range(members):
        p0, c0 = member * size, member * count
        own = peaks.parameters[c0 : c0 + count]
        _confine(own, follows, waves.sign)
        weights_of(own, waves, parameters, p0)
        for epoch in range(rates.size):
            gradient[:] = 0.0
            total = gradient_sum(plan, parameters, p0, points, 0, n, n, room.workspace, gradient)
            losses[epoch, member] = total / n
            pull_back_to_coordinates(own, follows, waves.sign, gradient, pulled)
            rate, number = rates[epoch] * peaks.scales[member], updates + epoch + 1
            adam_exactly(peaks.parameters, c0, pulled, 0, peaks.moments, count, rate, number, 0.0)
            _confine(own, follows, waves.sign)
            weights_of(own, waves, parameters, p0)
