"""A pane of text lines that repaints only the lines that changed.

A line is a tuple of ``(text, style)``, the style being a name of :data:`STYLES`. Text is shown as it is, never read as
markup; control characters are taken out, so nothing from a file can steer the terminal.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import ClassVar

from rich.style import Style
from textual.geometry import Region, Size, Spacing
from textual.message import Message
from textual.widget import Widget

from nnexpr_tui.charts.painted import PaintedRows
from nnexpr_tui.charts.rows import Row as Line
from nnexpr_tui.charts.rows import plain_text

__all__ = ["STYLES", "Line", "LinePane", "clean", "wrapped"]

BYTES_A_LINE = 160  # measured: a line of three runs with their colours
STYLES = ("label", "value", "accent", "error", "key", "chosen")


def clean(text: str) -> str:
    """The text on one line, without control characters."""
    return plain_text(text, limit=2000)


def wrapped(text: str, width: int, style: str, *, indent: int = 0) -> list[Line]:
    """The text on lines of at most so many cells."""
    return [((" " * indent + line, style),) for line in wrap(clean(text), max(10, width - indent))]


class LinePane(PaintedRows):
    """A bordered pane of lines. Give it what it shows by :meth:`show_lines`."""

    class RoomChanged(Message):
        """The pane has another size: texts that were wrapped to the old one are to be wrapped anew."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"line--{style}" for style in STYLES}
    HELP: ClassVar[str] = ""

    def __init__(self, title: str = "", *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.border_title = title

    def show_lines(self, lines: Sequence[Line]) -> int:
        """Show these; what is the same as before is not painted again. About how many bytes that sends."""
        before, self.rows = self.rows, tuple(lines)
        if len(before) != len(self.rows) and self.styles.is_auto_height:
            self.refresh(layout=True)
            return len(self.rows) * BYTES_A_LINE
        changed = [y for y, (old, new) in enumerate(zip_longest(before, self.rows)) if old != new]
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
        return max(1, len(self.rows))

    def named_style(self, name: str) -> Style:
        """That of the component class."""
        return self.get_component_rich_style(f"line--{name}")
