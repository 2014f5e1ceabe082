"""The line of screens: each digit with the screen that it shows, the present one marked."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events

from nnexpr_tui.actions import ViewEntry
from nnexpr_tui.parts.lines import LinePane

__all__ = ["TabsLine"]


class TabsLine(LinePane):
    """One row; where it is too long for all names, those of other screens are cut alike."""

    def __init__(self, screens: Sequence[ViewEntry], present: ViewEntry) -> None:
        super().__init__(id="tabs")
        self._screens, self._present = screens, present

    @property
    def _tabs(self) -> list[tuple[ViewEntry, str]]:
        """Each screen with its name as there is room for it."""
        for most in range(max(len(entry.screen) for entry in self._screens), -1, -1):
            tabs = [
                (entry, entry.screen if entry.key == self._present.key else entry.screen[:most])
                for entry in self._screens
            ]
            if sum(len(name) + 4 for _, name in tabs) <= self.size.width:
                break
        return tabs

    def on_resize(self) -> None:
        line: list[tuple[str, str]] = []
        for entry, name in self._tabs:
            is_present = entry.key == self._present.key
            line += [(f" {entry.key} ", "key"), (name, "chosen" if is_present else "label"), (" ", "label")]
        self.show_lines([tuple(line)])

    def on_click(self, event: events.Click) -> None:
        """A name shows its screen."""
        at = 0
        for entry, name in self._tabs:
            if at <= event.x < at + len(name) + 4:
                self.app.switch_mode(entry.screen.lower())
            at += len(name) + 4
