"""No subcommand: what the explorer is begun with."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from nnexpr.runs.store import Store, store
from nnexpr_tui.commands.cli import cli
from nnexpr_tui.commands.explore import explore
from nnexpr_tui.commands.options import given_words
from nnexpr_tui.controller import DEFAULT_EPOCHS


@pytest.fixture
def begun(monkeypatch, tmp_path):
    """``begun(options, ...)``: what ``run_explorer`` was called with; nothing seen last, no settings file."""
    calls = []

    def run_explorer(specification, **rest):
        calls.append((specification, rest))
        return 7

    monkeypatch.setattr("nnexpr_tui.app.run_explorer", run_explorer)
    monkeypatch.setattr("nnexpr_tui.last_seen.last_seen_file", lambda: tmp_path / "explorer.json")
    monkeypatch.setattr("nnexpr_tui.settings.configuration_file", lambda: tmp_path / "config.toml")
    monkeypatch.setenv("NNEXPR_STORE", "before")

    def begin(options, **given):
        nothing = {
            "start": False,
            "fresh": False,
            "config": None,
            "store": store(),
            "no_store": False,
            "checkpoint_every": None,
        }
        assert explore(options, **{**nothing, **given}) == 7
        return calls.pop()

    return begin


def test_nothing_given_leaves_the_explorer_its_choice(begun):
    specification, rest = begun({})
    assert specification is None
    assert (rest["start"], rest["fresh"]) == (False, False)
    assert rest["settings"].keep_runs


def test_given_options_begin_the_explorer_which_trains_until_told(begun):
    specification, rest = begun({"network": "mmnn", "seed": 3}, start=True, fresh=True)
    assert (specification.network, specification.seed, specification.width) == ("mmnn", 3, (100,))
    assert specification.epochs == DEFAULT_EPOCHS
    assert (rest["start"], rest["fresh"]) == (True, True)


def test_keeping_options_reach_the_settings(begun, tmp_path):
    rest = begun({}, store=store(tmp_path), no_store=True, checkpoint_every=0.5)[1]
    settings = rest["settings"]
    assert (settings.keep_runs, settings.checkpoint_every) == (False, 0.5)
    assert rest["store"] == Store(tmp_path)
    assert os.environ["NNEXPR_STORE"] == "before"


@pytest.mark.parametrize("missing", ["stdin", "stdout"])
def test_without_a_terminal_it_says_so(missing):
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    streams = {"stdin": theirs, "stdout": theirs, missing: subprocess.DEVNULL}
    command = [sys.executable, "-m", "nnexpr_tui"]
    done = subprocess.run(command, **streams, stderr=subprocess.PIPE, text=True, check=False)
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 2
    assert f"{missing} is not a terminal" in done.stderr


def test_options_go_on_to_another_explorer_as_they_were_given(tmp_path):
    """Whatever may be given is written so that it is read as the same again."""
    words = [
        "--target", "expr:sin(x) ; $(x) 'y\"", "--domain", "-1", "2.5e-300", "--width", "3,4", "--lr", "0.1",
        "--encoding-raw", "--no-residual", "--init", "kaiming", "--peaks", "0.25,0.75", "--epochs", "10000000000",
        "--store", str(tmp_path / "a b"), "--preset", "folding", "--start", "--no-store", "--checkpoint-every", "0.5",
        "--config=-x", "--device", "cuda:1",
    ]  # fmt: skip
    first = cli.make_context("nnexpr-tui", list(words))
    again = given_words(first, first.params)
    assert cli.make_context("nnexpr-tui", again).params == first.params
