"""How many epochs a second a training takes: as many as there is time for, or as many as a person asked for."""

from __future__ import annotations

from time import monotonic

__all__ = ["Pace"]

LATE = 0.1  # seconds by which epochs at a pace may be late and still be made up for
SMOOTHING = 1.0  # seconds over which the rate is averaged


class Pace:
    """``rate``: epochs a second, as they were lately; 0 before the first."""

    def __init__(self) -> None:
        self.rate = 0.0
        self._asked: float | None = None  # epochs a second; None: as fast as it goes
        self._next = 0.0

    def ask(self, pace: float | None) -> None:
        """So many epochs a second, one by one; None: as many as there is time for."""
        self._asked, self._next, self.rate = pace, 0.0, 0.0

    def turn(self, seconds: float) -> float:
        """How many of these seconds the next turn may take: at a pace one epoch, whatever it takes."""
        return 0.0 if self._asked else seconds

    @property
    def wait(self) -> float:
        """Seconds until the next epoch is due."""
        return max(0.0, self._next - monotonic()) if self._asked else 0.0

    def took(self, epochs: int, began: float) -> None:
        """A turn of so many epochs that ``began`` then is over."""
        passed = monotonic() - began
        if self._asked:  # an epoch that came late is made up for, but not a long rest
            due = self._next if self._next > began - LATE else began
            self._next = due + 1 / self._asked
            passed = max(passed, 1 / self._asked)
        if passed > 0:
            weight = min(1.0, passed / SMOOTHING) if self.rate else 1.0
            self.rate += weight * (epochs / passed - self.rate)
