"""Help: what the focused pane shows, and every key that works now. The key that opened it closes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from nnexpr_tui.actions import Action
from nnexpr_tui.parts.charts import CURSOR, ChartPane
from nnexpr_tui.parts.form import FORM, Form
from nnexpr_tui.parts.overlays import Overlay
from nnexpr_tui.parts.screen import HostScreen

__all__ = ["HelpScreen"]


class HelpScreen(Overlay[None]):
    """Made from the rows of actions and the pane's own text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1,escape,enter", "dismiss", "Close", show=False),
        Binding("q,ctrl+q", "app.quit", "Quit", show=False),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, screen: HostScreen) -> None:
        super().__init__()
        self._of = screen

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as box:
            box.border_title = "Help"
            box.border_subtitle = "? or esc closes, j and k scroll"
            yield Static(self._text(), markup=False)

    def _text(self) -> Content:
        screen, focused = self._of, self._of.focused
        parts: list[Content] = []
        text = getattr(focused, "help_text", "") or getattr(focused, "HELP", "")
        if text:
            title = str(getattr(focused, "border_title", "") or "")
            parts += [Content.styled(title, "bold"), Content(text), Content("")]
        if isinstance(focused, Form):
            parts += _keys("Keys in a form", FORM)
        if isinstance(focused, ChartPane):
            parts += _keys("Keys of the cursor, while V has it on the chart", CURSOR)
        if screen.view.HELP:
            others = f" v changes to {screen.next_view.entry.name}." if len(screen.views) > 1 else ""
            parts += [Content(screen.view.HELP + others), Content("")]
        own = [row for _, row in screen.own_actions]
        parts += _keys(f"Keys in {screen.view.entry.name}", own)
        parts += _keys("Keys everywhere", [row for _, row in screen.actions[len(own) :]])
        return Content("\n").join(parts[:-1])

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def _keys(title: str, rows: Sequence[Action]) -> list[Content]:
    lines = [Content.assemble((f"{row.shown:>9}  ", "bold"), row.help) for row in rows]
    return [Content.styled(title, "bold"), *lines, Content("")]
