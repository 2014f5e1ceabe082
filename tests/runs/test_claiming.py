"""Runs that are asked for by a name, and what tells one fit from another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from nnexpr.runs.claiming import claimed, differences
from nnexpr.runs.folder import labels_file
from nnexpr.runs.store import Store
from nnexpr.specification import FitSpecification, InputError
from nnexpr.training.fit import session_of


def test_a_name_is_one_run_also_before_it_is_begun_and_whoever_asks(tmp_path):
    """As many as like may ask at once: one of them makes the name, and all have its run."""
    store = Store(tmp_path / "store")
    with ThreadPoolExecutor(16) as pool:
        runs = set(pool.map(lambda _: claimed(store, "deep"), range(64)))
    [run] = runs
    assert claimed(store, " deep ") == run
    assert claimed(store, "other") != run
    assert not store.entries()  # nothing has been kept yet


def test_a_name_that_was_taken_away_is_free_again(tmp_path):
    store = Store(tmp_path)
    run = claimed(store, "deep")
    labels_file(store.place(run)).unlink()
    assert claimed(store, "deep") != run


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "\x1b[31m", "x" * 200, "20261127"])
def test_what_cannot_be_a_name_is_refused(tmp_path, name):
    with pytest.raises(InputError):
        claimed(Store(tmp_path), name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"target": "cube", "points": 50, "domain": (-1.0, 2.0)},
        {"target": "waves2d", "points": 500},  # a grid of another number
        {"target": "csv", "points": 512},  # a file's own number
        {"device": "cpu", "threads": 1, "members": 2},
    ],
)
def test_what_a_fit_settles_by_itself_is_no_difference(tmp_path, given):
    if given.get("target") == "csv":
        (tmp_path / "a.csv").write_text("x,y\n0,1\n1,2\n2,0\n")
        given = given | {"target": f"csv:{tmp_path / 'a.csv'}"}
    asked = FitSpecification.make(epochs=1, **given)
    assert not differences(asked, session_of(asked).specification)


def test_each_difference_is_named_as_it_would_be_typed():
    asked = FitSpecification.make(epochs=1, width=8)
    kept = session_of(FitSpecification.make(epochs=2, width=(4, 4), batch_size=5)).specification
    assert differences(asked, kept) == [
        "--width is 8 here and 4,4 there",
        "--epochs is 1 here and 2 there",
        "--batch-size is not given here and 5 there",
    ]
