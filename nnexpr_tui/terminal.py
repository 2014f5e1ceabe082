"""The terminal, while the explorer has it: nothing else writes to it, and it is given back as it was.

Libraries write warnings to file descriptor 2 behind Python's back, straight over the screen. While the explorer runs,
descriptor 2 is a log file, and Textual is given the terminal under another
descriptor. That one gives up on a terminal that is gone, or that takes nothing more once the explorer is leaving, so
that leaving never hangs.
"""

from __future__ import annotations

import asyncio
import io
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from nnexpr_tui.served import is_served
from nnexpr_tui.textual_private import drawing_on

__all__ = [
    "Packets",
    "TerminalFile",
    "erases_in_color",
    "escape_seconds",
    "handled_signals",
    "lacks_characters",
    "log_file",
    "own_terminal",
]

WAIT = 0.05  # seconds between two looks at a terminal that takes nothing
PATIENCE = 0.5  # seconds without any progress after which a leaving explorer gives it up
CHUNK = 4096  # bytes
NEAR = 0.02  # seconds; a terminal on this machine, tmux or screen writes a sequence at once


class TerminalFile(io.TextIOBase):
    """Writes text to the terminal of a descriptor without ever waiting for it longer than it should."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = _own_description(descriptor)
        self._is_leaving = self._is_gone = False
        self._moved = monotonic()

    def leave(self) -> None:
        """From now on wait only as long as the terminal goes on taking something."""
        self._moved = monotonic()
        self._is_leaving = True

    def write(self, text: str) -> int:
        self.send(text.encode("utf-8", "replace"))
        return len(text)

    def send(self, sent: bytes) -> None:
        """Write all of it, unless the terminal is given up before."""
        data = memoryview(sent)
        while data and not self._is_gone:
            try:
                if self._is_ready():
                    data = data[os.write(self._descriptor, data[:CHUNK]) :]
                    self._moved = monotonic()
            except BlockingIOError:
                sleep(WAIT / 10)  # it is writable, but not for so much
            except OSError:
                self._is_gone = True
            if self._is_leaving and monotonic() - self._moved > PATIENCE:
                self._is_gone = True

    def _is_ready(self) -> bool:
        return sys.platform == "win32" or bool(select.select([], [self._descriptor], [], WAIT)[1])

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"


class Packets(TerminalFile):
    """Writes what is drawn in the packets of textual-serve: a sign for the kind, the length in four bytes, the data."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor)
        self._whole = threading.Lock()  # frames come from the thread that writes, all else from others

    def write(self, text: str) -> int:
        data = text.encode("utf-8", "replace")
        self.send(b"D" + len(data).to_bytes(4, "big") + data)
        return len(text)

    def send(self, sent: bytes) -> None:
        with self._whole:
            super().send(sent)


def _own_description(descriptor: int) -> int:
    """The terminal opened once more, without blocking: that must not be switched on for the shell's own."""
    if sys.platform != "win32":
        with suppress(OSError):
            return os.open(os.ttyname(descriptor), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    return os.dup(descriptor)


def erases_in_color() -> bool:
    """Whether the terminal, by its own description, erases in the background that is set, and so many cells.

    GNU screen does not, whatever ``TERM`` says; what draws in a browser (xterm.js) does.
    """
    if is_served():
        return True
    with suppress(ImportError):
        import curses

        with suppress(curses.error):  # nothing is known of the terminal
            curses.setupterm(fd=2)
            return "STY" not in os.environ and curses.tigetflag("bce") > 0 and bool(curses.tigetstr("ech"))
    return False


def escape_seconds(environment: Mapping[str, str] = os.environ) -> float | None:
    """How long after an escape byte the rest of a sequence may come; None: as the library has it, a tenth.

    Over a network it may come in another packet. ``ESCDELAY``, in milliseconds, says otherwise, as in other programs.
    """
    is_far = "SSH_CONNECTION" in environment and not environment.keys() & {"TMUX", "STY"}
    return None if is_far or "ESCDELAY" in environment else NEAR


def lacks_characters(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether only ASCII is sure to be seen: a console with a font of 512 characters, or a locale that is not UTF-8.

    Of the locale nothing is said where no variable is set.
    """
    locale = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG") or "UTF-8"
    term = environment.get("TERM", "")
    is_wide = locale.lower().replace("-", "").partition("@")[0].endswith("utf8")
    return not is_wide or term in ("linux", "ansi") or term.startswith(("vt", "cons", "sun"))


def log_file() -> Path:
    """Where what would have been written over the screen goes."""
    from platformdirs import user_log_path

    return user_log_path("nnexpr") / "explorer.log"


@contextmanager
def own_terminal() -> Iterator[TerminalFile | None]:
    """Keep everything but Textual off the terminal, and let Textual draw on it even where stderr goes elsewhere.

    Where a server started the explorer its packets take the terminal's place. None where there is neither.
    """
    descriptor = 1 if is_served() else next((number for number in (2, 1) if os.isatty(number)), None)
    if descriptor is None:
        yield None
        return
    terminal = Packets(descriptor) if is_served() else TerminalFile(descriptor)
    before = sys.stderr
    with _to_the_log({descriptor, 2} if is_served() else {descriptor} & {2}):
        sys.stderr = terminal
        try:
            with drawing_on(terminal):
                yield terminal
        finally:
            sys.stderr = before
    os.close(terminal.fileno())


@contextmanager
def _to_the_log(descriptors: Iterable[int]) -> Iterator[None]:
    """While inside, what is written to these descriptors goes to the log file."""
    kept = {number: os.dup(number) for number in descriptors}
    if kept:
        log = _open_log()
        for number in kept:
            os.dup2(log, number)
        os.close(log)
    try:
        yield
    finally:
        for number, before in kept.items():
            os.dup2(before, number)
            os.close(before)


def _open_log() -> int:
    try:
        path = log_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)


def handled_signals(leave: Callable[[int], None]) -> None:
    """Have the running event loop call ``leave(128 + number)`` for a signal that asks the explorer to end."""
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGHUP", "SIGINT"):
        number = getattr(signal, name, None)
        # A signal that is ignored stays so: that is how nohup asks for it.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            with suppress(NotImplementedError, ValueError, RuntimeError):
                loop.add_signal_handler(number, leave, 128 + number)
