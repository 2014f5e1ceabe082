"""How well splines with so many pieces can do on the points of a fit: found once for each count, and shared by views.

A search takes up to a third of a second. While training it is done on a thread of its own, for a count near the one
that is asked for last, and takes a small share of the time, so neither training nor the screen waits for it.
"""

from __future__ import annotations

import math
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnexpr.splines.floor import SplineFloor
    from nnexpr.targets.target import Target

__all__ = ["Floors"]

MOST_REGIONS, MOST_POINTS = 512, 20_000  # beyond, nothing is sought
MORE = 1.1  # times the regions, of which the floor is found while training
SHARE = 10  # of the time that passes, searching takes a tenth


class Floors:
    """Of a target's training points, in its own units."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._known: dict[int, SplineFloor | None] = {}
        self._thread: Thread | None = None
        self._next = 0.0

    def __contains__(self, regions: int) -> bool:
        """Whether it is known what there is to know of so many regions."""
        return regions in self._known

    def get(self, regions: int) -> SplineFloor | None:
        """The floor for so many regions; None: not known (yet)."""
        return self._known.get(regions)

    def near(self, regions: int) -> SplineFloor | None:
        """The same, or while that is not known the floor of some more, which is not above it, so a bound as well."""
        if regions in self._known:
            return self._known[regions]
        more = [
            found for found in self._known.copy().values() if found is not None and found.regions > regions
        ]
        return min(more, key=lambda found: found.regions, default=None)

    def find(self, regions: int) -> SplineFloor | None:
        """The floor, found now if it is not known; None for more regions or points than are searched."""
        from nnexpr.splines.floor import QUICK_WORK, spline_floor

        if regions not in self._known:
            began, target, found = monotonic(), self._target, None
            if regions <= MOST_REGIONS and target.points <= MOST_POINTS:
                found = spline_floor(target.own_inputs[:, 0], target.own_values, regions, work=QUICK_WORK)
            self._known[regions] = found
            self._next = monotonic() + SHARE * (monotonic() - began)
        return self._known[regions]

    def seek(self, regions: int) -> None:
        """Find the floor of some more in the background, unless such a one is known or the last was found only just.

        Of some more, so that it bounds a count that moves as well.
        """
        near, more = self.near(regions), math.ceil(regions * MORE)
        is_busy = self._thread is not None and self._thread.is_alive()
        is_known = regions in self or more in self or (near is not None and near.regions <= more * MORE)
        if not is_known and not is_busy and monotonic() >= self._next:
            # No daemon, for it may compile: see worker/warming.py.
            self._thread = Thread(target=self.find, args=(more,), name="floor")
            self._thread.start()
