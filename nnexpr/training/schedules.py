"""How the learning rate changes over the epochs."""

from __future__ import annotations

import math

from nnexpr.specification import parse_schedule

__all__ = ["learning_rate"]


def learning_rate(schedule: str, base: float, epoch: int, epochs: int) -> float:
    """The learning rate of the update that leads from ``epoch`` to the next.

    ``constant``: base. ``cosine``: base (1 + cos(pi epoch / epochs)) / 2.
    ``step:EVERY:FACTOR``: base FACTOR^(epoch // EVERY).
    """
    kind, every, factor = parse_schedule(schedule)
    if kind == "cosine":
        return base * 0.5 * (1.0 + math.cos(math.pi * min(epoch, epochs) / max(1, epochs)))
    if kind == "step":
        return float(base * factor ** (epoch // every))
    return base
