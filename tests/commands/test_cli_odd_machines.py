"""Odd machines and environments: closed streams, sizes that cannot be, little memory, full disks, devices that fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from nnexpr.runs.file import load
from nnexpr.specification import InputError
from nnexpr.training import devices
from nnexpr_tui.__main__ import _forget_odd_sizes
from nnexpr_tui.commands import interrupts

resource = pytest.importorskip("resource")
ROOT = Path(__file__).parents[2]
SHORT = ("fit", "--epochs", "2", "--width", "3", "--points", "16")


def program(*args: str, environment: dict[str, str] | None = None, **settings) -> subprocess.CompletedProcess:
    """The command in a process of its own, to its end."""
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **settings}
    return subprocess.run(
        [sys.executable, "-m", "nnexpr_tui", *args],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})},
        text=True,
        timeout=240,
        check=False,
        **settings,
    )


@pytest.mark.parametrize("descriptor", [0, 1, 2])
def test_a_closed_stream_is_no_failure(tmp_path, descriptor):
    done = program(*SHORT, "--store", str(tmp_path), preexec_fn=lambda: os.close(descriptor))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    [kept] = tmp_path.glob("*.safetensors")
    assert load(kept).metadata["extra"]["epoch"] == 2  # nothing else was written into that file


def test_the_explorer_needs_somebody_at_the_keyboard():
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    done = program("--fresh", stdin=subprocess.DEVNULL, stdout=theirs)
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: stdin is not a terminal, and the explorer needs one")


@pytest.mark.parametrize("size", ["9" * 5000, "999999", "0", "-3", "x", "", "²"])
def test_sizes_that_no_terminal_has_are_left_out(size):
    environment = {"COLUMNS": size, "LINES": "40", "TERM": "xterm"}
    _forget_odd_sizes(environment)
    assert environment == {"LINES": "40", "TERM": "xterm"}


def test_nothing_but_text_goes_into_a_file(tmp_path):
    odd = {"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "COLUMNS": "9" * 5000}
    done = program(*SHORT, "--no-store", environment=odd)
    assert done.returncode == 0, done.stderr
    assert "regions" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_warnings_of_libraries_do_not_stand_before_the_sentence(tmp_path):
    data = tmp_path / "wide.csv"
    data.write_text("x,y\n0,-1.7e308\n1,1.7e308\n2,0\n")
    done = program("fit", "--epochs", "1", "--no-store", "--target", f"csv:{data}")
    assert "Warning" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("deferred", [False, True])
def test_a_library_that_does_not_look_for_signals_is_ended(deferred):
    script = (
        "import numpy as np\n"
        "from nnexpr_tui.commands.interrupts import signals\n"
        f"with signals(deferred={deferred}):\n"
        "    a = np.random.default_rng(0).standard_normal((6000, 6000))\n"
        "    print('stuck', flush=True)\n"
        "    np.linalg.svd(a)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert process.stdout.readline() == b"stuck\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        if deferred:
            assert process.stderr.readline().startswith(b"Interrupted: what is under way is finished first")
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=200) == 130
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("then", ["raise RuntimeError('no result')", "time.sleep(100)", "pass"])
def test_a_signal_that_is_heard_where_nothing_can_be_raised_ends_the_program_all_the_same(then):
    """In a function that a library calls back Python drops the exception; the library may fail then, or go on."""
    script = (
        "import ctypes, os, signal, sys, time\n"
        "from nnexpr_tui.commands.interrupts import Interrupted, signals\n"
        "@ctypes.CFUNCTYPE(None)\n"
        "def called_back():\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    for _ in range(1000): pass\n"
        "try:\n"
        "    with signals(deferred=False):\n"
        "        called_back()\n"
        f"        {then}\n"
        "except Interrupted as interrupted:\n"
        "    sys.exit(interrupted.code)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (143, "")


def test_a_disk_that_fills_up_costs_the_run_and_nothing_else(tmp_path):
    """No file may be larger than a run of one member; one of twenty is."""

    def little():
        resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))

    done = program(*SHORT, "--members", "200", "--store", str(tmp_path), "--json", preexec_fn=little)
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert (found["run"], found["epochs"], len(found["members"])) == (None, 2, 200)
    assert found["notes"] == [f"the run could not be kept in {tmp_path}: File too large"]
    assert done.stderr.splitlines()[-1] == f"Error: {found['notes'][0]}."
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("megabytes", [400, 1000])
def test_little_memory_is_told_in_a_sentence(megabytes):
    if not Path("/proc/self/status").exists():
        pytest.skip("needs Linux")

    def little():
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))

    done = program(*SHORT, "--no-store", preexec_fn=little)
    assert "Traceback" not in done.stderr
    if done.returncode == 1:
        assert "emory" in done.stderr.splitlines()[-1]


def test_a_place_that_cannot_be_written_is_found_before_training(run, tmp_path):
    folder = tmp_path / "folder.safetensors"
    folder.mkdir()
    for place in (folder, tmp_path / "missing" / "a.safetensors", tmp_path / ("n" * 250 + ".safetensors")):
        done = run(*SHORT, "--save", place)
        assert done.exit_code == 2
        assert "--save" in done.stderr
        assert "Training" not in done.stderr
    assert list(tmp_path.iterdir()) == [folder]


@pytest.fixture
def broken(monkeypatch):
    """A graphics processor that torch finds and that fails."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)

    def fail(*sizes, device=None):
        assert device == "cuda:0"
        raise RuntimeError("CUDA error: no kernel image is available\nfor execution on the device")

    devices.trouble.cache_clear()
    monkeypatch.setattr(torch, "ones", fail)
    yield
    devices.trouble.cache_clear()


def test_a_device_that_fails_is_passed_over_with_a_sentence(broken):
    assert devices.resolve_device("auto") == torch.device("cpu")
    assert devices.passed_over("auto") == (
        "cuda:0 cannot compute (CUDA error: no kernel image is available); the processor is taken."
    )
    assert devices.passed_over("cpu") == ""
    with pytest.raises(InputError, match="it cannot compute"):
        devices.resolve_device("cuda")


@pytest.mark.parametrize("name", ["nosuch", "cuda:", "cuda:x", "cuda:" + "9" * 5000, "cuda:-1", "xpu", ""])
def test_a_device_that_cannot_be_is_refused(run, name):
    done = run("bench", "--device", name)
    assert done.exit_code == 2
    assert "--device is" in done.stderr
    with pytest.raises(InputError):
        devices.resolve_device(name)


def test_what_takes_long_is_said_and_what_does_not_is_not(monkeypatch, capfd):
    alarm = signal.getsignal(signal.SIGALRM)
    monkeypatch.setattr(interrupts, "_PATIENCE_LOADING", 3600.0)
    with interrupts.waiting("Loading quickly ..."):
        pass
    assert signal.getitimer(signal.ITIMER_REAL)[0] < 3600 - 1, "nothing is said of it later"
    monkeypatch.setattr(interrupts, "_PATIENCE_LOADING", 0.05)
    with interrupts.waiting("Loading slowly ..."):
        time.sleep(0.3)
    assert capfd.readouterr().err == "Loading slowly ...\n"
    assert signal.getsignal(signal.SIGALRM) == alarm
