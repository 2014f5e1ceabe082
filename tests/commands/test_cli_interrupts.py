"""Signals in a real process: what was done is saved and told, and the exit code is 128 + the signal's number."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path

import pytest

from nnexpr.runs.file import load

ENDLESS = ("fit", "--epochs", 10**9, "--width", 4, "--points", 32, "--checkpoint-every", 0.05)
PATIENCE = 200.0  # seconds; nothing is asserted about time, this only ends a test that hangs


def checkpoint(process, folder, beyond=0):
    """Wait until a checkpoint of more epochs than these is in the store; its epoch."""
    deadline = time.monotonic() + PATIENCE
    while True:
        for run in (folder / "store").glob("[0-9]*.safetensors"):
            if (epoch := load(run).metadata["extra"]["epoch"]) > beyond:
                return epoch
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=lambda value: str(value),
)
def test_an_interrupted_fit_tells_what_was_done(start, tmp_path, number, code):
    saved = tmp_path / "net.safetensors"
    process = start(*ENDLESS, "--save", saved, "--json")
    checkpoint(process, tmp_path)
    process.send_signal(number)
    printed, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, said
    assert b"Traceback" not in said
    found = json.loads(printed)
    assert 0 < found["epochs"] < 10**9
    assert found["state"] == "stopped"
    assert found["members"][0]["loss"] > 0
    assert load(saved).network.members == 1
    kept = load(tmp_path / "store" / f"{found['run']}.safetensors")
    assert kept.metadata["extra"]["epoch"] == found["epochs"]


def test_a_killed_fit_leaves_its_last_checkpoint(start, tmp_path):
    process = start(*ENDLESS)
    epoch = checkpoint(process, tmp_path)
    process.kill()
    process.wait()
    [run] = (tmp_path / "store").glob("[0-9]*.safetensors")
    assert load(run).metadata["extra"]["epoch"] >= epoch > 0


def test_a_reader_that_has_gone_is_met_without_a_word(start):
    process = start("fit", "--epochs", 1, "--no-store", "--json")
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(timeout=PATIENCE) == 1
    assert b"Traceback" not in said
    assert b"BrokenPipe" not in said


def test_progress_is_shown_on_a_terminal_and_stdout_stays_data(start):
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    process = start("fit", "--epochs", 10**9, "--width", 4, "--no-store", "--json", stderr=theirs)
    os.close(theirs)
    seen = b""
    while b"loss" not in seen:
        seen += os.read(ours, 4096)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=PATIENCE)
    os.close(ours)
    assert process.returncode == 130
    assert json.loads(printed)["epochs"] > 0


def test_a_dropped_line_keeps_the_run(start, tmp_path):
    """The terminal is gone when the signal comes: nothing can be said any more, and all is saved."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    process = start(*ENDLESS, "--json", stderr=theirs)
    os.close(theirs)
    seen = b""
    while b"loss" not in seen:
        seen += os.read(ours, 4096)
    os.close(ours)
    epoch = checkpoint(process, tmp_path)
    for _ in range(5):  # meanwhile it tries to show how far it is
        epoch = checkpoint(process, tmp_path, beyond=epoch)
    process.send_signal(signal.SIGHUP)
    printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 129
    found = json.loads(printed)
    kept = load(tmp_path / "store" / f"{found['run']}.safetensors")
    assert kept.metadata["extra"]["epoch"] == found["epochs"] > 0


def handles(process, number):
    """Whether the process has a handler of its own for the signal."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        pytest.skip("needs Linux")
    caught = re.search(r"^SigCgt:\s*([0-9a-f]+)", status, re.MULTILINE)
    return bool(int(caught[1], 16) >> (number - 1) & 1)


def test_a_signal_before_anything_was_done_ends_it_too(start):
    process = start(*ENDLESS, "--json")
    while not handles(process, signal.SIGTERM):
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    printed, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 143
    assert b"Traceback" not in said
    assert not printed or json.loads(printed)["schema"] == 1


@pytest.mark.parametrize("wait", [0.0, 0.05, 0.2, 0.6])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_from_its_first_moment_on_an_interrupt_ends_it_at_once_and_keeps_nothing(
    start, tmp_path, wait, number
):
    process = start("fit", "--epochs", 10**9)
    while not handles(process, signal.SIGTERM):  # Python's own beginning is not ours
        time.sleep(0.002)
    time.sleep(wait)
    process.send_signal(number)
    printed, said = process.communicate(timeout=PATIENCE)
    assert b"Traceback" not in said
    assert process.returncode == 128 + number
    if b"Training" not in said:
        assert printed == b""
        assert not list((tmp_path / "store").glob("*.safetensors"))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=str)
def test_a_dense_solver_is_ended_within_a_library_call(start, number, code):
    """It would take minutes, and LAPACK lets no Python code run meanwhile; how long is said before."""
    process = start("lstsq", "--solver", "svd", "--knots", 2500, "--threads", 1, "--json")
    assert re.match(rb"A dense solver: about [0-9,]+ s", process.stderr.readline())
    process.send_signal(number)
    printed, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == code
    assert not printed
    assert b"Traceback" not in said


def test_what_a_process_apart_refuses_is_refused_here(run):
    done = run(
        "lstsq", "--solver", "normal", "--basis", "relu", "--knots", 200, "--dtype", "float32", "--ridge", 0
    )
    assert done.exit_code == 2
    assert "--ridge is 0.0: AᵀA + ridge is not positive definite in float32" in done.stderr
