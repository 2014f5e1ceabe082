"""What is shown of a fit of two inputs, made on the engine's thread as often as it takes a small share of the time.

Values at the pixels are made with every moment. The cells are counted at most once a second while training, and so
seldom that counting takes a fiftieth of the time; always once training stands still. Where counting takes longer than
a moment, the moment before it says so and is shown first; and while what counts is being compiled, training goes on.
"""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from nnexpr_tui.parts.viewport import Viewport
from nnexpr_tui.plane.moment import PlaneMoment, SeenCells
from nnexpr_tui.training.subject import WAIT, WRITTEN, FitSubject
from nnexpr_tui.worker.scheduler import Exported
from nnexpr_tui.worker.subject import Subject, sentence
from nnexpr_tui.worker.warming import compiling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.regions.plane import PlaneRegions
    from nnexpr.training.session import Session
    from nnexpr.training.snapshots import Snapshot

    Array = NDArray[np.float64]

__all__ = ["PlaneSubject"]

FEWER = "a smaller network has fewer: [ and - take units and layers away"  # what keys can do against too many cells

COUNT_INTERVAL = 1.0  # seconds between two counts while training
COUNT_SHARE = 50  # counting and locating may take a fiftieth of the time
VALUE_SHARE = 20  # making the values a twentieth
QUICK = 0.05  # what takes less is counted before the moment is shown, what takes more after it


class PlaneSubject(Subject[PlaneMoment]):
    """The viewport that is looked at, if any, and what is known in it of the present fit."""

    def __init__(self) -> None:
        self._viewport: Viewport | None = None
        self._next_moment = 0.0
        self._begin(None)

    def _begin(self, session: Session | None) -> None:
        """There is another network."""
        self._session = session
        self._owed: Snapshot | None = None
        self._target: tuple[Viewport, Array] | None = None
        self._counted: Snapshot | None = None
        self._regions: PlaneRegions | None = None  # of that snapshot; None where they cannot be counted
        self._seen: tuple[Viewport, SeenCells] | None = None
        self._note = ""
        self._count_cost: float | None = None
        self._next_count = 0.0

    @property
    def _fit(self) -> FitSubject:
        return self.scheduler.subject(FitSubject)

    # What the scheduler asks

    @property
    def wait(self) -> float | None:
        if self._owed is None or not self.is_watched:
            return None
        return 0.0 if self._fit.can_count("plane") else WAIT

    def turn(self, seconds: float) -> bool:  # noqa: ARG002
        owed, self._owed = self._owed, None
        if owed is not None and self._session is self._fit.session:
            self._count(owed)
        return True

    @property
    def due(self) -> bool:
        return self._target is not None and self._fit.is_running and monotonic() >= self._next_moment

    def moment(self) -> PlaneMoment | None:
        """This moment in the viewport; None on the line."""
        from nnexpr_tui.plane.engine import fit_heights, target_heights

        fit, viewport = self._fit, self._viewport
        if fit.session is not self._session:
            self._begin(fit.session)
        session = self._session
        if session is None or viewport is None or fit.scene.plane is None:
            return None
        snapshot, began = fit.snapshot(), monotonic()
        if self._target is None or self._target[0] != viewport:
            self._target = viewport, target_heights(session, viewport)
        heights = fit_heights(session, snapshot, viewport)
        self._next_moment = monotonic() + VALUE_SHARE * (monotonic() - began)
        self._owed, counting = None, self._is_due(snapshot)
        if counting and self._count_cost is not None and self._count_cost < QUICK:
            self._count(snapshot)
            counting = False
        elif counting and not (fit.is_running and not fit.can_count("plane")):
            self._owed = snapshot
        return PlaneMoment(viewport, self._target[1], heights, self._seen_in(viewport), counting, self._note)

    def _is_due(self, snapshot: Snapshot) -> bool:
        if not self._fit.scene.has_cells:
            return False
        known = None if self._counted is None else (self._counted.epoch, self._counted.member)
        if known == (snapshot.epoch, snapshot.member):
            return False
        is_other = known is not None and known[1] != snapshot.member
        return is_other or not self._fit.is_running or monotonic() >= self._next_count

    def _count(self, snapshot: Snapshot) -> None:
        from nnexpr_tui.plane.engine import cells

        assert self._session is not None  # noqa: S101 - it has made the snapshot
        began = monotonic()
        self._counted, self._regions, self._seen, self._note = snapshot, None, None, ""
        try:
            self._regions = cells(self._session, snapshot)
            self._seen_in(self._viewport)
        except ValueError as error:  # weights that are not finite, or more cells than can be held
            self._note = _reason(error)
        finally:
            self._count_cost = monotonic() - began
            self._next_count = monotonic() + max(COUNT_INTERVAL, COUNT_SHARE * self._count_cost)

    def _seen_in(self, viewport: Viewport | None) -> SeenCells | None:
        """The cells that were last counted, as far as this viewport shows them."""
        from nnexpr_tui.plane.engine import seen_cells

        if self._regions is None or self._counted is None or viewport is None:
            return None
        if self._seen is None or self._seen[0] != viewport:
            self._seen = viewport, seen_cells(self._regions, self._counted, viewport)
        return self._seen[1]

    # What the screen asks

    def watch(self, viewport: Viewport) -> None:
        """Show this viewport from now on."""
        self._viewport = viewport

    def export(self, folder: Path) -> None:
        """Write the present moment of the fit, with what certifies its cells."""
        from nnexpr_tui.plane.engine import document

        fit = self._fit
        self.moment()  # of the network that there is now
        if fit.scene.has_cells:
            compiling("plane").wait()
            self._count(fit.snapshot())
        cells = None
        if self._regions is not None and self._counted is not None:
            cells = document(self._regions, self._counted)
        stem, moment = fit.write(folder, cells)
        self.scheduler.send(Exported(stem, WRITTEN, {FitSubject: moment, PlaneSubject: self.moment()}))


def _reason(error: ValueError) -> str:
    """Why cells cannot be counted, with what can be done about it here."""
    from nnexpr.regions.room import TooManyCells

    return f"{error.told}; {FEWER}" if isinstance(error, TooManyCells) else sentence(error)
