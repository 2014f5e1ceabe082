"""The screens there are, gathered from the folders that have a view, and what can be done on all of them.

To add a screen is to add a folder: its ``__init__`` declares ``VIEW``, its ``view.py`` holds the class that is named
there. Only these declarations are imported here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import groupby
from pathlib import Path

import nnexpr_tui
from nnexpr_tui.actions import Action, ViewEntry

__all__ = ["EVERYWHERE", "SCREENS", "ScreenEntry"]


@dataclass(frozen=True)
class ScreenEntry:
    """One screen and the views on it, the first shown first."""

    key: str
    views: tuple[ViewEntry, ...]

    @property
    def title(self) -> str:
        return self.views[0].screen

    @property
    def name(self) -> str:
        return self.title.lower()

    @property
    def help(self) -> str:
        return "; ".join(view.purpose for view in self.views)


def _declared() -> Iterator[ViewEntry]:
    for place in nnexpr_tui.__path__:
        for path in sorted(Path(place).glob("*/view.py")):
            view: ViewEntry = import_module(f"nnexpr_tui.{path.parent.name}").VIEW
            yield view


def _gathered() -> Iterator[ScreenEntry]:
    def digit(view: ViewEntry) -> str:
        return view.key

    for key, views in groupby(sorted(_declared(), key=digit), digit):
        yield ScreenEntry(key, tuple(views))


SCREENS: tuple[ScreenEntry, ...] = tuple(_gathered())

EVERYWHERE: tuple[Action, ...] = (
    Action("markers", "m", "m", "Markers", "how curves are drawn: braille, blocks or ASCII"),
    Action("zoom", "z", "z", "Zoom", "the focused pane alone, and back", footer=True),
    Action("jump", "ctrl+o", "ctrl+o", "Jump", "a letter on every pane: press it to go there"),
    Action("export", "x", "x", "Export", "write JSON, SVG (of a fit also safetensors) to this folder"),
    Action("export_to", "X,shift+x", "X", "Export to…", "the same, into a folder that you name"),
    Action("copy", "y", "y", "Copy", "copy the fit's command line and numbers, or the page shown"),
    Action("command_palette", "ctrl+p", "ctrl+p", "Palette", "every action by its name", priority=True),
    Action("pane(1)", "tab", "tab", "Next pane", "the next pane"),
    Action("pane(-1)", "shift+tab", "shift+tab", "Previous pane", "the pane before"),
    Action("repaint", "ctrl+l", "ctrl+l", "Repaint", "draw the whole screen again"),
    Action("back", "escape", "esc", "Back", "close what is open"),
    Action("suspend_process", "ctrl+z", "ctrl+z", "Suspend", "back to the shell; fg returns"),
    Action("help", "question_mark,f1", "? F1", "Help", "the focused pane and every key", footer=True),
    Action("quit", "q", "q", "Quit", "leave at once; the run is kept", footer=True),
    Action("quit", "ctrl+q", "ctrl+q", "Quit", "leave at once, also while typing", priority=True),
    *(Action(f"screen('{entry.name}')", entry.key, entry.key, entry.title, entry.help) for entry in SCREENS),
)  # fmt: skip
