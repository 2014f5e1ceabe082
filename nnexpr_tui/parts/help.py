"""Help: what the focused pane shows, and every key that works now. The key that opened it closes it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from nnexpr_tui.actions import Action, in_scope
from nnexpr_tui.parts.form import Form
from nnexpr_tui.parts.overlays import Overlay
from nnexpr_tui.parts.screen import ExplorerScreen

__all__ = ["HelpScreen"]


class HelpScreen(Overlay[None]):
    """Made from the table of actions and the pane's own text."""

    CSS_PATH = "overlays.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1,escape,enter", "dismiss", "Close", show=False),
        Binding("q,ctrl+q", "app.quit", "Quit", show=False),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, screen: Screen[object]) -> None:
        super().__init__()
        self._of = screen

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as box:
            box.border_title = "Help"
            box.border_subtitle = "? or esc closes, j and k scroll"
            yield Static(self._text(), markup=False)

    def _text(self) -> Content:
        focused = self._of.focused
        scopes = self._of.scopes if isinstance(self._of, ExplorerScreen) else ("",)
        parts: list[Content] = []
        title = str(getattr(focused, "border_title", "") or "")
        text = getattr(focused, "help_text", "") or getattr(focused, "HELP", "")
        if text:
            parts += [Content.styled(title, "bold"), Content(text), Content("")]
        if isinstance(focused, Form):
            parts += [Content.styled("Keys in a form", "bold"), *map(_row, in_scope("form")), Content("")]
        screen_text = str(getattr(self._of, "HELP", "") or "")
        if screen_text:
            parts += [Content(screen_text), Content("")]
        parts += [
            Content.styled(f"Keys in {scopes[0].capitalize()}", "bold"),
            *map(_row, in_scope(*scopes)),
            Content(""),
        ]
        parts += [Content.styled("Keys everywhere", "bold"), *map(_row, in_scope("everywhere"))]
        return Content("\n").join(parts)

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def _row(action: Action) -> Content:
    return Content.assemble((f"{action.shown:>9}  ", "bold"), action.help)
