"""The exact counts of a fit on the line, and the floor of a spline with as many pieces.

Both are dear: they are found as often as it takes a small share of the time, and always once training stands still.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from nnexpr_tui.training.moment import Counts, Engine

if TYPE_CHECKING:
    from nnexpr.training.snapshots import Snapshot

__all__ = ["Counting"]

INTERVAL = 0.3  # seconds between two counts while training
SHARE = 50  # counting may take a fiftieth of the time
FLOOR_SHARE = 100
QUICK = 0.01  # what takes less is done before the moment is shown, what takes more after it


class Counting:
    """What is known of the counts of one network, and whether that is up to date."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_owed = True
        self._counts: Counts | None = None
        self._floors: dict[int, float | None] = {}
        self._cost = 0.0
        self._next = self._next_floor = 0.0

    @property
    def is_owed(self) -> bool:
        """Whether there is something to count while training stands still."""
        return self._is_owed and self._engine.scene.countable

    def owe(self) -> None:
        """What is known is no longer of this moment."""
        self._is_owed = True

    def forgive(self) -> None:
        """It cannot be counted."""
        self._is_owed = False

    def look(self, snapshot: Snapshot) -> None:
        """While standing still: whatever of the present moment is not yet counted, however long it takes."""
        self._is_owed = False
        self._count(snapshot)
        self._find_floor()

    def glance(self, snapshot: Snapshot, *, running: bool) -> None:
        """Before a moment is shown: what is due while training, or quickly done while standing still."""
        if not self._engine.scene.countable or not self._engine.can_count():
            return
        if running:
            if monotonic() >= self._next:
                self._count(snapshot)
            if monotonic() >= self._next_floor:
                self._find_floor()
        elif self._is_owed and self._cost < QUICK:
            self._count(snapshot)
            self._is_owed = self._counts is not None and self._counts.regions not in self._floors

    def of(self, member: int) -> tuple[Counts | None, float | None]:
        """The newest counts of a member, and the floor for as many regions; None: not known (yet)."""
        counts = self._counts if self._counts is not None and self._counts.member == member else None
        return counts, self._floors.get(counts.regions) if counts else None

    def _count(self, snapshot: Snapshot) -> None:
        began = monotonic()
        self._counts = self._engine.count(snapshot)
        self._cost = monotonic() - began
        self._next = monotonic() + max(INTERVAL, SHARE * self._cost)

    def _find_floor(self) -> None:
        """The floor for as many regions as there are; the same for every epoch that has as many."""
        if self._counts is None or self._counts.regions in self._floors:
            return
        began = monotonic()
        self._floors[self._counts.regions] = self._engine.floor(self._counts.regions)
        self._next_floor = monotonic() + FLOOR_SHARE * (monotonic() - began)
