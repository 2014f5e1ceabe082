"""What the Network view looks at and what it is shown: plain data.

Planes are in the network's units; inputs and outputs that are told are in the file's own. Nothing here needs NumPy or
torch to be imported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nnexpr_tui.parts.viewport import Point, Viewport, Window

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.regions.counted import Certificate
    from nnexpr.regions.plane import PlaneRegions
    from nnexpr.regions.plane.cells import PlaneCertificate
    from nnexpr.regions.plane.placed import Plane

    Array = NDArray[np.float64]
    Index = NDArray[np.int64]

__all__ = ["Along", "Counted", "Looked", "Mark", "OpenedNetwork", "SliceMoment"]


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
    members: int
    image: tuple[int, int, int] | None  # channels, rows and columns of an input that is an image
    limits: tuple[float, float]
    window: Window  # as it was opened
    assumed: tuple[str, ...]
    place: tuple[str, ...]  # the words of the command line that say where; none where nothing was said
    shifts: Array  # own = shift + factor * network, of each input
    factors: Array
    is_segment: bool = False  # whether a segment between two points was asked for
    why_not: str = ""  # why it has no cells

    def own(self, x: Array) -> Array:
        """An input of the network, ``(inputs,)``, in the file's own units."""
        made: Array = self.shifts + self.factors * x
        return made


@dataclass(frozen=True, eq=False, slots=True)
class Looked:
    """What was looked at: which member, on which plane."""

    plane: Plane
    member: int


@dataclass(frozen=True, eq=False, slots=True)
class Counted:
    """The network on a plane in a viewport, found exactly; images have their top row, the greatest t, first.

    ``faces: (height, width)``: the cell of each pixel; ``labels``: the largest output there; ``decided``: the decision
    regions, with ``boundary``, the polylines along which the largest output changes: None and none of one output.
    ``slopes: (cells, 2, outputs)`` and ``intercepts: (cells, outputs)``; ``segments``, ``layers``: the borders.
    """

    of: Looked
    viewport: Viewport
    regions: PlaneRegions
    decided: PlaneRegions | None
    faces: Index
    labels: Index | None
    slopes: Array
    intercepts: Array
    boundary: tuple[Array, ...]
    segments: Array
    layers: Index
    check: PlaneCertificate  # of the regions, in own units
    seconds: float

    @property
    def decisions(self) -> int | None:
        """How many decision regions there are."""
        return None if self.decided is None else self.decided.count

    @property
    def is_certified(self) -> bool:
        """Whether both counts are vouched for."""
        return self.check.certified and (self.decided is None or self.decided.check.certified)

    def cell_at(self, point: Point) -> int:
        """The cell that holds the point; negative outside the window."""
        return int(self.regions.locate([point])[0])

    def outputs_at(self, point: Point) -> Array:
        """The outputs there, by the affine map of the cell."""
        cell = self.cell_at(point)
        values: Array = point @ self.slopes[cell] + self.intercepts[cell]
        return values


@dataclass(frozen=True, eq=False, slots=True)
class Along:
    """The network on the row ``t`` of a plane from one s to another, found exactly.

    ``s: (pieces + 1,)``: where its pieces end, with ``values: (pieces + 1, outputs)``; ``bends: (B,)``: where an output
    bends; ``changes: (C,)``: where another output is the largest, ``classes: (C + 1,)``: which it is between; of one
    output there are none.
    """

    of: Looked
    t: float
    ends: tuple[float, float]
    s: Array
    values: Array
    bends: Array
    changes: Array
    classes: tuple[int, ...]
    activation_regions: int
    check: Certificate  # in own units
    is_certified: bool
    seconds: float

    @property
    def count(self) -> int:
        """Linear regions, of all outputs together."""
        return len(self.bends) + 1

    @property
    def decisions(self) -> int | None:
        """How many decision regions there are; None of one output."""
        return len(self.classes) or None

    def holds(self, point: Point) -> bool:
        """Whether it is a point of the row."""
        return self.t == point[1] and self.ends[0] <= point[0] <= self.ends[1]

    def outputs_at(self, s: float) -> Array:
        """The outputs there."""
        import numpy as np

        return np.array([np.interp(s, self.s, column) for column in self.values.T])


@dataclass(frozen=True, eq=False, slots=True)
class SliceMoment:
    """The opened network with what was last counted of it.

    ``looked``: the plane and the member that are asked for now, which may not have been counted yet; ``aside``: the
    direction that tilting and shifting lead to, in words; ``moved``: whether the plane is another than that which was
    opened; ``is_compiling``: whether counting waits for its loops, which are compiled once on a machine.
    """

    opened: OpenedNetwork | None = None
    looked: Looked | None = None
    counted: Counted | None = None
    along: Along | None = None
    marks: tuple[Mark, ...] = field(default=())
    aside: str = ""
    moved: bool = False
    is_counting: bool = False
    is_compiling: bool = False
    note: str = ""  # why no cells were counted, or nothing was opened
    along_note: str = ""  # why nothing was counted on the row

    def is_urgent(self, before: SliceMoment | None) -> bool:
        """Counted anew, or not to be counted: a key asked for it."""
        if before is None:
            return True
        now, then = (
            (each.counted, each.along, each.note, each.along_note, each.is_counting, each.is_compiling)
            for each in (self, before)
        )
        return any(one is not other for one, other in zip(now, then, strict=True))

    @property
    def owed(self) -> str:
        """What stands in the place of what is not counted yet."""
        return "compiling…" if self.is_compiling else "counting…"

    @property
    def is_current(self) -> bool:
        """Whether the cells are those of the plane and the member that are asked for."""
        return self.counted is not None and self.counted.of is self.looked

    def outputs_at(self, point: Point) -> Array | None:
        """The outputs at a point, exactly; None where nothing that was counted says it."""
        along, found = self.along, self.counted
        if along is not None and along.of is self.looked and along.holds(point):
            return along.outputs_at(point[0])
        if found is not None and self.is_current and found.cell_at(point) >= 0:
            return found.outputs_at(point)
        return None
