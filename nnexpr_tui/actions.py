"""The one table of what can be done and by which key: bindings, palette, footer and help are all made from it.

An action is a method ``action_<name>`` of the thing it belongs to: the app (``everywhere``), a screen (by the screen's
name) or a kind of pane (``form``, ``chart``). To add one: a row here and the method there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from textual.binding import Binding, BindingType

__all__ = ["ACTIONS", "SCREENS", "Action", "ScreenEntry", "bindings", "in_scope"]


@dataclass(frozen=True)
class Action:
    """One thing that can be done."""

    scope: str
    name: str  # of the method, with its arguments: "screen('replay')"
    keys: str  # as Textual spells them, separated by commas
    shown: str  # the keys as a person reads them
    label: str  # for the footer and the palette
    help: str
    footer: bool = False
    priority: bool = False  # also while a text is being edited

    @property
    def path(self) -> str:
        """The action with whose it is, for Textual."""
        return {"everywhere": "app", "form": "focused"}.get(self.scope, "screen") + "." + self.name


@dataclass(frozen=True)
class ScreenEntry:
    """One of the screens; its class is imported when it is first shown."""

    name: str
    key: str
    title: str
    home: str  # "module:Class"
    help: str

    def load(self) -> Any:
        """The class of the screen."""
        module, _, name = self.home.partition(":")
        return getattr(import_module(module), name)


SCREENS: tuple[ScreenEntry, ...] = (
    ScreenEntry("explore", "1", "Explore", "nnexpr_tui.screens.explore:ExploreScreen", "train and look"),
    ScreenEntry("replay", "2", "Replay", "nnexpr_tui.screens.replay:ReplayScreen", "scrub through the training"),
    ScreenEntry("compose", "3", "Compose", "nnexpr_tui.screens.compose:ComposeScreen", "fold a wave, open its layers"),
    ScreenEntry("plane", "4", "Plane", "nnexpr_tui.screens.plane:PlaneScreen", "two inputs: maps, and every cell"),
)  # fmt: skip

ACTIONS: tuple[Action, ...] = (
    Action("explore", "start_or_pause", "space", "space", "Start/pause", "start training, or pause it", footer=True),
    Action("explore", "step", "s", "s", "One epoch", "train exactly one epoch, then stand still", footer=True),
    Action("explore", "restart", "r", "r", "Restart", "the same network again, from epoch 0", footer=True),
    Action("explore", "reseed", "R,shift+r", "R", "New seed", "the same architecture with the next seed", footer=True),
    Action("explore", "depth(1)", "plus,equals_sign", "+", "Deeper", "one layer more", footer=True),
    Action("explore", "depth(-1)", "minus,underscore", "-", "Shallower", "one layer less"),
    Action("explore", "width(1)", "right_square_bracket", "]", "Wider", "more units a layer (or knots)", footer=True),
    Action("explore", "width(-1)", "left_square_bracket", "[", "Narrower", "fewer units a layer (or knots)"),
    Action("explore", "activation", "a", "a", "Activation", "the next activation", footer=True),
    Action("explore", "target", "t", "t", "Target", "the next target of the catalogue", footer=True),
    Action("explore", "rate(1)", "greater_than_sign", ">", "Learn faster", "a higher learning rate, without a restart"),
    Action("explore", "rate(-1)", "less_than_sign", "<", "Learn slower", "a lower learning rate, without a restart"),
    Action("explore", "member(1)", "full_stop", ".", "Next member", "show the next member of the ensemble"),
    Action("explore", "member(-1)", "comma", ",", "Previous member", "show the member before"),
    Action("explore", "residual", "e", "e", "Residual", "show the error in place of the fit", footer=True),
    Action("explore", "log_axis", "l", "l", "Log axis", "loss on a logarithmic or a linear axis", footer=True),
    Action("explore", "forms", "f", "f", "Forms", "show or hide the forms", footer=True),
    Action("explore", "numbers", "c", "c", "Counts", "show or hide counts and frequencies", footer=True),
    Action("replay", "play", "space", "space", "Play/stop", "play the training back", footer=True),
    Action("replay", "move(-1)", "left,h", "←", "Back", "one snapshot back", footer=True),
    Action("replay", "move(1)", "right,l", "→", "Forward", "one snapshot forward", footer=True),
    Action("replay", "move(-10)", "shift+left,k,up", "k", "10 back", "ten snapshots back", footer=True),
    Action("replay", "move(10)", "shift+right,j,down", "j", "10 forward", "ten snapshots forward", footer=True),
    Action("replay", "move(-10000)", "home,g", "home", "First", "the first snapshot", footer=True),
    Action("replay", "move(10000)", "end,G,shift+g", "end", "Last", "the newest snapshot", footer=True),
    Action("replay", "residual", "e", "e", "Residual", "show the error in place of the fit", footer=True),
    Action("compose", "deeper(1)", "plus,equals_sign", "+", "Fold", "one fold more (or one layer more)", footer=True),
    Action("compose", "deeper(-1)", "minus,underscore", "-", "Unfold", "one fold less (or one layer less)"),
    Action("compose", "view", "v", "v", "Folds/layers", "change between the folds and the layers", footer=True),
    Action("compose", "layer(1)", "right,l", "→", "Layer", "layers: open the next one", footer=True),
    Action("compose", "layer(-1)", "left,h", "←", "Layer before", "layers: open the one before"),
    Action("compose", "peak(1)", "up,k", "↑", "Peak", "layers: the opened layer's peak by 0.01", footer=True),
    Action("compose", "peak(-1)", "down,j", "↓", "Peak down", "layers: the peak back by 0.01"),
    Action("compose", "peak(5)", "pageup,K,shift+up", "pgup", "Peak, far", "layers: the peak by 0.05"),
    Action("compose", "peak(-5)", "pagedown,J,shift+down", "pgdn", "Peak back, far", "layers: the peak back by 0.05"),
    Action("compose", "play", "space", "space", "Play", "fold after fold (or layer after layer)", footer=True),
    Action("compose", "knots(1)", "right_square_bracket", "]", "Knots", "folds: one knot more", footer=True),
    Action("compose", "knots(-1)", "left_square_bracket", "[", "Fewer knots", "folds: one knot less"),
    Action("compose", "multiply(1)", "right_curly_bracket", "}", "Twice", "folds: twice as many knots", footer=True),
    Action("compose", "multiply(-1)", "left_curly_bracket", "{", "Half", "folds: half as many knots"),
    Action("compose", "enough", "n", "n", "Enough", "folds: as many knots as the wave needs", footer=True),
    Action("compose", "whole", "w", "w", "Whole", "all pieces, or what can be told apart", footer=True),
    Action("compose", "error", "e", "e", "Error", "show the error in place of the fit (or of the sum)", footer=True),
    Action("compose", "halves", "r", "r", "Halves", "layers: all peaks back to 1/2", footer=True),
    Action("plane", "start_or_pause", "space", "space", "Start/pause", "start training, or pause it", footer=True),
    Action("plane", "view", "v", "v", "View", "all maps, fit and cells, or target and fit", footer=True),
    Action("plane", "residual", "e", "e", "Error", "the error in the place of the fit", footer=True),
    Action("plane", "borders", "b", "b", "Borders", "cells by slope, or their borders by layer", footer=True),
    Action("plane", "zoom_window(1)", "i", "i", "In", "twice as near, around the crosshair", footer=True),
    Action("plane", "zoom_window(-1)", "o", "o", "Out", "twice as far", footer=True),
    Action("plane", "whole", "home,w", "w", "Whole", "the whole domain"),
    Action("plane", "move(-1,0)", "left,h", "←", "Left", "the crosshair one pixel to the left"),
    Action("plane", "move(1,0)", "right,l", "→", "Right", "one pixel to the right"),
    Action("plane", "move(0,-1)", "up,k", "↑", "Up", "one pixel up"),
    Action("plane", "move(0,1)", "down,j", "↓", "Down", "one pixel down"),
    Action("plane", "move(-8,0)", "shift+left,H,shift+h", "H", "Far left", "the crosshair eight pixels to the left"),
    Action("plane", "move(8,0)", "shift+right,L,shift+l", "L", "Far right", "eight pixels to the right"),
    Action("plane", "move(0,-8)", "shift+up,K,shift+k", "K", "Far up", "eight pixels up"),
    Action("plane", "move(0,8)", "shift+down,J,shift+j", "J", "Far down", "eight pixels down"),
    Action("plane", "target", "t", "t", "Target", "the next target of two inputs", footer=True),
    Action("plane", "step", "s", "s", "One epoch", "train exactly one epoch, then stand still", footer=True),
    Action("plane", "restart", "r", "r", "Restart", "the same network again, from epoch 0", footer=True),
    Action("plane", "reseed", "R,shift+r", "R", "New seed", "the same architecture with the next seed"),
    Action("plane", "depth(1)", "plus,equals_sign", "+", "Deeper", "one layer more"),
    Action("plane", "depth(-1)", "minus,underscore", "-", "Shallower", "one layer less"),
    Action("plane", "width(1)", "right_square_bracket", "]", "Wider", "more units a layer"),
    Action("plane", "width(-1)", "left_square_bracket", "[", "Narrower", "fewer units a layer"),
    Action("plane", "activation", "a", "a", "Activation", "the next activation"),
    Action("plane", "rate(1)", "greater_than_sign", ">", "Learn faster", "a higher learning rate, without a restart"),
    Action("plane", "rate(-1)", "less_than_sign", "<", "Learn slower", "a lower learning rate, without a restart"),
    Action("plane", "member(1)", "full_stop", ".", "Next member", "show the next member of the ensemble"),
    Action("plane", "member(-1)", "comma", ",", "Previous member", "show the member before"),
    Action("form", "move(-1)", "up,k", "↑ k", "Up", "the option above"),
    Action("form", "move(1)", "down,j", "↓ j", "Down", "the option below"),
    Action("form", "change(-1)", "left", "←", "Less", "a smaller value, or the choice before"),
    Action("form", "change(1)", "right", "→", "More", "a greater value, or the next choice"),
    Action("form", "edit", "enter", "enter", "Edit", "type a value; enter takes it, esc leaves it as it was"),
    Action("everywhere", "markers", "m", "m", "Markers", "how curves are drawn: braille, blocks or ASCII"),
    Action("everywhere", "zoom", "z", "z", "Zoom", "the focused pane alone, and back", footer=True),
    Action("everywhere", "jump", "ctrl+o", "ctrl+o", "Jump", "a letter on every pane: press it to go there"),
    Action("everywhere", "export", "x", "x", "Export", "write JSON, SVG and safetensors into the current folder"),
    Action("everywhere", "export_to", "X,shift+x", "X", "Export to…", "the same, into a folder that you name"),
    Action("everywhere", "copy", "y", "y", "Copy", "copy the command line of this fit, with its numbers"),
    Action("everywhere", "command_palette", "ctrl+p", "ctrl+p", "Palette", "every action by its name", priority=True),
    Action("everywhere", "pane(1)", "tab", "tab", "Next pane", "the next pane"),
    Action("everywhere", "pane(-1)", "shift+tab", "shift+tab", "Previous pane", "the pane before"),
    Action("everywhere", "repaint", "ctrl+l", "ctrl+l", "Repaint", "draw the whole screen again"),
    Action("everywhere", "back", "escape", "esc", "Back", "close what is open"),
    Action("everywhere", "suspend_process", "ctrl+z", "ctrl+z", "Suspend", "back to the shell; fg returns"),
    Action("everywhere", "help", "question_mark,f1", "? F1", "Help", "the focused pane and every key", footer=True),
    Action("everywhere", "quit", "q", "q", "Quit", "leave at once; the run is kept", footer=True),
    Action("everywhere", "quit", "ctrl+q", "ctrl+q", "Quit", "leave at once, also while typing", priority=True),
    *(
        Action("everywhere", f"screen('{entry.name}')", entry.key, entry.key, entry.title, entry.help)
        for entry in SCREENS
    ),
)  # fmt: skip


def in_scope(*scopes: str) -> list[Action]:
    """The actions of these scopes, in the order of the scopes."""
    return [action for scope in scopes for action in ACTIONS if action.scope == scope]


def bindings(scope: str) -> list[BindingType]:
    """The actions of one scope, for Textual."""
    return list(_bindings(in_scope(scope)))


def _bindings(actions: Iterable[Action]) -> Iterable[Binding]:
    for action in actions:
        yield Binding(
            action.keys, action.name, action.label, show=False, priority=action.priority, tooltip=action.help
        )
