"""What the folds of the Compose screen ask of the engine: question and answer as plain data, and how it is answered.

:func:`fold` runs on the worker's thread and imports the engine there; this module brings neither NumPy nor torch, so a
screen may import it before they are loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.experiments.composition import Composition, ShallowFit

    Array = NDArray[np.float64]

__all__ = ["MOST_FOLDS", "FoldQuestion", "Folded", "fold"]

MOST_FOLDS = 16  # 65,536 regions: beyond, a shallow fit takes seconds
MOST_POINTS = 2048  # of a curve: more than any terminal has dots across


@dataclass(frozen=True)
class FoldQuestion:
    """The triangle map composed ``depth`` times, and least squares with ``knots`` knots.

    Of both, the leftmost ``shown`` of the wave's 2^depth linear regions are drawn.
    """

    depth: int
    knots: int
    shown: int

    @property
    def until(self) -> float:
        """The right end of what is drawn; exact, a power of two."""
        return self.shown * 0.5**self.depth


@dataclass(frozen=True, eq=False)
class Folded:
    """The answer: counts, errors, and curves over [0, ``question.until``]."""

    question: FoldQuestion
    linear_regions: int  # exact
    sampled_regions: int  # the concept page's counter
    units: int
    parameters: int
    knots_needed: int
    features: int
    mse: float
    mse_ridge: float
    fit_regions: int
    fit: tuple[Array, Array]
    error: tuple[Array, Array]  # fit - wave
    knots: Array

    def is_urgent(self, before: Folded | None) -> bool:
        """Of another question: a key asked it."""
        return before is not self


def fold(question: FoldQuestion) -> Folded:
    """Count the wave, fit it, and draw what is asked for."""
    import numpy as np

    from nnexpr.experiments.composition import wave

    counted = _counted(question.depth)
    fit = _fitted(question.depth, question.knots)
    corners = np.arange(question.shown + 1) / 2.0**question.depth
    knots = fit.positions[1:-1]
    knots = knots[knots < question.until]
    x = np.union1d(corners, knots)
    found = fit.predict(x)
    return Folded(
        question=question,
        linear_regions=counted.linear_regions,
        sampled_regions=counted.sampled_regions,
        units=counted.units,
        parameters=counted.parameters,
        knots_needed=counted.knots_needed,
        features=fit.features,
        mse=fit.mse,
        mse_ridge=fit.mse_ridge,
        fit_regions=fit.linear_regions,
        fit=_thinned(x, found),
        error=_thinned(x, found - wave(question.depth, x)),
        knots=knots[:: max(1, len(knots) // MOST_POINTS)],
    )


@lru_cache
def _counted(depth: int) -> Composition:
    from nnexpr.experiments.composition import compose

    return compose(depth, ())


@lru_cache(maxsize=8)
def _fitted(depth: int, knots: int) -> ShallowFit:
    from nnexpr.experiments.composition import shallow_fit

    return shallow_fit(depth, knots)


def _thinned(x: Array, y: Array) -> tuple[Array, Array]:
    """The least and the greatest point of each of at most ``MOST_POINTS`` stretches; all points where they are few."""
    import numpy as np

    stretch = -(-len(x) // MOST_POINTS)
    if stretch <= 2:
        return x, y
    starts = np.arange(0, len(x), stretch)
    low, high = np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)
    return np.repeat(x[starts], 2), np.stack([low, high], axis=1).ravel()
