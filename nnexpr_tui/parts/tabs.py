"""The line of screens: each digit with the screen that it shows, the present one marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual import events

from nnexpr_tui.actions import ViewEntry
from nnexpr_tui.parts.lines import LinePane

__all__ = ["TabsLine"]

READABLE = 5  # letters of names that are cut alike
LEAST = 3  # of one that is cut alone


class TabsLine(LinePane):
    """One row; where it is too long, blanks before the digits go, then the longest name is cut, then all but one."""

    def __init__(self, screens: Sequence[ViewEntry], present: ViewEntry) -> None:
        super().__init__(id="tabs")
        self._screens, self._present = screens, present

    @property
    def _tabs(self) -> list[tuple[ViewEntry, str, str]]:
        """Each screen with what stands before its name, and the name as there is room for it."""
        tabs: list[tuple[ViewEntry, str, str]] = []
        for before, most in self._ways():
            tabs = [
                (
                    entry,
                    f"{before}{entry.key} ",
                    entry.screen if entry.key == self._present.key else entry.screen[: most[entry.screen]],
                )
                for entry in self._screens
            ]
            if sum(len(digit) + len(name) + 1 for _, digit, name in tabs) - 1 <= self.size.width:
                break
        return tabs

    def _ways(self) -> Iterator[tuple[str, dict[str, int]]]:
        """What stands before the digits, and how many letters of each name; those that are read best first."""
        names = [entry.screen for entry in self._screens]
        longest = max(names, key=len)
        for most in range(len(longest), READABLE - 1, -1):
            yield " ", dict.fromkeys(names, most)
        for most in range(len(longest), LEAST - 1, -1):
            yield "", dict.fromkeys(names, len(longest)) | {longest: most}
        for most in range(len(longest), -1, -1):
            yield "", dict.fromkeys(names, most)

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
