"""What the Network view looks at and what it is shown: plain data, planes in the network's units.

Nothing here needs NumPy or torch to be imported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nnexpr_tui.parts.viewport import Point, Viewport, Window

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.regions.plane import PlaneRegions
    from nnexpr.regions.plane.placed import Plane

    Array = NDArray[np.float64]
    Faces = NDArray[np.int64]

__all__ = ["Counted", "Mark", "OpenedNetwork", "SliceMoment"]


@dataclass(frozen=True)
class Mark:
    """A point that was given: its letter, how it is spelled, and where it is nearest in the plane, how far from it."""

    letter: str
    spelled: str
    place: Point
    distance: float


@dataclass(frozen=True, eq=False)
class OpenedNetwork:
    """The file and what it holds. ``limits``: of the numbers of the points that were given, (0, 1) without any."""

    file: str
    words: str  # of the network, in one line
    inputs: int
    outputs: int
    image: tuple[int, int, int] | None  # channels, rows and columns of an input that is an image
    limits: tuple[float, float]
    window: Window  # as it was opened
    assumed: tuple[str, ...]
    place: tuple[str, ...] = ()  # the words of the command line that say where
    why_not: str = ""  # why it has no cells


@dataclass(frozen=True, eq=False, slots=True)
class Counted:
    """The network on a plane in a viewport, found exactly; images have their top row, the greatest t, first.

    ``faces: (height, width)``: the cell of each pixel; ``labels``: the largest output there, None where there is one;
    ``slopes: (cells, 2, outputs)`` and ``intercepts: (cells, outputs)``; ``patterns: (cells,)`` by which a cell keeps
    its colour; ``boundary``: polylines along which the largest output changes; ``segments``, ``layers``: the borders,
    as of a plane; ``decisions``: how many decision regions there are, None where there is one output.
    """

    viewport: Viewport
    plane: Plane
    regions: PlaneRegions
    faces: Faces
    labels: Faces | None
    slopes: Array
    intercepts: Array
    patterns: Faces
    boundary: tuple[Array, ...]
    segments: Array
    layers: Faces
    decisions: int | None
    seconds: float


@dataclass(frozen=True, eq=False, slots=True)
class SliceMoment:
    """The opened network with what was last counted of it; ``plane``: that is asked for now, or was counted.

    ``aside``: the direction that tilting and shifting lead to, in words; ``moved``: whether the plane is another than
    that which was opened.
    """

    opened: OpenedNetwork | None = None
    plane: Plane | None = None
    counted: Counted | None = None
    marks: tuple[Mark, ...] = field(default=())
    aside: str = ""
    moved: bool = False
    is_counting: bool = False
    note: str = ""  # why nothing was counted

    def is_urgent(self, before: SliceMoment | None) -> bool:
        """Counted anew, or not to be counted: a key asked for it."""
        return before is None or self.counted is not before.counted or self.note != before.note
