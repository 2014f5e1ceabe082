"""The way to the terminal, which waits for nothing: one that takes no more loses frames, never the event loop.

Three things are between a frame and the eye, and each can fill up unseen:

* Textual's queue of 30 writes, filled for a thread that writes; with the queue full, the event loop would wait for the
  terminal, deaf to keys and signals. :func:`output_backlog` counts it. A frame that would fill it is not drawn
  (:attr:`Patient.has_room`), and once the terminal has taken the rest the screen is painted again.
* The kernel's buffer of the terminal (22 kB was measured on Linux 6.18); when it is full the writer waits in the
  middle of a frame, with the queue empty. A terminal that takes no more is not writable, which :func:`output_backlog`
  asks for without waiting.
* What lies beyond: sshd and the network may hold much more, of which nothing here can be seen. Only an answer from the
  terminal itself proves that a frame has arrived: :func:`ask_terminal` asks for the cursor's position, which a terminal
  answers once it has read everything before the question; Textual delivers the answer to the application as
  ``textual.events.CursorPosition``. :class:`~nnexpr_tui.charts.pacing.Pacer` counts both.

Textual offers none of this in public, so each look is guarded: where an attribute is missing the answer is "no backlog"
and pacing falls back to the cost and the size of frames, which need no such look.
"""

from __future__ import annotations

import asyncio
import select
import sys
from typing import Any

from textual.app import App
from textual.driver import Driver

from nnexpr_tui.textual_private import (
    QUEUE_PLACES,
    PromptEscape,
    app_of,
    driver_of,
    forget_writes,
    waiting_writes,
    writer_of,
)

__all__ = ["QUESTION", "Patient", "PatientDriver", "ask_terminal", "output_backlog"]

MOST_WAITING = QUEUE_PLACES - 6  # the other places are for leaving
LOOK_AGAIN = 0.1  # seconds
END_SYNCHRONISED = "\x1b[?2026l"
QUESTION = "\x1b[6n"  # DSR: report the cursor's position


def output_backlog(app: App[Any]) -> int:
    """How many writes wait for the terminal: those queued, and one more while the terminal takes nothing."""
    driver = driver_of(app)
    writer = writer_of(driver)
    return waiting_writes(driver) + (writer is not None and not _is_writable(writer))


def _is_writable(writer: Any) -> bool:
    if sys.platform == "win32":  # select knows only sockets there
        return True
    try:
        return bool(select.select([], [writer.fileno()], [], 0)[1])
    except (OSError, ValueError, AttributeError):
        return True


def ask_terminal(app: App[Any]) -> bool:
    """Ask the terminal to answer when it has read all that was sent so far; whether it could be asked."""
    driver = driver_of(app)
    if driver is None or driver.is_headless or driver.is_inline:
        return False
    driver.write(QUESTION)
    driver.flush()
    return True


class Patient(Driver):
    """A driver whose thread writes: says when there is no room for a frame, and has it painted later."""

    _repaint: asyncio.TimerHandle | None = None
    _is_leaving = False

    @property
    def has_room(self) -> bool:
        """Whether a frame would be taken without waiting. Where not, all is painted once there is."""
        has_room = self._is_leaving or waiting_writes(self) < MOST_WAITING
        if not has_room and self._repaint is None:
            self._repaint = asyncio.get_running_loop().call_later(LOOK_AGAIN, self._paint_again)
        return has_room

    def leave(self) -> None:
        """Forget what waits: only what gives the terminal back is still to be written."""
        self._is_leaving = True
        if self._repaint is not None:
            self._repaint.cancel()
        if writer_of(self) is not None:
            forget_writes(self)
            self.write(END_SYNCHRONISED)  # the end of an update may have been among what is forgotten

    def _paint_again(self) -> None:
        if waiting_writes(self):
            self._repaint = asyncio.get_running_loop().call_later(LOOK_AGAIN, self._paint_again)
        else:
            self._repaint = None
            app_of(self).refresh(layout=True)


class PatientDriver(Patient, PromptEscape):
    """That of a terminal."""
