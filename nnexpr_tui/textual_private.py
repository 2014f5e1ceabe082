"""Every use of what Textual does not promise, in one place: with a new version of it the tests of this file fail first.

Each says why it is needed and in which version it was seen. Nothing else names a private part of Textual.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, TypeVar

from rich.color import ColorSystem
from rich.console import Console, RenderableType
from textual import on
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import BindingsMap
from textual.command import Command, CommandList, CommandPalette
from textual.dom import DOMNode
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Input

from nnexpr_tui.differences import Piece, ShownCells

if TYPE_CHECKING:
    from textual.driver import Driver

__all__ = [
    "QUEUE_PLACES", "DifferencesOnly", "KeysWithoutFocus", "PaletteOnce", "app_of", "drawing_on", "driver_of",
    "exception_of", "forget_writes", "is_ended", "on_display", "waiting_writes", "writer_of",
]  # fmt: skip

Returned = TypeVar("Returned")

QUEUE_PLACES = 30  # of the writer's queue (8.2.8: MAX_QUEUED_WRITES); a full queue holds the event loop up


def driver_of(app: App[Any]) -> Driver | None:
    """The driver, to ask the terminal and to leave it: the application has no public name for it (8.2.8)."""
    return getattr(app, "_driver", None)


def app_of(driver: Driver) -> App[Any]:
    """The application that a driver draws: one that dropped a frame has it painted again (8.2.8)."""
    return driver._app


def writer_of(driver: object) -> Any:
    """The thread that writes to the terminal: only its file tells whether the terminal takes anything (8.2.8)."""
    return getattr(driver, "_writer_thread", None)


def _queue(driver: object) -> Queue[str | None] | None:
    return getattr(writer_of(driver), "_queue", None)


def waiting_writes(driver: object) -> int:
    """How many writes wait in the thread's queue: drawing more would wait for the terminal (8.2.8)."""
    queue = _queue(driver)
    return queue.qsize() if queue is not None else 0


def forget_writes(driver: object) -> None:
    """Empty the thread's queue: what waits there would hold up leaving (8.2.8)."""
    queue = _queue(driver)
    with suppress(Empty):
        while queue is not None:
            queue.get_nowait()


@contextmanager
def drawing_on(file: io.TextIOBase) -> Iterator[None]:
    """Have drivers made meanwhile draw on this file: they take ``sys.__stderr__``, whatever they are told (8.2.8)."""
    before, sys.__stderr__ = sys.__stderr__, file  # type: ignore[misc, assignment]
    try:
        yield
    finally:
        sys.__stderr__ = before  # type: ignore[misc]


class DifferencesOnly(App[Returned]):
    """An application of which only those cells are sent that the terminal does not show already (8.2.8).

    What the terminal shows is to be forgotten whenever something else may have been drawn there.
    """

    shown: ShownCells

    @property
    def can_send(self) -> bool:
        """Whether what is painted now would be taken; what is not must be painted again later."""
        return True

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        drawn: Any = renderable if self.can_send else None
        if isinstance(drawn, (LayoutUpdate, ChopsUpdate)):
            drawn = _Difference(drawn, self.shown, self.size)
        super()._display(screen, drawn)


class _Difference(CompositorUpdate):
    """What an update changes. Textual asks for it only where it is written."""

    def __init__(self, update: LayoutUpdate | ChopsUpdate, shown: ShownCells, size: tuple[int, int]) -> None:
        self._update, self._shown, self._size = update, shown, size

    def render_segments(self, console: Console) -> str:
        pieces = (_piece(y, x, strip, console) for y, x, strip in _strips(self._update))
        return self._shown.update(self._size, pieces)


def _strips(update: LayoutUpdate | ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Row, column and content of what an update paints; a part of a row that is painted in part is given whole."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in line:
                yield y, x, strip
                x += strip.cell_length
        return
    for y, first, last in update.spans:
        for end, (x, painted) in zip(update.chop_ends[y], update.chops[y].items(), strict=True):
            if painted is not None and x < last and end > first:
                yield y, x, painted


def _piece(y: int, x: int, strip: Strip, console: Console) -> Piece:
    if any(style is not None and style.link for _, style, _ in strip):
        return Piece(y, x, (), strip.render(console))
    system = console._color_system or ColorSystem.TRUECOLOR
    styled = (
        (text, style._ansi or Strip.render_ansi(style, system) if style else "") for text, style, _ in strip
    )
    return Piece(y, x, list(styled))


class KeysWithoutFocus(Screen[None]):
    """A screen whose ``hearing`` hears keys while nothing has the focus, as when all panes are put away.

    Textual then asks the screen and the application only (8.2.8).
    """

    @property
    def hearing(self) -> DOMNode:
        """What hears keys then."""
        raise NotImplementedError

    @property
    def _binding_chain(self) -> list[tuple[DOMNode, BindingsMap]]:
        chain = super()._binding_chain
        if self.focused is None:
            chain.insert(0, (self.hearing, self.hearing._bindings.copy()))
        return chain


class PaletteOnce(CommandPalette):
    """The palette of commands, sound also where it is opened, typed into and closed in one burst of keys (8.2.8)."""

    def dismiss(self, result: None = None) -> AwaitComplete:
        """The search that goes on would look for widgets that are gone."""
        self._cancel_gather_commands()
        return super().dismiss(result)

    @on(Input.Changed)
    def _ignore_when_closed(self, event: Input.Changed) -> None:
        if self.app.screen_stack[-1:] != [self]:  # a search would look for the list that is gone
            event.prevent_default().stop()

    def _action_command_list(self, action: str) -> None:
        with suppress(KeyError):  # a list that is not laid out yet has no page to turn
            super()._action_command_list(action)

    def _refresh_command_list(
        self, command_list: CommandList, commands: list[Command], clear_current: bool
    ) -> None:
        if command_list.is_attached:  # no longer where the application ends during the search
            super()._refresh_command_list(command_list, commands, clear_current)


# For tests, which look at an application from outside


def is_ended(app: App[Any]) -> bool:
    """Whether the application was told to end: the loop goes on for a while (8.2.8)."""
    return bool(app._exit)


def exception_of(app: App[Any]) -> BaseException | None:
    """What went wrong in a handler: it is raised only once the application has ended (8.2.8)."""
    return app._exception


def on_display(app_class: type[App[Any]], heard: Callable[[App[Any], str], None]) -> Callable[..., None]:
    """A replacement of ``app_class._display`` that tells ``heard(app, text)`` what is on the screen once it is painted.

    What a layout holds may be newer than what was painted; only painting itself tells (8.2.8).
    """
    display = app_class._display

    def displaying(app: App[Any], screen: Screen[Any], renderable: Any) -> None:
        display(app, screen, renderable)
        if renderable is not None and not app._batch_count:
            heard(app, "\n".join(strip.text for strip in app.screen._compositor.render_strips()))

    return displaying
