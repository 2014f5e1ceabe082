"""Every use of what Textual does not promise, in one place: with a new version of it the tests of this file fail first.

Each says why it is needed and in which version it was seen. Nothing else names a private part of Textual.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from codecs import getincrementaldecoder
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, Queue
from select import select
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

from rich.color import ColorSystem
from rich.console import Console, RenderableType
from textual import constants, events
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual._context import visible_screen_stack
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.binding import BindingsMap
from textual.dom import DOMNode
from textual.geometry import Region
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.strip import Strip

from nnexpr_tui.ascii import in_ascii
from nnexpr_tui.differences import Piece, ShownCells

if sys.platform == "win32":  # whose terminals have another driver, which stays as it is
    from textual.driver import Driver as TerminalDriver
else:
    from textual.drivers.linux_driver import LinuxDriver as TerminalDriver

if TYPE_CHECKING:
    from textual.driver import Driver
    from textual.drivers._writer_thread import WriterThread

__all__ = [
    "QUEUE_PLACES", "DifferencesOnly", "KeysWithoutFocus", "OverAnother", "PromptEscape", "StyledOnce",
    "TerminalDriver", "app_of", "compose_mode", "drawing_on", "drawn_on", "driver_of", "exception_of",
    "forget_writes", "is_ended", "on_display", "render_ahead", "screens_made", "waiting_writes", "writer_of",
    "writer_to",
]  # fmt: skip

Returned = TypeVar("Returned")
File = TypeVar("File", bound=io.TextIOBase)

LOOK = 0.1  # seconds between two looks whether the input is to be left
READ = 4096  # bytes at most at a time
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


def drawn_on(kind: type[File]) -> File:
    """The file of :func:`drawing_on`, which must be of that kind; for drivers of our own (8.2.8)."""
    file: object = sys.__stderr__
    if not isinstance(file, kind):
        raise TypeError(f"drawn on {file!r}")
    return file


def writer_to(file: io.TextIOBase) -> WriterThread:
    """A thread that writes to the file, which is not begun yet; only drivers of a terminal have one (8.2.8)."""
    from textual.drivers._writer_thread import WriterThread

    return WriterThread(cast("IO[str]", file))


class PromptEscape(TerminalDriver):
    """A driver that waits after an escape byte for the rest of a sequence as long as it is told to (8.2.8).

    Textual looks at its input ten times a second, so the escape key takes it a tenth of a second or two. It also takes
    every SIGCONT for the end of what ctrl+z began: of a process that was stopped by SIGSTOP, which none hears coming,
    two threads would then read the keys, and nothing would be painted anew.
    """

    escape_seconds: float | None = None  # None: as Textual has it

    def _sigcont_application(self, *details: object) -> None:
        if self._auto_restart and not self._must_signal_resume:
            self._must_signal_resume = True
            before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # in the background it would stop half-way
            try:
                self.suspend_application_mode()
            finally:
                signal.signal(signal.SIGTTOU, before)
        super()._sigcont_application(*details)

    def run_input_thread(self) -> None:
        """Read, parse and hand over what comes, until the end. Windows has a driver of its own."""
        if sys.platform == "win32":
            return
        if self.escape_seconds is not None:
            constants.ESCAPE_DELAY = self.escape_seconds  # type: ignore[misc, unused-ignore]
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        while not self.exit_event.is_set():
            is_within = parser._timeout_time is not None
            if select([self.fileno], [], [], constants.ESCAPE_DELAY if is_within else LOOK)[0]:
                read = os.read(self.fileno, READ)
                if not read:  # the terminal is gone, and nothing will ever come again
                    return
                text = decode(read)
                for event in parser.feed(text) if text else ():
                    self.process_message(event)
            for event in parser.tick():
                self.process_message(event)


class DifferencesOnly(App[Returned]):
    """An application of which only those cells are sent that the terminal does not show already (8.2.8).

    What the terminal shows is to be forgotten whenever something else may have been drawn there.
    """

    shown: ShownCells
    _shape = "default"  # of the mouse's pointer: each new screen sends its own

    @property
    def is_ascii(self) -> bool:
        """Whether all signs are sent in ASCII."""
        return False

    @property
    def can_send(self) -> bool:
        """Whether what is painted now would be taken; what is not must be painted again later."""
        return True

    def written(self, sent: int) -> None:
        """An update of so many bytes is on its way to the terminal."""

    def painted(self) -> None:
        """All that was to be painted is."""

    def delay_update(self, delay: float = 0.001) -> None:  # noqa: ARG002 - what Textual would have it be
        """Textual holds every change of screens up for 50 ms, to hide one that is being made: these are made before."""
        super().delay_update(0.001)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        drawn: Any = renderable if self.can_send else None
        sent = ""
        if isinstance(drawn, (LayoutUpdate, ChopsUpdate)):
            drawn = _Difference(drawn, self.shown, self.size, is_ascii=self.is_ascii)
            if self._is_sending and not (sent := drawn.render_segments(self.console)):
                self.painted()
                return
        super()._display(screen, drawn)
        if sent:
            self.written(len(sent.encode()))
        self.painted()

    @property
    def _is_sending(self) -> bool:
        """Whether what is displayed now is sent, as Textual decides it."""
        is_there = self._driver is not None and not (self._driver.is_headless or self._driver.is_inline)
        return is_there and self._running and not self._closed and not self._batch_count

    def _set_pointer_shape(self, shape: str) -> None:
        if shape != self._shape:
            self._shape = shape
            super()._set_pointer_shape(shape)


class _Difference(CompositorUpdate):
    """What an update changes. Textual asks for it only where it is written."""

    def __init__(
        self, update: LayoutUpdate | ChopsUpdate, shown: ShownCells, size: tuple[int, int], *, is_ascii: bool
    ) -> None:
        self._update, self._shown, self._size, self._is_ascii = update, shown, size, is_ascii
        self._text: str | None = None

    def render_segments(self, console: Console) -> str:
        if self._text is None:
            pieces = (_piece(y, x, strip, console) for y, x, strip in _strips(self._update))
            if self._is_ascii:
                pieces = (_piece_in_ascii(piece) for piece in pieces)
            self._text = self._shown.update(self._size, pieces)
        return self._text


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


def _piece_in_ascii(piece: Piece) -> Piece:
    return piece._replace(runs=[(in_ascii(text), codes) for text, codes in piece.runs])


class StyledOnce(Screen[ScreenResultType]):
    """A screen that is styled when it is made, and anew only when the styles have changed (8.2.8).

    Textual parses all style sheets again for each screen that is new, and applies them whenever one is shown.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._css_update_count = self.app._css_update_count
        self._styled: Hashable = None

    def _on_screen_resume(self, event: events.ScreenResume) -> None:
        """Before Textual's own handler, which applies the styles where the event says so."""
        app = self.app
        styled = app._css_update_count, app.classes, frozenset(app.pseudo_classes)
        event.refresh_styles = event.refresh_styles and styled != self._styled
        self._styled = styled

    def _compositor_refresh(self) -> None:
        """Paint what is to be seen, but not a screen that has no widgets yet, and not twice in one turn.

        Textual paints a screen when it is pushed, when its widgets have been laid out, and whole directly after that.
        """
        has_more_to_come = self._layout_required and self._repaint_required
        if self._nodes and not has_more_to_come:
            super()._compositor_refresh()

    async def _on_resize(self, event: events.Resize) -> None:
        """Before Textual's own handler, which lays the screen out: the first layout tells the screen of its size too.

        A screen with breakpoints takes its classes there. Every layout to another size tells the screen, so two sizes
        that are on their way at once would answer each other without end: one that is the terminal's no more is left.
        """
        if event.size != self.app.size or (event.size == self._compositor.size and self.is_modal):
            event.prevent_default()


