"""What the Plane screen looks at and what it is shown: plain data in the target's own units.

Nothing here needs NumPy or torch to be imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnexpr_tui.parts.viewport import Viewport

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.regions.plane import PlaneRegions
    from nnexpr.training.snapshots import Snapshot

    Array = NDArray[np.float64]

__all__ = ["PlaneMoment", "SeenCells"]


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
