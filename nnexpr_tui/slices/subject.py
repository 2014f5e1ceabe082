"""The network of a file on the engine's thread: what the newest key asked for is counted, and nothing before it.

What is looked at is a plane and a window of it. Both are changed at once, while cells are counted in a turn; so keys
that follow one another are counted once, and until that is done the picture before stays.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nnexpr_tui.parts.viewport import Point, Viewport
from nnexpr_tui.slices.moment import Counted, SliceMoment
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

__all__ = ["SliceSubject"]

WAIT = 0.05  # seconds between two looks whether what counts is compiled
DEGREES = 5.0  # of a turn, and of a tilt
STEP = 0.05  # of the window's height: a shift aside


class SliceSubject(Subject[SliceMoment]):
    """The network that was opened, if any; its plane, and what was last counted of it."""

    def __init__(self) -> None:
        self._opened: Opened | None = None
        self._plane: Plane | None = None
        self._viewport: Viewport | None = None
        self._aside = 0
        self._counted: Counted | None = None
        self._owes = False
        self._note = ""

    # What the scheduler asks

    @property
    def wait(self) -> float | None:
        if not (self._owes and self.is_watched and self._opened is not None and self._viewport is not None):
            return None
        return 0.0 if compiling("slices").is_set() else WAIT

    def turn(self, seconds: float) -> bool:  # noqa: ARG002
        self._count()
        return True

    def moment(self) -> SliceMoment | None:
        of, plane = self._opened, self._plane
        if of is None or plane is None:
            return SliceMoment(note=self._note)
        name = of.directions[self._aside % len(of.directions)][0]
        return SliceMoment(
            of.facts,
            plane,
            self._counted,
            of.marks(plane),
            name,
            plane is not of.plane,
            self._owes,
            self._note,
        )

    def _count(self) -> None:
        from nnexpr_tui.slices.engine import counted

        self._owes, of, plane, viewport = False, self._opened, self._plane, self._viewport
        if of is None or plane is None or viewport is None:
            return
        self._note = of.facts.why_not
        if self._note:
            return
        try:
            self._counted = counted(of, plane, viewport)
        except ValueError as error:  # numbers that are not finite, or more cells than can be held
            self._counted, self._note = None, sentence(error)

    # What the screen asks

    def open(
        self, file: str, store: Store, place: Slice | None = None, *, activation: str | None = None,
        layers: str | None = None,
        up_to: str | None = None,
    ) -> str | None:  # fmt: skip
        """Look at the network of this file; where it cannot be read, at what there was before."""
        from nnexpr_tui.slices.engine import opened

        try:
            found = opened(file, place, store, activation, layers, up_to)
        except Exception as error:
            if self._opened is None:
                self._note = sentence(error)
            raise
        self._opened, self._plane = found, found.plane
        self._counted, self._viewport, self._note, self._owes = None, None, "", True
        self._aside = -1
        self.aside()
        compiling("slices")
        return " ".join(found.facts.assumed) or None

    def watch(self, viewport: Viewport) -> None:
        """Show this viewport from now on."""
        if viewport != self._viewport:
            self._viewport, self._owes = viewport, True

    def turn_plane(self, steps: int, about: Point) -> None:
        """The plane in itself, about this point."""
        from nnexpr.regions.moved import turned

        self._move(lambda plane: turned(plane, DEGREES * steps, about))

    def tilt(self, steps: int, about: Point) -> None:
        """The plane out of itself, about this point, towards the direction aside."""
        from nnexpr.regions.moved import tilted

        self._move(lambda plane: tilted(plane, self._direction(), DEGREES * steps, about))

    def shift(self, steps: int) -> None:
        """The plane aside, by a share of the height that is looked at."""
        import numpy as np

        from nnexpr.regions.moved import shifted

        if self._viewport is not None:
            bottom, top = self._viewport.window[1]
            share = steps * STEP * (top - bottom)
            self._move(
                lambda plane: shifted(plane, self._direction(), share * float(np.linalg.norm(plane.v)))
            )

    def aside(self) -> str | None:
        """The next direction that leads out of the plane."""
        from nnexpr.regions.moved import normal
        from nnexpr.specification import InputError

        of, plane = self._opened, self._plane
        if of is None or plane is None:
            return None
        for _ in of.directions:
            self._aside = (self._aside + 1) % len(of.directions)
            name, direction = of.directions[self._aside]
            try:
                normal(plane, direction)
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

        of, found = self._opened, self._counted
        if of is None or found is None:
            return "There is nothing to write yet"
        stem = folder / f"{Path(of.facts.file).stem}-plane"
        write(stem, of, found)
        self.scheduler.send(Exported(stem, ".json and .svg", {SliceSubject: self.moment()}))
        return None

    def _direction(self) -> Array:
        assert self._opened is not None  # noqa: S101 - only a plane of something is moved
        return self._opened.directions[self._aside % len(self._opened.directions)][1]

    def _move(self, moved: Callable[[Plane], Plane]) -> None:
        if self._plane is not None:
            self._plane, self._owes = moved(self._plane), True
