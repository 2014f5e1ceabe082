"""The rungs of successive halving, and what cells may be judged by. Loading this costs neither NumPy nor torch."""

from __future__ import annotations

__all__ = ["FACTOR", "OBJECTIVES", "rungs"]

FACTOR = 3  # of cells kept, and of epochs
OBJECTIVES = ("loss", "best_loss", "max_error")  # results of which less is better


def rungs(cells: int) -> list[tuple[int, float]]:
    """How many cells each rung has, and the share of their epochs that they are trained for; the last has all epochs.

    >>> rungs(20)
    [(20, 0.1111111111111111), (6, 0.3333333333333333), (2, 1.0)]
    """
    counts = [cells]
    while counts[-1] >= FACTOR:
        counts.append(counts[-1] // FACTOR)
    return [(count, FACTOR ** (at - len(counts) + 1.0)) for at, count in enumerate(counts)]
