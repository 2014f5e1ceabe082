"""The network of a file on the engine's thread: what the newest key asked for is counted, and nothing before it.

What is looked at is a member on a plane: the row of the crosshair, a window of the plane, or both. They are changed at
once, while a turn counts one of them, the row first, which takes least; so keys that follow one another are counted
once, and until that is done the picture before stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nnexpr_tui.parts.viewport import Point, Viewport
from nnexpr_tui.slices.kinds import REGIONS
from nnexpr_tui.slices.moment import Along, Counted, Looked, SliceMoment
from nnexpr_tui.worker.scheduler import Exported
from nnexpr_tui.worker.subject import Subject, sentence
from nnexpr_tui.worker.warming import compiling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.regions.plane.placed import Plane
    from nnexpr.regions.slices import Slice
    from nnexpr.runs.store import Store
    from nnexpr_tui.slices.engine import Opened

    Array = NDArray[np.float64]

__all__ = ["Row", "SliceSubject"]

Row = tuple[tuple[float, float], float]  # from one s to another, at a t

WAIT = 0.05  # seconds between two looks whether what counts is compiled
DEGREES = 5.0  # of a turn, and of a tilt
STEP = 0.05  # of the window's height: a shift aside


class SliceSubject(Subject[SliceMoment]):
    """The network that was opened, if any; its plane, and what was last counted of it."""

    def __init__(self) -> None:
        self._opened: Opened | None = None
        self._looked: Looked | None = None
        self._viewport: Viewport | None = None  # None: no map is seen
        self._row: Row | None = None  # None: no row is seen
        self._tried_cells: tuple[Looked, Viewport] | None = None  # what was counted, or could not be
        self._tried_row: tuple[Looked, Row] | None = None
        self._aside = 0
        self._counted: Counted | None = None
        self._along: Along | None = None
        self._note = self._along_note = ""

    # What the scheduler asks

    @property
    def _owes_cells(self) -> bool:
        return self._viewport is not None and self._tried_cells != (self._looked, self._viewport)

    @property
    def _owes_row(self) -> bool:
        return self._row is not None and self._tried_row != (self._looked, self._row)

    @property
    def _owes(self) -> bool:
        """Whether something that is seen is to be counted."""
        return self._looked is not None and (self._owes_cells or self._owes_row)

    @property
    def _is_new(self) -> bool:
        """Whether nothing was asked for of the network yet: the screen is about to."""
        return self._tried_cells is None and self._tried_row is None

    @property
    def wait(self) -> float | None:
        if not (self._owes and self.is_watched):
            return None
        return 0.0 if compiling("slices").is_set() else WAIT

    def turn(self, seconds: float) -> bool:  # noqa: ARG002
        of, looked = self._opened, self._looked
        if of is None or looked is None:
            return False
        if self._owes_row and self._row is not None:
            self._tried_row = looked, self._row
            self._follow(of, looked, *self._row)
        elif self._viewport is not None:
            self._tried_cells = looked, self._viewport
            self._count(of, looked, self._viewport)
        return True

    def moment(self) -> SliceMoment | None:
        of, looked = self._opened, self._looked
        if of is None or looked is None:
            return SliceMoment(note=self._note)
        return SliceMoment(
            opened=of.facts,
            looked=looked,
            counted=self._counted,
            along=self._along,
            marks=of.marks(looked.plane),
            aside=of.directions[self._aside % len(of.directions)][0],
            moved=looked.plane is not of.plane,
            is_counting=self._owes or self._is_new,
            is_compiling=not compiling("slices").is_set(),
            note=self._note,
            along_note=self._along_note,
        )

    def _count(self, of: Opened, looked: Looked, viewport: Viewport) -> None:
        from nnexpr_tui.slices.engine import counted

        self._note = of.facts.why_not
        if self._note:
            return
        try:
            self._counted = counted(of, looked, viewport)
        except ValueError as error:  # numbers that are not finite, or more cells than can be held
            self._counted, self._note = None, sentence(error)

    def _follow(self, of: Opened, looked: Looked, ends: tuple[float, float], t: float) -> None:
        from nnexpr_tui.slices.engine import along

        self._along_note = of.facts.why_not
        if self._along_note:
            return
        try:
            self._along = along(of, looked, ends, t)
        except ValueError as error:  # numbers that are not finite, or ends that are one point
            self._along, self._along_note = None, sentence(error)

    # What the screen asks

    def open(
        self, file: str, store: Store, place: Slice | None = None, *, activation: str | None = None,
        layers: str | None = None,
        up_to: str | None = None,
        of: str = REGIONS,
    ) -> str | None:  # fmt: skip
        """Look at the network of this file; where it cannot be read, at what there was before."""
        from nnexpr_tui.slices.engine import opened

        try:
            found = opened(file, place, store, activation, layers, up_to, of)
        except Exception as error:
            if self._opened is None:
                self._note = sentence(error)
            raise
        self._opened, self._looked = found, Looked(found.plane, 0, of)
        self._counted = self._along = self._viewport = self._row = None
        self._tried_cells = self._tried_row = None
        self._note = self._along_note = ""
        self._aside = -1
        self.aside()
        compiling("slices")
        return " ".join(found.facts.assumed) or None

    def watch(self, viewport: Viewport | None, row: Row | None, of: str = REGIONS) -> None:
        """Show this viewport and this row from now on; None: no map, or no row, is seen. ``of``: what is counted."""
        self._viewport, self._row = viewport, row
        if self._looked is not None and self._looked.of != of:
            self._looked = replace(self._looked, of=of)

    def step_member(self, step: int) -> str | None:
        """The next member of the ensemble, or the one before."""
        if self._opened is None or self._looked is None:
            return None
        members = self._opened.facts.members
        if members == 1:
            return "This file holds one network"
        self._looked = replace(self._looked, member=(self._looked.member + step) % members)
        return None

    def turn_plane(self, steps: int, about: Point) -> None:
        """The plane in itself, about this point."""
        from nnexpr.regions.moved import turned

        self._move(lambda plane: turned(plane, DEGREES * steps, about))

    def tilt(self, steps: int, about: Point) -> None:
        """The plane out of itself, about this point, towards the direction aside."""
        from nnexpr.regions.moved import tilted

        self._move(lambda plane: tilted(plane, self._direction(), DEGREES * steps, about))

    def shift(self, steps: int, height: float) -> None:
        """The plane aside, by a share of this height in t, that of what is looked at."""
        import numpy as np

        from nnexpr.regions.moved import shifted

        share = steps * STEP * height
        self._move(lambda plane: shifted(plane, self._direction(), share * float(np.linalg.norm(plane.v))))

    def aside(self) -> str | None:
        """The next direction that leads out of the plane."""
        from nnexpr.regions.moved import normal
        from nnexpr.specification import InputError

        of, looked = self._opened, self._looked
        if of is None or looked is None:
            return None
        for _ in of.directions:
            self._aside = (self._aside + 1) % len(of.directions)
            name, direction = of.directions[self._aside]
            try:
                normal(looked.plane, direction)
            except InputError:
                continue
            return f"Tilting and shifting lead towards {name}"
        return "The plane holds all inputs: there is nowhere to tilt to"

    def restart(self) -> None:
        """The plane as it was opened."""
        if self._opened is not None:
            self._move(lambda _: self._opened.plane)  # type: ignore[union-attr]

    def export(self, folder: Path) -> str | None:
        """Write what was counted, with what certifies it."""
        from nnexpr_tui.slices.engine import write

        of, found, row = self._opened, self._counted, self._along
        if of is None or (found is None and row is None):
            return "There is nothing to write yet"
        stem = folder / f"{Path(of.facts.file).stem}-plane"
        write(stem, of, found, row)
        self.scheduler.send(Exported(stem, ".json and .svg", {SliceSubject: self.moment()}))
        return None

    def _direction(self) -> Array:
        assert self._opened is not None  # noqa: S101 - only a plane of something is moved
        return self._opened.directions[self._aside % len(self._opened.directions)][1]

    def _move(self, moved: Callable[[Plane], Plane]) -> None:
        if self._looked is not None:
            self._looked = replace(self._looked, plane=moved(self._looked.plane))
