"""The experiments on linear representation, quick: what holds, what cannot be told, and the edges of the verdicts."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from quick import columns, quick
from wrong_numerics import WRONG_NUMERICS, cube, features, prices, rashomon_cell, relative, table
from wrong_oscillations import WRONG_OSCILLATIONS
from wrong_planar import WRONG_PLANAR

from nnexpr.experiments.data import Claim, Figure
from nnexpr.experiments.numerics import (
    EXPERIMENTS,
    arctan_table,
    global_local,
    gradient_flow,
    gram_spectra,
    low_pass,
    random_features,
    rashomon_sets,
)
from nnexpr.experiments.numerics.features import ACTIVATIONS, FREE, Goal, freedom, splines, trained
from nnexpr.experiments.numerics.features import random_features as random_features_of
from nnexpr.experiments.numerics.global_local import TARGETS
from nnexpr.linear.continuous import cantilever
from nnexpr.networks.network import Network

CORRECTED = {"Z5", "Z14 Adam", "Z18 gradients"}
FAILING = {"Z20 exact"}  # one network is the better spline
TOO_FEW = {  # lines in the plane, frequencies, units, epochs of a quick run
    "Z4", "Z15 frequency", "Z16 gain", "Z16 adaptive", *WRONG_OSCILLATIONS, *WRONG_PLANAR,
}  # fmt: skip


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda experiment: experiment.id)
def test_quick_runs_find_what_the_talk_says(experiment) -> None:
    result, reported = quick(experiment.id)
    assert reported == sorted(reported)
    assert reported[-1] == 1
    for claim in result.claims:
        expected = (
            "fails" if claim.id in FAILING else "holds as corrected" if claim.id in CORRECTED else "holds"
        )
        assert claim.verdict == ("not measured" if claim.id in TOO_FEW else expected), claim
    for each in result.tables:
        assert each.rows
    for figure in (each for each in result.figures if isinstance(each, Figure) and each.log_y):
        assert all(y > 0 or math.isnan(y) for curve in figure.series for y in curve.y)


def test_every_claim_is_made_to_fail_somewhere() -> None:
    made = {claim.id for experiment in EXPERIMENTS for claim in quick(experiment.id)[0].claims}
    assert made == set(WRONG_NUMERICS)


@pytest.mark.parametrize("name", WRONG_NUMERICS)
def test_each_claim_can_fail(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    [claim] = [claim for claim in WRONG_NUMERICS[name](monkeypatch) if claim.id == name]
    assert claim.verdict == "fails"
    assert claim.fails_if


def verdict(claim: Claim) -> str:
    return claim.verdict


def test_powers_are_judged_as_printed_and_as_corrected() -> None:
    assert verdict(gram_spectra.powers({1: -4.0, 2: -5.0, 3: -6.0})) == "holds"
    assert verdict(gram_spectra.powers({1: -4.3, 2: -6.3, 3: -8.3})) == "holds as corrected"
    assert verdict(gram_spectra.powers({1: -4.4, 2: -6.0, 3: -8.0})) == "fails"


def test_the_least_that_holds() -> None:
    assert verdict(gram_spectra.conditions((50, 100), (1.0, 8.01), (1.0, 8.01))) == "holds"
    assert verdict(gram_spectra.in_the_plane(np.arange(1, 251) ** -2.79, quick=False)) == "holds"
    assert verdict(gram_spectra.in_the_plane(np.arange(1, 251) ** -2.85, quick=True)) == "not measured"
    assert verdict(gram_spectra.analytic({"tanh": [-5.0, -8.1]})) == "holds"
    assert verdict(gram_spectra.analytic({"tanh": [-9.0, -8.9]})) == "fails"
    assert verdict(low_pass.stable({(0.1, 100): 0.5, (0.03, low_pass.OVER): 2.9})) == "holds"
    assert verdict(low_pass.kept_modes({"single": 12, "double": 2702})[1]) == "holds"
    assert verdict(low_pass.kept_modes({"single": 11, "double": 1351})[1]) == "fails"
    assert verdict(low_pass.captured({1: np.full(5, 0.1), 3: np.full(5, 0.5), 9: np.full(5, 1.0)})) == "holds"
    late = np.concatenate([np.linspace(1, 0.1, 45), np.linspace(0.1, 0.16, 45)])
    assert verdict(gradient_flow.stopped(late)) == "holds"
    assert verdict(gradient_flow.stopped(np.minimum(late, 0.14))) == "fails"


def test_both_must_win_where_they_should() -> None:
    """The better of the two global bases counts against hats, on either target."""
    assert verdict(global_local.winner_changes(relative(smooth=0.4, rough=2.1))) == "holds"
    assert verdict(global_local.winner_changes(relative(smooth=0.6, rough=2.1))) == "fails"
    one = relative(smooth=0.6, rough=2.1)
    assert verdict(global_local.winner_changes({**one, ("smooth", "sparse", "tanh"): 0.4})) == "holds"
    assert verdict(global_local.winner_changes({**one, ("rough", "dense", "tanh"): 1.9})) == "fails"


def test_rashomon_sets_are_judged_as_printed_and_as_corrected() -> None:
    for power, expected in ((-4.4, "holds"), (3.6, "holds as corrected"), (4.6, "fails"), (-3.4, "fails")):
        assert verdict(rashomon_sets.by_frequency(prices(power), quick=False)) == expected
    # Over the highest frequencies only, and not where fewer than three were found.
    low = dict.fromkeys((1.0, 2.0), 1.0)
    assert verdict(rashomon_sets.by_frequency(low | prices(4.0), quick=False)) == "holds as corrected"
    assert verdict(rashomon_sets.by_frequency(low, quick=False)) == "not measured"
    assert (
        verdict(rashomon_sets.by_frequency(prices(4.0) | {9.0: math.nan}, quick=False))
        == "holds as corrected"
    )
    assert verdict(rashomon_sets.by_frequency(prices(2.0), quick=True)) == "not measured"


def test_the_bound_of_a_rashomon_set_is_held_to_lower_ends() -> None:
    bound = rashomon_cell(0.0, 0.0).bound(0.5)
    assert verdict(rashomon_sets.below([rashomon_cell(bound * 0.99, bound * 1.1)])) == "holds"
    assert verdict(rashomon_sets.below([rashomon_cell(bound * 1.01, bound * 1.1)])) == "fails"
    one = rashomon_cell(bound * 0.5, bound * 0.6)
    assert verdict(rashomon_sets.below([one, rashomon_cell(bound * 1.01, bound * 1.1)])) == "fails"
    assert rashomon_cell(1e-9, 2e-9, plain=3e-9).chances[0].probability == 3e-9


def test_what_sampling_and_splitting_find_is_the_same_and_falls_with_frequency_and_error() -> None:
    found, seen, _ = quick("rashomon-sets")[0].tables
    plain, rare, error = columns(found, "by sampling", "by splitting", "relative error")
    both = plain * 20_000 >= 10
    assert both.sum() >= 2
    spread = np.sqrt(1 / (plain[both] * 20_000) + error[both] ** 2)
    assert (np.abs(np.log(plain[both] / rare[both])) < 4 * spread).all()
    falls = rare.reshape(2, 4, 3)  # width, wave, error
    assert (np.diff(falls, axis=2) < 0).all()
    assert (falls[:, -1] < falls[:, 0] / 10).all()
    frequency, kappa = columns(seen, "ν", "κ")
    assert (kappa * frequency**2 <= 2 + 1e-12).all()


def test_what_training_gains_is_judged_at_equal_width_and_at_equal_freedom() -> None:
    for claim in (random_features.gain, random_features.per_freedom):
        for gained, expected in ((1.9, "holds"), (2.1, "fails"), (0.1, "holds")):
            dense = {name: features(gained, power=0) for name in ("relu", "tanh")}
            assert verdict(claim(dense, quick=False)) == expected
        one = {"relu": features(1.0, power=0), "tanh": features(2.1, power=0)}
        assert verdict(claim(one, quick=False)) == "fails"
        assert verdict(claim(one, quick=True)) == "not measured"
    # Errors that fall like 1/n: twice as many random ReLUs are twice as near, three times as many tanh three times.
    assert verdict(random_features.per_freedom({"relu": features(3.9)}, quick=False)) == "holds"
    assert verdict(random_features.per_freedom({"relu": features(4.1)}, quick=False)) == "fails"
    assert verdict(random_features.per_freedom({"tanh": features(5.9)}, quick=False)) == "holds"
    assert verdict(random_features.per_freedom({"tanh": features(6.1)}, quick=False)) == "fails"


def test_random_features_must_fall_and_trained_ones_be_far_from_the_best_spline() -> None:
    falling, rising = features(1.0), features(1.0, power=0)
    assert verdict(random_features.falls({"relu": falling, "tanh": falling})) == "holds"
    assert verdict(random_features.falls({"relu": falling, "tanh": rising})) == "fails"
    best = {8: 1.0, 16: 0.05, 32: 1e-9}  # by degrees of freedom: the last is of more pieces than units
    assert verdict(random_features.too_hard(falling, best, quick=False)) == "holds"
    assert verdict(random_features.too_hard(falling, best | {16: 0.06}, quick=False)) == "fails"
    assert verdict(random_features.too_hard(falling, best | {16: 0.06}, quick=True)) == "not measured"


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_degrees_of_freedom_are_the_rank_of_what_parameters_can_do(activation: str) -> None:
    """Of the Jacobian, by differences, at a network in general position, over many points."""
    network = random_features_of(Goal("smooth", TARGETS["smooth"], 60), activation, 3, 1, 0)
    x, step = np.linspace(-1, 1, 400)[:, None], 1e-6
    moves = step * torch.eye(network.parameter_count, dtype=torch.float64)
    above, below = (
        Network(network.layers, network.parameters + move)(x)[:, :, 0] for move in (moves, -moves)
    )
    singular = np.linalg.svd((above - below) / (2 * step), compute_uv=False)
    assert int((singular > 1e-6 * singular[0]).sum()) == freedom(activation, 3)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_random_features_are_the_best_on_their_units_and_training_goes_on_from_them(activation: str) -> None:
    goal = Goal("smooth", TARGETS["smooth"], 60)
    network = random_features_of(goal, activation, 6, 3, 0)
    assert torch.equal(network.parameters[2:], random_features_of(goal, activation, 6, 1, 2).parameters)
    x, y = goal.target.inputs, goal.target.values
    residual = network(x)[:, :, 0] - y
    for member in range(3):
        weights, biases = network.parameters[member, :12].numpy().reshape(6, 2).T
        steps = x * weights + biases
        units = np.maximum(steps, 0) if activation == "relu" else np.tanh(steps)
        assert np.abs(units.T @ residual[member]).max() < 1e-8
        assert (np.abs(biases) <= np.abs(weights)).all()  # every unit bends on the domain
    [after] = trained(goal, [network], "levenberg-marquardt", 3)
    assert (((after(x)[:, :, 0] - y) ** 2).mean(axis=1) < (residual**2).mean(axis=1)).all()


def test_errors_of_splines_are_those_of_their_rates() -> None:
    """Of x², f″ = 2: root mean squares of f″h²/√120 interpolated and f″h²/√720 at best, with even knots or free."""
    goal = Goal("parabola", lambda x: x**2, 1000)
    found = splines(goal, (4, 8))
    step, spread = 2 / 8, np.std(np.linspace(-1, 1, 5001) ** 2)
    assert found["interpolant"][9] == pytest.approx(2 * step**2 / 120**0.5 / spread, rel=0.01)
    assert found["P1, even knots"][9] == pytest.approx(2 * step**2 / 720**0.5 / spread, rel=0.01)
    assert found[FREE][16] == pytest.approx(
        found["P1, even knots"][9], rel=0.01
    )  # even knots are the best for x²


def test_what_is_printed_in_table_1_holds() -> None:
    fem, double, single = arctan_table.claims(table(), cube())
    assert [verdict(claim) for claim in (fem, double, single)] == ["holds"] * 3
    assert verdict(arctan_table.claims(table(), cube(truncated=9.9))[2]) == "fails"
    assert verdict(arctan_table.claims(table(NN_float64=0.49), cube())[1]) == "fails"
    assert len(arctan_table.PRINTED) == 16  # of two numbers each
    for factor in (1e-6, 1e6):  # of other units
        scaled = {way: factor * square for way, square in cube().items()}
        assert arctan_table.claims(table(), scaled)[2].measured == single.measured


def test_the_largest_matrix_kept_whole_is_where_the_condition_meets_the_precision() -> None:
    """cond(G) = 6.361 n⁴ for n uniform cells: n⁵ ε = 1/6.361."""
    for epsilon in (2.0**-23, 2.0**-30):
        assert low_pass.largest_kept(epsilon) == pytest.approx((1 / (6.361 * epsilon)) ** 0.2, abs=1.5)


def test_a_cut_off_keeps_a_sine_once_its_frequency_is_below_the_modes_that_are_kept() -> None:
    spectra, _ = quick("low-pass")
    [first] = [each for each in spectra.tables if "λ_k/λ_1" in each.title]
    for column in columns(first, "f_1", "f_3", "f_9"):
        assert (np.diff(column) <= 1e-12).all()  # a smaller cut-off never loses
    kept = [(cantilever(300) >= cut * cantilever(1)).sum() for cut in low_pass.CUT_OFFS]
    assert kept[2] > 12.5 > kept[0]  # the cosine of f_1 is between modes 12 and 13
    assert columns(first, "f_1")[0][2] < 0.02 < columns(first, "f_1")[0][0]


def test_in_single_precision_ranks_are_those_of_the_cut_off() -> None:
    """Eigenvalues of AᵀA above ε: k⁻⁴ gives about ε^(−1/4); singular values are all above ε."""
    result, _ = quick("arctan-table")
    behind = result.tables[1]
    parts = columns(behind, "basis", "precision", "solver", "cut-off / ε", "rank")
    ranks = {
        (basis, solver, cut, dtype): rank for basis, dtype, solver, cut, rank in zip(*parts, strict=True)
    }
    assert ranks["relu", "svd", 1.0, "float32"] == 100
    assert ranks["relu", "gram", 1.0, "float32"] == pytest.approx(33, abs=3)
    assert ranks["relu", "gram", 100.0, "float32"] < ranks["relu", "gram", 1.0, "float32"]
    assert {rank for way, rank in ranks.items() if way[0] == "hat"} == {100}
