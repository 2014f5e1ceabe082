"""The error in each Fourier mode over time: what a network learns first.

On a domain of length L, mode k of the error e is a wave of k turns over it, with the amplitude

    A_k = (2 / L) |integral of e(x) exp(-2 pi i k x / L) dx|,    A_0 = |mean of e|,

by the discrete transform on the plotting grid, so e = A sin(2 pi k x / L + phase) has A_k = A and nothing else. It is
the picture by which spectral bias is known (Rahaman et al., On the spectral bias of neural networks, ICML 2019). An
error that is not periodic on the domain has modes that fall off like 1 / k however smooth it is.

Learning is fast first and slow later: epochs are recorded at even distances of their logarithm, and thinned when there
are too many, so that memory stays bounded.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["ModeHistory", "mode_amplitudes", "shell_amplitudes"]

Array = NDArray[np.float64]

MOST_MODES = 32
MOST_ENTRIES = 256
MOST_NUMBERS = 4_000_000
RATIO, LARGEST_RATIO = 1.1, 10.0  # of the epochs of two entries


def mode_amplitudes(errors: Array) -> Array:
    """``(..., modes)`` from errors ``(..., grid)`` on an even grid with both ends of the domain.

    The last point repeats the first of a periodic error and is left out. Of n points n / 8 modes are given: beyond,
    the grid tells them apart no longer well.
    """
    periodic = errors[..., :-1]
    points = periodic.shape[-1]
    amplitudes: Array = 2.0 * np.abs(np.fft.rfft(periodic))[..., : points // 8] / points
    amplitudes[..., 0] /= 2.0
    return amplitudes


def shell_amplitudes(errors: Array) -> Array:
    """``(shells,)`` from errors ``(rows, columns)`` on an even grid with all four sides of a rectangle.

    Mode k = (k_1, k_2) makes so many turns over each side; shell r has those whose |k| is nearest to r, and

        A_r = (2 Σ |c_k|²)^(1/2),    A_0 = |mean of e|,

    so a wave of amplitude A has A_r = A in its shell and nothing else. Of n points along the shorter side n / 4 shells
    are given; what repeats for a periodic error is left out.
    """
    periodic = errors[:-1, :-1]
    first, second = periodic.shape
    squares = np.abs(np.fft.fft2(periodic) / periodic.size) ** 2
    turns = np.hypot(np.fft.fftfreq(first, 1 / first)[:, None], np.fft.fftfreq(second, 1 / second))
    sums = np.bincount(np.rint(turns).astype(np.intp).ravel(), squares.ravel())
    amplitudes: Array = np.sqrt(2.0 * sums[: min(first, second) // 4])
    amplitudes[:1] /= np.sqrt(2.0)
    return amplitudes


class ModeHistory:
    """Epochs, and the amplitude of every member's error in each mode at them, in ascending order.

    ``truth: (grid,)`` are the target's values on the plotting grid. Epochs 0 to 10 are all kept, then one in each
    tenth more; when there is no room for another, every other one is dropped, and their ratio squared.
    """

    def __init__(self, truth: Array, members: int) -> None:
        self._truth = truth
        self.target = mode_amplitudes(truth)[:MOST_MODES]  # of the target itself
        room = MOST_NUMBERS // (members * len(self.target))
        self._most = max(32, min(MOST_ENTRIES, room))
        self._ratio = RATIO
        self._epochs: list[int] = []
        self._amplitudes: list[NDArray[np.float32]] = []
        self._medians: list[NDArray[np.float32]] = []
        self._next = 0

    @classmethod
    def of(
        cls, truth: Array, epochs: NDArray[np.int64], amplitudes: NDArray[np.float32], ratio: float
    ) -> ModeHistory:
        """One of the entries ``(entries, members, modes)`` that another had; raises ValueError for other shapes."""
        history = cls(truth, amplitudes.shape[1])
        if amplitudes.shape[2] != len(history.target) or not RATIO <= ratio <= LARGEST_RATIO:
            raise ValueError("modes of another grid")
        history._epochs, history._amplitudes = epochs.tolist(), list(amplitudes)
        history._medians, history._ratio = [_median(entry) for entry in amplitudes], ratio
        last = history._epochs[-1]
        history._next = max(last + 1, math.ceil(ratio * last))
        return history

    @property
    def truth(self) -> Array:
        """``(grid,)``: the target's values on the plotting grid."""
        return self._truth

    @property
    def ratio(self) -> float:
        """Of the epochs of two entries that follow one another, beyond the first ten."""
        return self._ratio

    def __len__(self) -> int:
        return len(self._epochs)

    def __repr__(self) -> str:
        last = f", up to epoch {self._epochs[-1]:,}" if self._epochs else ""
        return f"<ModeHistory: {len(self):,} entries of {len(self.target)} modes{last}>"

    @property
    def next(self) -> int:
        """The epoch that is to be recorded next."""
        return self._next

    @property
    def epochs(self) -> NDArray[np.int64]:
        """``(entries,)``."""
        return np.array(self._epochs, dtype=np.int64)

    @property
    def amplitudes(self) -> NDArray[np.float32]:
        """``(entries, members, modes)`` in the target's own units, NaN after divergence."""
        return np.stack(self._amplitudes)

    def member(self, index: int) -> NDArray[np.float32]:
        """One member's, ``(entries, modes)``."""
        return np.stack([entry[index] for entry in self._amplitudes])

    @property
    def median(self) -> NDArray[np.float32]:
        """Over the members that had not diverged, ``(entries, modes)``; NaN where all had."""
        return np.stack(self._medians)

    def record(self, epoch: int, predictions: Array) -> None:
        """Take the predictions ``(members, grid)`` at an epoch, later than those before."""
        if len(self) == self._most:
            self._thin()
            if epoch < self._next:
                return
        self._epochs.append(epoch)
        with np.errstate(invalid="ignore"):
            modes = mode_amplitudes(predictions - self._truth)[:, : len(self.target)]
        self._amplitudes.append(modes.astype(np.float32))
        self._medians.append(_median(self._amplitudes[-1]))
        self._next = max(epoch + 1, math.ceil(self._ratio * epoch))

    def _thin(self) -> None:
        for entries in (self._epochs, self._amplitudes, self._medians):
            del entries[1::2]
        self._ratio = min(self._ratio**2, LARGEST_RATIO)
        self._next = max(self._epochs[-1] + 1, math.ceil(self._ratio * self._epochs[-1]))


def _median(entry: NDArray[np.float32]) -> NDArray[np.float32]:
    alive = entry[np.isfinite(entry).all(axis=1)]
    middle: NDArray[np.float32] = np.median(alive, axis=0) if len(alive) else np.full_like(entry[0], np.nan)
    return middle
