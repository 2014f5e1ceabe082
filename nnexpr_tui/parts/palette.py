"""The palette: all that can be done by its name, narrowed down by typing; the key that opened it closes it.

One line a choice, drawn like every other text of the explorer: Textual's own palette makes a widget of each search and
lays it out anew, which takes twice as long as any other key may.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.fuzzy import Matcher
from textual.widgets import Input

from nnexpr_tui.parts.lines import Line, clean
from nnexpr_tui.parts.overlays import Overlay
from nnexpr_tui.parts.table import ScrollPane

__all__ = ["Palette", "matching"]

TITLE_WIDTH = 26  # at least: what choices do stands in one column


class Palette(Overlay[None]):
    """Choices of which one is done; ``what`` to search for stands in the field before anything is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", show=False),
        Binding("ctrl+q", "app.quit", "Quit", show=False, priority=True),
        Binding("down", "move(1)", "Down", show=False),
        Binding("up", "move(-1)", "Up", show=False),
        Binding("pagedown", "move(10)", "Far down", show=False),
        Binding("pageup", "move(-10)", "Far up", show=False),
        Binding("enter", "choose", "Do it", show=False),
    ]

    def __init__(self, choices: Sequence[SystemCommand], what: str, *, title: str = "Palette") -> None:
        super().__init__()
        self._title = title
        self._choices, self._shown = list(choices), list(choices)
        self._at = 0
        self._field = Input(placeholder=f"Search for {what}…", compact=True)
        self._field.cursor_blink = False  # each blink is sent
        self._list = ScrollPane(id="palette-list")
        self._list.can_focus = False

    def compose(self) -> ComposeResult:
        with Vertical(id="palette") as box:
            box.border_title = Content(clean(self._title))
            box.border_subtitle = "enter does it, esc closes"
            yield self._field
            yield self._list

    def on_key(self, event: events.Key) -> None:
        """What is typed before the field is there to hear it."""
        if event.is_printable and event.character and not self._field.has_focus:
            self._field.insert_text_at_cursor(event.character)

    def on_input_changed(self) -> None:
        self._shown, self._at = matching(self._field.value, self._choices), 0
        self._draw()

    def on_line_pane_room_changed(self) -> None:
        """Also the first room that there is."""
        self._draw()

    def _draw(self) -> None:
        width = self._list.content_size.width
        longest = max((len(clean(choice.title)) for choice in self._choices), default=0)
        column = max(TITLE_WIDTH, min(longest, width // 2))
        lines = [_row(choice, number == self._at, width, column) for number, choice in enumerate(self._shown)]
        self._list.show_text("", lines or [(("Nothing of that name", "label"),)], chosen=self._at)

    def action_move(self, lines: int) -> None:
        self._at = min(max(self._at + lines, 0), max(0, len(self._shown) - 1))
        self._draw()

    def action_choose(self) -> None:
        if self._shown:
            self.dismiss()
            self.app.call_later(self._shown[self._at].callback)

    def on_input_submitted(self) -> None:
        """The field hears enter first."""
        self.action_choose()

    def on_scroll_pane_line_clicked(self, message: ScrollPane.LineClicked) -> None:
        """A click on a choice does it."""
        self._at = min(message.line, max(0, len(self._shown) - 1))
        self.action_choose()


def matching(typed: str, choices: Sequence[SystemCommand]) -> list[SystemCommand]:
    """Those whose title holds these letters in their order, the best first; then those that say so in their help."""
    wanted = typed.strip()
    if not wanted:
        return list(choices)
    matcher = Matcher(wanted)
    ranked: list[tuple[float, Any]] = []
    for choice in choices:
        if (score := matcher.match(choice.title)) > 0:
            ranked.append((score, choice))
        elif wanted.lower() in choice.help.lower():
            ranked.append((0.0, choice))
    return [choice for _, choice in sorted(ranked, key=lambda pair: -pair[0])]


def _row(choice: SystemCommand, is_chosen: bool, width: int, column: int) -> Line:
    title, help_text = f" {clean(choice.title):<{column}} ", clean(choice.help)
    if is_chosen:
        text = title + help_text
        return ((text.ljust(width) if len(text) <= width else f"{text[: width - 1]}…", "chosen"),)
    return ((title, "value"), (help_text, "label"))
