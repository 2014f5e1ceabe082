"""What answers a question for as long as it takes in a process of its own, so that any other may take its place.

LAPACK cannot be interrupted, and lets no other Python code run meanwhile. The process keeps what it has factored: the
next question on the same knots is answered soon. Questions go to its standard input and answers come from its standard
output, pickled; what else is printed there goes to standard error. It ends with the explorer.
"""

from __future__ import annotations

import json
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, Any

from nnexpr_tui.spectrum.moment import SpectrumQuestion

__all__ = ["Apart", "main"]

Told = tuple[str, Any]  # ("answer", Answer), then ("done", None) or ("failed", the exception)
START = "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1)); from {0} import main; main()"
NICENESS = 10  # of 19: whoever types, and a training, come first
DEATH_SIGNAL, KILL = 1, 9  # PR_SET_PDEATHSIG, SIGKILL


class Apart:
    """At most one process, begun when it is first asked, and again where it was ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._told: queue.SimpleQueue[Told] = queue.SimpleQueue()
        self._last: Told | None = None  # what ends an answer, where the answer itself is still to be taken
        self.is_busy = False

    def ask(self, question: SpectrumQuestion) -> None:
        """Answer this; what is being answered is left."""
        if self.is_busy:
            self.end()
        if self._process is None:
            self._begin()
        self.is_busy = True
        with suppress(OSError):  # of a process that has ended its reader tells
            pickle.dump(question, self._input)
            self._input.flush()

    def _begin(self) -> None:
        words = [sys.executable, "-P", "-c", START.format(__name__), json.dumps(sys.path)]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - this interpreter
        self._process, self._told = process, queue.SimpleQueue()
        threading.Thread(
            target=_read, args=(process.stdout, self._told), name="spectrum answers", daemon=True
        ).start()

    @property
    def _input(self) -> IO[bytes]:
        assert self._process is not None  # noqa: S101 - it has begun
        assert self._process.stdin is not None  # noqa: S101 - a pipe
        return self._process.stdin

    def take(self) -> Told | None:
        """What came last; None: nothing new."""
        newest = None
        while self._last is None and self.is_busy and not self._told.empty():
            told = self._told.get()
            if told[0] == "answer":
                newest = told
            else:
                self._last = told
        if newest is None and self._last is not None:
            newest, self._last, self.is_busy = self._last, None, False
            if isinstance(newest[1], EOFError):
                self.end()
                newest = "failed", RuntimeError("the process that computed has ended; was memory enough?")
        return newest

    def end(self) -> None:
        """End the process, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            with suppress(OSError):
                self._input.close()
        self._process = self._last = None
        self.is_busy = False


def _read(source: IO[bytes], told: queue.SimpleQueue[Told]) -> None:
    """Take what the process says as it comes, until it ends."""
    with source:
        while True:
            try:
                told.put(pickle.load(source))  # noqa: S301 - of a process of our own
            except (EOFError, OSError, pickle.UnpicklingError):
                told.put(("failed", EOFError()))
                return


def main() -> None:
    """Answer what is asked on standard input until nobody is there to ask."""
    source, out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for number in (signal.SIGINT, signal.SIGTERM):  # they reach the explorer as well, which decides
        signal.signal(number, signal.SIG_IGN)
    if sys.platform != "win32":
        with suppress(OSError):
            os.nice(NICENESS)
    if sys.platform == "linux":
        _end_with_parent()
    with suppress(EOFError, OSError):
        _serve(source, out)


def _serve(source: IO[bytes], out: IO[bytes]) -> None:
    from nnexpr_tui.spectrum.engine import Kept, answers

    def tell(*told: Any) -> None:
        pickle.dump(told, out)
        out.flush()

    kept = Kept()
    while True:
        question: SpectrumQuestion = pickle.load(source)  # noqa: S301 - of the explorer
        try:
            for answer in answers(question, kept):
                if answer is not None:
                    tell("answer", answer)
        except Exception as error:
            tell("failed", error)
        else:
            tell("done", None)


def _end_with_parent() -> None:
    """Have the kernel end this process when the explorer ends, also in a long call."""
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(DEATH_SIGNAL, KILL)
