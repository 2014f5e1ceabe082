"""A question over a screen: one key does it, every other leaves all as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from nnexpr_tui.parts.lines import wrapped
from nnexpr_tui.parts.overlays import Overlay
from nnexpr_tui.parts.table import ScrollPane

__all__ = ["Asking"]


class Asking(Overlay[bool]):
    """``question`` and what enter does; ``do`` is called where that is wanted, and the result is whether it was.

    ``passes``: a key that answers nothing goes on to what lies beneath, for whoever did not wait to be asked.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,y", "do", "Do it", show=False),
        Binding("escape,n", "dismiss(False)", "Leave it", show=False),
        Binding("ctrl+q", "app.quit", "Quit", show=False, priority=True),
    ]

    def __init__(
        self, title: str, question: str, enter: str, do: Callable[[], object], *, passes: bool = False
    ) -> None:
        super().__init__()
        self._question, self._do, self._passes = question, do, passes
        self._title, self._hint = title, f"enter {enter}, esc leaves it"
        self._pane = ScrollPane(id="asking")
        self._pane.can_focus = False

    def compose(self) -> ComposeResult:
        yield self._pane

    def on_line_pane_room_changed(self) -> None:
        """Also the first room that there is."""
        self._pane.show_text(
            self._title, wrapped(self._question, self._pane.content_size.width, "value"), note=self._hint
        )

    def action_do(self) -> None:
        self.dismiss(True)
        self.app.call_later(self._do)

    def on_key(self, event: events.Key) -> None:
        """A key that no binding has taken."""
        if self.is_uppermost and event.key not in ("enter", "y", "escape", "n", "ctrl+q"):
            event.stop()
            self.dismiss(False)
            if self._passes:
                self.app.call_later(self.app.post_message, events.Key(event.key, event.character))
