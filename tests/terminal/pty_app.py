"""A program in a real terminal: a child process on a pseudo-terminal, what it sent and when, and the screen that makes.

The other end is played the way a terminal plays it: it answers what a program may ask (cursor position, synchronised
output, attributes), changes its size, takes only so many bytes a second, and hangs up. What arrives is kept as chunks
with the time each was taken; :class:`Emulator` turns them into a screen only when somebody looks, so that a measured
program has the processor to itself.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import NamedTuple

import pyte

__all__ = ["NARROW", "WIDE", "Chunk", "Emulator", "PtyApp", "Size", "environment", "plain"]

PATIENCE = 200.0  # seconds; nothing is asserted about time, this only ends a test that hangs
LOOK = 0.02  # seconds between two looks at the screen
SLOW_READ = 256  # bytes that a slow link takes at a time

# Alternate screen, mouse (4 ways), focus, bracketed paste, size reports, synchronised output; and what is on before.
BORROWED_MODES = {1049: "alternate screen", 1000: "mouse", 1002: "mouse", 1003: "mouse", 1006: "mouse", 1015: "mouse",
                  1016: "mouse", 1004: "focus reports", 2004: "bracketed paste", 2026: "synchronised output",
                  2048: "size reports"}  # fmt: skip
ORDINARY_MODES = {25: "cursor", 7: "line wrap"}

_SEQUENCE = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]*[0-~])"
)
_QUESTION = re.compile(rb"\x1b\[(?:(?P<cursor>6n)|\?(?P<mode>\d+)\$p|(?P<attributes>0?c))")
_LONGEST_QUESTION = 12


class Size(NamedTuple):
    """Of a terminal, in characters."""

    columns: int
    rows: int


WIDE, NARROW = Size(120, 40), Size(80, 24)


class Chunk(NamedTuple):
    """Bytes as they were taken from the terminal, and when (``time.monotonic``)."""

    time: float
    data: bytes


def plain(data: bytes) -> str:
    """What is left of output when escape sequences are taken away."""
    return _SEQUENCE.sub(b"", data).decode("utf-8", "replace")


def environment(folder: Path, **changes: str) -> dict[str, str]:
    """The variables of a child whose home, settings and runs lie in ``folder``, in a terminal of true colours."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "VIRTUAL_ENV", "SYSTEMROOT", "TMPDIR")
        if name in os.environ
    }
    homes = {
        "HOME": folder, "XDG_CONFIG_HOME": folder / "config", "XDG_DATA_HOME": folder / "data",
        "XDG_STATE_HOME": folder / "state", "XDG_CACHE_HOME": folder / "cache", "NNEXPR_STORE": folder / "store",
    }  # fmt: skip
    terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    return {**kept, **{name: str(path) for name, path in homes.items()}, **terminal, **changes}


class _Screen(pyte.Screen):
    """pyte's screen, which does not know that a question may be private (``CSI ? 996 n``).

    It leaves cells that were never written as they are when it erases the display, and erases with all attributes that
    are set: terminals erase in the background alone.
    """

    def report_device_status(self, mode: int = 0, **_: bool) -> None:
        """Answered elsewhere."""

    def erase_in_display(self, how: int = 0, *args: int, **options: bool) -> None:
        for y in range(self.lines):
            for x in range(self.columns):
                self.buffer[y][x] = self.buffer[y][x]
        with self._bare():
            super().erase_in_display(how, *args, **options)

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        with self._bare():
            super().erase_in_line(how, private)

    def erase_characters(self, count: int | None = None) -> None:
        with self._bare():
            super().erase_characters(count)

    @contextmanager
    def _bare(self) -> Iterator[None]:
        before = self.cursor.attrs
        self.cursor.attrs = self.default_char._replace(bg=before.bg)
        yield
        self.cursor.attrs = before


