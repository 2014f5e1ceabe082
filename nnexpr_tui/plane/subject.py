"""What is shown of a fit of two inputs, made on the engine's thread as often as it takes a small share of the time.

Values at the pixels are made with every moment. The cells are counted at most once a second while training, and so
seldom that counting takes a fiftieth of the time; always once training stands still. Where counting takes longer than
a moment, the moment before it says so and is shown first; and while what counts is being compiled, training goes on.
"""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from nnexpr_tui.plane.moment import Cells, PlaneMoment, PlaneView, SeenCells
from nnexpr_tui.training.moment import Engine
from nnexpr_tui.training.subject import FitSubject
from nnexpr_tui.worker.subject import Subject

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.training.snapshots import Snapshot

    Array = NDArray[np.float64]

__all__ = ["PlaneSubject", "seen_cells"]

COUNT_INTERVAL = 1.0  # seconds between two counts while training
COUNT_SHARE = 50  # counting and locating may take a fiftieth of the time
VALUE_SHARE = 20  # making the values a twentieth
WAIT = 0.05  # seconds between two looks whether what counts is compiled
QUICK = 0.05  # what takes less is counted before the moment is shown, what takes more after it


class PlaneSubject(Subject[PlaneMoment]):
    """The view that is looked at, if any, and what is known in it."""

    def __init__(self) -> None:
        self._engine: Engine | None = None
        self._view: PlaneView | None = None
        self._next_moment = 0.0
        self._forget()

    def _forget(self) -> None:
        """There is another network."""
        self._owed: Snapshot | None = None
        self._target: tuple[PlaneView, Array] | None = None
        self._cells: Cells | None = None
        self._counted: tuple[int, int] | None = None  # epoch and member
        self._seen: tuple[PlaneView, Cells, SeenCells] | None = None
        self._note = ""
        self._count_cost: float | None = None
        self._next = 0.0

    @property
    def _fit(self) -> FitSubject:
        return self.scheduler.subject(FitSubject)

    def watch(self, view: PlaneView) -> None:
        """Show this view from now on."""
        self._view = view

    # What the scheduler asks

    @property
    def wait(self) -> float | None:
        if self._owed is None or self._engine is None or not self.is_watched:
            return None
        return 0.0 if self._engine.can_count() else WAIT

    def turn(self, seconds: float) -> bool:  # noqa: ARG002
        if self._owed is not None and self._engine is self._fit.engine:
            owed, self._owed = self._owed, None
            self._count(owed)
        return True

    @property
    def due(self) -> bool:
        return self._target is not None and self._fit.is_running and monotonic() >= self._next_moment

    def moment(self) -> PlaneMoment | None:
        """This moment in the view; None on the line."""
        fit, view = self._fit, self._view
        if fit.engine is not self._engine:
            self._engine = fit.engine
            self._forget()
        if self._engine is None or view is None or self._engine.scene.plane is None:
            return None
        snapshot, began = fit.snapshot(), monotonic()
        if self._target is None or self._target[0] != view:
            self._target = view, self._engine.heights(view, None)
        heights = self._engine.heights(view, snapshot)
        self._next_moment = monotonic() + VALUE_SHARE * (monotonic() - began)
        self._owed, counting = None, self._is_due(self._engine, snapshot)
        if counting and self._count_cost is not None and self._count_cost < QUICK:
            self._count(snapshot)
            counting = False
        elif counting and not (fit.is_running and not self._engine.can_count()):
            self._owed = snapshot
        return PlaneMoment(view, self._target[1], heights, self._seen_in(view), counting, self._note)

    def _is_due(self, engine: Engine, snapshot: Snapshot) -> bool:
        if not engine.scene.has_cells or self._counted == (snapshot.epoch, snapshot.member):
            return False
        other_member = self._counted is not None and self._counted[1] != snapshot.member
        return not self._fit.is_running or other_member or monotonic() >= self._next

    def _count(self, snapshot: Snapshot) -> None:
        assert self._engine is not None  # noqa: S101 - it has made the snapshot
        began = monotonic()
        self._counted = snapshot.epoch, snapshot.member
        try:
            self._cells, self._note = self._engine.cells(snapshot), ""
            self._seen_in(self._view)
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

    # What the screen asks

    def export(self, stem: Path) -> str:
        """Write the fit, with what certifies the cells that are shown; says where."""
        from nnexpr_tui.plane.engine import document

        return self._fit.export(stem, document(self._cells.counts) if self._cells is not None else None)


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
