"""Saying why nothing happens, while the engine's thread waits for a compiler and can say nothing itself."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["TRAINS", "Telling"]

TRAINS = "The loops that train are being compiled, once on this machine"

SLOW = 1.5  # seconds after which what waits says so
AGAIN = 6.0  # seconds between two times: a note stands as long in the footer


class Telling:
    """Says a sentence after a while, and again and again, from a thread of its own, until it is over."""

    def __init__(
        self, say: Callable[[str], object], said: str, *, over: Callable[[], bool] = lambda: False
    ) -> None:
        self._say, self._said, self._over = say, said, over
        self._ended = threading.Event()
        threading.Thread(target=self._tell, name="telling", daemon=True).start()

    def end(self) -> None:
        """Say it no more."""
        self._ended.set()

    def _tell(self) -> None:
        seconds = SLOW
        while not (self._ended.wait(seconds) or self._over()):
            self._say(self._said)
            seconds = AGAIN
