"""What answers a question for as long as it takes in a process of its own, so that any other may take its place.

LAPACK cannot be interrupted, and lets no other Python code run meanwhile. The process keeps what it has factored: the
next question on the same knots is answered soon. It ends with the explorer.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from nnexpr_tui.spectrum.moment import Answer, SpectrumQuestion

__all__ = ["Apart"]

Told = tuple[str, Any]
NICENESS = 10  # of 19: whoever types, and a training, come first


class Apart:
    """At most one process, begun when it is first asked, and again where it was ended."""

    def __init__(self) -> None:
        self._process: Any = None
        self._line: Connection | None = None
        self._last: Told | None = None  # what ends an answer, where the answer itself is still to be taken
        self.is_busy = False

    def ask(self, question: SpectrumQuestion) -> None:
        """Answer this; what is being answered is left."""
        if self.is_busy:
            self.end()
        if self._line is None:
            context = multiprocessing.get_context("spawn")
            self._line, theirs = context.Pipe()
            self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
            self._process.start()
            theirs.close()
        self._line.send(question)
        self.is_busy = True

    def take(self) -> Told | None:
        """What came last: ("answer", Answer); then ("done", None) or ("failed", the exception); None: nothing new."""
        newest = None
        try:
            while self._last is None and self._line is not None and self.is_busy and self._line.poll():
                told: Told = self._line.recv()
                if told[0] == "answer":
                    newest = told
                else:
                    self._last = told
        except (EOFError, OSError):
            self.end()
            return "failed", RuntimeError("the process that computed has ended; was memory enough?")
        if newest is None and self._last is not None:
            newest, self._last, self.is_busy = self._last, None, False
        return newest

    def end(self) -> None:
        """End the process, whatever it does."""
        if self._line is not None:
            self._line.close()
            self._process.kill()
            self._process.join()
        self._line = self._process = self._last = None
        self.is_busy = False


def _serve(line: Connection) -> None:
    """Answer what is asked until nobody is there to ask."""
    from nnexpr_tui.spectrum.engine import Kept, answers

    for number in (signal.SIGINT, signal.SIGTERM):  # they reach the explorer as well, which decides
        signal.signal(number, signal.SIG_IGN)
    with suppress(OSError, AttributeError):
        os.nice(NICENESS)
    if sys.platform == "linux":
        _end_with_parent()
    kept = Kept()
    with suppress(EOFError, OSError):
        while True:
            question: SpectrumQuestion = line.recv()
            try:
                answer: Answer | None
                for answer in answers(question, kept):
                    if answer is not None:
                        line.send(("answer", answer))
            except Exception as error:
                line.send(("failed", error))
            else:
                line.send(("done", None))


def _end_with_parent() -> None:
    """Have the kernel end this process when the explorer ends, also in a long call."""
    import ctypes

    set_death_signal = 1
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(set_death_signal, int(signal.SIGKILL))
