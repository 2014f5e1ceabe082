"""``open``: what makes no place is said before an explorer begins, in a sentence that names the option."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def no_explorer(monkeypatch, tmp_path):
    """A terminal, and in the place of the explorer what it would begin with."""
    begun = []
    monkeypatch.chdir(tmp_path)
    np.save("points.npy", np.arange(12.0).reshape(3, 4))
    (tmp_path / "net.onnx").write_bytes(b"")
    monkeypatch.setattr("nnexpr_tui.commands.opening.require_terminal", lambda: None)
    monkeypatch.setattr("nnexpr_tui.app.run_explorer", lambda *_, **rest: begun.append(rest["opening"]) or 0)
    return begun


@pytest.mark.parametrize(
    ("place", "option", "why"),
    [
        ("--plane points.npy:0 points.npy:1 nope.npy", "--plane", "no such file"),
        ("--plane points.npy:0 points.npy:1 points.npy:7", "--plane", "it has 3 points, counted from 0"),
        ("--plane points.npy:0 points.npy:1 1,2,3", "--plane", "it has 3 numbers"),
        ("--plane points.npy:0 points.npy:1 points.npy:2", "--plane", "span a plane"),
        ("--between points.npy:0 points.npy:0", "--between", "the same point twice"),
        ("--origin 0,0,0,0 --directions 1,0,0,0 1,0,0", "--directions", "it has 3 numbers"),
        ("--origin 0,0 --directions 1,1 2,2", "--plane", "two dimensions"),
        ("--plane 0,0 1,0 0,1", "", ""),
    ],
)
def test_a_place_is_checked_first(run, no_explorer, place, option, why):
    told = run("open", "net.onnx", *place.split())
    if not option:
        assert told.exit_code == 0, told.stderr
        assert no_explorer[0].begin["place"].words == tuple(place.split())
        return
    assert told.exit_code == 2
    assert option in told.stderr
    assert why in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1
    assert not no_explorer


def test_a_file_that_is_not_there_begins_nothing(run, no_explorer):
    told = run("open", "nothing.onnx")
    assert (told.exit_code, "no such file" in told.stderr, no_explorer) == (2, True, [])
