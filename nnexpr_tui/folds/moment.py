"""What the folds of the Compose screen ask of the engine, and what they are shown.

Nothing here needs NumPy or torch to be imported: a screen can be drawn before either is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.theory.triangle_wave import Composition, ShallowFit

    Array = NDArray[np.float64]

__all__ = ["MOST_FOLDS", "FoldQuestion", "FoldsMoment"]

MOST_FOLDS = 16  # 65,536 regions: beyond, a shallow fit takes seconds


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
