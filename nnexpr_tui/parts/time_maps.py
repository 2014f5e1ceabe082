"""A pane of maps over time, of one run or of several beside one another on one axis of time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nnexpr_tui.charts.heatmap import HeatMap
from nnexpr_tui.parts.table import entitle

if TYPE_CHECKING:
    from nnexpr_tui.charts.timemap import TimeMaps

__all__ = ["TimeMapsPane"]


class TimeMapsPane(HeatMap, can_focus=True):
    """Give it what it shows by :meth:`show_maps`."""

    help_text: str = ""
    _make: Callable[[], TimeMaps] | None = None

    def show_maps(self, make: Callable[[], TimeMaps]) -> int:
        """Show what is made, now if it can be seen, else when it next is. Returns about what that sends."""
        self._make = make
        return self._draw() if self.is_wanted else 0

    def _draw(self) -> int:
        if self._make is None:
            return 0
        maps = self._make()
        entitle(self, maps.title, maps.note)
        return self.show_picture(maps.drawn(self.ground()))

    def _frame_changed(self) -> None:
        if self.is_wanted:
            self._draw()
        super()._frame_changed()
