"""What the Plane screen is shown of a fit, made on the worker's thread as often as it takes a small share of the time.

Values at the pixels are made with every frame. The cells are counted at most once a second while training, and so
seldom that counting takes a fiftieth of the time; always once training stands still. Where counting takes longer than
a moment, the frame before it says so and is shown first; and while what counts is being compiled, training goes on.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from nnexpr_tui.plane.moment import Cells, PlaneMoment, PlaneView, SeenCells

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.training.snapshots import Snapshot
    from nnexpr_tui.worker.frame import Engine

    Array = NDArray[np.float64]

__all__ = ["PlaneWatch", "seen_cells"]

COUNT_INTERVAL = 1.0  # seconds between two counts while training
COUNT_SHARE = 50  # counting and locating may take a fiftieth of the time
WAIT = 0.05  # seconds between two looks at the commands while what counts is being compiled
QUICK = 0.05  # what takes less is counted before the frame is shown, what takes more after it


class PlaneWatch:
    """The view that is looked at, if any, and what is known in it."""

    def __init__(self, engine: Engine, view: PlaneView | None = None) -> None:
        self._engine = engine
        self.view = view
        self.cost = 0.0  # seconds of the last values
        self._owed: Snapshot | None = None
        self._target: tuple[PlaneView, Array] | None = None
        self._cells: Cells | None = None
        self._counted: tuple[int, int] | None = None  # epoch and member
        self._seen: tuple[PlaneView, Cells, SeenCells] | None = None
        self._note = ""
        self._count_cost: float | None = None
        self._next = 0.0

    @property
    def owes(self) -> bool:
        """Whether cells are to be counted, now that the frame that says so is out."""
        return self._owed is not None and self.view is not None

    def settle(self) -> bool:
        """Count what is owed, if it can be counted yet; whether it was."""
        if self._owed is None or not self._engine.can_count(WAIT):
            return False
        self._count(self._owed)
        self._owed = None
        return True

    def moment(self, snapshot: Snapshot, *, running: bool) -> PlaneMoment | None:
        """This moment in the view; None while nobody looks, or on the line."""
        view, scene = self.view, self._engine.scene
        if view is None or scene.plane is None:
            return None
        began = monotonic()
        if self._target is None or self._target[0] != view:
            self._target = view, self._engine.heights(view, None)
        fit = self._engine.heights(view, snapshot)
        self.cost = monotonic() - began
        self._owed, counting = None, self._is_due(snapshot, running)
        if counting and self._count_cost is not None and self._count_cost < QUICK:
            self._count(snapshot)
            counting = False
        elif counting and not (running and not self._engine.can_count()):
            self._owed = snapshot
        return PlaneMoment(view, self._target[1], fit, self._seen_in(view), counting, self._note)

    def _is_due(self, snapshot: Snapshot, running: bool) -> bool:
        if not self._engine.scene.has_cells or self._counted == (snapshot.epoch, snapshot.member):
            return False
        other_member = self._counted is not None and self._counted[1] != snapshot.member
        return not running or other_member or monotonic() >= self._next

    def _count(self, snapshot: Snapshot) -> None:
        began = monotonic()
        self._counted = snapshot.epoch, snapshot.member
        try:
            self._cells, self._note = self._engine.cells(snapshot), ""
            self._seen_in(self.view)
        except ValueError as error:  # weights that are not finite, or more cells than can be held
            self._cells, self._note = None, str(error)
        finally:
            self._count_cost = monotonic() - began
            self._next = monotonic() + max(COUNT_INTERVAL, COUNT_SHARE * self._count_cost)

    def _seen_in(self, view: PlaneView | None) -> SeenCells | None:
        """The cells that were last counted, as far as this view shows them."""
        cells = self._cells
        if cells is None or view is None:
            return None
        if self._seen is None or self._seen[:2] != (view, cells):
            self._seen = view, cells, seen_cells(cells, view)
        return self._seen[2]


def seen_cells(cells: Cells, view: PlaneView) -> SeenCells:
    """The cell of each pixel of the view, and the borders that may be seen in it."""
    faces = cells.locate(view.points()).reshape(view.height, view.width)
    (left, right), (bottom, top) = view.window
    x, y = cells.segments[:, 0::2], cells.segments[:, 1::2]
    seen = (x.min(axis=1) <= right) & (x.max(axis=1) >= left)
    seen &= (y.min(axis=1) <= top) & (y.max(axis=1) >= bottom)
    return SeenCells(
        cells.counts, faces, cells.slopes, cells.intercepts, cells.segments[seen], cells.layers[seen]
    )
