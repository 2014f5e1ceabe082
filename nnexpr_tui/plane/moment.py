"""What the Plane screen looks at and what it is shown: plain data in the target's own units.

Nothing here needs NumPy or torch to be imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.regions.plane import PlaneRegions
    from nnexpr.training.snapshots import Snapshot

    Array = NDArray[np.float64]

__all__ = ["PlaneMoment", "SeenCells", "Viewport", "Window"]

Window = tuple[tuple[float, float], tuple[float, float]]  # of x1 and of x2


@dataclass(frozen=True)
class Viewport:
    """A window of the domain in ``width`` x ``height`` pixels; a pixel stands for the point in its middle."""

    window: Window
    width: int
    height: int

    def place(self, point: tuple[float, float]) -> tuple[int, int]:
        """Column and row, the top one 0, of the pixel that holds the point, or of the nearest one."""
        (left, right), (bottom, top) = self.window
        column = int((point[0] - left) / (right - left) * self.width)
        row = int((top - point[1]) / (top - bottom) * self.height)
        return min(max(column, 0), self.width - 1), min(max(row, 0), self.height - 1)

    def points(self) -> Array:
        """The middles of the pixels, ``(height * width, 2)``, row by row from the top."""
        import numpy as np

        (left, right), (bottom, top) = self.window
        x1 = left + (np.arange(self.width) + 0.5) / self.width * (right - left)
        x2 = top - (np.arange(self.height) + 0.5) / self.height * (top - bottom)
        return np.stack([np.tile(x1, self.height), np.repeat(x2, self.width)], axis=1)

    def point(self, column: int, row: int) -> tuple[float, float]:
        """The middle of a pixel."""
        (left, right), (bottom, top) = self.window
        x1 = left + (column + 0.5) / self.width * (right - left)
        return x1, top - (row + 0.5) / self.height * (top - bottom)


@dataclass(frozen=True, eq=False, slots=True)
class SeenCells:
    """The cells of the network as it was at ``counted``, and what a viewport shows of them.

    ``faces: (height, width)``: the cell of each pixel; images have their top row, the greatest x2, first.
    ``segments: (borders, 4)``: x1, x2 of both ends of the borders that may be seen; ``layers: (borders,)``: the hidden
    layer, from 1, that makes each.
    """

    regions: PlaneRegions
    counted: Snapshot
    faces: NDArray[np.int64]
    segments: Array
    layers: NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class PlaneMoment:
    """One moment of training in a viewport. ``cells`` may be of an epoch before; None: not counted (yet)."""

    viewport: Viewport
    target: Array  # (height, width), as in SeenCells
    fit: Array  # (height, width)
    cells: SeenCells | None = None
    is_counting: bool = False  # the cells of this moment are being counted
    note: str = ""  # why there are no cells

    def is_urgent(self, before: PlaneMoment | None) -> bool:
        """In another viewport: a key asked for it."""
        return before is None or self.viewport != before.viewport
