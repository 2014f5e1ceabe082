"""The widget of a map: it keeps the picture it shows and repaints only the cells that differ.

NumPy is imported with the first picture, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.color import Color as RichColor
from rich.style import Style
from textual.geometry import Region

from nnexpr_tui.charts.rows import Row, bytes_painted
from nnexpr_tui.charts.widget import Chart

if TYPE_CHECKING:
    from nnexpr_tui.charts.heat import Picture
    from nnexpr_tui.charts.maps import Ground

__all__ = ["HeatMap"]


class HeatMap(Chart):
    """Give it what it shows by :meth:`show_picture`."""

    _picture: Picture | None = None
    _next = 0  # the row that is painted first where there is no room for all
    is_behind = False  # whether rows of the last picture are still to be painted

    def show_picture(self, picture: Picture, most: int | None = None) -> int:
        """Show it, repainting the rows that changed, each up to the last cell that did. Returns about what it sends.

        With ``most``, only as many rows as send about so many bytes, at least one, those first that wait longest.
        """
        from nnexpr_tui.charts.heat import changed_cells

        before, self._picture, self.is_behind = self._picture, picture, False
        rows, columns = picture.shape
        if before is None or before.shape != picture.shape:
            self.refresh()
            return sum(bytes_painted(self.row(y), columns) for y in range(rows))
        changes = changed_cells(before, picture)
        painted, sent = [], 0
        for y, cells in sorted(changes, key=lambda change: (change[0] < self._next, change)):
            if most is not None and sent >= most:
                self.is_behind = True
                break
            sent += bytes_painted(self.row(y), cells)
            painted.append(Region(0, y, cells, 1))
        if self.is_behind:
            self._next = painted[-1].y + 1 if painted else 0
            self._picture = before.copy()
            self._picture[[region.y for region in painted]] = picture[[region.y for region in painted]]
        if painted:
            self.refresh(*painted)
        return sent

    def ground(self, cross: tuple[float, float] | None = None) -> Ground:
        """What it draws on now."""
        from nnexpr_tui.charts.maps import Ground

        width, height = self.content_size
        dark = self.app.current_theme.dark
        return Ground(width, height, self._markers, dark, self.lacks_colors, cross)

    @property
    def lacks_colors(self) -> bool:
        """Whether shades are needed: no colours are shown, or too few, or nothing but ASCII is wanted."""
        return self._lacks_colors() or self._markers == "ascii"

    def row(self, y: int) -> Row:
        """A line of the picture, its styles named by their colours."""
        from nnexpr_tui.charts.heat import runs_of

        picture = self._picture
        runs = [] if picture is None or y >= len(picture) else runs_of(picture[y].tolist())
        return tuple((text, f"{ink} on {paper}") for text, ink, paper in runs)

    def named_style(self, name: str) -> Style:
        """The style of packed colours, of which a negative one is the widget's own."""
        ink, paper = map(_color, name.split(" on "))
        return Style(color=ink, bgcolor=paper)


def _color(packed: str) -> RichColor | None:
    value = int(packed)
    return None if value < 0 else RichColor.from_rgb(value >> 16, value >> 8 & 255, value & 255)
