"""In a real pseudo-terminal: how it is left by a key, by signals, when the line drops and when nobody reads."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import sys
import termios
from collections.abc import Iterator
from fcntl import ioctl
from pathlib import Path
from struct import pack
from time import monotonic, sleep

import pyte
import pytest

HERE = Path(__file__).parent
PATIENCE = 100.0  # seconds; nothing is asserted about time, this only ends a test that hangs
PROGRAM = """
import os, sys, threading, time
sys.path.insert(0, {here!r})
import pytest
from stand_in import World
from nnexpr_tui import app
from nnexpr_tui.settings import Settings
from nnexpr.runs.store import store
world = World(pytest.MonkeyPatch())
world.let_train(25)
app._load_engine = world.load
world.build_before = world.build
def build(specification):
    os.write(2, b"NATIVE NOISE")
    engine = world.build_before(specification)
    if os.environ.get("STUCK"):
        engine.advance = lambda *_, **__: time.sleep(3600)
    return engine
world.build = build
code = app.run_explorer(None, start=True, fresh=True, settings=Settings(), store=store())
open("kept.txt", "w").write(repr(world.kept) + repr([t.name for t in threading.enumerate()]))
sys.exit(code)
"""


class Terminal:
    """A program in a pseudo-terminal, and everything it wrote."""

    def __init__(self) -> None:
        self.process, self.master = pty.fork()
        if self.process == 0:
            os.environ.update(TERM="xterm-256color", COLUMNS="120", LINES="40")
            os.execv(sys.executable, [sys.executable, "-c", PROGRAM.format(here=str(HERE))])  # noqa: S606
        ioctl(self.master, termios.TIOCSWINSZ, pack("HHHH", 40, 120, 0, 0))
        self.before = termios.tcgetattr(self.master)
        self.output = b""

    def read(self, seconds: float) -> None:
        deadline = monotonic() + seconds
        while (left := deadline - monotonic()) > 0:
            if select.select([self.master], [], [], left)[0]:
                try:
                    self.output += os.read(self.master, 65536)
                except OSError:
                    return

    @property
    def screen(self) -> pyte.Screen:
        """What the terminal shows."""
        screen = pyte.Screen(120, 40)
        pyte.ByteStream(screen).feed(re.sub(rb"\x1b\[[?>][0-9;]*[$]?[pu]", b"", self.output))
        return screen

    def read_until(self, pattern: str) -> None:
        deadline = monotonic() + PATIENCE
        while not re.search(pattern, text := "\n".join(self.screen.display)):
            assert monotonic() < deadline, text
            self.read(0.05)

    def code(self, *, reading: bool = True) -> int:
        deadline = monotonic() + PATIENCE
        while monotonic() < deadline:
            process, status = os.waitpid(self.process, os.WNOHANG)
            if process:
                self.process = 0
                return os.waitstatus_to_exitcode(status)
            if reading:
                self.read(0.02)
            else:
                sleep(0.02)
        raise AssertionError("it did not end")

    def is_restored(self) -> bool:
        last = {
            mode: self.output.rfind(b"\x1b[?" + mode)
            for mode in (b"1049h", b"1049l", b"25l", b"25h", b"1000l")
        }
        same = termios.tcgetattr(self.master) == self.before
        return same and last[b"1049l"] > last[b"1049h"] and last[b"25h"] > last[b"25l"] and last[b"1000l"] > 0


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    made.read_until("epoch 25 ")
    yield made
    end(made)


def end(made: Terminal) -> None:
    if made.process:
        os.kill(made.process, signal.SIGKILL)
        os.waitpid(made.process, 0)


def kept(folder: Path) -> str:
    return (folder / "kept.txt").read_text()


def test_q_ends_with_0_while_it_trains_and_the_run_is_kept(terminal: Terminal, own_folders: Path) -> None:
    os.write(terminal.master, b"q")
    assert terminal.code() == 0
    assert terminal.is_restored()
    assert "[25]" in kept(own_folders)
    assert "'engine'" not in kept(own_folders)


def test_q_does_not_wait_for_an_epoch_that_takes_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUCK", "1")
    made = Terminal()
    try:
        made.read_until("training +epoch 0 ")
        os.write(made.master, b"q")
        assert made.code() == 0
        assert made.is_restored()
    finally:
        end(made)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_restores_the_terminal_and_keeps_the_run(
    terminal: Terminal, own_folders: Path, number: int, code: int
) -> None:
    os.kill(terminal.process, number)
    assert terminal.code() == code
    assert terminal.is_restored()
    assert "[25]" in kept(own_folders)


def test_when_the_line_drops_the_run_is_kept_and_nothing_is_left(
    terminal: Terminal, own_folders: Path
) -> None:
    os.close(terminal.master)
    assert terminal.code(reading=False) == 129
    assert "[25]" in kept(own_folders)


def test_it_ends_also_when_nobody_reads_what_it_writes(terminal: Terminal, own_folders: Path) -> None:
    for _ in range(200):
        os.write(terminal.master, b"m")
        sleep(0.005)
    os.kill(terminal.process, signal.SIGTERM)
    assert terminal.code(reading=False) == 143
    assert "[25]" in kept(own_folders)


def test_a_terminal_that_takes_nothing_for_a_while_shows_the_whole_screen_after_it(
    terminal: Terminal,
) -> None:
    for _ in range(60):
        os.write(terminal.master, b"m")
        sleep(0.02)
    rows = [".*training +epoch 25 +loss.*", "╭─ Architecture.*", *[".*"] * 35, ".*╯", " 1 Explore .*", ".*"]
    terminal.read_until("^" + "\n".join(rows) + "$")
    assert "\n".join(terminal.screen.display).count("Linear regions") == 1


def test_native_noise_goes_to_the_log_and_not_over_the_screen(terminal: Terminal, own_folders: Path) -> None:
    os.write(terminal.master, b"q")
    terminal.code()
    terminal.read(PATIENCE)  # to its end
    assert b"NATIVE NOISE" not in terminal.output
    assert any("NATIVE NOISE" in path.read_text() for path in own_folders.rglob("explorer.log"))
