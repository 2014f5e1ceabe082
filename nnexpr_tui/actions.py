"""What can be done by which key, and what a view declares of itself: bindings, palette, footer and help come of it.

An action is a method ``action_<name>`` of the thing it belongs to: the application, a screen, a view, or a kind of
pane. To add one: a row in the view's declaration (the folder's ``__init__``) and the method in its class. Nothing is
imported here that a screen needs only once it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from textual.binding import Binding, BindingType

__all__ = ["ANYWHERE", "TRAINING", "WAVES", "Action", "ViewEntry", "bindings", "some"]


@dataclass(frozen=True)
class Action:
    """One thing that can be done."""

    name: str  # of the method, with its arguments: "switch_mode('replay')"
    keys: str  # as Textual spells them, separated by commas
    shown: str  # the keys as a person reads them
    label: str  # for the footer and the palette
    help: str
    footer: bool = False
    priority: bool = False  # also while a text is being edited


@dataclass(frozen=True)
class ViewEntry:
    """What a folder declares of its view, whose class is imported when it is first shown."""

    home: str  # "module:Class"
    key: str  # of the screen it is on; views with one key share a screen and are changed by v
    screen: str  # that screen's title
    purpose: str  # for palette and help
    actions: tuple[Action, ...]
    title: str = ""  # the view's own, where it is another than the screen's
    label: str = ""  # what v says on the other view of its screen

    @property
    def name(self) -> str:
        """The title of the view."""
        return self.title or self.screen

    def load(self) -> Any:
        """The class of the view."""
        module, _, name = self.home.partition(":")
        return getattr(import_module(module), name)


def bindings(actions: Iterable[Action]) -> list[BindingType]:
    """These, for Textual."""
    return [
        Binding(row.keys, row.name, row.label, show=False, priority=row.priority, tooltip=row.help)
        for row in actions
    ]


def some(actions: Iterable[Action], *names: str, footer: bool | None = None) -> tuple[Action, ...]:
    """Those of these methods, or all; ``footer``: whether they stand in the footer."""
    rows = [row for row in actions if not names or row.name.partition("(")[0] in names]
    return tuple(rows if footer is None else (replace(row, footer=footer) for row in rows))


# Shared by all screens: parts/screen.py does them

ANYWHERE: tuple[Action, ...] = (
    Action("values", "V,shift+v", "V", "Values", "a cursor on a chart: arrows move it, esc puts it away", footer=True),
    Action("markers", "m", "m", "Markers", "how curves are drawn: braille, blocks or ASCII"),
    Action("zoom", "z", "z", "Zoom", "the focused pane alone, and back", footer=True),
    Action("jump", "ctrl+o", "ctrl+o", "Jump", "a letter on every pane: press it to go there"),
    Action("export", "x", "x", "Export", "choose what to write to this folder: this moment, a clip, a table"),
    Action("export_to", "X,shift+x", "X", "Export to…", "the same, into a folder that you name"),
    Action("copy", "y", "y", "Copy", "copy the fit's command line and numbers, or the page shown"),
    Action("app.focus_next", "tab", "tab", "Next pane", "the next pane"),
    Action("app.focus_previous", "shift+tab", "shift+tab", "Previous pane", "the pane before"),
    Action("back", "escape", "esc", "Back", "close what is open"),
    Action("help", "question_mark,f1", "? F1", "Help", "the focused pane and every key", footer=True),
)  # fmt: skip

# Shared by the views of a training: parts/training.py does them

TRAINING: tuple[Action, ...] = (
    Action("start_or_pause", "space", "space", "Start/pause", "start training, or pause it", footer=True),
    Action("step", "s", "s", "One epoch", "train exactly one epoch, then stand still", footer=True),
    Action("restart", "r", "r", "Restart", "the same network again, from epoch 0", footer=True),
    Action("reseed", "R,shift+r", "R", "New seed", "the same architecture with the next seed", footer=True),
    Action("depth(1)", "plus,equals_sign", "+", "Deeper", "one layer more", footer=True),
    Action("depth(-1)", "minus,underscore", "-", "Shallower", "one layer less"),
    Action("width(1)", "right_square_bracket", "]", "Wider", "more units a layer (or knots)", footer=True),
    Action("width(-1)", "left_square_bracket", "[", "Narrower", "fewer units a layer (or knots)"),
    Action("activation", "a", "a", "Activation", "the next activation", footer=True),
    Action("pace", "P,shift+p", "P", "Pace", "as fast as it goes, or 1000, 100 or 10 epochs a second", footer=True),
    Action("undo", "u", "u", "Undo", "back to the training before: its network, target and loss", footer=True),
    Action("tried", "U,shift+u", "U", "Tried", "what was trained so far, with its losses"),
    Action("rate(1)", "greater_than_sign", ">", "Learn faster", "a higher learning rate, without a restart"),
    Action("rate(-1)", "less_than_sign", "<", "Learn slower", "a lower learning rate, without a restart"),
    Action("member(1)", "full_stop", ".", "Next member", "show the next member of the ensemble"),
    Action("member(-1)", "comma", ",", "Previous member", "show the member before"),
    Action("best", "B,shift+b", "B", "Best member", "show the member with the least loss"),
)  # fmt: skip

# Shared by the views of composed waves

WAVES: tuple[Action, ...] = (
    Action("flip('error')", "e", "e", "Error", "show the error in place of the fit", footer=True),
    Action("flip('whole')", "w", "w", "Whole", "all pieces, or what can be told apart", footer=True),
)  # fmt: skip
