"""A table of two columns whose title, help and lines follow what the screen shows."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from nnexpr_tui.parts.lines import Line, LinePane

__all__ = ["TablePane", "entitle", "row"]

LABEL_WIDTH = 16


class TablePane(LinePane, can_focus=True):
    """Give it what it shows by :meth:`show_table`."""

    help_text: str = ""
    _all: tuple[Line, ...] = ()
    _chosen: int = 0

    def show_table(
        self, title: str, help_text: str, lines: Sequence[Line], *, subtitle: str = "", chosen: int = 0
    ) -> int:
        """Show these lines under this title; those around line ``chosen`` where they do not fit. Bytes sent."""
        entitle(self, title, subtitle)
        self.help_text = help_text
        self._all, self._chosen = tuple(lines), chosen
        return self._fit()

    def on_resize(self) -> None:
        """There is room for more lines, or fewer."""
        if self._all:
            self._fit()

    def _fit(self) -> int:
        height = self.content_size.height
        if self.styles.is_auto_height or not 0 < height < len(self._all):
            return self.show_lines(self._all)
        first = min(max(self._chosen - height // 2, 0), len(self._all) - height)
        return self.show_lines(self._all[first : first + height])


def entitle(pane: Widget, title: str, subtitle: str = "") -> None:
    """Set the titles that differ, as they are and not as markup; setting one paints the pane again."""
    above, below = Content(title), Content(subtitle)
    if pane.border_title != above.markup:
        pane.border_title = above
    if (pane.border_subtitle or "") != below.markup:
        pane.border_subtitle = below


def row(label: str, value: str, style: str = "value", *, width: int = LABEL_WIDTH) -> Line:
    """A label and its value."""
    return ((label.ljust(width), "label"), (value, style))
