"""Bounds on the number of linear regions of a ReLU network, as exact integers.

n_0 is the number of inputs, n_1, ..., n_L the widths of the hidden layers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

__all__ = ["hyperplane_regions", "lower_bound", "upper_bound"]


def hyperplane_regions(hyperplanes: int, dimension: int) -> int:
    """Cells into which ``hyperplanes`` in general position cut R^dimension: sum_{j <= d} C(N, j) (Zaslavsky 1975).

    The most linear regions that one hidden layer of N units can have. It does not bound deeper networks.
    """
    return sum(math.comb(hyperplanes, j) for j in range(dimension + 1))


def lower_bound(widths: Sequence[int], inputs: int = 1) -> int:
    """What some choice of weights reaches: prod_{l < L} floor(n_l / n_0)^{n_0} * sum_{j <= n_0} C(n_L, j).

    Montúfar, Pascanu, Cho and Bengio (NeurIPS 2014), theorem 4, for n_l >= n_0; a narrower layer gives no factor, and
    then the bound is that of one affine map.
    """
    widths = _checked(widths, inputs)
    if not widths or min(widths) < inputs:
        return 1
    folds = math.prod((width // inputs) ** inputs for width in widths[:-1])
    return folds * hyperplane_regions(widths[-1], inputs)


def upper_bound(widths: Sequence[int], inputs: int = 1) -> int:
    """What no choice of weights exceeds: the sum over j_1, ..., j_L of prod_l C(n_l, j_l).

    j_l runs to min(n_0, n_1 - j_1, ..., n_{l-1} - j_{l-1}, n_l): Serra, Tjandraatmadja and Ramalingam (ICML 2018),
    theorem 1. With one input a layer of n units meets each interval in at most n bends, and the tight bound
    prod_l (n_l + 1) is returned.
    """
    widths = _checked(widths, inputs)
    if inputs == 1:
        return math.prod(width + 1 for width in widths)

    @cache
    def above(layer: int, rank: int) -> int:
        if layer == len(widths):
            return 1
        width = widths[layer]
        most = min(rank, width)
        return sum(math.comb(width, j) * above(layer + 1, min(rank, width - j)) for j in range(most + 1))

    return above(0, inputs)


def _checked(widths: Sequence[int], inputs: int) -> tuple[int, ...]:
    if inputs < 1 or any(width < 1 for width in widths):
        raise ValueError(f"inputs {inputs} and widths {tuple(widths)}: all must be at least 1")
    return tuple(widths)