class Emulator:
    """The screen that bytes make. Knows one screen: the alternate one is drawn over the ordinary one."""

    def __init__(self, size: Size) -> None:
        self._screen = _Screen(*size)
        self._stream = pyte.ByteStream(self._screen)

    def feed(self, data: bytes) -> None:
        """Take what the program sent."""
        self._stream.feed(data)

    def resize(self, size: Size) -> None:
        """Another size."""
        self._screen.resize(lines=size.rows, columns=size.columns)

    @property
    def lines(self) -> list[str]:
        """The rows, without the blanks at their ends."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        """The rows as one text."""
        return "\n".join(self.lines)

    @property
    def cells(self) -> list[tuple[object, ...]]:
        """What is to be seen of each cell: of a blank no ink, unless it is underlined, struck out or reversed."""
        seen: list[tuple[object, ...]] = []
        for y in range(self._screen.lines):
            for x in range(self._screen.columns):
                cell = self._screen.buffer[y][x]
                marked = (cell.underscore, cell.strikethrough, cell.reverse)
                ink = () if cell.data == " " and not any(marked) else (cell.fg, cell.bold, cell.italics)
                seen.append((y, x, cell.data, cell.bg, *marked, *ink))
        return seen

    @property
    def modes(self) -> set[int]:
        """The private modes that are on; pyte keeps them five bits higher."""
        return {mode >> 5 for mode in self._screen.mode if mode >= 32}

    @property
    def colours(self) -> set[str]:
        """Every foreground and background colour on the screen; pyte calls the terminal's own ``default``."""
        cells = (cell for row in self._screen.buffer.values() for cell in row.values())
        return {colour for cell in cells for colour in (cell.fg, cell.bg)}


