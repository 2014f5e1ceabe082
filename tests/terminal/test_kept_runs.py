"""A run is the same run wherever it was started: the explorer keeps what a batch fit keeps."""

from __future__ import annotations

import subprocess
from pathlib import Path

from explorer_app import EXPLORER, PROJECT, launch
from pty_app import environment

from nnexpr.runs.store import Store
from nnexpr.specification import FitSpecification

FIT = ("--target", "two_tone", "--width", "4", "--epochs", "50", "--threads", "1")


def test_the_explorer_stores_the_specification_that_fit_does(tmp_path: Path) -> None:
    with launch(tmp_path, "--start", "--fresh", *FIT) as app:
        app.wait_for("finished")
        app.send("q")
        assert app.wait_exit() == 0
    subprocess.run(
        [*EXPLORER, "fit", *FIT, "--json"],
        cwd=PROJECT,
        env=environment(tmp_path),
        check=True,
        capture_output=True,
    )
    first, second = (run.read() for run in Store(tmp_path / "store").runs())
    asked = FitSpecification.make(target="two_tone", width=(4,), epochs=50, threads=1)
    assert first.specification == second.specification == asked.replace(device="cpu", domain=(-1.0, 1.0))
    assert first.metadata["extra"]["losses"] == second.metadata["extra"]["losses"]


def test_what_was_not_asked_for_is_stored_as_it_was_found_in_the_store_that_was_given(tmp_path: Path) -> None:
    given = tmp_path / "given"
    with launch(
        tmp_path, "--start", "--fresh", "--width", "4", "--epochs", "50", "--store", str(given)
    ) as app:
        app.wait_for("finished")
        app.send("q")
        assert app.wait_exit() == 0
    assert Store(tmp_path / "store").runs() == ()
    [run] = Store(given).runs()
    stored = run.read().specification
    assert stored is not None
    assert stored.device == "cpu"
    assert stored.threads is not None
    assert stored.domain == (0.0, 1.0)


def test_kept_runs_are_opened_side_by_side(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        subprocess.run(
            [*EXPLORER, "fit", *FIT, "--seed", seed],
            cwd=PROJECT, env=environment(tmp_path), check=True, capture_output=True,
        )  # fmt: skip
    first, second = (run.id for run in Store(tmp_path / "store").runs())
    with launch(tmp_path, "runs", "open", first, second) as app:
        app.wait_for(lambda text: first in text and second in text)
        app.send("q")
        assert app.wait_exit() == 0
    assert len(Store(tmp_path / "store").runs()) == 2


def test_two_explorers_keep_their_runs_in_one_store_and_each_lists_both(tmp_path: Path) -> None:
    with (
        launch(tmp_path, "--start", "--fresh", *FIT) as one,
        launch(tmp_path, "--start", "--fresh", *FIT) as two,
    ):
        for app in (one, two):
            app.wait_for("finished")
        store = Store(tmp_path / "store")
        one.wait_for(lambda _: len(store.runs()) == 2)
        for app in (one, two):
            app.send("7")
            app.wait_for("Runs: 2")
            app.send("q")
        assert [app.wait_exit() for app in (one, two)] == [0, 0]
    assert [entry.state for entry in store.entries()] == ["finished", "finished"]
    first, second = (run.read().network.parameters for run in store.runs())
    assert first.equal(second)
