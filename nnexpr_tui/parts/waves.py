"""What the views of composed waves share: how much of a wave is shown, and whether it is the fit or its error."""

from __future__ import annotations

from nnexpr_tui.parts.charts import ChartPane
from nnexpr_tui.parts.views import View

__all__ = ["WaveView", "shown_regions"]

AXES = 8  # cells left of the canvas


def shown_regions(depth: int, width: int, markers: str) -> int:
    """How many regions of the wave a chart of ``width`` cells can tell apart: a power of two, all of them if it can."""
    cells = max(2, width - AXES)
    room = cells // 4 if markers == "ascii" else cells
    return 1 << min(depth, max(1, room.bit_length() - 1))


class WaveView(View):
    """Looks at waves, as the controller's view of them says."""

    def set_markers(self) -> list[ChartPane]:
        """Have all charts drawn with the markers that are chosen; the charts."""
        charts = list(self.query(ChartPane))
        for chart in charts:
            chart.set_markers(self.controller.look.markers)  # type: ignore[arg-type]
        return charts

    def begin(self) -> None:
        """Before each action."""
        self.footer.clear()
        self.redraw()

    def action_whole(self) -> None:
        self.begin()
        self.controller.look.whole = not self.controller.look.whole

    def action_error(self) -> None:
        self.begin()
        self.controller.look.error = not self.controller.look.error
        for pane in self.query(ChartPane):
            pane.reset_limits()
