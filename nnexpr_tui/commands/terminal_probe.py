"""Ask the terminal itself: how long an answer takes, how wide signs are, whether frames can be shown whole.

The questions are control sequences that every common terminal answers on its input: the cursor position (DSR 6), the
state of mode 2026 (DECRQM: synchronised output) and its name (XTVERSION). Source: "XTerm Control Sequences",
invisible-island.net/xterm/ctlseqs. A terminal that answers nothing costs one time-out.
"""

from __future__ import annotations

import os
import re
import select
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

__all__ = ["TerminalAnswers", "probe_terminal"]

_WAIT = 1.0  # seconds; a satellite link answers in 0.7
_CURSOR = "\x1b[6n"
_POSITION = re.compile(rb"\x1b\[(\d+);(\d+)R")
_ROUNDS = 3


@dataclass(frozen=True)
class TerminalAnswers:
    """What the terminal said of itself."""

    round_trip: float  # seconds, the shortest of a few
    widths: tuple[int, ...]  # columns each asked sign took
    synchronised_output: bool
    name: str  # empty where it does not tell


def probe_terminal(signs: Sequence[str]) -> TerminalAnswers | None:
    """The answers, or None where stdin and stderr are not one terminal or it does not answer."""
    if sys.platform == "win32" or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    try:
        with _quiet(sys.stdin.fileno()):
            return _converse(sys.stdin.fileno(), sys.stderr.fileno(), signs)
    except OSError:
        return None  # the line dropped


def _converse(source: int, sink: int, signs: Sequence[str]) -> TerminalAnswers | None:
    trips = []
    for _ in range(_ROUNDS):
        before = time.perf_counter()
        if _ask(source, sink, _CURSOR) is None:
            return None
        trips.append(time.perf_counter() - before)
    about = _ask(source, sink, "\x1b[?2026$p\x1b[>q" + _CURSOR) or b""
    widths = []
    for sign in signs:
        answer = _POSITION.search(_ask(source, sink, "\r" + sign + _CURSOR) or b"")
        widths.append(int(answer[2]) - 1 if answer else -1)
    os.write(sink, b"\r\x1b[K")
    name = re.search(rb"\x1bP>\|([ -~]*)\x1b\\", about)
    return TerminalAnswers(
        min(trips),
        tuple(widths),
        # 0 means the mode is not known to the terminal, 4 that it is off for good.
        re.search(rb"\x1b\[\?2026;[123]\$y", about) is not None,
        name[1].decode("ascii") if name else "",
    )


def _ask(source: int, sink: int, question: str) -> bytes | None:
    """Everything the terminal sends until its cursor position; None where that does not come in time."""
    os.write(sink, question.encode())
    answer = b""
    deadline = time.perf_counter() + _WAIT
    while (left := deadline - time.perf_counter()) > 0 and select.select([source], [], [], left)[0]:
        received = os.read(source, 1024)
        if not received:
            return None
        answer += received
        if _POSITION.search(answer):
            return answer
    return None


@contextmanager
def _quiet(terminal: int) -> Iterator[None]:
    """Neither echo nor line editing while inside, so that the answers are not shown. Windows has another way."""
    if sys.platform == "win32":
        yield
        return
    import termios
    import tty

    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
