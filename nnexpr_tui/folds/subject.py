"""The folds of the Compose screen on the engine's thread: of all questions that wait, the newest is answered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from nnexpr_tui.worker.subject import Subject
from nnexpr_tui.worker.warming import compiling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.theory.triangle_wave import Composition, ShallowFit

    Array = NDArray[np.float64]

__all__ = ["MOST_FOLDS", "FoldQuestion", "FoldsMoment", "FoldsSubject", "fold"]

MOST_FOLDS = 16  # 65,536 regions: beyond, a shallow fit takes seconds
MOST_POINTS = 2048  # of a curve: more than any terminal has dots across
WAIT = 0.05  # seconds between two looks whether what counts is compiled


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
class FoldsMoment:
    """The answer to a question: the wave, its fit, and curves over [0, ``question.until``]."""

    question: FoldQuestion
    wave: Composition
    shallow: ShallowFit
    fit: tuple[Array, Array]
    error: tuple[Array, Array]  # fit - wave
    knots: Array

    def is_urgent(self, before: FoldsMoment | None) -> bool:
        """Of another question: a key asked it."""
        return before is not self


class FoldsSubject(Subject[FoldsMoment]):
    """Its moment is the newest answer."""

    def __init__(self) -> None:
        self._asked: FoldQuestion | None = None
        self._answer: FoldsMoment | None = None

    def fold(self, question: FoldQuestion) -> None:
        """Answer this next, and no question before it."""
        self._asked = question

    @property
    def wait(self) -> float | None:
        if self._asked is None:
            return None
        return 0.0 if compiling("line").is_set() else WAIT  # the thread trains and answers keys meanwhile

    def turn(self, seconds: float) -> bool:  # noqa: ARG002
        asked, self._asked = self._asked, None
        if asked is not None:
            self._answer = fold(asked)
        return True

    def moment(self) -> FoldsMoment | None:
        return self._answer


def fold(question: FoldQuestion) -> FoldsMoment:
    """Count the wave, fit it, and draw what is asked for."""
    import numpy as np

    from nnexpr.splines.tent import composed

    fit = _fitted(question.depth, question.knots)
    corners = np.arange(question.shown + 1) / 2.0**question.depth
    knots = fit.spline.breakpoints
    knots = knots[knots < question.until]
    x = np.union1d(corners, knots)
    found = fit.spline(x)
    return FoldsMoment(
        question=question,
        wave=_counted(question.depth),
        shallow=fit,
        fit=_thinned(x, found),
        error=_thinned(x, found - composed(question.depth, x)),
        knots=knots[:: max(1, len(knots) // MOST_POINTS)],
    )


@lru_cache
def _counted(depth: int) -> Composition:
    from nnexpr.theory.triangle_wave import compose

    return compose(depth, ())


@lru_cache(maxsize=8)
def _fitted(depth: int, knots: int) -> ShallowFit:
    from nnexpr.theory.triangle_wave import shallow_fit

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
