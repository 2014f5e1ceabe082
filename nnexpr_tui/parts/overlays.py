"""What lies over a screen and closes once, however many keys that close it come in one burst; a text that does."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.screen import ScreenResultType

from nnexpr_tui.parts.lines import Line
from nnexpr_tui.parts.table import ScrollPane
from nnexpr_tui.textual_private import OverAnother

__all__ = ["Overlay", "TextOverlay"]


class Overlay(OverAnother[ScreenResultType]):
    """Its keys wait in a queue of its own: the second that closes it would close what lies beneath."""

    @property
    def is_uppermost(self) -> bool:
        """Whether it is there whole, and nothing lies over it."""
        return self.is_mounted and self.app.screen_stack[-1:] == [self]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.is_uppermost and super().check_action(action, parameters)

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_uppermost else AwaitComplete()


class TextOverlay(Overlay[None]):
    """A text wrapped to its width, which scrolls. A subclass has its title, the hint below and the keys to close it."""

    TITLE: ClassVar[str]
    HINT: ClassVar[str]

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "dismiss", "Close", show=False),
        Binding("q,ctrl+q", "app.quit", "Quit", show=False),
        Binding("j,down", "lines(1)", "Down", show=False),
        Binding("k,up", "lines(-1)", "Up", show=False),
        Binding("pagedown,space", "pages(1)", "Far down", show=False),
        Binding("pageup", "pages(-1)", "Far up", show=False),
        Binding("home,g", "lines(-1e9)", "First", show=False),
        Binding("end,G,shift+g", "lines(1e9)", "Last", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._text = ScrollPane(id="text")
        self._text.can_focus = False

    def lines(self, width: int) -> list[Line]:
        """The text on lines of at most so many cells."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        yield self._text

    def on_line_pane_room_changed(self) -> None:
        """Also the first room that there is."""
        lines = self.lines(self._text.content_size.width)
        self._text.show_text(self.TITLE, lines, note=self.HINT)

    def action_lines(self, lines: float) -> None:
        self._text.scroll_lines(int(lines))

    def action_pages(self, pages: int) -> None:
        self._text.scroll_pages(pages)
