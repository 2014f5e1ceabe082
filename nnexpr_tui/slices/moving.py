"""What the Network view is moved by: the crosshair, the window around it, the plane, the member."""

from __future__ import annotations

from collections.abc import Callable

from nnexpr_tui.controller import Controller
from nnexpr_tui.parts.viewport import Point, Viewport, Window, around, zoomed
from nnexpr_tui.parts.views import View
from nnexpr_tui.slices.moment import OpenedNetwork, SliceMoment
from nnexpr_tui.slices.subject import SliceSubject

__all__ = ["MovedView"]

ZOOM = 2.0
DEEPEST = 2.0**-30  # of the window as it was opened, and as far out


class MovedView(View):
    """What is looked at; the crosshair and the window are moved here, the plane and the member by the engine."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._of: OpenedNetwork | None = None
        self._window: Window | None = None
        self._point: Point = (0.0, 0.0)
        self._grid: Viewport | None = None  # whose pixels the crosshair moves by
        self._mark = -1  # that the crosshair went to last

    @property
    def moment(self) -> SliceMoment | None:
        """The newest one."""
        return self.controller.moment(SliceSubject)

    def _ask(self, question: Callable[[SliceSubject], str | None]) -> None:
        self.footer.clear()
        self.controller.ask(SliceSubject, question)

    # Actions: what they mean is in the declaration

    def action_member(self, step: int) -> None:
        self._ask(lambda slices: slices.step_member(step))

    def action_move(self, columns: int, rows: int) -> None:
        """The crosshair by so many pixels; at the edge the window goes along."""
        if self._grid is None or self._window is None:
            return
        self.begin()
        (left, right), (bottom, top) = self._window
        wide, high = (right - left) / self._grid.width, (top - bottom) / self._grid.height
        self._point = self._point[0] + columns * wide, self._point[1] - rows * high
        self._window = around(self._point, self._window)

    def action_zoom_window(self, direction: int) -> None:
        """In or out around the crosshair, within what numbers can tell apart."""
        if self._window is None or self._of is None:
            return
        self.begin()
        window = zoomed(self._window, self._point, ZOOM**-direction)
        sizes = [
            (high - low) / (most - least)
            for (low, high), (least, most) in zip(window, self._of.window, strict=True)
        ]
        if min(sizes) >= DEEPEST and max(sizes) <= 1.0 / DEEPEST:
            self._window = window
        else:
            self.footer.say("As near as it goes" if direction > 0 else "As far as it goes")

    def action_whole(self) -> None:
        if self._of is not None:
            self.begin()
            self._window = self._of.window
            self._point = around_inside(self._point, self._of.window)

    def action_restart(self) -> None:
        self.action_whole()
        self._ask(SliceSubject.restart)

    def action_turn(self, steps: int) -> None:
        point = self._point
        self._ask(lambda slices: slices.turn_plane(steps, point))

    def action_tilt(self, steps: int) -> None:
        point = self._point
        self._ask(lambda slices: slices.tilt(steps, point))

    def action_shift(self, steps: int) -> None:
        if self._window is not None:
            bottom, top = self._window[1]
            self._ask(lambda slices: slices.shift(steps, top - bottom))

    def action_aside(self) -> None:
        self._ask(SliceSubject.aside)

    def action_point(self) -> None:
        """To the next of the points given, and the window with it."""
        moment = self.moment
        if moment is None or not moment.marks or self._window is None:
            self.footer.say("No points were given: open --plane P Q R, or --between A B, gives some")
            return
        self.begin()
        self._mark = (self._mark + 1) % len(moment.marks)
        self._point = moment.marks[self._mark].place
        self._window = around(self._point, self._window)


def around_inside(point: Point, window: Window) -> Point:
    """The point, or the nearest one that lies in the window."""
    s, t = (min(max(p, low), high) for p, (low, high) in zip(point, window, strict=True))
    return s, t
