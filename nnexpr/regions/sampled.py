"""Counting by sampling: the concept page's ``count_linear_pieces``, to be shown beside the exact count.

It takes the slopes of ``cells`` equal cells and counts where neighbours differ by more than ``threshold``. A bend
inside a cell is counted twice, as the cell's slope differs from both sides; a weak bend, or one of several in a cell,
is missed. So it is right only where every bend lies between two cells and is clear: for the tent composed k times and
20,000 cells that is k <= 5 (20,000 = 2^5 · 625); k = 6, 7, 8 give 96, 224 and 480 in place of 64, 128 and 256.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnexpr.regions.layer import Array

__all__ = ["sampled_regions"]


def sampled_regions(
    function: Callable[[Array], Array],
    domain: tuple[float, float] = (0.0, 1.0),
    cells: int = 20_000,
    threshold: float = 1e-3,
) -> int:
    """One more than the number of neighbouring cells whose slopes differ by more than ``threshold``.

    ``function`` maps ``(cells + 1,)`` inputs to as many values, float64.
    """
    if cells < 1:
        raise ValueError(f"cells is {cells}; at least 1 is needed")
    low, high = domain
    x = low + (high - low) * np.arange(cells + 1) / cells
    slopes = np.diff(function(x)) / ((high - low) / cells)
    return 1 + int(np.count_nonzero(np.abs(np.diff(slopes)) > threshold))
