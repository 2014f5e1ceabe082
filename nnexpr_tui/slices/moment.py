"""What the Network view looks at and what it is shown: plain data.

Planes are in the network's units; inputs and outputs that are told are in the file's own. Nothing here needs NumPy or
torch to be imported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nnexpr_tui.doubts import doubts, remarks
from nnexpr_tui.parts.viewport import Point, Viewport, Window
from nnexpr_tui.slices.kinds import REGIONS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.regions.counted import Certificate
    from nnexpr.regions.plane import PlaneRegions
    from nnexpr.regions.plane.cells import PlaneCertificate
    from nnexpr.regions.plane.placed import Plane
    from nnexpr.scale import Scale

    AnyCheck = Certificate | PlaneCertificate
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
    of: str = REGIONS  # what was asked for to be counted, as --of has it
    why_not: str = ""  # why it has no cells

    def own(self, x: Array) -> Array:
        """An input of the network, ``(inputs,)``, in the file's own units."""
        made: Array = self.shifts + self.factors * x
        return made


@dataclass(frozen=True, eq=False, slots=True)
class Looked:
    """What was looked at: which member, on which plane, and what is counted of it, as ``--of`` has it."""

    plane: Plane
    member: int
    of: str = REGIONS


@dataclass(frozen=True, eq=False, slots=True)
class Counted:
    """The network on a plane in a viewport, found exactly; images have their top row, the greatest t, first.

    ``regions``: those that are asked for; ``faces: (height, width)``: their cell at each pixel; ``labels``: the largest
    output there; ``decided``: the decision regions, the same where they are asked for, None of one output; ``lines``:
    the polylines along which the largest output changes, of a margin those where it is zero. ``slopes: (cells, 2,
    n)`` and ``intercepts: (cells, n)``, of all outputs or of the one that is counted; ``segments``, ``layers``: the
    borders; ``up`` takes outputs to own units.
    """

    of: Looked
    viewport: Viewport
    regions: PlaneRegions
    decided: PlaneRegions | None
    faces: Index
    labels: Index | None
    slopes: Array
    intercepts: Array
    lines: tuple[Array, ...]
    segments: Array
    layers: Index
    up: Scale
    check: PlaneCertificate  # of the regions, in own units
    seconds: float

    @property
    def is_of_one(self) -> bool:
        """Whether cells have the map of one number: of one output, or of a margin."""
        return bool(self.slopes.shape[2] == 1)

    def column(self, output: int) -> int:
        """Where its maps stand; those of the one number that is counted where it is only one."""
        return 0 if self.is_of_one else output

    @property
    def decisions(self) -> int | None:
        """How many decision regions there are."""
        return None if self.decided is None else self.decided.count

    @property
    def is_certified(self) -> bool:
        """Whether both counts are vouched for."""
        return self.check.certified and (self.decided is None or self.decided.check.certified)

    @property
    def doubts(self) -> list[str]:
        """Why one of them is not."""
        return _of_both(doubts, self.check, None if self.decided is None else self.decided.check)

    @property
    def remarks(self) -> list[str]:
        """What is to be said of them beside that."""
        return _of_both(remarks, self.check, None if self.decided is None else self.decided.check)

    def cell_at(self, point: Point) -> int:
        """The cell that holds the point; negative outside the window."""
        return int(self.regions.locate([point])[0])

    def outputs_at(self, point: Point) -> Array:
        """All outputs there, by the affine map of the cell."""
        whole = self.regions if self.decided is None else self.decided
        cell = int(whole.locate([point])[0])
        values: Array = self.up.to_own(point @ whole.slopes[cell] + whole.intercepts[cell]).reshape(-1)
        return values


@dataclass(frozen=True, eq=False, slots=True)
class Along:
    """The network on the row ``t`` of a plane from one s to another, found exactly.

    ``s: (pieces + 1,)``: where its pieces end, with ``values: (pieces + 1, outputs)``; ``bends: (B,)``: where what is
    counted bends; ``changes: (C,)``: where another output is the largest, ``classes: (C + 1,)``: which it is between;
    of one output there are none. Of a margin ``margin: (2, pieces + 1)`` is where its own pieces end and what it is
    there, and ``zeros: (Z,)`` where it changes its sign.
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
    decided: Certificate | None  # of the decisions
    seconds: float
    margin: Array | None = None
    zeros: Array | None = None

    @property
    def is_certified(self) -> bool:
        """Whether both counts are vouched for."""
        return self.check.certified and (self.decided is None or self.decided.certified)

    @property
    def doubts(self) -> list[str]:
        """Why one of them is not."""
        return _of_both(doubts, self.check, self.decided)

    @property
    def remarks(self) -> list[str]:
        """What is to be said of them beside that."""
        return _of_both(remarks, self.check, self.decided)

    @property
    def count(self) -> int:
        """Linear regions of what is counted; of the largest output those of all outputs together."""
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

    def drawn_at(self, s: float, output: int) -> float:
        """The margin there where one is counted, else an output."""
        import numpy as np

        return float(self.outputs_at(s)[output] if self.margin is None else np.interp(s, *self.margin))


def _of_both(told: Callable[[AnyCheck], list[str]], check: AnyCheck, decided: AnyCheck | None) -> list[str]:
    """What is told of both counts, once; the decisions' own as theirs."""
    own = told(check)
    others = [] if decided is None else [each for each in told(decided) if each not in own]
    return [*own, *(f"decisions: {each}" for each in others)]


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
