"""The losses of a session over time, thinned so that memory stays bounded however long it runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexpr.shown import Shown

__all__ = ["History"]

MOST_ENTRIES = 2048
MOST_NUMBERS = 500_000
LARGEST = float(np.finfo(np.float32).max)  # what is larger is held as this


class History(Shown):
    """Epochs and the members' losses at them, in ascending order, at an even stride that doubles when full.

    At most :data:`MOST_ENTRIES` rows and :data:`MOST_NUMBERS` losses are kept, whichever is fewer, but never fewer
    than 64 rows.
    """

    def __init__(self, members: int) -> None:
        self._capacity = max(64, min(MOST_ENTRIES, MOST_NUMBERS // members)) // 2 * 2
        self._epochs = np.zeros(self._capacity, dtype=np.int64)
        self._losses = np.zeros((self._capacity, members), dtype=np.float32)
        self._length = 0
        self.stride = 1  # epochs between two entries

    @classmethod
    def of(cls, epochs: NDArray[np.int64], losses: NDArray[np.float32]) -> History:
        """One of the entries that another had; raises ValueError where none can have had them."""
        history, count = cls(losses.shape[1]), len(epochs)
        stride = int(epochs[1]) if count > 1 else 1
        even = count <= history._capacity and stride > 0 and np.array_equal(epochs, np.arange(count) * stride)
        if not even or stride & (stride - 1):
            raise ValueError("a history has entries at an even stride, a power of two, from epoch 0 on")
        history._epochs[:count], history._losses[:count] = epochs, losses
        history._length, history.stride = count, stride
        return history

    def __len__(self) -> int:
        return self._length

    def __repr__(self) -> str:
        members = self._losses.shape[1]
        last = f", up to epoch {self._epochs[self._length - 1]:,}" if self._length else ""
        return f"<History: {self._length:,} entries of {members:,} member{'s' * (members != 1)}{last}>"

    @property
    def epochs(self) -> NDArray[np.int64]:
        """``(entries,)``, a copy."""
        return self._epochs[: self._length].copy()

    @property
    def losses(self) -> NDArray[np.float32]:
        """``(entries, members)`` in the target's own units, NaN after divergence; a copy."""
        return self._losses[: self._length].copy()

    def member(self, index: int) -> NDArray[np.float32]:
        """One member's losses ``(entries,)``, a copy."""
        return self._losses[: self._length, index].copy()

    def record(self, first_epoch: int, losses: NDArray[np.floating]) -> None:
        """Add the losses ``(epochs, members)`` of consecutive epochs, the first being ``first_epoch``."""
        for offset in range(-first_epoch % self.stride, len(losses), self.stride):
            epoch = first_epoch + offset
            if self._length == self._capacity:
                self._thin()
            if epoch % self.stride:
                continue  # the stride has doubled on the way
            self._epochs[self._length] = epoch
            self._losses[self._length] = np.minimum(losses[offset], LARGEST)
            self._length += 1

    def _thin(self) -> None:
        """Keep every other entry."""
        self.stride *= 2
        keep = self._epochs[: self._length] % self.stride == 0
        self._length = int(keep.sum())
        self._epochs[: self._length] = self._epochs[: len(keep)][keep]
        self._losses[: self._length] = self._losses[: len(keep)][keep]
