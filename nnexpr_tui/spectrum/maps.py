"""A pane that shows a chart or, of what lies in the plane, maps side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.style import Style

from nnexpr_tui.charts.heatmap import HeatMap
from nnexpr_tui.charts.rows import Row
from nnexpr_tui.charts.series import ChartData
from nnexpr_tui.parts.charts import ChartPane

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr_tui.charts.heat import Picture
    from nnexpr_tui.charts.maps import Ground

__all__ = ["FieldPane", "Map", "side_by_side"]

GAP = 2  # cells between two maps


@dataclass(frozen=True, eq=False)
class Map:
    """An image ``(rows, columns)``, the top row first, between limits; ``signed``: by its distance from zero."""

    values: NDArray[np.float64]
    limits: tuple[float, float]
    signed: bool = False


def side_by_side(maps: Sequence[Map], ground: Ground) -> Picture:
    """The maps from left to right, each as wide as the others."""
    import numpy as np

    from nnexpr_tui.charts.heat import blank
    from nnexpr_tui.charts.maps import value_map

    width = max((ground.width - GAP * (len(maps) - 1)) // len(maps), 0)
    parts = []
    for each in maps:
        drawn, _ = value_map(each.values, each.limits, replace(ground, width=width), signed=each.signed)
        parts += [drawn, blank(GAP, ground.height)]
    whole = np.hstack(parts[:-1])
    return np.hstack([whole, blank(ground.width - whole.shape[1], ground.height)])[:, : ground.width]


class FieldPane(HeatMap, ChartPane, can_focus=True):
    """Give it a chart by :meth:`update_chart`, or maps by :meth:`show_maps`: each takes the other's place."""

    _maps: tuple[Map, ...] = ()

    def update_chart(self, data: ChartData) -> int:
        self._maps, self._picture = (), None
        return super().update_chart(data)

    def show_maps(self, maps: tuple[Map, ...]) -> int:
        """Show these, now if it can be seen. Returns about what it sends."""
        self._maps, self._data, self.rows = maps, None, ()
        self.action_put_away()  # there are no values along an axis
        return self._draw_maps()

    def _draw_maps(self) -> int:
        return self.show_picture(side_by_side(self._maps, self.ground())) if self.is_wanted else 0

    def _frame_changed(self) -> None:
        if self._maps:
            self._draw_maps()
        super()._frame_changed()

    def row(self, y: int) -> Row:
        return super().row(y) if self._maps else ChartPane.row(self, y)

    def named_style(self, name: str) -> Style:
        return super().named_style(name) if self._maps else ChartPane.named_style(self, name)
