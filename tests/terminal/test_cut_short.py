"""A fit whose process was killed is offered at the next start, and ends where one ends that was never stopped."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from time import sleep

import torch
from explorer_app import EXPLORER, PROJECT, launch
from pty_app import LOOK, environment

from nnexpr.runs.store import Run, Store

# At a pace of a thousand epochs a second it takes as long on every machine, and is killed on the way.
FIT = ("--target", "two_tone", "--width", "8", "--points", "64", "--epochs", "4000", "--threads", "1",
       "--batch-size", "16", "--schedule", "cosine")  # fmt: skip


def first_of(store: Store) -> Run:
    """The run, once some of it is kept."""
    while not store.runs():
        sleep(LOOK)
    return store.runs()[0]


def test_killed_offered_accepted_and_ended_bit_for_bit(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    with launch(tmp_path, "--start", "--fresh", "--checkpoint-every", "0.2", *FIT) as app:
        app.wait_for("training")
        app.send("P")
        run = first_of(store)
        app.signal(signal.SIGKILL)
        app.wait_exit()
    assert 0 < run.head().epoch < 4000
    with launch(tmp_path, "--store", str(store.folder)) as app:
        app.wait_for(lambda text: "cut short" in text and run.id in text)
        app.send("\r")
        app.wait_for("finished")
        app.send("q")
        assert app.wait_exit() == 0
    subprocess.run(
        [*EXPLORER, "fit", *FIT, "--store", str(tmp_path / "whole")],
        cwd=PROJECT, env=environment(tmp_path), check=True, capture_output=True,
    )  # fmt: skip
    [whole] = Store(tmp_path / "whole").runs()
    [ended] = store.runs()
    assert ended.id == run.id
    assert ended.head().state == whole.head().state == "finished"
    assert torch.equal(ended.read().network.parameters, whole.read().network.parameters)
    assert ended.head().losses == whole.head().losses


def test_who_declines_is_not_asked_again_and_the_run_is_there_still(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    with launch(tmp_path, "--start", "--fresh", "--checkpoint-every", "0.2", *FIT) as app:
        app.wait_for("training")
        app.send("P")
        run = first_of(store)
        app.signal(signal.SIGTERM)
        assert app.wait_exit() == 143
    with launch(tmp_path, "--store", str(store.folder)) as app:
        app.wait_for(lambda text: "cut short" in text and run.id in text)
        app.send("\x1b")
        app.wait_for(lambda text: "cut short" not in text)
        app.send("7")
        app.wait_for(lambda text: "Runs: 1" in text and run.id[:15] in text)
        app.send("q")
        assert app.wait_exit() == 0
    with launch(tmp_path, "--store", str(store.folder)) as app:
        app.wait_for("ready")
        app.send("7")
        text = app.wait_for("Runs: 1")
        assert "cut short" not in text
        app.send("q")
        app.wait_exit()
    assert run.head().state == "running"
