"""The one table of what can be done and by which key: bindings, palette, footer and help are all made from it.

An action is a method ``action_<name>`` of the thing it belongs to: the app (``everywhere``), a screen (by its name, or
that of one of its views) or a kind of pane (``form``, ``chart``). To add one: a row here and the method there.
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
    ScreenEntry("explore", "1", "Explore", "nnexpr_tui.fit.screen:ExploreScreen", "train and look"),
    ScreenEntry("replay", "2", "Replay", "nnexpr_tui.replay.screen:ReplayScreen", "scrub through the training"),
    ScreenEntry("compose", "3", "Compose", "nnexpr_tui.compose:ComposeScreen", "fold a wave; train a manifold"),
    ScreenEntry("plane", "4", "Plane", "nnexpr_tui.plane.screen:PlaneScreen", "two inputs: maps, and every cell"),
    ScreenEntry("experiments", "6", "Experiments", "nnexpr_tui.experiments.screen:ExperimentsScreen",
                "the sources' claims, tables and figures"),
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
    Action("folds", "fold(1)", "plus,equals_sign", "+", "Fold", "one fold more", footer=True),
    Action("folds", "fold(-1)", "minus,underscore", "-", "Unfold", "one fold less"),
    Action("folds", "view", "v", "v", "Manifold", "the network that sums such waves: move and train it", footer=True),
    Action("folds", "play", "space", "space", "Play", "fold after fold", footer=True),
    Action("folds", "knots(1)", "right_square_bracket", "]", "Knots", "one knot more", footer=True),
    Action("folds", "knots(-1)", "left_square_bracket", "[", "Fewer knots", "one knot less"),
    Action("folds", "multiply(1)", "right_curly_bracket", "}", "Twice", "twice as many knots", footer=True),
    Action("folds", "multiply(-1)", "left_curly_bracket", "{", "Half", "half as many knots"),
    Action("folds", "enough", "n", "n", "Enough", "as many knots as the wave needs", footer=True),
    Action("manifold", "start_or_pause", "space", "space", "Start/pause", "start training, or pause it", footer=True),
    Action("manifold", "view", "v", "v", "Folds", "one wave, folded over and over", footer=True),
    Action("manifold", "next_stage", "n", "n", "Next stage", "end this stage: peaks, scales, all weights", footer=True),
    Action("manifold", "handle(1)", "up,k", "↑", "Move", "the layer's peak by 0.01, or its scale by 2 %", footer=True),
    Action("manifold", "handle(-1)", "down,j", "↓", "Move back", "the peak or scale back, as far"),
    Action("manifold", "handle(5)", "pageup,K,shift+up", "pgup", "Move far", "the peak by 0.05, or the scale by 10 %"),
    Action("manifold", "handle(-5)", "pagedown,J,shift+down", "pgdn", "Far back", "the peak or scale far back"),
    Action("manifold", "layer(1)", "right,l", "→", "Layer", "open the next layer", footer=True),
    Action("manifold", "layer(-1)", "left,h", "←", "Layer before", "open the layer before"),
    Action("manifold", "choose", "p", "p", "Peak/scale", "what ↑ and ↓ move: the peak or the scale", footer=True),
    Action("manifold", "look", "o", "o", "Look", "below: layer, slopes, gaps or loss", footer=True),
    Action("manifold", "target(1)", "t", "t", "Target", "the next target", footer=True),
    Action("manifold", "target(-1)", "T,shift+t", "T", "Target before", "the target before"),
    Action("manifold", "restart", "r", "r", "Restart", "the first network again, at epoch 0", footer=True),
    Action("manifold", "share", "s", "s", "1000 epochs", "1000 epochs at full speed, then stand still", footer=True),
    Action("manifold", "deepen(1)", "plus,equals_sign", "+", "Deeper", "one layer more", footer=True),
    Action("manifold", "deepen(-1)", "minus,underscore", "-", "Shallower", "one layer less"),
    Action("manifold", "free", "f", "f", "Free scales", "free scales, or Theorem 3.4's again", footer=True),
    Action("manifold", "waves", "a", "a", "Add/subtract", "waves added to the line, or subtracted"),
    Action("manifold", "halves", "d", "d", "Halves", "all peaks back to 1/2"),
    Action("manifold", "reseed", "R,shift+r", "R", "Random peaks", "peaks drawn with the next seed"),
    Action("manifold", "rate(1)", "greater_than_sign", ">", "Learn faster", "a higher rate, without a restart"),
    Action("manifold", "rate(-1)", "less_than_sign", "<", "Learn slower", "a lower rate, without a restart"),
    Action("compose", "error", "e", "e", "Error", "show the error in place of the fit", footer=True),
    Action("compose", "whole", "w", "w", "Whole", "all pieces, or what can be told apart", footer=True),
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
    Action("experiments", "run", "enter,space", "enter", "Run", "run the chosen experiment in full", footer=True),
    Action("experiments", "run_quick", "r", "r", "Quick", "run it with fewer members or epochs", footer=True),
    Action("experiments", "cancel", "c", "c", "Cancel", "end the run; run again, it goes on where it was", footer=True),
    Action("experiments", "move(1)", "down,j", "j", "Down", "the next experiment (or a line of the result)"),
    Action("experiments", "move(-1)", "up,k", "k", "Up", "the experiment before (or a line back)"),
    Action("experiments", "move(-1000)", "home,g", "home", "First", "the first experiment (or line)"),
    Action("experiments", "move(1000)", "end,G,shift+g", "end", "Last", "the last experiment (or line)"),
    Action("experiments", "page(1)", "right,l", "→", "Page", "the next page: claims, tables, figures", footer=True),
    Action("experiments", "page(-1)", "left,h", "←", "Page before", "the page before"),
    Action("experiments", "kind", "v", "v", "View", "change between claims, tables and figures", footer=True),
    Action("experiments", "scroll(1)", "pagedown,J,shift+down", "pgdn", "Scroll", "the claims or the table downwards"),
    Action("experiments", "scroll(-1)", "pageup,K,shift+up", "pgup", "Scroll back", "the claims or the table upwards"),
    Action("experiments", "columns(1)", "greater_than_sign", ">", "Columns", "more columns of a table to the right"),
    Action("experiments", "columns(-1)", "less_than_sign", "<", "Columns back", "and back to the left"),
    Action("experiments", "curve(1)", "full_stop", ".", "Curve", "one curve of a figure alone, then the next"),
    Action("experiments", "curve(-1)", "comma", ",", "Curve before", "the curve before"),
    Action("experiments", "run_rest", "a", "a", "All quick", "run all that have no result, quick, one after the other"),
    Action("experiments", "cancel_all", "C,shift+c", "C", "Cancel all", "end the run and forget those that wait"),
    Action("form", "move(-1)", "up,k", "↑ k", "Up", "the option above"),
    Action("form", "move(1)", "down,j", "↓ j", "Down", "the option below"),
    Action("form", "change(-1)", "left", "←", "Less", "a smaller value, or the choice before"),
    Action("form", "change(1)", "right", "→", "More", "a greater value, or the next choice"),
    Action("form", "edit", "enter", "enter", "Edit", "type a value; enter takes it, esc leaves it as it was"),
    Action("everywhere", "markers", "m", "m", "Markers", "how curves are drawn: braille, blocks or ASCII"),
    Action("everywhere", "zoom", "z", "z", "Zoom", "the focused pane alone, and back", footer=True),
    Action("everywhere", "jump", "ctrl+o", "ctrl+o", "Jump", "a letter on every pane: press it to go there"),
    Action("everywhere", "export", "x", "x", "Export", "write JSON, SVG (of a fit also safetensors) to this folder"),
    Action("everywhere", "export_to", "X,shift+x", "X", "Export to…", "the same, into a folder that you name"),
    Action("everywhere", "copy", "y", "y", "Copy", "copy the fit's command line and numbers, or the page shown"),
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
