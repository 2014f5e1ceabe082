"""``runs``: what a killed process has left is whole up to its last checkpoint, and goes on from there."""

from __future__ import annotations

import json
import signal
import time

import numpy as np
import pytest

from nnexpr.runs.store import Store
from nnexpr.specification import FitSpecification

PATIENCE = 100


def document(result):
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout, parse_constant=pytest.fail)


def killed_once(process, happened):
    """Give the process SIGKILL as soon as this has happened."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_killed_fit_leaves_a_run_that_is_whole_up_to_its_last_checkpoint(start, tmp_path):
    store = Store(tmp_path / "store")
    process = start("fit", "--width", 8, "--epochs", 10**8, "--members", 2, "--checkpoint-every", 0.01)
    seen = set()

    def has_kept_three():
        seen.update(run.head().epoch for run in store.runs())
        return len(seen) >= 3

    killed_once(process, has_kept_three)  # each checkpoint over the one before
    [kept] = store.runs()
    head, recording, result = kept.head(), kept.recording(), kept.load()
    assert head.state == result.state == "running"
    assert head.epoch == recording.snapshots[-1].epoch == result.epochs >= max(seen)
    assert recording.snapshots[0].epoch == 0
    assert np.array_equal(recording.snapshots[-1].losses, result.loss.numpy())
    assert FitSpecification.from_config(dict(head.config)) == recording.specification
    last = recording.network_at(len(recording.snapshots) - 1)
    assert last is not None
    assert np.array_equal(last.parameters[0], result.network.parameters[0])


def test_a_killed_fit_resumed_ends_where_one_that_was_not_ends(run, start, tmp_path):
    options = (
        "--width",
        8,
        "--epochs",
        20_000,
        "--members",
        2,
        "--batch-size",
        100,
        "--threads",
        1,
        "--no-record",
    )
    whole = document(run("fit", *options, "--json", "--store", tmp_path / "whole"))
    store = Store(tmp_path / "store")
    process = start("fit", *options, "--checkpoint-every", 0.01)
    killed_once(process, lambda: any(run.head().epoch > 10 for run in store.runs()))
    [kept] = store.runs()
    assert 10 < kept.head().epoch < 20_000
    resumed = document(run("runs", "resume", kept.id, "--json"))
    assert (resumed["run"], resumed["epochs"], resumed["state"]) == (kept.id, 20_000, "finished")
    assert resumed["members"] == whole["members"]
    assert resumed["config"] == whole["config"]
    first, second = Store(tmp_path / "whole").named(whole["run"]).read(), kept.read()
    assert first.network.parameters.numpy().tobytes() == second.network.parameters.numpy().tobytes()
    [left] = store.runs()
    assert left.id == kept.id


def test_a_damaged_checkpoint_gives_way_to_the_one_before(run, start, tmp_path):
    store = Store(tmp_path / "store")
    process = start("fit", "--width", 4, "--epochs", 10**8, "--no-record", "--checkpoint-every", 0.01)
    killed_once(process, lambda: list(store.folder.glob("*.previous.safetensors")))
    [kept] = store.runs()
    content = kept.path.read_bytes()
    kept.path.unlink()  # it may have been killed while both names were of the same bytes
    kept.path.write_bytes(content[: len(content) // 2])
    listed = run("runs", "list")
    assert "stands in" in listed.stderr
    [told] = document(run("runs", "list", "--json"))["runs"]
    assert (told["status"], "cut short" in told["problem"]) == ("interrupted", True)
    resumed = run("runs", "resume", kept.id, "--epochs", told["epoch"] + 1, "--json")
    assert document(resumed)["epochs"] == told["epoch"] + 1
    assert "its previous checkpoint, of epoch" in resumed.stderr
    [told] = document(run("runs", "list", "--json"))["runs"]
    assert (told["status"], "problem" in told) == ("finished", False)
