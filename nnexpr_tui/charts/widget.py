"""The chart widget: it keeps the rows it shows and repaints only those that differ.

Rows are made elsewhere (``raster.rasterise`` in any thread, given :attr:`Chart.frame`) and handed to
:meth:`Chart.show`; a chart that rarely changes may be given to :meth:`Chart.update_chart`, which makes them here.
Neither NumPy nor plotext is imported before that.
"""

from __future__ import annotations

import os

from rich.style import Style
from textual.color import Color, ColorParseError
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from nnexpr_tui.charts.limits import LimitKeeper
from nnexpr_tui.charts.painted import PaintedRows
from nnexpr_tui.charts.rows import AXIS, Rows, bytes_painted, changed_rows
from nnexpr_tui.charts.series import ChartData, Frame, Markers

__all__ = ["Chart"]

RESIZE_PAUSE = 0.06  # seconds without a further resize before a chart is built anew


class Chart(PaintedRows):
    """A chart of ``rows``. The theme's roles colour it; the axes have the component class ``chart--axis``."""

    COMPONENT_CLASSES = {"chart--axis"}  # noqa: RUF012
    DEFAULT_CSS = """
    Chart {
        width: 1fr;
        height: 1fr;
        & > .chart--axis { color: $text-muted; }
    }
    """

    class FrameChanged(Message):
        """The size, the markers or the need of patterns changed: the rows shown are to be made anew."""

        def __init__(self, chart: Chart) -> None:
            super().__init__()
            self.chart = chart

        @property
        def control(self) -> Chart:
            return self.chart

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._markers: Markers = "braille"
        self._data: ChartData | None = None
        self._keeper = LimitKeeper()
        self._is_stale = False
        self._resize_timer: Timer | None = None

    @property
    def frame(self) -> Frame:
        """What the rows are to fill, and with which characters."""
        width, height = self.content_size
        return Frame(width, height, self._markers, patterns=self._lacks_colors())

    @property
    def is_wanted(self) -> bool:
        """Whether anyone can see it: on the screen shown, in view, and with room. If not, do not make rows."""
        if not self.is_attached or not self.content_size.area:
            return False
        return self.screen.is_current and self.visible and self.is_on_screen

    def show(self, rows: Rows) -> int:
        """Show the rows, repainting those that changed. Returns about how many bytes that sends."""
        changes, before, self.rows = changed_rows(self.rows, rows), len(self.rows), rows
        if len(rows) != before:
            self.refresh()
        elif changes:
            self.refresh(*(Region(0, y, cells, 1) for y, cells in changes))
        return sum(bytes_painted(rows[y], cells) for y, cells in changes)

    def update_chart(self, data: ChartData) -> int:
        """Make the rows of ``data`` here, now if it can be seen, else when it next is. Returns as :meth:`show`."""
        self._data = data
        self._is_stale = True
        return self._build() if self.is_wanted else 0

    def clear(self) -> int:
        """Show nothing, until it is given something again. Returns as :meth:`show`."""
        self._data, self._is_stale = None, False
        return self.show(()) if self.rows else 0

    def set_markers(self, markers: Markers) -> None:
        """Draw with another set of characters."""
        if markers != self._markers:
            self._markers = markers
            self._frame_changed()

    def reset_limits(self) -> None:
        """Let the limits of a chart given to :meth:`update_chart` fit its data anew."""
        self._keeper.reset()

    def _build(self) -> int:
        from nnexpr_tui.charts.raster import rasterise

        self._is_stale = False
        if self._data is None:
            return 0
        return self.show(rasterise(self.marked(self._data), self.frame, self._keeper))

    def marked(self, data: ChartData) -> ChartData:
        """What is drawn of these data."""
        return data

    def _frame_changed(self) -> None:
        if self._data is not None:
            self.update_chart(self._data)
        self.post_message(self.FrameChanged(self))

    def on_resize(self) -> None:
        """Build anew once a burst of resizes is over; till then rows are cut or filled to the new width."""
        if self._resize_timer is not None:
            self._resize_timer.stop()
        self._resize_timer = self.set_timer(RESIZE_PAUSE, self._frame_changed)

    def render_line(self, y: int) -> Strip:
        """One row, as it was last given."""
        if self._is_stale:  # once, not for each of its rows
            self._is_stale = False
            self.call_later(self._build)
        return super().render_line(y)

    def named_style(self, name: str) -> Style:
        """The style of a role of the theme, or of a colour; of the text where it is neither."""
        if name == AXIS:
            return Style(color=self.get_component_rich_style("chart--axis").color)
        value = self.app.theme_variables.get(name, name)
        try:
            return Style(color=Color.parse(value).rich_color) if value else Style.null()
        except ColorParseError:
            return Style.null()

    def _lacks_colors(self) -> bool:
        """Whether colours may not tell series apart: none are shown, or only 16, which themes are rounded to."""
        return bool(os.environ.get("NO_COLOR")) or self.app.console.color_system in (None, "standard")
