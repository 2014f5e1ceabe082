"""What the tests of the command line share: one way to run it in this process, and one in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nnexpr_tui.commands.cli import cli

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """``run("fit", "--epochs", 5)``: the result, stdout and stderr apart; runs are kept in the test's own folder."""
    monkeypatch.setenv("NNEXPR_STORE", str(tmp_path / "store"))

    def invoke(*args: object) -> Result:
        return CliRunner().invoke(cli, [str(arg) for arg in args])

    return invoke


@pytest.fixture
def start(tmp_path):
    """``start("fit", ...)``: the command as a process, ended with the test if it has not ended by itself."""
    processes = []

    def popen(*args: object, **streams) -> subprocess.Popen:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        process = subprocess.Popen(
            [sys.executable, "-m", "nnexpr_tui", *map(str, args)],
            cwd=ROOT,
            env={**os.environ, "NNEXPR_STORE": str(tmp_path / "store"), "OMP_NUM_THREADS": "1"},
            # Whoever runs the tests in the background may have signals ignored.
            preexec_fn=lambda: [signal.signal(s, signal.SIG_DFL) for s in (signal.SIGINT, signal.SIGHUP)],
            **streams,
        )
        processes.append(process)
        return process

    yield popen
    for process in processes:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
