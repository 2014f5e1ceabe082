"""A real experiment in a real terminal: run to its verdict, cancelled, and gone with the explorer however that ends."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest
from explorer_app import is_training, launch
from pty_app import NARROW, WIDE, PtyApp, Size

LONG = "j" * 15  # down to one that takes minutes
STILL = ["--fresh", "--threads", "1"]  # ready at epoch 0


def children(pid: int) -> list[int]:
    """The processes that this one has started and that have not ended."""
    started = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return [child for child in started if not is_gone(child)]


def pressed(app: PtyApp, keys: str) -> None:
    """These keys on the Experiments screen."""
    app.wait_for("epoch")
    app.send("6")
    app.wait_for("Experiments: ")
    app.send(keys)


def begun(app: PtyApp, keys: str) -> int:
    """The Experiments screen with a long run that has come as far as loading; its process."""
    pressed(app, keys)
    app.wait_for(lambda text: re.search(r"\d %  \d+ s, ", text))
    app.wait_for(lambda _: children(app.pid))
    (child,) = children(app.pid)
    return child


def is_gone(pid: int) -> bool:
    """Whether the process has ended; one that nobody has asked after may still have an entry."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


def silent(folder: Path) -> bool:
    return [log.read_text() for log in folder.rglob("*.log")] in ([], [""])


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_a_quick_experiment_comes_to_its_verdict_while_training(tmp_path: Path, size: Size) -> None:
    with launch(tmp_path, size=size) as app:
        app.wait_for(is_training)
        pressed(app, "jjjjjjjr")  # parity-circuits
        app.wait_for(lambda text: re.search(r"parity-circuits .*quick", text) and "C10" in text)
        app.wait_for("expected")
        app.wait_for(is_training)
        app.send("q")
        assert app.wait_exit() == 0
        assert app.faults() == []
        assert app.printed == ""
        assert app.is_alone
        assert silent(tmp_path)
    assert list((tmp_path / "store").rglob("parity-circuits-quick.finding.jsonl"))
    with launch(tmp_path, *STILL, size=size) as app:
        app.wait_for("epoch")
        app.send("6jjjjjjj")
        app.wait_for(lambda text: re.search(r"parity-circuits .*quick", text) and "QUICK" in text)
        app.send("q")
        assert app.wait_exit() == 0


def test_cancelling_and_quitting_while_one_runs(tmp_path: Path) -> None:
    with launch(tmp_path, *STILL) as app:
        child = begun(app, LONG + "\r")
        app.send("c")
        app.wait_for("Cancelled")
        app.wait_for(lambda _: is_gone(child))
        child = begun(app, "\r")
        app.send("q")
        assert app.wait_exit() == 0
        assert is_gone(child)
        assert app.faults() == []
        assert app.printed == ""
        assert app.is_alone
        assert silent(tmp_path)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL", "SIGABRT"])
def test_no_process_is_left_by_a_signal(tmp_path: Path, name: str) -> None:
    number = getattr(signal, name)
    with launch(tmp_path, *STILL) as app:
        child = begun(app, LONG + "\r")
        app.signal(number)
        assert app.wait_exit() == (143 if number == signal.SIGTERM else -number)
        app_gone_too(child)
        if number == signal.SIGTERM:
            assert app.faults() == []


def test_no_process_is_left_by_a_dropped_line(tmp_path: Path) -> None:
    with launch(tmp_path, *STILL) as app:
        child = begun(app, LONG + "\r")
        app.hang_up()
        app.wait_exit()
        app_gone_too(child)


def test_a_process_that_is_killed_is_one_sentence(tmp_path: Path) -> None:
    with launch(tmp_path, *STILL) as app:
        os.kill(begun(app, LONG + "\r"), signal.SIGKILL)
        app.wait_for("its process was killed")
        app.send("q")
        assert app.wait_exit() == 0
        assert app.faults() == []


def app_gone_too(child: int) -> None:
    """The experiment's process ends with its explorer; the kernel may take a moment."""
    descriptor = None
    try:
        descriptor = os.pidfd_open(child)
    except (OSError, AttributeError):
        return
    import select

    try:
        assert select.select([descriptor], [], [], 100)[0], "the experiment's process is still there"
    finally:
        os.close(descriptor)
