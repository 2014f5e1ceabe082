"""The screens there are, gathered from the folders that have a view, and what the application itself can do.

To add a screen is to add a folder: its ``__init__`` declares ``VIEW``, its ``view.py`` holds the class that is named
there. Only these declarations are imported here.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path, PurePath

import nnexpr_tui
from nnexpr_tui.actions import Action, ViewEntry

__all__ = ["ABSENT", "APPLICATION", "SCREENS", "STYLES"]


def _files(name: str) -> Iterator[Path]:
    """The files of this name in the folders of the package."""
    for place in nnexpr_tui.__path__:
        yield from sorted(Path(place).glob(f"*/{name}"))


def _declared() -> Iterator[ViewEntry]:
    for path in _files("view.py"):
        view: ViewEntry = import_module(f"nnexpr_tui.{path.parent.name}").VIEW
        yield view


def _gathered() -> dict[str, tuple[ViewEntry, ...]]:
    """In the order of their digits."""
    screens: dict[str, tuple[ViewEntry, ...]] = {}
    for view in sorted(_declared(), key=lambda view: view.key):
        screens[view.screen.lower()] = (*screens.get(view.screen.lower(), ()), view)
    return screens


# Read at once: each that is read later has all styled anew.
STYLES: list[str | PurePath] = ["app.tcss", *_files("overlays.tcss"), *_files("view.tcss")]
SCREENS = _gathered()  # the views of each, the first shown first


def _to(name: str, views: tuple[ViewEntry, ...]) -> Action:
    """The key that shows a screen."""
    key, title = views[0].key, views[0].screen
    return Action(f"switch_mode('{name}')", key, key, title, "; ".join(view.purpose for view in views))


APPLICATION: tuple[Action, ...] = (
    Action("command_palette", "ctrl+p", "ctrl+p", "Palette", "every action by its name", priority=True),
    Action("tour", "Q,shift+q", "Q", "Questions", "a tour of questions ready to run; enter goes on", footer=True),
    Action("open_network", "O,shift+o", "O", "Open", "the network of a file, on the Plane screen"),
    Action("repaint", "ctrl+l", "ctrl+l", "Repaint", "draw the whole screen again"),
    Action("suspend_process", "ctrl+z", "ctrl+z", "Suspend", "back to the shell; fg returns"),
    Action("quit", "q", "q", "Quit", "leave at once; the run is kept", footer=True),
    Action("quit", "ctrl+q", "ctrl+q", "Quit", "leave at once, also while typing", priority=True),
    *(_to(name, views) for name, views in SCREENS.items()),
)  # fmt: skip

# Digits that show no screen say so
ABSENT = tuple(
    Action(f"no_screen({digit})", digit, digit, "No screen", "says which screens there are")
    for digit in "0123456789"
    if digit not in {views[0].key for views in SCREENS.values()}
)