class OverAnother(StyledOnce[ScreenResultType], ModalScreen[ScreenResultType]):
    """A screen that shows the one beneath it, where nothing of its own is, as that one is composed (8.2.8).

    Textual has Rich render all of it, and takes the lines apart again.
    """

    def render_lines(self, crop: Region) -> list[Strip]:
        """Textual hands down which screens lie beneath, the uppermost last, while they are rendered."""
        try:
            beneath = visible_screen_stack.get().pop()
        except LookupError:  # nothing does
            return super().render_lines(crop)
        strips = beneath._compositor.render_strips()[crop.y : crop.bottom]
        strips += [Strip([])] * (crop.height - len(strips))  # it may not be laid out to this size yet
        return [strip.crop_extend(crop.x, crop.right, None) for strip in strips]


def compose_mode(app: App[Any], mode: str) -> None:
    """Make and lay out the screen of a mode that was not switched to yet; it is not shown (8.2.8)."""
    app._init_mode(mode)


def render_ahead(screen: Screen[Any]) -> None:
    """Have every widget's lines made once, although nobody sees the screen: styles and borders are kept (8.2.8)."""
    screen._compositor.render_strips()


class KeysWithoutFocus(StyledOnce[None]):
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


# For tests, which look at an application from outside


def is_ended(app: App[Any]) -> bool:
    """Whether the application was told to end: the loop goes on for a while (8.2.8)."""
    return bool(app._exit)


def exception_of(app: App[Any]) -> BaseException | None:
    """What went wrong in a handler: it is raised only once the application has ended (8.2.8)."""
    return app._exception


def screens_made(app: App[Any]) -> dict[str, Screen[Any]]:
    """The lowest screen of each mode that there is, shown or not (8.2.8)."""
    return {mode: stack[0] for mode, stack in app._screen_stacks.items() if stack}


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
