"""The widget of a map: it keeps the picture it shows and repaints only the cells that differ.

NumPy is imported with the first picture, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from nnexpr_tui.charts.widget import Chart

if TYPE_CHECKING:
    from nnexpr_tui.charts.heat import Picture, Run

__all__ = ["HeatMap"]

MOST_STYLES = 6000


class HeatMap(Chart):
    """Give it what it shows by :meth:`show_picture`."""

    _picture: Picture | None = None
    _next = 0  # the row that is painted first where there is no room for all
    is_behind = False  # whether rows of the last picture are still to be painted

    def show_picture(self, picture: Picture, most: int | None = None) -> int:
        """Show it, repainting the rows that changed, each up to the last cell that did. Returns about what it sends.

        With ``most``, only as many rows as send about so many bytes, at least one, those first that wait longest.
        """
        from nnexpr_tui.charts.heat import changed_cells, painted_bytes, with_rows

        before, self._picture, self.is_behind = self._picture, picture, False
        if before is None or before.size != picture.size:
            self._strips.clear()
            self.refresh()
            return sum(painted_bytes(self._runs(y), picture.size[0]) for y in range(picture.size[1]))
        changes = changed_cells(before, picture)
        painted, sent = [], 0
        for y, cells in sorted(changes, key=lambda change: (change[0] < self._next, change)):
            if most is not None and sent >= most:
                self.is_behind = True
                break
            sent += painted_bytes(self._runs(y), cells)
            painted.append(Region(0, y, cells, 1))
            self._strips.pop(y, None)
        if self.is_behind:
            self._next = painted[-1].y + 1 if painted else 0
            self._picture = with_rows(before, picture, [region.y for region in painted])
        if painted:
            self.refresh(*painted)
        return sent

    @property
    def lacks_colors(self) -> bool:
        """Whether shades are needed: no colours are shown, or too few, or nothing but ASCII is wanted."""
        return self._lacks_colors() or self._markers == "ascii"

    def render_line(self, y: int) -> Strip:
        """One row, as it was last given; cut or filled while the size is changing."""
        if (strip := self._strips.get(y)) is None:
            strip = Strip([Segment(text, self._paint(ink, paper)) for text, ink, paper in self._runs(y)])
            strip = self._strips[y] = strip.adjust_cell_length(self.content_size.width, self._style(""))
        return strip

    def _runs(self, y: int) -> list[Run]:
        from nnexpr_tui.charts.heat import runs_of

        picture = self._picture
        if picture is None or y >= picture.size[1]:
            return []
        return runs_of(picture.codes[y].tolist(), picture.ink[y].tolist(), picture.paper[y].tolist())

    def _paint(self, ink: int, paper: int) -> Style:
        """The style of packed colours, or of the widget's own."""
        name = f"{ink} on {paper}"
        if (style := self._styles.get(name)) is None:
            if len(self._styles) >= MOST_STYLES:
                self._styles.clear()
            style = self._styles[name] = self.rich_style + Style(color=_color(ink), bgcolor=_color(paper))
        return style


def _color(value: int) -> RichColor | None:
    return None if value < 0 else RichColor.from_rgb(value >> 16, value >> 8 & 255, value & 255)
