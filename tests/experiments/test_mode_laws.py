"""How long modes take: trainings against the flow, which is known in closed form; starts, exponents, verdicts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats
from wrong_mode_laws import power

from nnexpr.experiments.numerics import mode_laws, smoother_units
from nnexpr.experiments.numerics.halving import (
    MIDDLES,
    Modes,
    Setting,
    eigenmodes,
    error_history,
    exponents,
    flow_times,
    interval,
    stable_rate,
    start,
    times,
    waves,
)
from nnexpr.experiments.numerics.timed_modes import Timed, law_figure, time_table
from nnexpr.linear.continuous import cantilever, relu_kernel
from nnexpr.linear.spectrum import spectrum
from nnexpr.training.tangent import tangent_kernel

SMALL = Setting(members=3, units=60, seed=5, trains_biases=False)


def kernel_eigenvalues(setting: Setting) -> np.ndarray:
    """Of the tangent kernel of each start, ``(members, points)``, ascending."""
    return torch.linalg.eigvalsh(tangent_kernel(start(setting)[0], torch.from_numpy(MIDDLES))).numpy()


@pytest.mark.parametrize(
    ("activation", "modes"), [("relu", waves(0.5, 1)), ("relu2", waves(0.5, 1)), ("tanh", waves(0.5, 1))]
)
def test_trained_with_fixed_biases_it_takes_the_time_of_the_flow(activation: str, modes: Modes) -> None:
    """But for the length of a step, which a time of very few steps shows."""
    setting = replace(SMALL, activation=activation)
    step = stable_rate(start(setting)[0])
    np.testing.assert_allclose(
        times(setting, modes, 20_000), flow_times(setting, modes), rtol=1e-2, atol=step
    )


def test_all_modes_at_once_are_each_alone_where_the_flow_has_them_as_its_own() -> None:
    """The modes of the Gram matrix of evenly spread units; random ones mix them a little."""
    setting, modes = replace(SMALL, units=1000, members=1), eigenmodes(2, 3)
    alone, together = times(setting, modes, 2000), times(setting, modes, 2000, together=True)
    np.testing.assert_allclose(together, alone, rtol=0.1)


def test_errors_over_time_are_halved_when_the_modes_are() -> None:
    modes = waves(0.5, 1)
    passed, errors = error_history(SMALL, modes, 400)
    halved = [np.interp(-0.5, -own, passed) for own in errors.T]
    expected = np.median(times(SMALL, modes, 400, together=True), axis=1)
    np.testing.assert_allclose(halved, expected, rtol=0.05)
    assert (errors[0] == 1).all()
    assert len(passed) < 80


def test_with_very_many_units_the_eigenvalues_are_those_of_the_continuous_kernel() -> None:
    """n units on D, of length 2, have n/2 times its eigenvalues: t = ln 2/(n/2 μ_k), to the noise of random knots."""
    n, own = 8000, relu_kernel(2, 3)
    setting = replace(SMALL, units=n, members=1, activation="relu2")
    shapes = spectrum(knots=300, power=2).modes(MIDDLES, 3).T
    found = flow_times(setting, Modes((1, 2, 3), shapes))
    np.testing.assert_allclose(found[:, 0], np.log(2) / (n / 2 * own), rtol=0.1)


def test_a_mode_that_no_unit_has_is_never_halved() -> None:
    setting = replace(SMALL, units=2, members=1)
    assert np.isinf(flow_times(setting, waves(24))).all()


def test_networks_start_at_zero_and_train_what_they_are_said_to() -> None:
    both, masks = start(replace(SMALL, trains_biases=True))
    assert np.abs(both(MIDDLES)).max() < 1e-14  # each unit and its twin cancel
    assert both.weight(1).abs().min() > 0
    held = both.with_parameters(masks)
    for part, is_trained in (
        (held.weight(0), False), (held.bias(0), True), (held.weight(1), True), (held.bias(1), False),
    ):  # fmt: skip
        assert bool((part == float(is_trained)).all())
    fixed, masks = start(SMALL)
    assert not fixed(MIDDLES).any()
    assert not fixed.layers[0].trained
    assert not fixed.with_parameters(masks).bias(1).any()
    for network in (both, fixed):
        assert bool((network.weight(0) == 1).all())
        assert bool((network.bias(0).abs() <= 1).all())
    other = start(replace(SMALL, seed=SMALL.seed + 1))[0]
    assert torch.equal(other.parameters[:-1], fixed.parameters[1:])


@pytest.mark.parametrize("trains_biases", [True, False])
def test_the_rate_takes_the_first_mode_of_the_steepest_start_in_one_step(trains_biases: bool) -> None:
    setting = replace(SMALL, trains_biases=trains_biases)
    factors = 1 - 2 * stable_rate(start(setting)[0]) * kernel_eigenvalues(setting) / len(MIDDLES)
    assert factors.min() == pytest.approx(0, abs=1e-12)
    assert factors.max() <= 1 + 1e-12


def test_waves_are_orthogonal_at_the_points_and_have_their_turns() -> None:
    modes = waves(0.5, 1, 1.5, 2, 8)
    np.testing.assert_allclose(modes.shapes @ modes.shapes.T, len(MIDDLES) / 2 * np.eye(5), atol=1e-10)
    changes = (np.diff(np.sign(modes.shapes), axis=1) != 0).sum(axis=1)
    np.testing.assert_array_equal(changes, [2 * m - 1 for m in modes.turns])


def test_gram_modes_are_orthonormal_and_their_turns_are_those_of_a_cantilever() -> None:
    """β_k → (k − ½) π is the phase that mode k runs through on D."""
    modes = eigenmodes(1, 2, 3, 4, 6)
    np.testing.assert_allclose(modes.shapes @ modes.shapes.T * 2 / len(MIDDLES), np.eye(5), atol=5e-3)
    phases = 2 / cantilever(6)[[2, 3, 5]] ** 0.25
    np.testing.assert_allclose(np.multiply(modes.turns[2:], 2 * np.pi), phases, rtol=1e-3)


def test_exponents_are_found_over_the_modes_that_every_start_has_halved() -> None:
    turns = np.array([1.0, 2.0, 3.0, 5.0])
    found = np.array([0.1, 7.0]) * turns[:, None] ** np.array([2.0, 4.0])
    np.testing.assert_allclose(exponents(turns, found), [2, 4])
    found[3, 1] = np.inf
    np.testing.assert_allclose(exponents(turns, found), [2, 4])
    found[1:, 0] = np.inf
    assert np.isnan(exponents(turns, found)).all()


def test_intervals_are_those_of_the_t_test() -> None:
    values = np.random.default_rng(0).normal(2, 1, 12)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert interval(values) == pytest.approx((values.mean(), expected.low, expected.high))


# --- verdicts, tables, figures


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [(1.52, 2.48, "holds"), (1.49, 2.0, "fails"), (2.0, 2.51, "fails"), (2.0, 2.0, "holds")],
)
def test_both_kinds_of_modes_must_be_within_a_half(one: float, other: float, verdict: str) -> None:
    found = {"a": power(one), "b": power(other)}
    assert mode_laws.near("Z13 a and b", "", 2, found, quick=False).verdict == verdict
    if verdict == "fails":
        assert mode_laws.near("Z13 a and b", "", 2, found, quick=True).verdict == "not measured"


def test_an_interval_that_reaches_too_far_fails() -> None:
    wide = {"a": power(2.0, spread=2.6)}
    assert not wide["a"].is_near(2.0)
    assert mode_laws.near("Z13 a and b", "", 2, wide, quick=False).verdict == "fails"


@pytest.mark.parametrize(("least", "verdict"), [(1.01, "holds"), (1.0, "fails"), (0.9, "fails")])
def test_the_bound_is_about_every_setting(least: float, verdict: str) -> None:
    claim = mode_laws.at_least_linear({"one": power(3.0), "another": power(least), "third": power(1.5)})
    assert claim.verdict == verdict
    assert str(claim.measured).endswith("another")


def test_units_are_ordered_by_the_modes_that_all_have() -> None:
    rough, middle, smooth = power(2.0), power(3.0), power(9.0)
    late = Timed(middle.turns, np.concatenate([middle.times[:2], 1e9 * middle.times[2:]]))
    for found, verdict in (
        ((rough, middle, smooth), "holds"), ((rough, late, smooth.first(2)), "holds"),
        ((middle, rough, smooth), "fails"), ((rough, smooth, middle), "fails"),
        ((rough, power(2.004), smooth), "fails"),
        ((power(2.0, spread=0.0), power(2.0, spread=0.0), smooth), "fails"),
    ):  # fmt: skip
        named = dict(zip(smoother_units.ACTIVATIONS, found, strict=True))
        assert smoother_units.ordered("Z14", "", named, quick=False).verdict == verdict


@pytest.mark.parametrize(
    ("adam", "verdict"),
    [((2.0, 4.0), "holds"), ((1.0, 2.0), "holds as corrected"), ((2.0, 2.0), "fails"), ((1.0, 4.0), "fails"),
     ((0.45, 2.0), "fails"), ((1.0, 2.55), "fails"), ((3.0, 4.0), "fails")],
)  # fmt: skip
def test_adam_is_judged_by_the_same_exponent_and_by_half_of_it(
    adam: tuple[float, float], verdict: str
) -> None:
    descent = {"a and b": power(2.0), "fixed": power(4.0)}
    found = dict(zip(descent, map(power, adam), strict=True))
    assert smoother_units.follows(descent, found, descent, quick=False).verdict == verdict


def test_what_is_not_halved_has_no_time_in_the_table_and_a_gap_in_the_figure() -> None:
    each = power(2.0)
    each.times[3, :20] = np.inf
    each.times[2, 0] = np.inf
    table = time_table({"some": each})
    assert [row[2] is None for row in table.rows] == [False, False, False, True]
    assert [row[3:] for row in table.rows] == [[30, 30], [30, 30], [29, 30], [10, 30]]
    median, line = law_figure({"some": each}).series
    assert np.isnan(median.y[3])
    np.testing.assert_allclose(np.polyfit(np.log(line.x), np.log(line.y), 1)[0], each.exponent[0])
    np.testing.assert_allclose(line.y[:3], median.y[:3], rtol=0.05)
