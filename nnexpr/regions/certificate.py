"""What vouches for a count of regions: a comparison with the network itself, and how often the tie rule decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnexpr.activations import PiecewiseLinear
from nnexpr.regions.front import Array, Front, Index, affine_rows
from nnexpr.regions.propagate import apply

__all__ = ["Certificate", "residuals"]


@dataclass(frozen=True)
class Certificate:
    """``max_residual``: the largest |pieces(x) - network(x)|, in the output's units, with the network evaluated
    directly in float64 at every position where some unit changes its piece, at both ends and half-way between
    neighbours; None if it was not asked for. It should be the rounding of that evaluation: a few 2^-53 of the terms
    that are summed, times the gain of the layers above, plus the steepest slope times the rounding of x. Where ties are
    decided with a tolerance wider than 2^-49, as for float32 weights, it is about that tolerance.

    ``ties``: how many pre-activations the tie rule placed on a kink: kinks that coincide with one another, with a bend
    of an earlier layer or with an end of the domain. Zero for a network in general position.

    ``unresolved``: neighbouring breakpoints that are one float64 number. The count is right; their positions are not
    told apart.
    """

    max_residual: float | None
    ties: int
    unresolved: int = 0


def _direct_values(
    points: Array, starts: Index, affines: Sequence[Array], activations: Sequence[PiecewiseLinear]
) -> Array:
    """Every member's network evaluated layer by layer at its own points: ``(rows,)`` to ``(rows, outputs)``."""
    a = points[:, None]
    for affine, activation in zip(affines, activations, strict=True):
        a = affine_rows(a, starts, affine)
        apply(activation, a)
    return a


def residuals(
    front: Front, regions: Index, affines: Sequence[Array], activations: Sequence[PiecewiseLinear]
) -> Array:
    """The largest |pieces - network| of each member, ``(members,)``.

    ``front`` is the output's; ``regions: (rows,)`` the row at which the linear region of each row begins.
    """
    halfway = 0.5 * (front.positions + np.append(front.positions[1:], front.positions[-1]))
    last = front.starts[1:] - 1
    halfway[last] = front.positions[last]
    points = np.stack([front.positions, halfway], axis=1)
    from_left = points - front.positions[regions, None]
    predicted = front.values[regions, None] + front.slopes[regions, None] * from_left[:, :, None]
    direct = _direct_values(points.ravel(), 2 * front.starts, affines, activations)
    worst = np.abs(predicted - direct.reshape(predicted.shape)).max(axis=(1, 2))
    return np.maximum.reduceat(worst, front.starts[:-1])
