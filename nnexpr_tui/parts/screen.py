"""The screen that hosts views: a status line, one view of one or more, and a footer with its keys."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.dom import DOMNode

from nnexpr_tui.actions import Action, ViewEntry, bindings
from nnexpr_tui.controller import Controller
from nnexpr_tui.parts.footer import FooterLine
from nnexpr_tui.parts.lines import LinePane
from nnexpr_tui.parts.status import StatusLine
from nnexpr_tui.parts.views import View
from nnexpr_tui.textual_private import KeysWithoutFocus

__all__ = ["HostScreen"]

TOO_SMALL = "too small: nnexpr needs at least 60×20"


class HostScreen(KeysWithoutFocus):
    """Shows one view at a time; ``v`` changes between them where there are several."""

    BINDINGS: ClassVar[list[BindingType]] = bindings([Action("next_view", "v", "v", "", "")])
    AUTO_FOCUS = ""

    def __init__(
        self, controller: Controller, entries: Sequence[ViewEntry], everywhere: Sequence[Action]
    ) -> None:
        super().__init__()
        classes: list[type[View]] = [entry.load() for entry in entries]
        self.css_path = [
            path
            for view in classes
            if (path := Path(str(sys.modules[view.__module__].__file__)).with_name("view.tcss")).exists()
        ]
        self.controller, self._everywhere = controller, everywhere
        self.views = [view(controller, entry) for view, entry in zip(classes, entries, strict=True)]
        self.view = self.views[0]
        self._is_built = False  # a screen is current, and asked to draw, before what it is made of is there
        self.status = StatusLine(id="status")
        self.footer = FooterLine()

    def compose(self) -> ComposeResult:
        """The parts from top to bottom."""
        yield self.status
        yield from self.views
        yield self.footer
        yield LinePane(id="too-small")

    def on_mount(self) -> None:
        self.query_one("#too-small", LinePane).show_lines([((TOO_SMALL, "error"),)])
        self._is_built = True
        self._show_view()
        self.view.focus_first()
        self.draw()

    def on_screen_resume(self) -> None:
        if self._is_built and self.focused is None:
            self.view.focus_first()
        self.view.redraw()

    def on_screen_suspend(self) -> None:
        self.view.covered()

    def draw(self) -> int:
        """Show the newest moments again, if this is the screen that is looked at. About how many bytes that sends."""
        if not (self._is_built and self.is_current):
            return 0
        self.controller.look(*self.view.TOPICS)
        fit = self.controller.fit
        return self.view.show_status(self.status, fit) + self.view.show(fit)

    # Keys

    @property
    def hearing(self) -> DOMNode:
        return self.view

    @property
    def next_view(self) -> View:
        """The one that ``v`` shows."""
        return self.views[(self.views.index(self.view) + 1) % len(self.views)]

    @property
    def own_actions(self) -> list[tuple[DOMNode, Action]]:
        """What can be done with the present view, and by whom."""
        own: list[tuple[DOMNode, Action]] = [(self.view, row) for row in self.view.entry.actions]
        if len(self.views) > 1:
            other = self.next_view.entry
            own.insert(1, (self, Action("next_view", "v", "v", other.name, other.label, footer=True)))
        return own

    @property
    def actions(self) -> list[tuple[DOMNode, Action]]:
        """All that can be done now, and by whom."""
        return [*self.own_actions, *((self.app, row) for row in self._everywhere)]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return (action != "next_view" or len(self.views) > 1) and super().check_action(action, parameters)

    def action_next_view(self) -> None:
        """The other view, from its first pane."""
        self.view.covered()
        self.view.zoom(None)
        self.footer.clear()
        self.view = self.next_view
        self.set_focus(None)  # keys that follow at once are the other view's
        self._show_view()
        self.view.redraw()
        self.call_after_refresh(self.view.focus_first)  # now it is still hidden

    def _show_view(self) -> None:
        for view in self.views:
            view.display = view is self.view
        self.footer.show_keys(self.actions)

    def next_pane(self, step: int) -> None:
        """The next pane or the one before; while one is zoomed, that one alone."""
        if self.view.zoomed is None:
            (self.focus_next if step > 0 else self.focus_previous)()
