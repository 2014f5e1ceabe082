"""What a measurement yields, how much of it is wanted, and what of many values is shown."""

from __future__ import annotations

from typing import NamedTuple


class Figure(NamedTuple):
    """One row of the table."""

    what: str
    budget: str
    reached: str
    ok: bool | None = None


class Effort(NamedTuple):
    """How often and how long to measure."""

    starts: int  # of the explorer
    turns: int  # of training with the screen, and as many without
    turn: float  # seconds
    keys: int
    seconds: float  # of listening to what is sent


FULL = Effort(starts=9, turns=16, turn=2.5, keys=60, seconds=10)
QUICK = Effort(starts=3, turns=4, turn=2, keys=16, seconds=4)


def quantile(values: list[float], part: float) -> float:
    """The smallest value that at least this part of them does not exceed."""
    return sorted(values)[max(0, -int(-part * len(values) // 1) - 1)]


def milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"
