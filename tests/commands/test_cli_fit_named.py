"""``fit --run NAME``: a command that is queued again as it stood goes on, to the weights of one that never stopped."""

from __future__ import annotations

import json
import signal
import time

import pytest
import torch
from click.testing import CliRunner

from nnexpr.runs.file import load
from nnexpr.runs.store import Store
from nnexpr_tui.commands.cli import cli

FIT = ("fit", "--target", "chirp", "--width", 8, "--points", 64, "--threads", 1, "--members", 2, "--json")
LONG = (*FIT, "--epochs", 200_000, "--checkpoint-every", 0.05)
PATIENCE = 200.0  # seconds; nothing is asserted about time, this only ends a test that hangs


def checkpoint(process, store):
    """Wait until something of the run is kept, long before its end."""
    deadline = time.monotonic() + PATIENCE
    while not store.runs():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)


def document(result):
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What a fit that is never stopped comes to: its members, and its parameters."""
    store = Store(tmp_path_factory.mktemp("whole"))
    made = CliRunner().invoke(cli, [str(word) for word in (*LONG, "--store", store.folder)])
    return document(made)["members"], parameters(store)


def parameters(store):
    """Of the run that began first."""
    return load(store.runs()[0].path).network.parameters


def test_the_same_command_goes_on_to_the_same_weights(start, run, tmp_path, whole):
    store = Store(tmp_path / "store")
    process = start(*LONG, "--run", "deep chirp")
    checkpoint(process, store)
    twice = run(*LONG, "--run", "deep chirp")
    assert twice.exit_code == 2
    assert f"process {process.pid} is training it" in twice.stderr
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 143
    [first] = store.entries()
    assert (first.name, first.state) == ("deep chirp", "interrupted")
    again = run(*LONG, "--run", "deep chirp")
    found = document(again)
    assert f"Run {first.id} of this name goes on from epoch " in again.stderr
    assert (found["run"], found["epochs"], found["state"]) == (first.id, 200_000, "finished")
    assert found["members"] == whole[0]
    assert torch.equal(parameters(store), whole[1])


def test_the_latest_that_was_cut_short_is_resumed(start, run, tmp_path, whole):
    """Killed without a word, and another run has been begun and finished since."""
    store = Store(tmp_path / "store")
    none = run("runs", "resume", "--latest")
    assert none.exit_code == 2
    assert "was cut short" in none.stderr
    process = start(*LONG, "--run", "deep")
    checkpoint(process, store)
    process.kill()
    process.communicate(timeout=PATIENCE)
    document(run(*FIT, "--epochs", 5))
    found = document(run("runs", "resume", "--latest", "--json"))
    assert store.named("deep").id == found["run"]
    assert found["members"] == whole[0]
    assert torch.equal(parameters(store), whole[1])
    for arguments in (("--latest", "deep"), ()):
        refused = run("runs", "resume", *arguments)
        assert refused.exit_code == 2
        assert "give the id or the name of a run, or --latest" in refused.stderr


def test_a_finished_run_is_told_again_and_not_trained(run, tmp_path):
    short = (*FIT, "--epochs", 20, "--run", "short")
    first = document(run(*short))
    kept = Store(tmp_path / "store").place(first["run"])
    before = kept.stat().st_mtime_ns
    again = run(*short)
    assert document(again)["members"] == first["members"]
    assert document(again)["run"] == first["run"]
    assert f"Run {first['run']} of this name is at its end." in again.stderr
    assert kept.stat().st_mtime_ns == before
    assert len(Store(tmp_path / "store").runs()) == 1


def test_another_fit_of_that_name_is_refused_and_says_what_differs(run, tmp_path):
    document(run(*FIT, "--epochs", 20, "--run", "short"))
    refused = run(*FIT, "--epochs", 30, "--width", 9, "--run", "short")
    assert refused.exit_code == 2
    assert "--run is short: run 2" in refused.stderr
    assert "--width is 9 here and 8 there, --epochs is 30 here and 20 there; " in refused.stderr
    assert len(Store(tmp_path / "store").runs()) == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--run", "a", "--no-store"), "--run is a: a run of a name is kept; leave out --no-store"),
        (("--run", "20261127"), "--run is 20261127: it could be the beginning of an id"),
        (("--run", ""), "--run is empty: it is the name of a run, new or there already"),
    ],
)
def test_what_cannot_be_is_refused(run, tmp_path, options, says):
    refused = run(*FIT, "--epochs", 1, *options)
    assert refused.exit_code == 2
    assert says in refused.stderr
    assert not Store(tmp_path / "store").runs()
