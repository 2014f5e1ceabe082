"""Textual's driver, made to wait for nothing: a terminal that takes no more loses frames, never the event loop.

Textual hands what it draws to a thread through a queue of 30; with the queue full, the event loop would wait for the
terminal, deaf to keys and signals. Here such a frame is dropped, and once the terminal has taken the rest the whole
screen is painted again.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from queue import Empty

from textual.drivers.linux_driver import LinuxDriver

__all__ = ["PatientDriver"]

MOST_WAITING = 24  # of the queue's 30 places; the others are for leaving
LOOK_AGAIN = 0.1  # seconds
END_SYNCHRONISED = "\x1b[?2026l"


class PatientDriver(LinuxDriver):
    """Drops whole updates while too many wait."""

    _repaint: asyncio.TimerHandle | None = None
    _is_leaving = False

    def write(self, data: str) -> None:
        """Queue the text; while too much waits, drop it and paint everything later."""
        if self._waiting() < MOST_WAITING or self._is_leaving:
            super().write(data)
        elif self._repaint is None:
            self._repaint = asyncio.get_running_loop().call_later(LOOK_AGAIN, self._paint_again)

    def leave(self) -> None:
        """Forget what waits: only what gives the terminal back is still to be written."""
        self._is_leaving = True
        if self._repaint is not None:
            self._repaint.cancel()
        if self._writer_thread is not None:
            with suppress(Empty):
                while True:
                    self._writer_thread._queue.get_nowait()
            super().write(END_SYNCHRONISED)  # the end of an update may have been among what is forgotten

    def _waiting(self) -> int:
        return self._writer_thread._queue.qsize() if self._writer_thread is not None else 0

    def _paint_again(self) -> None:
        if self._waiting():
            self._repaint = asyncio.get_running_loop().call_later(LOOK_AGAIN, self._paint_again)
        else:
            self._repaint = None
            self._app.refresh(layout=True)
