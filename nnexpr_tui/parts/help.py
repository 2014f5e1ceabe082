"""Help: what the focused pane shows, and every key that works now. The key that opened it closes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from nnexpr_tui.actions import Action
from nnexpr_tui.parts.charts import CURSOR, ChartPane
from nnexpr_tui.parts.form import FORM, Form
from nnexpr_tui.parts.lines import Line, wrapped
from nnexpr_tui.parts.overlays import TextOverlay
from nnexpr_tui.parts.screen import HostScreen

__all__ = ["HelpScreen"]

KEYS_WIDTH = 11  # with the blanks after them
LABELLED = re.compile(r"[A-Z][^.:,]*: ")  # what begins a paragraph of its own


class HelpScreen(TextOverlay):
    """Made from the rows of actions and the pane's own text."""

    TITLE = "Help"
    HINT = "? or esc closes, j and k scroll"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("question_mark,f1", "dismiss", "Close", show=False)]

    def __init__(self, screen: HostScreen) -> None:
        super().__init__()
        self._of = screen

    def lines(self, width: int) -> list[Line]:
        screen, focused = self._of, self._of.focused
        lines: list[Line] = []
        text = getattr(focused, "help_text", "") or getattr(focused, "HELP", "")
        if text:
            lines += _paragraphs(str(getattr(focused, "border_title", "") or ""), text, width)
        if isinstance(focused, Form):
            lines += _keys("Keys in a form", FORM, width)
        if isinstance(focused, ChartPane):
            lines += _keys("Keys of the cursor, while V has it on the chart", CURSOR, width)
        if screen.view.HELP:
            others = f" v changes to {screen.next_view.entry.name}." if len(screen.views) > 1 else ""
            lines += _paragraphs("", screen.view.HELP + others, width)
        own = [row for _, row in screen.own_actions]
        lines += _keys(f"Keys in {screen.view.entry.name}", own, width)
        lines += _keys("Keys everywhere", [row for _, row in screen.actions[len(own) :]], width)
        return lines[:-1]


def _paragraphs(title: str, text: str, width: int) -> list[Line]:
    lines = [line for paragraph in _split(text) for line in wrapped(paragraph, width, "")]
    return [((title, "value"),)] * bool(title) + lines + [()]


def _split(text: str) -> Iterator[str]:
    """Its paragraphs; lines as long as those of a source file say nothing."""
    paragraph = ""
    for line in text.splitlines():
        if paragraph and LABELLED.match(line):
            yield paragraph
            paragraph = ""
        paragraph = f"{paragraph} {line}".strip()
    yield paragraph


def _keys(title: str, rows: Sequence[Action], width: int) -> list[Line]:
    lines: list[Line] = [((title, "value"),)]
    for row in rows:
        first, *others = wrapped(row.help, width, "", indent=KEYS_WIDTH)
        lines += [((f"{row.shown:>{KEYS_WIDTH - 2}}  ", "key"), (first[0][0][KEYS_WIDTH:], "")), *others]
    return [*lines, ()]
