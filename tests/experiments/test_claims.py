"""Verdicts follow the numbers: what was printed holds, and a wrong number fails, whichever claim it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nnexpr.experiments.concepts.lottery import Pruned, Round, at_the_end, somewhere
from nnexpr.experiments.concepts.random_regions import Counted, whatever_the_depth
from nnexpr.experiments.concepts.region_bounds import Row, bracket
from nnexpr.experiments.concepts.triangle_waves import doubling, sampling
from nnexpr.experiments.data import Claim
from nnexpr.experiments.manifold import bends, tables
from nnexpr.experiments.manifold.printed import PRINTED
from nnexpr.experiments.manifold.rows import Cells
from nnexpr.experiments.manifold.starts import together
from nnexpr.theory.triangle_wave import compose


def verdicts(claims: list[Claim]) -> dict[str, str]:
    return {claim.id: claim.verdict for claim in claims}


# --- the tables of the manifold paper


def printed_cells() -> Cells:
    """The printed numbers as if they had been measured, with a floor below all of them."""
    return {
        row: {
            curve: {"min": least, "mean": mean, "regions": 32, "floor": 1e-9}
            for curve, (least, mean) in numbers.items()
        }
        for row, numbers in PRINTED.items()
    }


def test_the_printed_tables_bear_out_what_the_paper_says_of_them() -> None:
    found = verdicts(tables.claims(printed_cells(), quick=False))
    assert found.pop("M4 every curve") == "fails"  # 29 on x¹¹
    assert set(found.values()) == {"holds"}


def scaled(row: str, curve: str, key: str, factor: float) -> Callable[[Cells], None]:
    def change(cells: Cells) -> None:
        cells[row][curve][key] *= factor

    return change


@pytest.mark.parametrize(
    ("change", "claim"),
    [
        (scaled("stage 1", "cube", "min", 1.021), "M2 x³"),
        (scaled("stage 1", "tanh3", "min", 0.979), "M2 tanh 3x"),
        (scaled("all stages", "power11", "min", 3.01), "M3"),
        (scaled("stages 1, 3", "quarter_sine", "min", 3.01), "M3"),
        (scaled("stage 3", "cube", "min", 100.0), "M4 order"),
        (scaled("default", "tanh3", "min", 0.01), "M4 factor"),
        (scaled("raai", "quarter_sine", "floor", 1e6), "M14"),
    ],
)
def test_a_wrong_number_in_the_tables_fails(change: Callable[[Cells], None], claim: str) -> None:
    cells = printed_cells()
    change(cells)
    assert verdicts(tables.claims(cells, quick=False))[claim] == "fails"
    assert verdicts(tables.claims(cells, quick=True))[claim] == (
        "fails" if claim == "M14" else "not measured"
    )


def test_the_gap_is_least_with_stage_one_or_the_claim_fails() -> None:
    cells = printed_cells()
    for row, curves in cells.items():
        for cell in curves.values():
            cell["mean"] = cell["min"] * {"all stages": 2.0, "stages 1, 3": 3.0}.get(row, 10.0)
    assert verdicts(tables.claims(cells, quick=False))["M5"] == "holds"
    cells["default"]["cube"]["mean"] = cells["default"]["cube"]["min"]
    assert verdicts(tables.claims(cells, quick=False))["M5"] == "fails"


# --- bends by layer


@pytest.mark.parametrize(
    ("alone", "first", "expected"),
    [
        (3, 6, ("holds", "holds", "holds")),
        (4, 7, ("holds", "holds", "holds")),
        (3, 4, ("holds", "holds", "fails")),
        (5, 5, ("fails", "fails", "fails")),
        (2, 6, ("holds", "fails", "holds")),
    ],
)
def test_how_deep_bends_survive(alone: int, first: int, expected: tuple[str, ...]) -> None:
    reached = {way: [[depth] * 6] for way, depth in zip(bends.WAYS, (alone, first, first), strict=True)}
    made = bends.claims(reached, quick=False)
    assert tuple(claim.verdict for claim in made) == expected
    assert all(bool(claim.why) <= (claim.verdict == "fails") for claim in made)


def test_counts_of_parts_are_those_of_the_whole() -> None:
    parts = [
        {"collapsed": 0.5, "most bends": 7, "layer 1 idle": 0.0, "layer 2 idle": 1.0},
        {"collapsed": 0.25, "most bends": 9, "layer 1 idle": 0.5, "layer 2 idle": 0.5},
    ]
    assert together(parts) == {
        "collapsed": 0.375,
        "most bends": 9,
        "layer 1 idle": 0.25,
        "layer 2 idle": 0.75,
    }


# --- the concept page


def test_wrong_counts_of_the_folds_fail() -> None:
    made = [compose(k, ()) for k in (1, 2, 3)]
    assert doubling(made).verdict == "holds as corrected"
    assert sampling(made).verdict == "holds"
    for wrong in ({"linear_regions": 7}, {"units": 5}, {"parameters": 20}):
        assert doubling([*made[:2], replace(made[2], **wrong)]).verdict == "fails"
    assert sampling([*made[:2], replace(made[2], sampled_regions=9)]).verdict == "fails"


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, "holds"),
        ({"trained": [4, 50]}, "fails"),  # above Π (n + 1) = 49
        ({"start": [50]}, "fails"),
        ({"constructed": 41}, "fails"),  # below Montúfar's 42
    ],
)
def test_a_bound_that_is_crossed_fails(change: dict[str, Any], verdict: str) -> None:
    row = Row(inputs=1, widths=(6, 6), constructed=49, start=[13, 12], trained=[12, 14])
    assert (row.lower, row.upper) == (42, 49)
    assert bracket([replace(row, **change)]).verdict == verdict


def counted(excess: float, spread: float, networks: int) -> Counted:
    """Counts of a layer of 99 units whose mean exceeds 100 by so much, relatively."""
    sign = np.where(np.arange(networks) % 2 == 0, 1.0, -1.0)
    return Counted((99,), 100.0 * (1.0 + excess) + spread * sign)


@pytest.mark.parametrize(
    ("started", "verdict"),
    [
        ([counted(0.009, 5.0, 1000)], "holds"),
        ([counted(0.0, 5.0, 1000), counted(-0.011, 5.0, 1000)], "fails"),
        ([counted(0.0, 5.0, 10)], "not measured"),  # an error of 1.7 %
    ],
)
def test_regions_of_random_networks(started: list[Counted], verdict: str) -> None:
    claim = whatever_the_depth(started)
    assert claim.verdict == verdict
    assert ("uncertain" in claim.why) is (verdict == "not measured")


def pruned(width: int, ticket: float, redrawn: float) -> Pruned:
    """Losses of 30 dense networks about 1, and of tickets and redrawn ones at a tenth of the weights about these."""
    about = np.linspace(0.9, 1.1, 30)
    return Pruned(width, 1e-3, [Round(1.0, about, about), Round(0.1, ticket * about, redrawn * about)])


def test_lottery_tickets() -> None:
    large, small = at_the_end([pruned(32, 1.7, 90.0), pruned(64, 1.1, 1.6)], quick=False)
    assert (large.verdict, small.verdict) == ("holds", "fails")
    assert "109" in small.why  # a tenth of 32 · 34 weights
    for ticket, redrawn in ((1.6, 9.0), (1.2, 1.21), (1.2, 1.0)):  # no match; the mask alone does it
        [claim] = at_the_end([pruned(64, ticket, redrawn)], quick=False)
        assert claim.verdict == "fails"
        assert somewhere([pruned(64, ticket, redrawn)], quick=False).verdict == "fails"
        assert somewhere([pruned(64, ticket, redrawn)], quick=True).verdict == "not measured"
    assert at_the_end([pruned(64, 1.0, 2.0)], quick=True)[0].verdict == "not measured"
