"""Interrupts: ctrl+C, SIGTERM and a dropped line end a subcommand with 128 + the signal's number.

During a long task they are put off (:func:`deferred`), so that what was done is saved first; a second one
is not.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Interrupted", "Pending", "deferred", "raising"]

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interrupted(BaseException):
    """A signal asked the program to end; not an Exception, so that no ordinary handler swallows it."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Pending:
    """The exit code that a deferred signal asked for; None while there was none."""

    code: int | None = None


@contextmanager
def raising() -> Iterator[None]:
    """While inside, each signal raises :class:`Interrupted` in the main thread."""

    def handler(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        raise Interrupted(128 + number)

    with _handling(handler):
        yield


@contextmanager
def deferred() -> Iterator[Pending]:
    """While inside, the first signal only sets ``code``; the next raises :class:`Interrupted`."""
    pending = Pending()

    def handler(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if pending.code is not None:
            raise Interrupted(128 + number)
        pending.code = 128 + number

    with _handling(handler):
        yield pending


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return
    # A signal that is ignored stays so: that is how nohup and a shell's & ask for it.
    heard = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in heard}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
