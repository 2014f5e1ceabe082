"""What the Plane screen looks at and what it is shown: plain data in the target's own units.

Nothing here needs NumPy or torch to be imported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["CellCounts", "Cells", "PlaneMoment", "PlaneView", "SeenCells", "Window"]

Window = tuple[tuple[float, float], tuple[float, float]]  # of x1 and of x2


@dataclass(frozen=True)
class PlaneView:
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


@dataclass(frozen=True, slots=True)
class CellCounts:
    """The exact counts of one member at one epoch, and what certifies them."""

    epoch: int
    member: int
    regions: int
    activation_regions: int
    dead_units: tuple[tuple[int, int], ...]  # (hidden layer from 1, unit from 0)
    euler: int  # vertices - edges + faces of the domain's subdivision: 1
    area_error: float
    mean_degree: float
    max_residual: float
    sampled_points: int
    sampled_mismatches: int
    ties: int


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """The cells of one network. Kept on the worker's thread; the screens are given what they can show of them."""

    counts: CellCounts
    slopes: Array  # (cells, 2)
    intercepts: Array  # (cells,)
    segments: Array  # (borders, 4): x1, x2 of one end and of the other
    layers: NDArray[np.int64]  # (borders,) the hidden layer, from 1, that makes each
    locate: Callable[[Array], NDArray[np.int64]]  # points (n, 2) to cells (n,)


@dataclass(frozen=True, eq=False, slots=True)
class SeenCells:
    """What a view shows of the cells. Images have their top row, the greatest x2, first."""

    counts: CellCounts
    faces: NDArray[np.int64]  # (height, width) the cell of each pixel
    slopes: Array  # (cells, 2)
    intercepts: Array  # (cells,)
    segments: Array  # (borders, 4) those that may be seen
    layers: NDArray[np.int64]  # (borders,)


@dataclass(frozen=True, eq=False, slots=True)
class PlaneMoment:
    """One moment of training in a view. ``cells`` may be of an epoch before; None: not counted (yet)."""

    view: PlaneView
    target: Array  # (height, width), as in SeenCells
    fit: Array  # (height, width)
    cells: SeenCells | None = None
    is_counting: bool = False  # the cells of this moment are being counted
    note: str = ""  # why there are no cells

    def is_urgent(self, before: PlaneMoment | None) -> bool:
        """In another view: a key asked for it."""
        return before is None or self.view != before.view
