"""The exact counts of a fit on the line, and the floor of a spline with as many pieces.

Both are dear: they are found as often as it takes a small share of the time, and always once training stands still.
While training the count moves on before its floor is found: what is shown then is the floor of some more pieces, which
is below that of as many, and so a bound as well.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from nnexpr.runs.recording import network_of
from nnexpr_tui.training.floors import Floors

if TYPE_CHECKING:
    from nnexpr.regions.line import LineRegions
    from nnexpr.splines.floor import SplineFloor
    from nnexpr.training.session import Session
    from nnexpr.training.snapshots import Snapshot

__all__ = ["Counting"]

INTERVAL = 0.3  # seconds between two counts while training
SHARE = 50  # counting may take a fiftieth of the time
QUICK = 0.01  # what takes less is done before the moment is shown, what takes more after it


class Counting:
    """What is known of the counts of one session's network. ``is_owed``: whether that is of a moment that is past."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.is_owed = True
        self._known: tuple[Snapshot, LineRegions] | None = None
        self._floors = Floors(session.target)
        self._cost = 0.0
        self._next = 0.0

    def look(self, snapshot: Snapshot, *, search: bool = True) -> None:
        """While standing still: whatever of the present moment is not yet counted, however long it takes.

        Without ``search`` the floor is left owed.
        """
        self.is_owed = False
        self._count(snapshot)
        if self._known is not None and search:
            self._floors.find(self._known[1].count)
        self.is_owed = self._lacks_floor

    def owes_only_floor(self, snapshot: Snapshot) -> bool:
        """Whether that moment is counted, and the floor is all that is owed of it."""
        return self._known is not None and self._known[0] is snapshot and self._lacks_floor

    def glance(self, snapshot: Snapshot, *, running: bool) -> None:
        """Before a moment is shown: what is due while training, or quickly done while standing still."""
        if running:
            if monotonic() >= self._next:
                self._count(snapshot)
            if self._known is not None:
                self._floors.seek(self._known[1].count)
        elif self.is_owed and self._cost < QUICK:
            self._count(snapshot)
            self.is_owed = self._lacks_floor

    def of(self, member: int) -> tuple[LineRegions | None, int, SplineFloor | None]:
        """The newest counts of a member, their epoch, and the nearest floor; None: not known (yet)."""
        if self._known is None or self._known[0].member != member:
            return None, -1, None
        snapshot, lines = self._known
        return lines, snapshot.epoch, self._floors.near(lines.count)

    @property
    def _lacks_floor(self) -> bool:
        return self._known is not None and self._known[1].count not in self._floors

    def _count(self, snapshot: Snapshot) -> None:
        from nnexpr_tui.training.engine import lines

        if self._known is not None and self._known[0] is snapshot:
            return
        began = monotonic()
        found = lines(network_of(self._session.network, snapshot), self._session.target)
        self._known = None if found is None else (snapshot, found)
        self._cost = monotonic() - began
        self._next = monotonic() + max(INTERVAL, SHARE * self._cost)
