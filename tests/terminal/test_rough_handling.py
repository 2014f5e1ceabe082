"""Keys at random, windows of any size, a thin line, noise from libraries: the explorer goes on and ends in order."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path
from time import sleep

import pytest
from explorer_app import counted, is_training, launch
from pty_app import NARROW, WIDE, PtyApp, Size, plain

# Everything that the explorer, its forms and its overlays know, and some that they do not. Not what writes files or
# suspends, nor ctrl+p, whose list offers both.
KEYS = [*" sSrR+-=][aetTlmzcfghjkGQ12345.,<>?0", "\t", "\x1b[Z", "\x1b", "\r", "\x0f", "\x0c",
        "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F", "\x1bOP", "\x7f", "é", "7.5\r"]  # fmt: skip

# Put first on the path: writes to descriptor 2 behind Python's back, as native libraries do, once it is no terminal.
NOISE = """
import os, threading, time
def write():
    while os.isatty(2):
        time.sleep(0.01)
    os.write(2, b"noise from a library")
threading.Thread(target=write, daemon=True).start()
"""


@pytest.mark.parametrize(("seed", "size"), [(0, WIDE), (1, NARROW)], ids=str)
def test_keys_at_random(tmp_path: Path, seed: int, size: Size) -> None:
    chance = random.Random(seed)  # noqa: S311
    pressed: list[str] = []
    with launch(tmp_path, size=size) as app:
        app.wait_for(is_training)
        for _ in range(200):
            if app.exit_code is not None:
                break
            pressed.append("".join(chance.choices(KEYS, k=chance.choice((1, 1, 1, 3)))))
            app.send(pressed[-1])
            sleep(chance.choice((0, 0.01, 0.05)))
            if chance.random() < 0.05:
                app.send("\x1b\x1b")
                app.resize(chance.randint(1, 200), chance.randint(1, 60))
        app.resize(*size)
        app.send("\x11")
        assert app.wait_exit() == 0, f"after {pressed[-8:]}: {app.printed}"
        assert app.faults() == []
        assert app.printed == "", app.printed
        assert app.is_alone


def test_a_terminal_of_one_cell(tmp_path: Path) -> None:
    with launch(tmp_path, size=Size(1, 1)) as app:
        app.wait_quiet()
        for screen in "12345671":
            app.send(screen)
        app.resize(*WIDE)
        app.wait_for(is_training)
        app.send("q")
        assert app.wait_exit() == 0
        assert app.faults() == []


def test_a_thin_line(tmp_path: Path) -> None:
    with launch(tmp_path, bytes_per_second=16_000) as app:
        app.wait_for(counted)
        app.send("e")
        app.wait_for("fit − target")
        app.send("q")
        assert app.wait_exit() == 0
        assert app.faults() == []


def test_stopped_from_outside_it_comes_back_whole(tmp_path: Path) -> None:
    """SIGSTOP is heard by nobody: whatever has the terminal meanwhile may write all over it."""
    with launch(tmp_path) as app:
        app.wait_for(counted)
        app.send(" ")
        app.wait_for(" paused ")
        app.wait_quiet()
        threads = threads_of(app)
        for _ in range(3):
            app.signal(signal.SIGSTOP)
            before = len(app.output)
            app.signal(signal.SIGCONT)
            app.wait_for(lambda _, before=before: "Architecture" in plain(app.output[before:]))
            app.wait_quiet()
        app.send("e")
        app.wait_for("fit − target")
        assert threads_of(app) < threads + 3  # one reads keys, however often; others come and go
        app.send("q")
        assert app.wait_exit() == 0
        assert app.faults() == []


def threads_of(app: PtyApp) -> int:
    return len(os.listdir(f"/proc/{app.pid}/task"))


def test_what_libraries_write_stays_off_the_screen(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(NOISE)
    with launch(tmp_path, variables={"PYTHONPATH": str(tmp_path)}) as app:
        app.wait_for(is_training)
        app.wait_for(lambda _: logged(tmp_path) == ["noise from a library"])
        app.send("q")
        assert app.wait_exit() == 0
        assert b"noise" not in app.output


def logged(folder: Path) -> list[str]:
    return [log.read_text() for log in (folder / "state").rglob("*.log")]


@pytest.mark.parametrize("driver", ["nosuch:Thing", "os:path", "textual.driver", ""])
def test_an_unknown_driver_is_refused_in_a_sentence(tmp_path: Path, driver: str) -> None:
    with launch(tmp_path, variables={"TEXTUAL_DRIVER": driver}) as app:
        assert app.wait_exit() == 2
        assert "TEXTUAL_DRIVER" in app.printed
        assert "Traceback" not in app.printed


def test_a_size_that_no_terminal_has_is_not_believed(tmp_path: Path) -> None:
    with launch(tmp_path, variables={"COLUMNS": "999999", "LINES": "999999"}) as app:
        app.wait_for(is_training)
        app.send("q")
        assert app.wait_exit() == 0
