"""The terminal that the other tests look through shows what a program does to it, well or badly."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from pty_app import PtyApp, Size, plain

MINIMAL = [sys.executable, str(Path(__file__).with_name("minimal_app.py"))]


def script(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def test_an_application_is_seen_resized_and_ended(tmp_path: Path) -> None:
    with PtyApp(MINIMAL, tmp_path, size=Size(60, 10)) as app:
        app.wait_for("the least there is")
        assert {1049, 2004, 1000} <= app.emulator.modes
        assert len(app.lines) == 10
        app.resize(30, 5)
        app.wait_for("the least there is")
        assert len(app.lines) == 5
        app.send("q")
        assert app.wait_exit() == 0
        assert app.faults() == []
        assert app.printed == ""
        assert app.is_alone


def test_a_terminal_left_in_disorder_is_noticed(tmp_path: Path) -> None:
    leave = "import sys, tty; tty.setraw(0)\n"
    leave += "sys.stdout.write('\\x1b[?1049h\\x1b[?25l\\x1b[?1003h\\x1b[>1u'); sys.exit(3)"
    with PtyApp(script(leave), tmp_path) as app:
        assert app.wait_exit() == 3
        text = "\n".join(app.faults())
    for word in ("1049", "1003", "cursor", "keyboard", "stty"):
        assert word in text


def test_output_on_the_ordinary_screen_is_kept_apart(tmp_path: Path) -> None:
    text = r"import sys; sys.stdout.write('before\x1b[?1049hframe\x1b[?1049l\x1b[31mafter\x1b[0m')"
    with PtyApp(script(text), tmp_path) as app:
        app.wait_exit()
        assert app.printed == "beforeafter"


def test_questions_are_answered(tmp_path: Path) -> None:
    ask = (
        "import os, sys, tty; tty.setraw(0); os.write(1, b'\\x1b[6n'); answer = b'';\n"
        "while not answer.endswith(b'R'): answer += os.read(0, 1)\n"
        "print(repr(answer))"
    )
    with PtyApp(script(ask), tmp_path) as app:
        app.wait_for("[40;1R")


def test_a_slow_link_delivers_everything_and_a_stopped_one_nothing(tmp_path: Path) -> None:
    with PtyApp(script("print('x' * 3000); input()"), tmp_path, bytes_per_second=0) as app:
        app.wait_quiet()
        assert app.output == b""
        app.bytes_per_second = 50_000
        app.send("\n")
        assert app.wait_exit() == 0
        assert plain(app.output).count("x") == 3000


def test_a_closed_window_hangs_the_program_up(tmp_path: Path) -> None:
    with PtyApp(script("import time; print('here', flush=True); time.sleep(600)"), tmp_path) as app:
        app.wait_for("here")
        app.hang_up()
        assert app.wait_exit() == -signal.SIGHUP
        assert app.is_alone
