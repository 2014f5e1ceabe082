"""The line of screens: each digit with the screen that it shows, the present one marked."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events

from nnexpr_tui.actions import ViewEntry
from nnexpr_tui.parts.lines import LinePane

__all__ = ["TabsLine"]

READABLE = 5  # letters of a name that is cut


class TabsLine(LinePane):
    """One row; where it is too long, blanks before the digits go, then names of other screens are cut alike."""

    def __init__(self, screens: Sequence[ViewEntry], present: ViewEntry) -> None:
        super().__init__(id="tabs")
        self._screens, self._present = screens, present

    @property
    def _tabs(self) -> list[tuple[ViewEntry, str, str]]:
        """Each screen with what stands before its name, and the name as there is room for it."""
        longest = max(len(entry.screen) for entry in self._screens)
        for before, least in ((" ", READABLE), ("", 0)):
            for most in range(longest, least - 1, -1):
                tabs = [
                    (
                        entry,
                        f"{before}{entry.key} ",
                        entry.screen if entry.key == self._present.key else entry.screen[:most],
                    )
                    for entry in self._screens
                ]
                if sum(len(digit) + len(name) + 1 for _, digit, name in tabs) - 1 <= self.size.width:
                    return tabs
        return tabs

    def on_resize(self) -> None:
        line: list[tuple[str, str]] = []
        for entry, digit, name in self._tabs:
            is_present = entry.key == self._present.key
            line += [(digit, "key"), (name, "chosen" if is_present else "label"), (" ", "label")]
        self.show_lines([tuple(line)])

    def on_click(self, event: events.Click) -> None:
        """A name shows its screen."""
        at = 0
        for entry, digit, name in self._tabs:
            width = len(digit) + len(name) + 1
            if at <= event.x < at + width:
                self.app.switch_mode(entry.screen.lower())
            at += width
