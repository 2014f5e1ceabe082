"""The experiments on MMNNs: the edges of the verdicts, and numbers held to closed forms and to each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from quick import columns, curves, quick
from wrong_oscillations import errors

import nnexpr
from nnexpr.experiments.data import Figure, Map
from nnexpr.experiments.numerics import localized, oscillations


def test_the_least_that_holds() -> None:
    near = np.array([0.1, 0.47, 1.0])
    assert localized.nearer("Z21", localized.TRAINED, near, 0.48, False).verdict == "holds"
    assert localized.nearer("Z21", localized.TRAINED, near, 0.47, False).why == ""
    assert localized.nearer("Z21 total", localized.ALL, near, 0.47, False).why
    assert localized.adapted(np.array([0.0, 0.2, 0.9]), False).verdict == "holds"
    assert oscillations.learns("Z22", "relu", errors(0.05, 1, 1), False).verdict == "holds"
    assert oscillations.learns("Z23", "sine", errors(0.1, 1, 1), False).verdict == "holds"
    assert oscillations.beats("sine", errors(0.5, 0.6, 0.6), False).verdict == "holds"
    assert oscillations.beats("sine", errors(0.5, 0.6, 0.6, Z23=0.7), False).verdict == "fails"
    assert oscillations.beats("sine", errors(0.5, 0.6, 0.6), True).verdict == "not measured"
    assert oscillations.learns("Z22", "relu", errors(0.01, 1, 1), True).verdict == "not measured"


def test_sizes_are_those_of_the_talk() -> None:
    """Trained and total parameters by Σ (w + 1) r and Σ (r_below + 1) w."""
    counts = {"Z22": (4816, 10_816), "Z23": (6513, 15_513)}
    for name, case in oscillations.CASES.items():
        found = oscillations.networks(case, "sine", 1, 0)
        mmnn = found[oscillations.MMNN]
        assert (mmnn.trained_parameter_count, mmnn.parameter_count) == counts[name]
        for kind, count in zip((oscillations.TRAINED, oscillations.TOTAL), counts[name], strict=True):
            assert found[kind].parameter_count == pytest.approx(count, rel=0.03)
            assert len(found[kind].layers) == case.depth + 1
    result, _ = quick("localized")
    assert columns(result.tables[1], "knots")[0].tolist() == [143, 323]


def test_elements_miss_the_sine_by_what_splines_do() -> None:
    """On many knots of step h: κ²h²/√720 times the sine's norm, κ = 50π."""
    goal = nnexpr.target("localized_sine", points=20_001)
    knots = 1001
    expected = (50 * math.pi * 2 / (knots - 1)) ** 2 / math.sqrt(720)
    assert localized.of_elements(goal, knots) == pytest.approx(expected, rel=0.1)


def test_a_moment_is_of_the_network_as_it_is() -> None:
    """One unit bends at 0.01, another at -0.5, the third nowhere on the domain; the zero network is off by 1."""
    network = nnexpr.mlp(2, 3, members=2, dtype="float64")
    parameters = network.parameters.clone()
    parameters[0] = parameters.new_tensor([1, -0.01, 1, 0.5, 1, 3, 1, 1, 0, 0])
    parameters[1] = 0.0
    goal = nnexpr.target("localized_sine", points=1000)
    found = localized.moment(7, network.with_parameters(parameters), goal)
    assert (found.epoch, found.shares.tolist()) == (7, [0.5, 0.0])
    assert found.errors[1] == pytest.approx(1)
    assert found.errors[0] > 1


def test_the_localized_sine_is_drawn_as_it_is_and_where_it_is_off() -> None:
    """The target's own values; elements on 143 knots, solved anew; the map is the members' median, by its epochs."""
    result, _ = quick("localized")
    over_epochs, shapes, where = result.figures
    assert isinstance(shapes, Figure)
    assert isinstance(where, Map)
    drawn, x = curves(shapes), localized.section()
    expected = np.where(np.abs(x) < 0.02, np.sin(50 * np.pi * x), 0.0)
    np.testing.assert_allclose(drawn["target"][1], expected, atol=1e-12)
    assert list(drawn) == ["target", *(f"epoch {e}" for e in localized.QUICK_EPOCHS), "143 elements"]
    goal = nnexpr.target("localized_sine", points=localized.SAMPLES)
    knots = np.linspace(-1, 1, 143)
    hats = np.stack([np.interp(goal.inputs[:, 0], knots, unit) for unit in np.eye(143)], axis=1)
    solved = np.linalg.lstsq(hats, goal.values)[0]
    np.testing.assert_allclose(drawn["143 elements"][1], np.interp(x, knots, solved), atol=1e-9)
    assert set(localized.QUICK_EPOCHS) < set(where.y)
    assert where.y[-1] == localized.QUICK_EPOCHS[-1]
    values = np.array(where.values)
    assert values.shape == (len(where.y), localized.POINTS)
    middle = np.abs(x) < 0.02
    assert values[0][middle].mean() > 5 * values[0][~middle].mean()  # nothing is learned yet
    assert isinstance(over_epochs, Figure)


def test_errors_begin_near_that_of_zero_and_are_of_every_epoch() -> None:
    result, _ = quick("oscillations")
    drawn = [figure for figure in result.figures if isinstance(figure, Figure)]
    for (name, case), figure in zip(oscillations.CASES.items(), drawn, strict=True):
        assert len(figure.series) == len(oscillations.STARTS) * len(oscillations.NETWORKS)
        for curve in figure.series:
            assert list(curve.x) == list(case.epochs), name
            assert 0.5 < curve.y[0] < 2
    best, low, error, high, worst = columns(result.tables[0], "best", "from", "error", "to", "worst")
    assert ((best <= error) & (error <= worst)).all()
    # So few members have no interval.
    np.testing.assert_array_equal(low, -np.inf)
    np.testing.assert_array_equal(high, np.inf)
