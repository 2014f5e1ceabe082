"""Jump: a letter on every pane; pressing it goes there, opening what is put away."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from nnexpr_tui.parts.overlays import Overlay
from nnexpr_tui.parts.views import View

__all__ = ["JumpScreen"]

LETTERS = "asdfghjklwertuio"


class JumpScreen(Overlay[None]):
    """Lies over the screen until a key is pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "app.quit", "Quit", show=False, priority=True)]

    def __init__(self, view: View) -> None:
        super().__init__()
        self._of = view
        self._targets = dict(zip(LETTERS, view.all_panes, strict=False))

    def compose(self) -> ComposeResult:
        hidden = 0
        for letter, pane in self._targets.items():
            title = str(pane.border_title or pane.id or "")
            label = Static(Content(f" {letter} {title} "), classes="jump-label")
            if pane.region.area and pane.is_on_screen:
                label.styles.offset = (pane.region.x + 2, pane.region.y)
            else:
                label.styles.offset = (2, self.app.size.height - 3 - hidden)
                hidden += 1
            yield label

    def on_key(self, event: events.Key) -> None:
        event.stop()
        if not self.is_uppermost:  # keys that came in one burst: the first has already closed this
            return
        self.dismiss()
        pane: Widget | None = self._targets.get(event.key)
        if pane is not None:
            self._of.call_after_refresh(self._of.go_to, pane)
