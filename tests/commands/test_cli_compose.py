"""``compose``: the counts of the wave and the shallow fits beside it, as JSON and for people."""

from __future__ import annotations

import json

import pytest

KNOTS = (8, 16, 32, 63, 64, 128)


def test_six_folds(run):
    done = run("compose", "--depth", 6, "--knots", ",".join(map(str, KNOTS)), "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["depth"], found["linear_regions"], found["units"], found["knots_needed"]) == (
        6,
        2**6,
        12,
        2**6 - 1,
    )
    assert found["sampled_regions"] > 0
    # Two units of one input, then of two, then one output: weights and biases.
    assert found["parameters"] == 4 + 5 * 6 + 3
    assert [fit["knots"] for fit in found["shallow"]] == list(KNOTS)
    for fit in found["shallow"]:
        assert fit["features"] == fit["knots"] + 2
        assert fit["mse_ridge"] >= fit["mse"] * (1 - 1e-9)
    by_knots = {fit["knots"]: fit["mse"] for fit in found["shallow"]}
    assert by_knots[63] < 1e-20
    assert by_knots[8] == pytest.approx(1 / 12, rel=0.02)  # the variance of the wave


def test_many_folds_are_counted_too(run):
    found = json.loads(run("compose", "--depth", 30, "--knots", 8, "--json").stdout)
    assert found["linear_regions"] == 2**30
    assert found["shallow"][0]["mse"] == pytest.approx(1 / 12, rel=1e-6)


@pytest.mark.parametrize("depth", [30, 40])
def test_rounding_is_no_region_of_a_shallow_fit(run, depth):
    """So deep a wave is its mean to every fit, whose values differ from 1/2 by less than 1e-12."""
    found = json.loads(run("compose", "--depth", depth, "--knots", "8,63,64,100,128", "--json").stdout)
    assert [fit["linear_regions"] for fit in found["shallow"]] == [1] * 5


def test_too_few_samples_are_refused(run):
    done = run("compose", "--depth", 6, "--samples", 100)
    assert done.exit_code == 2
    assert "--samples is 100" in done.stderr


def test_a_chart_and_tables_for_people(run):
    done = run("compose", "--depth", 4, "--knots", "8,15")
    assert done.exit_code == 0, done.stderr
    for word in ("wave of 4 folds", "least squares, 8 knots", "linear regions, exact", "regions"):
        assert word in done.stdout
