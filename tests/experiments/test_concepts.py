"""The experiments of the concept page, quick: plain data, progress, and the claims that quickness leaves exact."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from quick import parts_of, quick
from scipy.stats import binom
from wrong import NOT_JUDGED, WRONG

from nnexpr.experiments.attempt import Attempt, Cancelled, Parts
from nnexpr.experiments.concepts import EXPERIMENTS
from nnexpr.experiments.data import VERDICTS
from nnexpr.experiments.measures import loglog_slopes, median, median_interval

NAMES = [experiment.id for experiment in EXPERIMENTS]

QUICK = {
    "random-regions": {"C5", "C5 training"},
    "lottery": {"C12", "C12 small"},
}  # claims that a quick run cannot judge
TIMED = {"C8 time"}  # on a machine with much else to do a clock says nothing
EXACT = {
    "triangle-waves": {"C1": "holds as corrected", "C2": "fails", "C3": "holds as corrected"},
    "region-bounds": {"C4": "holds", "C4 hyperplanes": "holds as corrected"},
    "capacity": {"C7": "not measured", "C7 depth": "not measured", "C7 exact": "holds"},
    "forward-cost": {"C8": "holds"},
    "barron-rate": {"C9": "holds"},
    "parity-circuits": {"C10": "holds"},
    "tensor-ranks": {"C11": "holds"},
    "universality": {"C13": "holds", "C13 depth": "holds"},
}


@pytest.mark.parametrize("name", NAMES)
def test_results_are_plain_and_whole(name: str) -> None:
    result, reported = quick(name)
    assert reported == sorted(reported)
    assert 0 <= reported[0] < reported[-1] == 1
    for table in result.tables:
        assert table.rows
        assert all(len(row) == len(table.columns) for row in table.rows)
        cells = [cell for row in table.rows for cell in row]
        assert all(cell is None or isinstance(cell, (float, int, str, bool)) for cell in cells)
        json.dumps(cells)
    for figure in result.figures:
        assert figure.series
        for curve in figure.series:
            json.dumps([list(curve.x), list(curve.y)])
            assert len(curve.x) == len(curve.y) > 0
            assert not figure.log_y or all(y > 0 or math.isnan(y) for y in curve.y)
    for claim in result.claims:
        assert claim.verdict in VERDICTS
        json.dumps([claim.expected, claim.measured, claim.tolerance])


@pytest.mark.parametrize("name", EXACT)
def test_claims_that_need_no_long_run(name: str) -> None:
    verdicts = {claim.id: claim.verdict for claim in quick(name)[0].claims}
    assert {claim: verdicts[claim] for claim in EXACT[name]} == EXACT[name]


@pytest.mark.parametrize("name", NAMES)
def test_no_claim_fails_for_being_quick(name: str) -> None:
    claims = {claim.id: claim for claim in quick(name)[0].claims}
    failed = {each for each, claim in claims.items() if claim.verdict == "fails"} - TIMED
    assert failed == ({"C2"} if name == "triangle-waves" else set())
    for claim in claims.values():
        assert bool(claim.why) is (claim.verdict in ("fails", "not measured"))
        assert claim.fails_if
    assert all(claims[each].verdict == "not measured" for each in QUICK.get(name, ()))


@pytest.mark.parametrize("name", ["trajectories", "tensor-ranks", "random-regions", "region-bounds"])
def test_another_seed_draws_others_and_the_same_seed_the_same(name: str) -> None:
    [experiment] = [each for each in EXPERIMENTS if each.id == name]

    def rows(seed: int) -> list[list[object]]:
        result = experiment.run(Attempt(True, seed))
        return [list(row) for table in result.tables for row in table.rows]

    first = [list(row) for table in quick(name)[0].tables for row in table.rows]
    assert rows(0) == first
    assert (rows(5) == first) is (name == "tensor-ranks")  # ranks are the same for almost all


def test_every_claim_of_the_page_is_judged_once() -> None:
    ids = [claim.id for name in NAMES for claim in quick(name)[0].claims]
    assert len(ids) == len(set(ids))
    assert {each.split()[0] for each in ids} == {f"C{number}" for number in range(1, 15)}
    assert set(ids) == NOT_JUDGED | {each for each in WRONG if each.startswith("C")}


def test_each_round_leaves_the_share_of_weights_that_it_says() -> None:
    """Ten rounds leave a tenth: each the tenth root of it. Each is as much of the work as any other."""
    result, reported = quick("lottery")
    assert sorted(set(reported)) == pytest.approx(np.arange(17) / 16)
    [table] = result.tables
    kept = [row[table.columns.index("kept, %")] for row in table.rows]
    rounds = [100 * 0.1 ** (done / 10) for done in range(4)]
    assert kept == pytest.approx(rounds * 4, abs=0.5)


def test_an_attempt_can_be_cancelled_by_its_report() -> None:
    def stop(share: float, note: str) -> None:
        raise Cancelled

    for experiment in EXPERIMENTS:
        if experiment.id in ("capacity", "parity-circuits", "tensor-ranks", "trajectories"):
            with pytest.raises(Cancelled):
                experiment.run(Attempt(True, progress=stop))


@pytest.mark.parametrize(
    "name", ["region-bounds", "random-regions", "equal-parameters", "lottery", "barron-rate"]
)
def test_an_attempt_that_was_cut_short_goes_on_where_it_was(name: str, tmp_path: Path) -> None:
    """It ends with what it would have given in one go, and says at once how far it had been."""
    [experiment] = [each for each in EXPERIMENTS if each.id == name]

    def stop(share: float, note: str) -> None:
        if share > 0.6:
            raise Cancelled

    with pytest.raises(Cancelled):
        experiment.run(Attempt(True, progress=stop, parts=Parts.read(tmp_path / "parts.json")))
    parts = Parts.read(tmp_path / "parts.json")
    assert parts.values
    computed: list[str] = []
    parts.values = _Watched(parts.values, computed)
    result = experiment.run(Attempt(True, parts=parts))
    assert result.claims == quick(name)[0].claims
    assert 0 < len(computed) < len(parts.values)


def test_of_parts_that_were_kept_only_the_missing_one_is_computed() -> None:
    values, computed = parts_of("universality"), list[str]()
    del values["square"]
    [experiment] = [each for each in EXPERIMENTS if each.id == "universality"]
    result = experiment.run(Attempt(True, parts=Parts(values=_Watched(values, computed))))
    assert computed == ["square"]
    assert result.claims == quick("universality")[0].claims
    assert result.tables[0].rows == quick("universality")[0].tables[0].rows


class _Watched(dict[str, Any]):
    """Parts, of which those that are new are told."""

    def __init__(self, values: dict[str, Any], computed: list[str]) -> None:
        super().__init__(values)
        self.computed = computed

    def __setitem__(self, name: str, value: Any) -> None:
        self.computed.append(name)
        super().__setitem__(name, value)


def test_median_intervals_hold_the_median_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    held = [
        low <= 0.0 <= high for _, low, high in (median_interval(rng.standard_cauchy(30)) for _ in range(2000))
    ]
    assert 0.94 <= np.mean(held) <= 0.99
    assert all(math.isnan(value) for value in median_interval([np.nan]))


@pytest.mark.parametrize("n", [6, 10, 30, 31, 60, 100])
def test_median_intervals_are_no_wider_than_they_must_be(n: int) -> None:
    """The true median is below the k-th least of n with probability P(B < k), B of n tosses: 2.5 % at most."""
    middle, low, high = median_interval(np.arange(n))
    assert middle == (n - 1) / 2
    assert (low + high) / 2 == middle
    assert binom.cdf(low, n, 0.5) <= 0.025 < binom.cdf(low + 1, n, 0.5)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_too_few_have_no_interval(n: int) -> None:
    """Of five all are on one side of the median with probability 2^-4: more than 5 %."""
    assert median_interval(np.arange(n)) == ((n - 1) / 2, -math.inf, math.inf)
    assert median(np.arange(n)).told == f"{(n - 1) / 2:.3g} (too few for an interval)"


def test_slopes() -> None:
    x = np.array([1.0, 2.0, 5.0, 11.0])
    np.testing.assert_allclose(loglog_slopes(x, np.stack([3 * x**-2.5, x])), [-2.5, 1.0], atol=1e-12)
