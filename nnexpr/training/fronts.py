"""Where in x a network learns first: the error on each of twenty subintervals of the domain, over the epochs.

The error on a subinterval is relative to the size of the whole target, its standard deviation s about its mean, which
is the same everywhere: next to a zero of the target, or where it is flat, a size of its own would say nothing.

    e_j = sqrt(mean over x_j of (h - f)²) / s

A subinterval is *reached* at the first epoch that was looked at with e_j below a tenth, and *settled* at the first from
which on it stayed there: a line that passes through a short piece of the target on its way has reached it and not
settled. The front is when it settled; infinite where it never did.

The local frequency of the target is that of a wave of its size with its slopes (Rice's formula),

    nu_j = sqrt(mean over x_j of f'²) / (2 pi s),

so a sin(2 pi nu x) has nu wherever a subinterval has whole half turns of it. How far the order of the fronts is that of
the frequencies is their rank correlation (Spearman): 1 where low ones come first, -1 where high ones do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["BELOW", "PARTS", "Subintervals", "rank_correlation", "reached", "settled"]

Array = NDArray[np.float64]

PARTS = 20
BELOW = 0.1  # of the target's size


@dataclass(frozen=True, eq=False)
class Subintervals:
    """The subintervals of a target's domain: ``x: (grid,)`` ascending, ``truth: (grid,)`` its values there.

    They have equal lengths; a point between two belongs to the right one. Raises ValueError for other shapes, and where
    one would have fewer than two points.
    """

    x: Array
    truth: Array
    parts: int = PARTS

    def __post_init__(self) -> None:
        if self.x.ndim != 1 or self.x.shape != self.truth.shape or not np.all(np.diff(self.x) > 0):
            raise ValueError(
                f"x of shape {self.x.shape} and values of shape {self.truth.shape}; x must ascend"
            )
        if np.diff(self._starts, append=len(self.x)).min() < 2:
            raise ValueError(f"{len(self.x)} points are too few for {self.parts} subintervals")

    @cached_property
    def edges(self) -> Array:
        """``(parts + 1,)``."""
        return np.linspace(self.x[0], self.x[-1], self.parts + 1)

    @property
    def middles(self) -> Array:
        """``(parts,)``."""
        return np.asarray((self.edges[1:] + self.edges[:-1]) / 2)

    @cached_property
    def size(self) -> float:
        """The target's standard deviation about its mean; NaN where it is constant, which has no relative error."""
        deviation = float(np.std(self.truth))
        return deviation if deviation > 0 else np.nan

    @cached_property
    def frequencies(self) -> Array:
        """The target's local frequency, ``(parts,)``, in turns a unit of x."""
        slopes = np.diff(self.truth) / np.diff(self.x)
        squares = np.stack([slopes**2 * np.diff(self.x), np.diff(self.x)])
        sums = np.add.reduceat(squares, self._starts, axis=1)
        return np.asarray(np.sqrt(sums[0] / sums[1]) / (2 * np.pi * self.size))

    def deviations(self, predictions: ArrayLike) -> Array:
        """|h - f| / s of predictions ``(..., grid)``, of the same shape: over many epochs the map x × epoch."""
        return np.asarray(np.abs(np.asarray(predictions, dtype=np.float64) - self.truth) / self.size)

    def errors(self, predictions: ArrayLike) -> Array:
        """The relative error on each subinterval, ``(..., parts)``, of predictions ``(..., grid)``."""
        squares = self.deviations(predictions) ** 2
        counts = np.diff(self._starts, append=len(self.x))
        return np.asarray(np.sqrt(np.add.reduceat(squares, self._starts, axis=-1) / counts))

    @cached_property
    def _starts(self) -> NDArray[np.intp]:
        """The first point of each, whatever rounding has made of an edge."""
        return np.asarray(np.searchsorted(self.x, self.edges[:-1] - 1e-9 * (self.x[-1] - self.x[0])))


def reached(epochs: ArrayLike, errors: ArrayLike, below: float = BELOW) -> Array:
    """The first of ``epochs: (entries,)`` with an error below: ``(...)`` of ``errors: (entries, ...)``. Or infinite."""
    return _first(epochs, np.asarray(errors) < below)


def settled(epochs: ArrayLike, errors: ArrayLike, below: float = BELOW) -> Array:
    """The first epoch from which on all errors are below, likewise. What is not a number is not below."""
    small = np.asarray(errors) < below
    return _first(epochs, np.logical_and.accumulate(small[::-1])[::-1])


def _first(epochs: ArrayLike, holds: NDArray[np.bool_]) -> Array:
    times = np.asarray(epochs, dtype=np.float64)
    return np.where(holds.any(axis=0), times[holds.argmax(axis=0)], np.inf)


def rank_correlation(first: ArrayLike, second: ArrayLike) -> Array:
    """Spearman's, along the last axis, of ``(..., n)`` with ``(..., n)``; ties share their ranks, infinite ones too.

    NaN where all of one are alike, and where one is not a number.
    """
    from scipy.stats import rankdata  # a third of a second, and charts need only the fronts

    both = np.broadcast_arrays(np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64))
    ranks = [rankdata(each, axis=-1) for each in both]
    u, v = (each - each.mean(axis=-1, keepdims=True) for each in ranks)
    with np.errstate(invalid="ignore"):
        return np.asarray((u * v).sum(axis=-1) / np.sqrt((u**2).sum(axis=-1) * (v**2).sum(axis=-1)))
