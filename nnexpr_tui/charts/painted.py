"""A widget of rows: each is painted once, in the styles that the names in it stand for."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from nnexpr_tui.charts.rows import Row, Rows, shortened_row

__all__ = ["PaintedRows"]

MOST_STRIPS, MOST_STYLES = 500, 6000  # of a map there are many


class PaintedRows(Widget):
    """Shows :attr:`rows`, filled to its width, or cut with a sign. A subclass says what the names of styles mean."""

    rows: Rows = ()

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._strips: dict[tuple[Row, int], Strip] = {}
        self._styles: dict[str, Style] = {}

    def row(self, y: int) -> Row:
        """What stands in line ``y``."""
        return self.rows[y] if y < len(self.rows) else ()

    def named_style(self, name: str) -> Style:
        """The style of this name, on the widget's own."""
        raise NotImplementedError

    def notify_style_update(self) -> None:
        """The theme or the style sheet changed: the same rows in other colours."""
        self._strips.clear()
        self._styles.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        row, width = self.row(y), self.content_size.width
        if (strip := self._strips.get((row, width))) is None:
            if len(self._strips) >= MOST_STRIPS:
                self._strips.clear()
            strip = Strip([Segment(text, self._style(name)) for text, name in shortened_row(row, width)])
            strip = self._strips[row, width] = strip.adjust_cell_length(width, self._style(""))
        return strip

    def _style(self, name: str) -> Style:
        if (style := self._styles.get(name)) is None:
            if len(self._styles) >= MOST_STYLES:
                self._styles.clear()
            # The widget's own goes through the rules of all that it lies in: once, and not for each colour of a map.
            style = self._style("") + self.named_style(name) if name else self.rich_style
            self._styles[name] = style
        return style
