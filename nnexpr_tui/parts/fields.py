"""A pane that shows a chart or, in its place, a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.style import Style

from nnexpr_tui.charts.heatmap import HeatMap
from nnexpr_tui.charts.rows import Row
from nnexpr_tui.charts.series import ChartData
from nnexpr_tui.parts.charts import ChartPane

if TYPE_CHECKING:
    from nnexpr_tui.charts.heat import Picture
    from nnexpr_tui.charts.maps import Ground

__all__ = ["FieldPane"]


class FieldPane(ChartPane, HeatMap, can_focus=True):
    """Give it a chart by :meth:`update_chart`, or a picture by :meth:`show_field`: each takes the other's place."""

    _paint: Callable[[Ground], Picture] | None = None

    def update_chart(self, data: ChartData) -> int:
        self._paint, self._picture = None, None
        return super().update_chart(data)

    def show_field(self, paint: Callable[[Ground], Picture]) -> int:
        """Show what ``paint`` makes of the ground, now if it can be seen. Returns about what it sends."""
        self._paint, self._data, self.rows = paint, None, ()
        self.action_put_away()  # there are no values along an axis
        return self._draw_field()

    def _draw_field(self) -> int:
        if self._paint is None or not self.is_wanted:
            return 0
        return self.show_picture(self._paint(self.ground()))

    def _frame_changed(self) -> None:
        self._draw_field()
        super()._frame_changed()

    def row(self, y: int) -> Row:
        return (ChartPane if self._paint is None else HeatMap).row(self, y)

    def named_style(self, name: str) -> Style:
        return (ChartPane if self._paint is None else HeatMap).named_style(self, name)
