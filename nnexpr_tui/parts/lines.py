"""A pane of text lines that repaints only the lines that changed.

A line is a tuple of ``(text, style)``, the style being a name of :data:`STYLES`. Text is shown as it is, never read as
markup; control characters are taken out, so nothing from a file can steer the terminal.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size, Spacing
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from nnexpr_tui.charts.rows import plain_text

__all__ = ["STYLES", "Line", "LinePane", "clean"]

Line = tuple[tuple[str, str], ...]
BYTES_A_LINE = 160  # measured: a line of three runs with their colours
STYLES = ("label", "value", "accent", "error", "key", "chosen")


def clean(text: str) -> str:
    """The text on one line, without control characters."""
    return plain_text(text, limit=2000)


class LinePane(Widget):
    """A bordered pane of lines. Give it what it shows by :meth:`show_lines`."""

    class RoomChanged(Message):
        """The pane has another size: texts that were wrapped to the old one are to be wrapped anew."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"line--{style}" for style in STYLES}
    HELP: ClassVar[str] = ""

    def __init__(self, title: str = "", *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.border_title = title
        self._lines: tuple[Line, ...] = ()
        self._strips: dict[tuple[Line, int], Strip] = {}
        self._styles: dict[str, Style] = {}

    def show_lines(self, lines: Sequence[Line]) -> int:
        """Show these; what is the same as before is not painted again. About how many bytes that sends."""
        before, self._lines = self._lines, tuple(lines)
        if len(before) != len(self._lines) and self.styles.is_auto_height:
            self.refresh(layout=True)
            return len(self._lines) * BYTES_A_LINE
        changed = [y for y, (old, new) in enumerate(zip_longest(before, self._lines)) if old != new]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))
        return len(changed) * BYTES_A_LINE

    def on_resize(self) -> None:
        """Say so; what a subclass does about it itself, it does in a handler of its own."""
        self.post_message(self.RoomChanged())

    def scroll_to_row(self, y: int) -> None:
        """Bring a line into view where the pane is taller than what holds it."""
        if isinstance(self.parent, Widget):
            row = Region(0, y, 1, 1).translate(self.virtual_region.offset + self.content_offset)
            self.parent.scroll_to_region(row, animate=False, spacing=Spacing(2, 0, 2, 0))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        return max(1, len(self._lines))

    def notify_style_update(self) -> None:
        """The theme or a class changed: forget what was styled."""
        super().notify_style_update()
        self._strips.clear()
        self._styles.clear()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        line = self._lines[y] if y < len(self._lines) else ()
        strip = self._strips.get((line, width))
        if strip is None:
            if len(self._strips) > 500:
                self._strips.clear()
            strip = self._strips[line, width] = self._painted(line, width)
        return strip

    def _painted(self, line: Line, width: int) -> Strip:
        segments, left = [], width
        for text, name in line:
            size = cell_len(text)
            if size > left:
                text, size = set_cell_size(text, left), left
            segments.append(Segment(text, self._style(name)))
            left -= size
            if left == 0:
                break
        if left:
            segments.append(Segment(" " * left, self._style("")))
        return Strip(segments, width)

    def _style(self, name: str) -> Style:
        style = self._styles.get(name)
        if style is None:
            style = self.get_component_rich_style(f"line--{name}") if name else self.rich_style
            self._styles[name] = style
        return style
