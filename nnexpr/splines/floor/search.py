"""The best free-knot spline that is found with N pieces, and the proved bound beside it.

One round of branching (``boxes.py``) comes first: for smooth data the best separate lines already meet between the
samples, and nothing is left to do. Otherwise more starts are refined to local optima (``free_knots.py``): the caller's
knots, knots that share ∫ |f″|^{2/5} evenly, the asymptotically optimal density, and uniform knots. Every pattern that
may be better is tried (``exhaustive.py``) where that takes no more than a tenth of the work. Where it would, branching
goes on from the best, until bound and spline meet or the work is used up.

More than ``MOST_SEARCHED`` samples are searched in so many groups of neighbours, and what is found is refined on all of
them. Their bound is the sum of the bounds of interleaved parts: whatever spline is best for all samples is no better on
a part of them than the part's own best.

Source: C. de Boor, *A Practical Guide to Splines*, ch. XII (the density).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from nnexpr.splines.floor.boxes import SAFE, Branching, meets
from nnexpr.splines.floor.exhaustive import exhausted
from nnexpr.splines.floor.free_knots import Array, FreeKnots, Samples, fit_values, refine
from nnexpr.splines.floor.joined import Joined
from nnexpr.splines.floor.lines import Lines, lines_of

__all__ = ["FloorSearch", "Found"]

MOST_SEARCHED = 1024  # samples, or groups of neighbouring samples, that the search sees
PROGRAM = 60_000  # additions in whose time a small quadratic program is solved


class Found(NamedTuple):
    """The best spline found, a proved lower bound of every spline's error, and whether they meet."""

    spline: FreeKnots
    bound: float
    certified: bool


@dataclass(frozen=True)
class FloorSearch:
    """The search on ``samples``, x on [0, 1] and y of variance 1; what several counts share is kept."""

    samples: Samples

    @cached_property
    def searched(self) -> Samples:
        """The samples, or groups of them."""
        return _grouped(self.samples, MOST_SEARCHED)

    @cached_property
    def _lines(self) -> Lines:
        return lines_of(self.searched.x, self.searched.y, self.searched.weights)

    @cached_property
    def _parts(self) -> list[tuple[Array, Lines]]:
        """Interleaved parts of the samples, each few enough to be bounded."""
        count = -(-len(self.samples.x) // MOST_SEARCHED)
        columns = self.samples.x, self.samples.y, self.samples.weights
        parts = ([column[k::count] for column in columns] for k in range(count))
        return [(x, lines_of(x, y, weights)) for x, y, weights in parts]

    def best(self, pieces: int, start: Array | None, work: float) -> Found:
        """For ``pieces`` ≥ 1; never worse than the best spline on the knots ``start``. ``work``: see ``boxes.py``."""
        if pieces == 1:
            line = fit_values(self.samples, np.array([0.0, 1.0]))
            return Found(line, line.error, True)
        branching = Branching(self.searched.x, self._lines, pieces)
        branching.run(0.0)
        tried = [self._own(branching)]
        if not branching.certified:
            tried += [
                refine(self.searched, fit_values(self.searched, k)) for k in self._starts(pieces, start)
            ]
            branching.least = min(branching.least, *(spline.error for spline in tried))
            found, certain = exhausted(
                self.searched.x, self._lines, pieces, branching.least, int(work / 10 / PROGRAM)
            )
            if found is not None:
                tried.append(self._fitted(found))
                branching.least = min(branching.least, tried[-1].error)
            if certain:
                branching.bound = SAFE * branching.least
            else:
                branching.run(work)
                tried.append(self._own(branching))
        spline = min(tried, key=attrgetter("error"))
        if self.searched is self.samples:
            return Found(spline, min(branching.bound, spline.error), branching.certified)
        ends = [spline.knots] if start is None else [spline.knots, _with_more(start, pieces)]
        spline = min(
            (refine(self.samples, fit_values(self.samples, k), 20) for k in ends), key=attrgetter("error")
        )
        bound = min(sum(self._bounds(pieces)), spline.error)
        return Found(spline, bound, meets(spline.error, bound, float(self.samples.weights.sum())))

    def _own(self, branching: Branching) -> FreeKnots:
        found = branching.best
        return fit_values(self.searched, np.array([0.0, 1.0])) if found is None else self._fitted(found)

    def _fitted(self, found: Joined) -> FreeKnots:
        return fit_values(self.searched, np.unique(found.knots(self.searched.x)))

    def _bounds(self, pieces: int) -> Iterator[float]:
        for x, lines in self._parts:
            branching = Branching(x, lines, pieces)
            branching.run(0.0)
            yield branching.bound

    def _starts(self, pieces: int, start: Array | None) -> Iterator[Array]:
        if start is not None:
            yield _with_more(start, pieces)
        yield _equidistributed(self.searched, pieces)
        yield np.linspace(0, 1, pieces + 1)


def _with_more(knots: Array, pieces: int) -> Array:
    """The knots and as many more as are missing, each halving the longest element."""
    while len(knots) <= pieces:
        longest = int(np.diff(knots).argmax())
        knots = np.insert(knots, longest + 1, (knots[longest] + knots[longest + 1]) / 2)
    return knots


def _equidistributed(samples: Samples, pieces: int) -> Array:
    """Knots that share ∫ |f″|^{2/5} evenly, f″ by second differences averaged over a quarter of a piece.

    A thousandth of the mean density is added everywhere, so that straight stretches keep a few knots.
    """
    x, y = samples.x, samples.y
    middles = (x[1:] + x[:-1]) / 2
    density = np.abs(np.diff(np.diff(y) / np.diff(x)) / np.diff(middles)) ** 0.4
    window = np.ones(2 * (len(x) // (8 * pieces)) + 1)
    if len(window) < len(density):
        held = np.convolve(np.ones_like(density), window, mode="same")
        density = np.convolve(density, window, mode="same") / held
    density += 1e-3 * density.mean() + np.finfo(np.float64).tiny
    share = np.concatenate([[0.0], np.cumsum(density * np.diff(middles))])
    places = np.concatenate([[0.0], middles[1:-1], [1.0]])
    knots: Array = np.interp(np.linspace(0, share[-1], pieces + 1), share, places)
    return knots


def _grouped(samples: Samples, most: int) -> Samples:
    """``samples``, or where they are too many ``most`` groups of neighbours as their weighted means."""
    count = len(samples.x)
    if count <= most:
        return samples
    starts = np.linspace(0, count, most, endpoint=False).astype(np.intp)
    weights = np.add.reduceat(samples.weights, starts)
    x = np.add.reduceat(samples.weights * samples.x, starts) / weights
    y = np.add.reduceat(samples.weights * samples.y, starts) / weights
    return Samples(x, y, weights)
