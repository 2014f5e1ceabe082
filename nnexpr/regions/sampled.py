"""Counting linear regions by sampling, the concept page's way, so that it can be seen beside the exact count.

The function is evaluated at the ends of equal cells; every place where the slope over one cell differs from the slope
over the next by more than a threshold counts as a bend. A bend inside a cell changes the slope twice, into the cell and
out of it, so it is counted twice; two bends in one cell may not be seen at all. With 20,000 cells the k-fold triangle
wave is counted right up to k = 5; then its bends at odd multiples of 2^-k fall inside cells, and 96, 224, 480 are found
in place of 64, 128, 256.

Cost: one evaluation a cell. There is no error bound: that is the point.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nnexpr.specification import InputError

__all__ = ["sampled_regions"]

Array = NDArray[np.float64]


def sampled_regions(
    function: Callable[[Array], Array],
    domain: tuple[float, float] = (0.0, 1.0),
    cells: int = 20_000,
    threshold: float = 1e-3,
) -> int:
    """One more than the changes of slope seen at ``cells`` equal cells; ``function`` maps ``(points,)`` to the same."""
    low, high = domain
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError("domain", domain, "two finite numbers, the lower one first")
    if cells < 1:
        raise InputError("cells", cells, "it must be at least 1")
    x = low + (high - low) * np.arange(cells + 1) / cells
    slopes = np.diff(function(x)) / ((high - low) / cells)
    return 1 + int(np.count_nonzero(np.abs(np.diff(slopes)) > threshold))
