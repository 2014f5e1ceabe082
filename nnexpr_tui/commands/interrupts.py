"""Interrupts: ctrl+C, SIGTERM and a dropped line end a subcommand with 128 + the signal's number.

During a long task they are put off, so that what was done is saved first; a second one is not.

Python hears a signal between two of its own steps only, and a step may be a library's call of minutes. A thread that is
woken by the signal itself therefore watches: what is not answered in time it ends, or says that it is put off.

And it may be heard where nothing can be raised: in a function that a library calls back, or that tidies up. Python
drops the exception there, and whatever the library makes of that is the interrupt's.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any

__all__ = ["Interrupted", "Pending", "apart", "signals", "waiting"]

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_PATIENCE = 0.7  # seconds until a signal has been answered
_PATIENCE_LOADING = 2.5  # seconds without a word
_PUT_OFF = b"Interrupted: what is under way is finished first, to be saved; a second interrupt ends it now.\n"


class Interrupted(BaseException):
    """A signal asked the program to end; not an Exception, so that no ordinary handler swallows it."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Pending:
    """The exit code that a deferred signal asked for; None while there was none. ``ends``: that of one that is not."""

    code: int | None = None
    ends: int | None = None


def apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """``work(*arguments)`` by a process of its own, which ends when this one is interrupted; its exception is raised.

    For libraries that let no other Python code run for minutes, LAPACK among them: nothing here could end them. What is
    given and returned is pickled.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(theirs, work, arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        answer = ours.recv()
    except EOFError:
        raise RuntimeError("the process that computed has ended; was memory enough?") from None
    finally:
        process.kill()
    if isinstance(answer, Exception):
        raise answer
    return answer


def _answer(to: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl+C reaches both; who asked decides
    try:
        answer = work(*arguments)
    except Exception as error:
        answer = error
    to.send(answer)


@contextmanager
def signals(*, deferred: bool) -> Iterator[Pending]:
    """While inside, a signal raises :class:`Interrupted` in the main thread; ``deferred``: the first only says so."""
    pending = Pending()

    def handler(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if not deferred or pending.code is not None:
            pending.ends = 128 + number
            raise Interrupted(pending.ends)
        pending.code = 128 + number

    if threading.current_thread() is not threading.main_thread():
        yield pending  # only the main thread may set handlers
        return
    # A signal that is ignored stays so: that is how nohup and a shell's & ask for it.
    heard = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in heard}
    try:
        with _watched(1 if deferred else 0), _dropped_in_silence():
            yield pending
            if pending.ends is not None:
                raise Interrupted(pending.ends)
    except Exception:
        if pending.ends is None:
            raise
        raise Interrupted(pending.ends) from None
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


@contextmanager
def _dropped_in_silence() -> Iterator[None]:
    """While inside, Python says nothing of an interrupt that it has to drop."""
    before = sys.unraisablehook

    def told(dropped: sys.UnraisableHookArgs) -> None:
        if not isinstance(dropped.exc_value, Interrupted):
            before(dropped)

    sys.unraisablehook = told
    try:
        yield
    finally:
        sys.unraisablehook = before


@contextmanager
def waiting(sentence: str) -> Iterator[None]:
    """Tell on stderr what is waited for while inside, once that has taken long.

    By an alarm, not by a thread: one that is begun when memory is short may never report that it has begun.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return

    def tell(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        with suppress(OSError):
            os.write(2, f"{sentence}\n".encode())

    handler = signal.signal(signal.SIGALRM, tell)
    left, _ = signal.setitimer(signal.ITIMER_REAL, _PATIENCE_LOADING)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)  # of whoever had set one
        signal.signal(signal.SIGALRM, handler)


@contextmanager
def _watched(put_off: int) -> Iterator[None]:
    """While inside, a signal after the first ``put_off`` ends the process if the main thread does not in time.

    On Windows no pipe is written to by a signal: there the main thread alone hears it.
    """
    if sys.platform == "win32":
        yield
        return
    source, sink = os.pipe()
    os.set_blocking(sink, False)
    done = threading.Event()
    threading.Thread(target=_watch, args=(source, done, put_off), daemon=True).start()
    before = signal.set_wakeup_fd(sink, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        done.set()
        os.close(sink)


def _watch(source: int, done: threading.Event, put_off: int) -> None:
    count = 0
    while received := os.read(source, 1):
        count += received[0] in _SIGNALS
        if received[0] not in _SIGNALS or done.wait(_PATIENCE):
            continue
        with suppress(OSError):
            os.write(2, (b"\x1b[?25h" if os.isatty(2) else b"") + (_PUT_OFF if count <= put_off else b""))
        if count > put_off:
            os._exit(128 + received[0])
    os.close(source)
