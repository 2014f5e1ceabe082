"""The floor for N linear regions: how well a continuous piecewise-linear function with N pieces and free knots can do.

A network whose output has N linear regions on the line is such a function, so its mean squared error on the samples
cannot be below the global optimum of

    floor(N) = min over knots ξ_0 < … < ξ_N and values of  Σ (f(x_k) − y_k)² / m.

The problem is not convex. What is returned encloses the optimum: ``lower_bound``, proved, ≤ floor(N) ≤ ``mse``, which
the spline that is returned has. Where both meet, to a relative 10⁻⁶, the spline is **certified** as the optimum.

    lines.py       the least-squares line of every run of samples; lines through boxes
    boxes.py       branch and bound: the proved bound, and where to look
    joined.py      the best spline with its knots in given gaps, exactly
    exhaustive.py  every spline of few pieces through few samples
    free_knots.py  a local optimum from given knots
    search.py      what is tried, in which order

For x² the optimum is known: uniform knots, residual h²(t² − t + 1/6) on each piece, mean square h⁴/180.

Cost: at most 1.1 ``work`` additions and about 60 bytes × m², with m at most 1024; larger samples are searched in 1024
groups of neighbours, then refined on all of them, and bounded in parts. 512 samples, up to 32 regions: 0.04 s for
smooth ones, certified; noisy ones take up to three seconds, and from 16 regions on a gap is left, of 5 % with 32.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nnexpr.specification import InputError
from nnexpr.splines.floor.free_knots import LEAST_GAP, Array, FreeKnots, Samples
from nnexpr.splines.floor.search import FloorSearch
from nnexpr.splines.linear import LinearSpline
from nnexpr.splines.p1 import checked_samples

WORK = 1e9  # additions of the recursion: up to three seconds
QUICK_WORK = 1e8  # about a third of a second: for whoever waits
LARGEST = 1e150  # of x and y
ROUNDING = 16  # ε of the largest |y|: errors below are rounding, and none

__all__ = ["QUICK_WORK", "WORK", "SplineFloor", "enclosure", "spline_floor", "spline_floors"]


@dataclass(frozen=True, eq=False, kw_only=True)
class SplineFloor(LinearSpline):
    """A floor for ``regions`` linear regions on given samples, in their units: the spline that attains ``mse``.

    It has ``regions`` pieces, fewer where so many are not needed, and is constant beyond the samples. ``lower_bound`` ≤
    the global optimum ≤ ``mse``; what is rounding is 0.
    """

    flat: tuple[bool, bool] = (True, True)
    regions: int
    mse: float
    lower_bound: float
    certified: bool  # mse is the global optimum, to a relative 10⁻⁶

    def __repr__(self) -> str:
        what = f"{self.regions:,} linear region{'s' * (self.regions != 1)}"
        bound = "proved to be the least" if self.certified else f"none is below {self.lower_bound:.3g}"
        return f"<SplineFloor: {what}, mean squared error {self.mse:.3g}, {bound}>"


def enclosure(floor: SplineFloor | None) -> dict[str, float | bool | None]:
    """As JSON has it: what is proved, what was found, and whether they are the same; null where none was sought."""
    return {
        "spline_lower_bound": None if floor is None else floor.lower_bound,
        "spline_best_found": None if floor is None else floor.mse,
        "spline_certified": None if floor is None else floor.certified,
    }


def spline_floor(
    x: ArrayLike, y: ArrayLike, regions: int, start: ArrayLike | None = None, *, work: float = WORK
) -> SplineFloor:
    """The floor for ``regions`` linear regions on samples ``x, y (m,)``, x in any order.

    Samples at the same x count as their mean with their number as weight, and their spread stays in ``mse``. 0 (or that
    spread) from as many regions as gaps between the samples. ``start``: at most ``regions − 1`` knots to start from
    besides the usual ones, for example the bends of a network, which ``mse`` is then never above. ``work``: after so
    many additions the search stops; more narrows the gap between bound and spline.

    Raises :class:`InputError` for fewer than one region, too many knots and samples beyond 1e150, ValueError for what
    is not numbers.
    """
    count = _check_regions(regions)
    problem = _Problem(x, y)
    return problem.solve(count, None if start is None else problem.own_start(start, count), work)[0]


def spline_floors(
    x: ArrayLike, y: ArrayLike, regions: Iterable[int], *, work: float = WORK
) -> list[SplineFloor]:
    """The floors for several counts, in their order; never higher for more regions than for fewer.

    They share the lines of all runs, and each count also starts from the floor of the one below. ``work``: for each.
    """
    counts = [_check_regions(count) for count in regions]
    problem = _Problem(x, y)
    floors: dict[int, SplineFloor] = {}
    below: FreeKnots | None = None
    for count in sorted(set(counts)):
        floors[count], below = problem.solve(count, None if below is None else below.knots, work)
    return [floors[count] for count in counts]


def _check_regions(count: int) -> int:
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise InputError("regions", count, "it must be a whole number, at least 1")
    return int(count)


class _Problem:
    """Samples scaled to x in [0, 1] and y of mean 0 and variance 1, and the way back."""

    def __init__(self, x: ArrayLike, y: ArrayLike) -> None:
        xs, ys = checked_samples(x, y)
        if max(-xs.min(), xs.max(), -ys.min(), ys.max()) > LARGEST:
            raise InputError(
                "samples", "too large", f"x and y are at most {LARGEST:g}, so that squares are numbers"
            )
        self.origin, self.width = float(xs.min()), float(np.ptp(xs)) or 1.0
        self.mean, self.deviation = float(ys.mean()), float(ys.std()) or 1.0
        self.rounding = (ROUNDING * float(np.finfo(np.float64).eps * np.abs(ys).max())) ** 2
        scaled = (ys - self.mean) / self.deviation
        places, inverse, repeats = np.unique(
            (xs - self.origin) / self.width, return_inverse=True, return_counts=True
        )
        means = np.bincount(inverse, scaled) / repeats
        self.spread = float(((scaled - means[inverse]) ** 2).sum())  # what no function of x can remove
        self.samples = Samples(places, means, repeats.astype(np.float64))
        self.search = FloorSearch(self.samples)

    def own_start(self, knots: ArrayLike, regions: int) -> Array:
        """The caller's knots, scaled, those beyond the samples left out, the ends added."""
        given = np.unique((np.asarray(knots, dtype=np.float64) - self.origin) / self.width)
        inner = given[(given > LEAST_GAP) & (given < 1 - LEAST_GAP)]
        if len(inner) >= regions:
            raise InputError("start", f"{len(inner)} knots", f"{regions} regions have at most {regions - 1}")
        return np.concatenate([[0.0], inner, [1.0]])

    def solve(
        self, regions: int, start: Array | None, work: float = WORK
    ) -> tuple[SplineFloor, FreeKnots | None]:
        """The floor, and the spline that attains it unless that joins the samples."""
        if regions >= len(self.samples.x) - 1:
            x, y = self.samples.x, self.samples.y
            if len(x) == 1:  # a constant
                x, y = np.array([0.0, 1.0]), y.repeat(2)
            return self._floor(regions, x, y, 0.0, 0.0, True), None
        spline, bound, certified = self.search.best(regions, start, work)
        return self._floor(regions, spline.knots, spline.values, spline.error, bound, certified), spline

    def _floor(
        self, regions: int, knots: Array, values: Array, error: float, bound: float, certified: bool
    ) -> SplineFloor:
        scale = self.deviation**2 / float(self.samples.weights.sum())
        mse, least = ((part + self.spread) * scale for part in (error, bound))
        return SplineFloor(
            regions=regions,
            mse=mse if mse > self.rounding else 0.0,
            knots=self.origin + self.width * knots,
            values=self.mean + self.deviation * values,
            lower_bound=least if mse > self.rounding else 0.0,
            certified=certified,
        )
