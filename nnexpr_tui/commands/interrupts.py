"""Interrupts: ctrl+C, SIGTERM and a dropped line end a subcommand with 128 + the signal's number.

During a long task they are put off, so that what was done is saved first; a second one is not.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Interrupted", "Pending", "signals"]

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
def signals(*, deferred: bool) -> Iterator[Pending]:
    """While inside, a signal raises :class:`Interrupted` in the main thread; ``deferred``: the first only says so."""
    pending = Pending()

    def handler(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if not deferred or pending.code is not None:
            raise Interrupted(128 + number)
        pending.code = 128 + number

    # Only the main thread may set handlers. A signal that is ignored stays so: that is how nohup and a shell's &
    # ask for it.
    main = threading.current_thread() is threading.main_thread()
    heard = [number for number in _SIGNALS if main and signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in heard}
    try:
        yield pending
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
