"""How the learning rate changes over the epochs."""

from __future__ import annotations

import math

from nnexpr.specification import parse_schedule

__all__ = ["learning_rates"]


def learning_rates(schedule: str, base: float, first: int, count: int, epochs: int) -> list[float]:
    """The learning rates of the updates that lead from the epochs ``first .. first + count`` each to the next.

    ``constant``: base. ``cosine``: base (1 + cos(pi epoch / epochs)) / 2.
    ``step:EVERY:FACTOR``: base FACTOR^(epoch // EVERY).

    One epoch's rate does not depend on which others are asked for, to the bit.
    """
    kind, every, factor = parse_schedule(schedule)
    if kind == "constant":
        return [base] * count
    numbers = range(first, first + count)
    if kind == "step":
        return [base * factor ** (epoch // every) for epoch in numbers]
    return [base * 0.5 * (1.0 + math.cos(math.pi * min(epoch, epochs) / max(1, epochs))) for epoch in numbers]
