"""How many linear regions networks can have: exact integers, from the widths of their hidden layers alone.

For ReLU networks with n_0 inputs and hidden widths n_1 ... n_L:

    hyperplanes     sum_{j <= n_0} C(N, j)          exact maximum of one hidden layer of N units (Zaslavsky 1975)
    lower_bound     prod_{l<L} floor(n_l / n_0)^{n_0}  sum_{j <= n_0} C(n_L, j)
                                                    reached by some network (Montúfar, Pascanu, Cho, Bengio 2014)
    upper_bound     prod_l sum_{j <= d_l} C(n_l, j) k^j    for any activation of k kinks (Raghu et al. 2017 for k = 1):
                                                    on a region below the units are n_l families of k parallel
                                                    hyperplanes in at most d_l = min(n_0, ..., n_{l-1}) dimensions
    serra_bound     sum over J of prod_l C(n_l, j_l)  for any number of inputs (Serra, Tjandraatmadja, Ramalingam 2018),
                    J: 0 <= j_l <= min(n_0, n_1 - j_1, ..., n_{l-1} - j_{l-1}, n_l); below upper_bound, because units
                    that are off take a dimension each: for ReLU only, a leaky one is never off

The hyperplane count of all units together bounds shallow networks only; deep ones go above it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate
from math import comb, prod

__all__ = ["hyperplanes", "lower_bound", "serra_bound", "upper_bound"]


def hyperplanes(units: int, inputs: int = 1) -> int:
    """The cells into which ``units`` hyperplanes in general position cut R^inputs: sum_{j <= inputs} C(units, j)."""
    _check([units], inputs)
    return sum(comb(units, j) for j in range(inputs + 1))


def lower_bound(widths: Sequence[int], inputs: int = 1) -> int:
    """Regions that some ReLU network of these hidden widths has (Montúfar et al. 2014).

    Every layer but the last folds the input space floor(n_l / inputs) times along each axis. The theorem is for widths
    of at least ``inputs``; a narrower layer makes the product zero, and 1 is returned.
    """
    _check(widths, inputs)
    folds: int = prod((width // inputs) ** inputs for width in widths[:-1])
    return max(1, folds * hyperplanes(widths[-1], inputs))


def upper_bound(widths: Sequence[int], kinks: int = 1, inputs: int = 1) -> int:
    """Linear regions on R^inputs at most, for activations of so many kinks (leaky ReLU 1, hat 3); kinks n_l + 1 in each
    layer for one input.
    """
    _check(widths, inputs)
    dimensions = accumulate([inputs, *widths[:-1]], min)
    return prod(
        sum(comb(width, j) * kinks**j for j in range(min(dimension, width) + 1))
        for width, dimension in zip(widths, dimensions, strict=True)
    )


def serra_bound(widths: Sequence[int], inputs: int = 2) -> int:
    """Linear regions of a ReLU network on R^inputs at most (Serra et al. 2018).

    A layer with j units inactive on a region maps it to at most n_l - j dimensions, which bounds the cells that the
    layers above can cut from it: the sum runs over the numbers j_l that the dimension below still allows.
    """
    _check(widths, inputs)
    ways = {inputs: 1}  # by the dimension that is left
    for width in widths:
        above: defaultdict[int, int] = defaultdict(int)
        for dimension, count in ways.items():
            for j in range(min(dimension, width) + 1):
                above[min(dimension, width - j)] += count * comb(width, j)
        ways = above
    return sum(ways.values())


def _check(widths: Sequence[int], inputs: int) -> None:
    if not widths or min(widths) < 1 or inputs < 1:
        raise ValueError(
            f"widths are {list(widths)} and inputs {inputs}; a bound needs layers, each at least 1 wide"
        )