class PtyApp:
    """A running program and its terminal; leaving the ``with`` block ends both.

    Its three standard files are the terminal, which is also the controlling one, so that a new size and a dropped line
    reach the program as signals from the kernel. ``errors``: a file for standard error in the terminal's place.
    ``bytes_per_second`` may be changed at any time: None takes all that comes, 0 nothing.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        *,
        size: Size = WIDE,
        variables: Mapping[str, str] | None = None,
        working_folder: Path | None = None,
        errors: Path | None = None,
        bytes_per_second: float | None = None,
    ) -> None:
        self.size = size
        self.bytes_per_second = bytes_per_second
        self.chunks: list[Chunk] = []
        self.emulator = Emulator(size)
        self.exit_time: float | None = None
        self._fed = 0
        self._tail = b""
        self._is_open = True
        self._news = threading.Condition()
        self._master, self._slave = os.openpty()
        self._set_size(size)
        self._attributes_before = self._attributes_after = termios.tcgetattr(self._slave)
        # A session leader without a terminal gets the one it opens first as its controlling terminal.
        shell = 'tty=$1 errors=$2; shift 2; exec "$@" <"$tty" >"$tty" 2>"$errors"'
        tty = os.ttyname(self._slave)
        self.started = monotonic()
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", shell, "sh", tty, str(errors or tty), *command],
            env=dict(variables) if variables is not None else environment(folder),
            cwd=working_folder or folder,
            start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._read, self._reap)]
        for thread in self._threads:
            thread.start()

    # What the terminal does

    def _read(self) -> None:
        while self._is_open:
            if not select.select([self._master], [], [], 0.05)[0]:
                continue
            rate = self.bytes_per_second
            if rate == 0:
                sleep(LOOK)
                continue
            try:
                data = os.read(self._master, 65536 if rate is None else SLOW_READ)
            except OSError:  # nobody has the other end open any more
                return
            if not data:
                return
            if rate is not None:
                sleep(len(data) / rate)
            with self._news:
                self.chunks.append(Chunk(monotonic(), data))
                self._news.notify_all()
            self._answer(data)

    def _answer(self, data: bytes) -> None:
        seen = self._tail + data
        answered = 0
        for question in _QUESTION.finditer(seen):
            answered = question.end()
            if question["cursor"]:
                self.send(f"\x1b[{self.size.rows};1R")
            elif question["mode"]:
                self.send(f"\x1b[?{question['mode'].decode()};{2 if question['mode'] == b'2026' else 0}$y")
            else:
                self.send("\x1b[?62c")
        self._tail = seen[max(answered, len(seen) - _LONGEST_QUESTION) :]

    def _reap(self) -> None:
        self._process.wait()
        with self._news:
            self.exit_time = monotonic()
            self._news.notify_all()

    def _set_size(self, size: Size) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", size.rows, size.columns, 0, 0))

    # What a person does

    def send(self, keys: str) -> float:
        """Press keys; the time."""
        os.write(self._master, keys.encode())
        return monotonic()

    def resize(self, columns: int, rows: int) -> None:
        """Drag the window's corner; the kernel sends SIGWINCH."""
        self._feed()
        self.size = Size(columns, rows)
        self.emulator.resize(self.size)
        self._set_size(self.size)

    def signal(self, number: signal.Signals) -> float:
        """Send the program a signal; the time."""
        self._process.send_signal(number)
        return monotonic()

    def hang_up(self) -> None:
        """Close the terminal's window: the line drops, the kernel sends SIGHUP."""
        self._is_open = False
        self._threads[0].join()
        os.close(self._slave)
        os.close(self._master)
        self._slave = self._master = -1

    # What is seen

    def _feed(self) -> None:
        with self._news:
            news = self.chunks[self._fed :]
            self._fed = len(self.chunks)
        for chunk in news:
            self.emulator.feed(chunk.data)

    @property
    def lines(self) -> list[str]:
        """The rows of the screen now."""
        self._feed()
        return self.emulator.lines

    @property
    def cells(self) -> list[tuple[object, ...]]:
        """The cells of the screen now."""
        self._feed()
        return self.emulator.cells

    @property
    def text(self) -> str:
        """The screen now."""
        return "\n".join(self.lines)

    def wait_for(self, what: str | Callable[[str], object], timeout: float = PATIENCE) -> str:
        """Wait until the screen holds these words, or until this is true of its text; the text."""
        deadline = monotonic() + timeout
        while True:
            ended = self.exit_time is not None
            text = self.text
            if what in text if isinstance(what, str) else what(text):
                return text
            if ended or monotonic() > deadline:
                why = f"the program ended with {self.exit_code}" if ended else f"not within {timeout:g} s"
                raise AssertionError(f"{what!r} was not seen: {why}; the screen:\n{text.rstrip()}")
            with self._news:
                self._news.wait(0.2)
            sleep(LOOK)

    def wait_quiet(self, seconds: float = 0.5, timeout: float = PATIENCE) -> float:
        """Wait until nothing has been sent for so long; the time of the last byte."""
        deadline = monotonic() + timeout
        while monotonic() < deadline:
            last = self.chunks[-1].time if self.chunks else self.started
            if monotonic() - last >= seconds:
                return last
            sleep(LOOK)
        raise AssertionError(
            f"the program still sent something after {timeout:g} s; the screen:\n{self.text}"
        )

    def bytes_between(self, begin: float, end: float) -> int:
        """How many bytes were sent in that time."""
        return sum(len(chunk.data) for chunk in self.chunks if begin <= chunk.time < end)

    @property
    def pid(self) -> int:
        """Of the program, and of its process group and session."""
        return self._process.pid

    # The end

    @property
    def exit_code(self) -> int | None:
        """None while it runs; the negative number of the signal that killed it."""
        return self._process.returncode

    def wait_exit(self, timeout: float = PATIENCE) -> int:
        """Wait for the program's end and for all that it sent; the exit code."""
        with self._news:
            if not self._news.wait_for(lambda: self.exit_time is not None, timeout):
                raise AssertionError(
                    f"the program did not end within {timeout:g} s; the screen:\n{self.text}"
                )
        if self._slave >= 0:
            self._attributes_after = termios.tcgetattr(self._slave)
            os.close(self._slave)  # the last to have it open: the reader ends once all is taken
            self._slave = -1
            self._threads[0].join(PATIENCE if self.bytes_per_second != 0 else 0)
        return self._process.returncode

    @property
    def output(self) -> bytes:
        """All that was sent."""
        return b"".join(chunk.data for chunk in self.chunks)

    @property
    def printed(self) -> str:
        """What was written on the ordinary screen, before and after the alternate one."""
        before, entered, rest = self.output.partition(b"\x1b[?1049h")
        _, left, after = rest.rpartition(b"\x1b[?1049l")
        return (plain(before) + (plain(after) if entered and left else "")).strip()

    @property
    def is_alone(self) -> bool:
        """Whether no process of the program's group is left."""
        try:
            os.killpg(self.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def faults(self) -> list[str]:
        """What of the terminal the program has not left as it found it."""
        self._feed()
        modes = self.emulator.modes
        faults = [f"{name} ({mode}) is still on" for mode, name in BORROWED_MODES.items() if mode in modes]
        faults += [f"{name} ({mode}) is off" for mode, name in ORDINARY_MODES.items() if mode not in modes]
        pushed, popped = (len(re.findall(rb"\x1b\[" + sign + rb"\d*u", self.output)) for sign in (b">", b"<"))
        if pushed != popped:
            faults.append(f"the keyboard's mode was pushed {pushed} times and popped {popped} times")
        if self._attributes_after != self._attributes_before:
            faults.append("the line's attributes (stty) have changed")
        return faults

    def __enter__(self) -> PtyApp:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.exit_time is None:
            self._process.kill()
        self._is_open = False
        for thread in self._threads:
            thread.join()
        for descriptor in (self._slave, self._master):
            if descriptor >= 0:
                os.close(descriptor)
