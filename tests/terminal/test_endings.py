"""However the explorer ends, the terminal is as it was, the run is kept, and nothing is left running."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest
from explorer_app import PROJECT, TRAINING, counted, is_training, launch
from pty_app import NARROW, PtyApp, environment


def left_in_order(app: PtyApp, folder: Path) -> None:
    """Nothing of it is to be seen on the terminal, and nothing was written behind the screen's back."""
    assert app.faults() == []
    assert app.printed == ""
    assert [log.read_text() for log in folder.rglob("*.log")] in ([], [""])
    nothing_left(app, folder)


def nothing_left(app: PtyApp, folder: Path) -> None:
    assert app.is_alone
    assert list((folder / "store").rglob("*.safetensors")), "the run was not kept"


def test_q(tmp_path: Path) -> None:
    with launch(tmp_path) as app:
        app.wait_for(is_training)
        app.send("q")
        assert app.wait_exit() == 0
        left_in_order(app, tmp_path)


def test_ctrl_q_without_colours(tmp_path: Path) -> None:
    with launch(tmp_path, size=NARROW, variables={"NO_COLOR": "1"}) as app:
        app.wait_for(is_training)
        app.wait_for(counted)
        hues = {colour for colour in app.emulator.colours if colour != "default"}
        assert all(colour[:2] == colour[2:4] == colour[4:] for colour in hues)
        app.send("\x11")
        assert app.wait_exit() == 0
        left_in_order(app, tmp_path)


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("LC_ALL", "C")])
def test_sigterm_in_a_poor_terminal(tmp_path: Path, name: str, value: str) -> None:
    with launch(tmp_path, size=NARROW, variables={name: value}) as app:
        app.wait_for(is_training)
        app.signal(signal.SIGTERM)
        assert app.wait_exit() == 143
        left_in_order(app, tmp_path)


def test_a_dropped_line(tmp_path: Path) -> None:
    with launch(tmp_path) as app:
        app.wait_for(is_training)
        app.hang_up()
        app.wait_exit()
        nothing_left(app, tmp_path)


def test_sigterm_while_the_terminal_takes_nothing(tmp_path: Path) -> None:
    with launch(tmp_path) as app:
        app.wait_for(is_training)
        app.bytes_per_second = 0
        app.resize(200, 60)  # more to draw than the kernel holds
        app.send("?" * 50)
        app.signal(signal.SIGTERM)
        assert app.wait_exit() == 143
        nothing_left(app, tmp_path)


def test_q_while_the_disk_is_slow(tmp_path: Path) -> None:
    """The terminal is given back before, but the run is kept all the same: it was not kept before."""
    slow = (
        "import sys, time, nnexpr.runs.store as store, nnexpr_tui.__main__ as explorer\n"
        "keep = store.Store.keep\n"
        "store.Store.keep = lambda *given, **more: (time.sleep(2.5), keep(*given, **more))[1]\n"
        f"sys.argv[1:] = {[*TRAINING, '--checkpoint-every', '1000']!r}\n"
        "explorer.main()"
    )
    with PtyApp(
        [sys.executable, "-c", slow], tmp_path, working_folder=PROJECT, variables=environment(tmp_path)
    ) as app:
        app.wait_for(is_training)
        app.send("q")
        assert app.wait_exit() == 0
        left_in_order(app, tmp_path)


def test_q_before_torch_is_loaded(tmp_path: Path) -> None:
    with launch(tmp_path) as app:
        app.wait_for("loading torch")
        app.send("q")
        assert app.wait_exit() == 0
        assert app.faults() == []
        assert app.printed == ""
        assert app.is_alone


def test_a_missing_file_is_one_sentence_and_no_screen(tmp_path: Path) -> None:
    errors = tmp_path / "errors"
    with launch(tmp_path, "--start", "--target", "csv:nowhere.csv", errors=errors) as app:
        assert app.wait_exit() == 2
        assert app.output == b""
    sentence = errors.read_text().strip()
    assert "target" in sentence
    assert "nowhere.csv" in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--target", "nosuch"], ["--target", "nosuch"]),
        (["--target", "expr:sin(q)"], ["--target", "sin(q)"]),
        (["--network", "shallow", "--target", "waves2d"], ["--network", "shallow"]),
    ],
)
def test_what_the_engine_refuses_of_the_command_line_is_told_after_the_screen(
    tmp_path: Path, given: list[str], words: list[str]
) -> None:
    errors = tmp_path / "errors"
    with launch(tmp_path, *given, errors=errors) as app:
        assert app.wait_exit() == 2
        assert app.faults() == []
    sentence = errors.read_text().strip()
    assert all(word in sentence for word in words)
    assert "\n" not in sentence
