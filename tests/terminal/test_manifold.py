"""The manifold in a real terminal: a peak is moved, a network trained through its three stages, and left."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from explorer_app import launch
from pty_app import NARROW, WIDE, Size

UP = "\x1b[A"


def loss(text: str) -> float:
    """The network's, in the first row."""
    found = re.search(r"loss +([\d.e-]+)", text.partition("\n")[0])
    return float(found[1]) if found else float("nan")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=lambda size: f"{size.columns}x{size.rows}")
def test_a_peak_is_moved_three_stages_trained_and_the_terminal_given_back(tmp_path: Path, size: Size) -> None:
    with launch(tmp_path, "--fresh", "--threads", "1", size=size) as app:
        app.wait_for("ready")
        app.send("3")
        app.wait_for("Wave")
        app.send("v")
        app.wait_for("[0.500]")
        app.send(UP)
        app.wait_for("[0.510]")
        losses = [loss(app.wait_for("regions 32"))]
        for stage in (1, 2, 3):
            if stage > 1:
                app.send("n")
                app.wait_for(f"stage {stage}")
            app.send("s")
            losses.append(
                loss(app.wait_for(lambda text, end=stage: f"epoch {end},000" in text and "paused" in text))
            )
        assert losses == sorted(losses, reverse=True)
        app.wait_for("left the")
        app.wait_quiet(1.0)
        app.send(" ")
        app.wait_for("training")
        app.send("q")
        assert app.wait_exit() == 0
        assert app.faults() == []
        assert app.is_alone
