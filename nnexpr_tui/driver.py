"""Textual's driver, made to wait for nothing: a terminal that takes no more loses frames, never the event loop.

Textual hands what it draws to a thread through a queue of 30; with the queue full, the event loop would wait for the
terminal, deaf to keys and signals. Here such a frame is dropped, and once the terminal has taken the rest the whole
screen is painted again.
"""

from __future__ import annotations

import asyncio

from textual.drivers.linux_driver import LinuxDriver

from nnexpr_tui.textual_private import QUEUE_PLACES, app_of, forget_writes, waiting_writes, writer_of

__all__ = ["PatientDriver"]

MOST_WAITING = QUEUE_PLACES - 6  # the other places are for leaving
LOOK_AGAIN = 0.1  # seconds
END_SYNCHRONISED = "\x1b[?2026l"


class PatientDriver(LinuxDriver):
    """Drops whole updates while too many wait."""

    _repaint: asyncio.TimerHandle | None = None
    _is_leaving = False

    def write(self, data: str) -> None:
        """Queue the text; while too much waits, drop it and paint everything later."""
        if waiting_writes(self) < MOST_WAITING or self._is_leaving:
            super().write(data)
        elif self._repaint is None:
            self._repaint = asyncio.get_running_loop().call_later(LOOK_AGAIN, self._paint_again)

    def leave(self) -> None:
        """Forget what waits: only what gives the terminal back is still to be written."""
        self._is_leaving = True
        if self._repaint is not None:
            self._repaint.cancel()
        if writer_of(self) is not None:
            forget_writes(self)
            super().write(END_SYNCHRONISED)  # the end of an update may have been among what is forgotten

    def _paint_again(self) -> None:
        if waiting_writes(self):
            self._repaint = asyncio.get_running_loop().call_later(LOOK_AGAIN, self._paint_again)
        else:
            self._repaint = None
            app_of(self).refresh(layout=True)
