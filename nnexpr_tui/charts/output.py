"""Whether the terminal keeps up with what is sent to it.

Three things are between a frame and the eye, and each can fill up unseen:

* Textual's queue of 30 writes; when it is full the event loop waits. :func:`output_backlog` counts it.
* The kernel's buffer of the terminal (22 kB was measured on Linux 6.18); when it is full the writer waits in
  the middle of a frame, with the queue empty. A terminal that takes no more is not writable, which
  :func:`output_backlog` asks for without waiting.
* What lies beyond: sshd and the network may hold much more, of which nothing here can be seen. Only an answer from the
  terminal itself proves that a frame has arrived: :func:`ask_terminal` asks for the cursor's position, which a
  terminal answers once it has read everything before the question; Textual delivers the answer to the application as
  ``textual.events.CursorPosition``. :class:`~nnexpr_tui.charts.pacing.Pacer` counts both.

Textual offers none of this in public, so each look is guarded: where an attribute is missing the answer is "no backlog"
and pacing falls back to the cost and the size of frames, which need no such look.
"""

from __future__ import annotations

import select
import sys
from typing import TYPE_CHECKING, Any

from nnexpr_tui.textual_private import driver_of, waiting_writes, writer_of

if TYPE_CHECKING:
    from textual.app import App

__all__ = ["QUESTION", "ask_terminal", "output_backlog"]

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
    if driver is None or driver.is_headless or driver.is_inline or driver.is_web:
        return False
    driver.write(QUESTION)
    driver.flush()
    return True
