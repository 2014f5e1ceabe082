"""Successive halving: which cells are left, and that they are what they are without it."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnexpr.runs.store import Store
from nnexpr.runs.sweeps import Sweep
from nnexpr.runs.sweeps.file import read_text
from nnexpr.runs.sweeps.halving import halve, scores_here
from nnexpr.runs.sweeps.local import run_here
from nnexpr.runs.sweeps.results import RESULTS
from nnexpr.runs.sweeps.rungs import FACTOR, OBJECTIVES, rungs
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import result_of, session_of

TEXT = (
    "seeds = 3\n[base]\npoints = 32\nepochs = 81\nschedule = 'cosine'\nthreads = 1\n"
    "[grid]\nwidth = [4, 6]\nlr = [1e-3, 1e-2, 1e20]\noptimizer = ['adam', 'sgd']\n"
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def begun(store: Store, halving: str = "loss") -> Sweep:
    return Sweep.begin(store, read_text(TEXT, "s.toml"), halving=halving)


def finished(sweep: Sweep) -> list[dict]:
    with sweep.held():
        assert halve(sweep, scores_here(sweep.halving, workers=2))
        run_here(sweep, sweep.left(), workers=2)
    return sweep.rows()


@given(st.integers(1, 100_000))
def test_each_rung_has_a_third_of_the_cells_for_three_times_the_epochs(cells: int) -> None:
    made = rungs(cells)
    assert made[0][0] == cells
    assert made[-1][0] in range(1, FACTOR)
    assert made[-1][1] == 1.0
    for (count, share), (fewer, more) in pairwise(made):
        assert fewer == count // FACTOR
        assert more == pytest.approx(FACTOR * share)


@pytest.mark.parametrize("by", OBJECTIVES)
def test_those_are_left_that_fits_of_their_own_say_are_best(store: Store, by: str) -> None:
    """The rungs by hand: each cell alone, trained to the epochs of the rung on the way to all."""
    sweep = begun(store, by)
    rows = finished(sweep)
    alive = list(range(36))
    for count, share in rungs(36)[:-1]:
        assert len(alive) == count
        scores = {}
        for cell in alive:
            session = session_of(FitSpecification.make(**read_text(TEXT, "s").configs[cell]))
            session.step(math.ceil(81 * share))
            value = float(getattr(result_of(session), by)[0])
            scores[cell] = value if math.isfinite(value) else math.inf
        ranked = sorted(alive, key=lambda cell: (scores[cell], cell))
        alive = sorted(ranked[: count // FACTOR])
        for cell in ranked[count // FACTOR :]:
            assert (rows[cell]["state"], rows[cell]["trained_epochs"]) == ("pruned", math.ceil(81 * share))
            assert rows[cell][by] == scores[cell]
    assert [row["cell"] for row in rows if row["state"] == "done"] == alive
    assert sweep.left() == []


def test_what_is_left_is_to_the_bit_what_it_is_without_halving(store: Store) -> None:
    rows = finished(begun(store))
    whole = Sweep.begin(store, read_text(TEXT, "s.toml"))
    with whole.held():
        run_here(whole, whole.left(), workers=2)
    others = whole.rows()
    left = [row for row in rows if row["state"] == "done"]
    assert len(left) == 1
    for row in left:
        other = others[row["cell"]]
        assert {name: row.get(name) for name in RESULTS if name != "seconds"} == {
            name: other.get(name) for name in RESULTS if name != "seconds"
        }


def test_it_goes_on_with_the_rung_in_which_it_was_stopped(store: Store) -> None:
    expected = [{**row, "seconds": 0, "run": ""} for row in finished(begun(store))]
    sweep = begun(store)
    told: list[int] = []

    def stop() -> bool:
        """In the second rung."""
        return sum(cell.state == "pruned" for cell in sweep.cells) > 0

    with sweep.held():
        count = scores_here(
            "loss", workers=1, stop=stop, tell=lambda progress: told.append(len(progress.jobs))
        )
        assert not halve(sweep, count)
    assert sum(cell.state == "pruned" for cell in sweep.cells) == 24
    again = Sweep.open(store, sweep.id)
    assert [{**row, "seconds": 0, "run": ""} for row in finished(again)] == expected
    assert told
