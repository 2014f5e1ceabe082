"""What every screen of the explorer has: a status line, a footer, panes that can be reached, zoomed and explained."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from nnexpr_tui.actions import in_scope
from nnexpr_tui.controller import Controller
from nnexpr_tui.parts.footer import FooterLine
from nnexpr_tui.parts.lines import LinePane
from nnexpr_tui.parts.status import StatusLine
from nnexpr_tui.training.moment import FitMoment, Refused
from nnexpr_tui.training.subject import FitSubject
from nnexpr_tui.worker.scheduler import Topic

__all__ = ["ExplorerScreen"]


class ExplorerScreen(Screen[None]):
    """Subclasses say their scope of :data:`~nnexpr_tui.actions.ACTIONS`, what they are made of, and what they show.

    ``BINDINGS = bindings(SCOPE)``; :meth:`body` yields the panes; :meth:`show` draws the newest moments and returns
    about how many bytes that sends.
    """

    class Changed(Message):
        """A key changed what is to be seen."""

    SCOPE: ClassVar[str] = ""
    HELP: ClassVar[str] = ""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self.controller = controller
        self._is_built = False  # a screen is current, and asked to draw, before what it is made of is there
        self.status = StatusLine(id="status")
        self.footer = FooterLine(in_scope(self.SCOPE, "everywhere"))

    @property
    def topics(self) -> tuple[Topic, ...]:
        """What it looks at beside the fit."""
        return ()

    @property
    def scopes(self) -> tuple[str, ...]:
        """Of the actions that work now, beside those that work everywhere."""
        return (self.SCOPE,)

    def compose(self) -> ComposeResult:
        """The parts from top to bottom."""
        yield self.status
        with Horizontal(id="body"):
            yield from self.body()
        yield self.footer
        yield LinePane(id="too-small")

    def body(self) -> ComposeResult:
        """The panes between status line and footer."""
        yield from ()

    def on_mount(self) -> None:
        sentence = "too small: nnexpr needs at least 60×20"
        self.query_one("#too-small", LinePane).show_lines([((sentence, "error"),)])
        self._is_built = True
        self.draw()

    def on_screen_resume(self) -> None:
        self.redraw()

    def redraw(self) -> None:
        """Draw as soon as the terminal can take it."""
        self.post_message(self.Changed())

    def draw(self) -> int:
        """Show the newest moments again, if this is the screen that is looked at. About how many bytes that sends."""
        if not (self._is_built and self.is_current):
            return 0
        self.controller.look(*self.topics)
        return self.show_status(self.controller.fit) + self.show(self.controller.fit)

    def show_status(self, fit: FitMoment | None) -> int:
        """Draw the line at the top."""
        return self.status.show(fit, self.controller.state)

    def show(self, fit: FitMoment | None) -> int:  # noqa: ARG002
        """Draw the panes of this screen."""
        return 0

    def refused(self, message: Refused) -> None:
        """What was asked for could not be built; it has been said."""

    # Taking it elsewhere

    def copied(self) -> tuple[str, str]:
        """The text that is copied, empty for none, and the sentence that says so."""
        return self.controller.summary(), "Copied the command line and the numbers"

    def export_stem(self, folder: str) -> Path | None:
        """The path, without suffix, of the files that are exported; None, and said why, where there is nothing."""
        return self.controller.export_stem(folder)

    def export(self, stem: Path) -> None:
        """Write the files beside the picture of the screen, and say so."""
        self.controller.ask(FitSubject, lambda fit: fit.export(stem))

    # Panes

    @property
    def all_panes(self) -> list[Widget]:
        """Also those that are put away."""
        return [widget for widget in self.query(".column > *") if widget.can_focus]

    def go_to(self, pane: Widget) -> None:
        """Focus a pane, alone where there is no room for it beside the others."""
        if pane.region.area and pane.is_on_screen:
            pane.focus()
        else:
            self.zoom(pane)
            self.call_after_refresh(self.redraw)

    @property
    def zoomed(self) -> Widget | None:
        """The pane that is shown alone."""
        return next(iter(self.query(".-zoomed")), None)

    def zoom(self, pane: Widget | None) -> None:
        """Show one pane alone; None: all of them again."""
        for widget in self.query(".-zoomed"):
            widget.remove_class("-zoomed")
        self.set_class(pane is not None, "-zoom")
        column = pane.parent if pane is not None else None
        for widget in self.query(".column"):
            widget.set_class(widget is column, "-zoomed-column")
        if pane is not None:
            pane.add_class("-zoomed")
            pane.focus()
        else:
            self.call_after_refresh(self._leave_hidden)

    def _leave_hidden(self) -> None:
        """Where the focused pane is no longer to be seen, focus the first that is."""
        if self.focused is not None and not (self.focused.region.area and self.focused.is_on_screen):
            self.query_one(str(self.AUTO_FOCUS)).focus()

    def close(self) -> bool:
        """Close what lies over the screen; whether there was something."""
        if self.zoomed is not None:
            self.zoom(None)
            return True
        return False

    def next_pane(self, step: int) -> None:
        """The next pane or the one before; while one is zoomed, that one alone."""
        if self.zoomed is None:
            (self.focus_next if step > 0 else self.focus_previous)()
