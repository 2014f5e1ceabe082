"""How an explorer draws in a browser: in packets to the server that started it, which hands them on.

As in a terminal nothing here is waited for: a thread writes, and a frame that a slow line would hold up is left out
(:class:`~nnexpr_tui.driver.Patient`). When the browser or the server goes away the explorer ends as with ``q``: its run
is kept.
"""

from __future__ import annotations

import asyncio
from typing import Any

from textual.drivers.web_driver import WebDriver

from nnexpr_tui.driver import Patient
from nnexpr_tui.terminal import Packets
from nnexpr_tui.textual_private import app_of, drawn_on, writer_to

__all__ = ["ServedDriver"]


class ServedDriver(Patient, WebDriver):
    """Draws on the :class:`~nnexpr_tui.terminal.Packets` of this process, and hears keys from its standard input."""

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self._packets = drawn_on(Packets)
        self._write = self._packets.send  # type: ignore[assignment] # whole packets, of which nobody asks the length
        self._writer_thread = writer_to(self._packets)

    def start_application_mode(self) -> None:
        """Begin to draw and to listen."""
        self._writer_thread.start()
        super().start_application_mode()

    def write(self, data: str) -> None:
        """Have the thread write it."""
        self._writer_thread.write(data)

    def stop_application_mode(self) -> None:
        """Write what is left, and tell the server that this is the end."""
        self._writer_thread.stop()
        super().stop_application_mode()

    def run_input_thread(self) -> None:
        """Hear keys until the end of the stream, which is the end of the server."""
        super().run_input_thread()
        self._quit()

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """What is no key: a size, the focus, and that the browser has gone."""
        if packet_type == "quit":
            self._quit()
        else:
            super().on_meta(packet_type, payload)

    def _quit(self) -> None:
        if not self.exit_event.is_set():
            asyncio.run_coroutine_threadsafe(app_of(self).action_quit(), self._loop)
