"""The snapshots that Replay scrubs through: evenly spread over the epochs, bounded in number and in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnexpr.training.snapshots import Snapshot

__all__ = ["Record"]

MOST_SNAPSHOTS = 300
MOST_BYTES = 8_000_000
LARGEST_PARAMETERS = (
    400_000  # bytes; beyond it the weights are left out, and with them the counts of that moment
)


class Record:
    """Snapshots at a stride of epochs that doubles, and every other one is dropped, when there are too many.

    The first one stays, and the newest is always the last. Two snapshots of one epoch are one: the newer replaces it.
    """

    def __init__(self, most: int = MOST_SNAPSHOTS) -> None:
        self._most = most
        self._kept: list[Snapshot] = []
        self._newest: Snapshot | None = None
        self._view: tuple[Snapshot, ...] | None = ()
        self.stride = 1

    def due(self, epoch: int) -> bool:
        """Whether a snapshot at this epoch would be kept for good."""
        return not self._kept or epoch >= self._kept[-1].epoch + self.stride

    def add(self, snapshot: Snapshot) -> None:
        """Take a snapshot that is newer than all before."""
        if snapshot.parameters.nbytes > LARGEST_PARAMETERS:
            snapshot = replace(snapshot, parameters=snapshot.parameters[:0])
        if self._kept and self._kept[-1].epoch == snapshot.epoch:
            self._kept[-1] = snapshot
        elif self.due(snapshot.epoch):
            self._kept.append(snapshot)
            self._thin(snapshot)
        self._newest, self._view = snapshot, None

    def snapshots(self) -> tuple[Snapshot, ...]:
        """All that is kept, oldest first, and the newest."""
        if self._view is None:
            newest = self._newest
            tail = (newest,) if newest is not None and newest is not self._kept[-1] else ()
            self._view = (*self._kept, *tail)
        return self._view

    def _thin(self, like: Snapshot) -> None:
        band = 0 if like.band is None else like.band.nbytes
        size = like.parameters.nbytes + like.prediction.nbytes + band + like.losses.nbytes
        if len(self._kept) > max(16, min(self._most, MOST_BYTES // size)):
            self._kept = self._kept[::2]
            self.stride *= 2
            if len(self._kept) > 1:  # a stride that spaces out what is there
                self.stride = max(self.stride, self._kept[-1].epoch // len(self._kept))
