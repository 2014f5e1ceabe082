"""Panes of lines under a title: a head that stays, and the rest, which scrolls where there is no room for all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from nnexpr_tui.parts.lines import Line, LinePane

__all__ = ["ROOMY", "LinesInSight", "ScrollPane", "TablePane", "entitle", "label_width", "row"]

LABEL_WIDTH = 16
NARROW = 10  # of labels that are short, where there is no room for more
ROOMY = 30  # cells of a pane that has
WHEEL = 3  # lines a turn


class LinesInSight(Sequence[Line]):
    """So many lines, each made only when it comes in sight; ``make`` takes its number from 0."""

    def __init__(self, count: int, make: Callable[[int], Line]) -> None:
        self._count, self._make = count, make

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Line: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Line]: ...

    def __getitem__(self, at: int | slice) -> Line | Sequence[Line]:
        numbers = range(self._count)[at]
        return self._make(numbers) if isinstance(numbers, int) else [self._make(number) for number in numbers]


class ScrollPane(LinePane, can_focus=True):
    """Give it what it shows by :meth:`show_text`."""

    class LineClicked(Message):
        """A line of the scrolling part was clicked; its number from 0."""

        def __init__(self, pane: ScrollPane, line: int) -> None:
            super().__init__()
            self.pane, self.line = pane, line

    help_text: str = ""

    def __init__(self, title: str = "", *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(title, id=id)
        self._head: tuple[Line, ...] = ()
        self._all: Sequence[Line] = ()
        self._first = 0
        self._title = self._note = ""
        self._followed: tuple[int, int] | None = None

    def show_text(
        self, title: str, lines: Sequence[Line], *, head: Sequence[Line] = (), chosen: int | None = None,
        around: int = 2, note: str = "",
    ) -> int:  # fmt: skip
        """Show these lines under this title; a ``chosen`` line that is another than before comes in sight. Bytes sent.

        ``note`` stands in the lower border, beside which lines are in sight where not all are.
        """
        self._head, self._title, self._note = tuple(head), title, note
        self._all = lines if isinstance(lines, LinesInSight) else tuple(lines)
        if chosen is not None and self._room and self._followed != (chosen, self._room):
            self._followed = chosen, self._room
            around = min(around, max(0, (self._room - 1) // 2))
            self._first = min(self._first, max(0, chosen - around))
            self._first = max(self._first, chosen + around + 1 - self._room)
        return self._fit()

    @property
    def _room(self) -> int:
        """How many lines of the scrolling part are in sight; all, where the pane grows with them."""
        if self.styles.is_auto_height:
            return len(self._all)
        return max(0, self.content_size.height - len(self._head))

    @property
    def _last(self) -> int:
        """The greatest number that the first line in sight may have."""
        return max(0, len(self._all) - self._room)

    def scroll_lines(self, lines: int) -> None:
        """Down by so many lines, or up."""
        self._first = min(max(self._first + lines, 0), self._last)
        self._fit()

    def scroll_pages(self, pages: int) -> None:
        """By what the pane holds, one line less."""
        self.scroll_lines(pages * max(1, self._room - 1))

    def to_top(self) -> None:
        """The first line first, when next shown."""
        self._first = 0

    def _fit(self) -> int:
        self._first = min(max(self._first, 0), self._last)
        shown = self._all[self._first : self._first + self._room]
        is_cut = len(shown) < len(self._all)
        first, last = self._first + 1, self._first + len(shown)
        place = f"{first:,}–{last:,} of {len(self._all):,}" if is_cut and shown else ""
        entitle(self, self._title, " · ".join(text for text in (self._note, place) if text))
        return self.show_lines([*self._head, *shown])

    def on_resize(self) -> None:
        """There is room for more lines, or fewer."""
        if self._all:
            self._fit()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.scroll_lines(WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_lines(-WHEEL)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        line = -1 if offset is None else offset.y - len(self._head) + self._first
        if 0 <= line < len(self._all) and offset is not None and offset.y >= len(self._head):
            self.post_message(self.LineClicked(self, line))


class TablePane(ScrollPane):
    """A table of two columns, whose help follows what the screen shows."""

    def show_table(
        self, title: str, help_text: str, lines: Sequence[Line], *, subtitle: str = "", chosen: int = 0
    ) -> int:
        """Show these lines under this title; line ``chosen`` is in sight. Bytes sent."""
        self.help_text = help_text
        return self.show_text(title, lines, chosen=chosen, note=subtitle)


def entitle(pane: Widget, title: str, subtitle: str = "") -> None:
    """Set the titles that differ, as they are and not as markup; setting one paints the pane again.

    What a chart's cursor reads stands in the place of the lower one.
    """
    above, below = Content(title), Content(getattr(pane, "reading", "") or subtitle)
    if pane.border_title != above.markup:
        pane.border_title = above
    if (pane.border_subtitle or "") != below.markup:
        pane.border_subtitle = below


def label_width(room: int) -> int:
    """Of short labels in a pane of so many cells, so that what stands beside them is not cut."""
    return LABEL_WIDTH if room >= ROOMY else NARROW


def row(label: str, value: str, style: str = "value", *, width: int = LABEL_WIDTH) -> Line:
    """A label and its value."""
    return ((label.ljust(width), "label"), (value, style))
