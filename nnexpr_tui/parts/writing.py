"""A file that takes a while: it is written by a thread of its own, which tells how far it is and can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from nnexpr.exports import Export
from nnexpr_tui.parts.lines import Line, clean
from nnexpr_tui.parts.overlays import Overlay
from nnexpr_tui.parts.table import ScrollPane
from nnexpr_tui.worker.scheduler import Said
from nnexpr_tui.worker.subject import sentence

if TYPE_CHECKING:
    from nnexpr.runs.recording import Recording

__all__ = ["Writing", "WritingScreen"]

REST = 0.01  # seconds
INTERVAL = 0.25  # seconds between two looks at how far it is


class _Stopped(Exception):
    """What ends the writing."""


class Writing:
    """Begins at once. ``post`` takes what is to be said at the end to the application, from that thread.

    Between two steps it stands still while ``rests()``: a key is being answered.
    """

    def __init__(
        self, export: Export, recordings: Sequence[Recording], path: Path, post: Callable[[Message], object],
        rests: Callable[[], bool],
    ) -> None:  # fmt: skip
        self.path = path
        self.done, self.steps = 0, 0  # of how many; none while it is not known
        self._export, self._recordings, self._post, self._rests = export, recordings, post, rests
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writing", daemon=True)
        self._thread.start()

    @property
    def is_going(self) -> bool:
        """Whether it is still being written."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Give it up: nothing of it is left, and what lay there before stays."""
        self._stopping.set()

    def join(self, seconds: float) -> None:
        """Wait until it has ended, but no longer."""
        self._thread.join(seconds)

    def _tell(self, done: int, steps: int) -> None:
        self.done, self.steps = done, steps
        while self._rests() and not self._stopping.is_set():
            sleep(REST)
        if self._stopping.is_set():
            raise _Stopped

    def _run(self) -> None:
        try:
            self._export.write(self._recordings, self.path, tell=self._tell)
            said = Said(f"Wrote {self.path.resolve()} ({_size(self.path.stat().st_size)})")
        except _Stopped:
            said = Said(f"{self.path.name} was given up; nothing of it is left")
        except Exception as error:
            said = Said(f"Could not write {self.path.name}: {sentence(error)}", error=True)
        self._post(said)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(count / 1e3, 0.1):.3g} kB"


class WritingScreen(Overlay[None]):
    """How far it is; it closes by itself once that is over."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,x", "dismiss", "Close", show=False),
        Binding("c", "stop", "Give it up", show=False),
        Binding("q,ctrl+q", "app.quit", "Quit", show=False),
    ]

    def __init__(self, writing: Writing) -> None:
        super().__init__()
        self._writing = writing
        self._pane = ScrollPane(id="writing")
        self._pane.can_focus = False

    def compose(self) -> ComposeResult:
        yield self._pane

    def on_mount(self) -> None:
        self.set_interval(INTERVAL, self._look)

    def on_line_pane_room_changed(self) -> None:
        """Also the first room that there is."""
        self._draw()

    def _look(self) -> None:
        if self._writing.is_going:
            self._draw()
        else:
            self.dismiss()

    def _draw(self) -> None:
        writing = self._writing
        width = max(self._pane.content_size.width - 8, 0)
        share = writing.done / writing.steps if writing.steps else 0.0
        bar: Line = (
            ("█" * round(share * width) + "░" * (width - round(share * width)), "accent"),
            (f" {share:6.0%}", "value"),
        )
        title = f"Writing {clean(writing.path.name)}"
        self._pane.show_text(title, [bar], note="c gives it up, esc leaves it to go on")

    def action_stop(self) -> None:
        self._writing.stop()
