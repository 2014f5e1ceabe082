"""A member's tangent kernel at moments of its training: autograd, closed forms, and training where it is foretold."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

import nnexpr
from nnexpr.kinds import AffineLayer
from nnexpr.linear.continuous import cantilever
from nnexpr.networks.network import Network
from nnexpr.specification import FitSpecification
from nnexpr.targets.target import Target
from nnexpr.training.tangents import Tangent, chosen_points, foretold, tangent_of

WAVE = nnexpr.target("expr:sin(3*x)", domain=(-1.0, 1.0), points=40)


def made(eigenvalues: list[float], residual: list[float]) -> Tangent:
    """A kernel that is diagonal, at as many points."""
    values, n = np.array(eigenvalues), len(eigenvalues)
    loss = float(np.mean(np.square(residual)))
    return Tangent(0, np.arange(n), n * np.diag(values), values, np.eye(n), np.array(residual), loss)


def lazy(width: int) -> Network:
    """tanh units with w, b ~ N(0, 4) and output weights of 1 and -1, each unit twice with both: the output is 0."""
    hidden = 2 * torch.randn(width // 2, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    signs = torch.ones(width // 2, dtype=torch.float64)
    layers = AffineLayer(1, width, "tanh"), AffineLayer(width, 1, "identity")
    parts = [hidden.flatten(), hidden.flatten(), signs, -signs, signs.new_zeros(1)]
    return Network(layers, torch.cat(parts)[None])


def _filled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """As many as there are points: the others are 0."""
    return np.concatenate([values, np.zeros(256 - len(values))])


# What is said of a kernel


def test_after_training_it_is_that_of_autograd_at_the_weights_of_then() -> None:
    """Of member 1, trained in float32, at 256 of 300 points: K, its eigenvalues, the residual and its shares."""
    target = nnexpr.target("cube", points=300)
    network = nnexpr.mlp(depth=3, width=7, activation="tanh", members=2, seed=4)
    result = nnexpr.fit(network, target, epochs=200, lr=1e-2)
    found = result.tangents(1)
    for tangent, weights in ((found.start, network), (found.now, result.network)):
        module = nnexpr.to_torch(weights, member=1).double()
        x = torch.as_tensor(target.inputs[tangent.chosen])
        rows = []
        for value in (y := module(x)[:, 0]):
            parts = torch.autograd.grad(value, module.parameters(), retain_graph=True)
            rows.append(torch.cat([part.reshape(-1) for part in parts]))
        jacobian = torch.stack(rows).numpy()
        residual = y.detach().numpy() - target.values[tangent.chosen]
        np.testing.assert_allclose(tangent.kernel, jacobian @ jacobian.T, rtol=1e-9, atol=1e-12)
        left, singular, _ = np.linalg.svd(jacobian)
        rounding = 256 * np.finfo(np.float64).eps * tangent.eigenvalues[0]
        np.testing.assert_allclose(tangent.eigenvalues, _filled(singular**2 / 256), rtol=1e-9, atol=rounding)
        np.testing.assert_allclose(tangent.residual, residual, atol=1e-12)
        assert tangent.loss == pytest.approx(float(np.mean(residual**2)), rel=1e-9)
        # Of what lies along the span of the first modes: each alone may share a plane with its neighbour.
        expected = np.cumsum((left[:, :8].T @ residual) ** 2) / (residual @ residual)
        np.testing.assert_allclose(np.cumsum(tangent.shares)[:8], expected, rtol=1e-6)
    before, after = (each.kernel for each in (found.start, found.now))
    assert found.movement == pytest.approx(np.linalg.norm(after - before) / np.linalg.norm(before), rel=1e-12)
    cosine = float((after * before).sum()) / np.linalg.norm(after) / np.linalg.norm(before)
    assert found.alignment == pytest.approx(cosine, rel=1e-12)
    assert (found.start.epoch, found.now.epoch) == (0, 200)


def test_equal_eigenvalues_have_their_number_as_effective_rank() -> None:
    assert made([2.0] * 5, [1.0] * 5).effective_rank == pytest.approx(5.0, rel=1e-14)
    assert made([2.0, 2.0, 2.0, 0.0], [1.0] * 4).effective_rank == pytest.approx(3.0, rel=1e-14)
    half_and_quarters = made([0.5, 0.25, 0.25], [0.0] * 3)
    assert half_and_quarters.effective_rank == pytest.approx(2.0**1.5, rel=1e-14)


def test_the_condition_is_over_what_is_above_rounding() -> None:
    whole = made([8.0, 2.0, 1e-9], [1.0] * 3)
    assert (whole.resolved, whole.condition) == (3, pytest.approx(8e9))
    lost = made([8.0, 2.0, 1e-17], [1.0] * 3)
    assert (lost.resolved, lost.condition) == (2, 4.0)


def test_shares_are_those_of_the_squares() -> None:
    np.testing.assert_allclose(made([3.0, 2.0, 1.0], [3.0, 0.0, -4.0]).shares, [0.36, 0.0, 0.64], rtol=1e-15)
    assert made([1.0, 1.0], [0.0, 0.0]).shares.tolist() == [0.0, 0.0]


def test_a_power_has_its_exponent_as_slope_and_few_modes_have_none() -> None:
    assert made((np.arange(1, 121) ** -2.5).tolist(), [1.0] * 120).slope == pytest.approx(-2.5, rel=1e-12)
    assert made([1.0] * 99, [1.0] * 99).slope is None


def test_fixed_knots_have_the_spectrum_of_the_gram_matrix_and_a_constant() -> None:
    """K = Φ Φᵀ + 1: without the 1, times the knots' distance, it tends to the cantilever's spectrum, as hG does."""
    points, knots = 256, 2001
    target = nnexpr.target("cube", domain=(-1.0, 1.0), points=points)
    network = nnexpr.shallow(knots, domain=(-1.0, 1.0), dtype="float64")
    kernel = tangent_of(network, target).kernel - 1.0
    values = np.linalg.eigvalsh(kernel)[::-1] * 2 / (knots - 1) * 2 / points
    np.testing.assert_allclose(values[:10], cantilever(10), rtol=0.02)


# Where it is taken


def test_on_the_line_points_are_evenly_spread_over_x_whatever_their_order() -> None:
    x = np.random.default_rng(3).permutation(np.linspace(0.0, 1.0, 1021))
    target = Target("any", "", x[:, None], x, ((0.0, 1.0),))
    chosen = chosen_points(target)
    assert len(set(chosen.tolist())) == 256
    taken = x[chosen]
    assert (taken[0], taken[-1]) == (0.0, 1.0)
    assert np.diff(taken).min() == pytest.approx(4 / 1020)
    assert np.diff(taken).max() == pytest.approx(4 / 1020)


def test_in_the_plane_they_are_drawn_and_always_the_same() -> None:
    target = nnexpr.target("waves2d", points=1024)
    chosen = chosen_points(target)
    assert len(set(chosen.tolist())) == 256
    assert chosen.tolist() == chosen_points(target).tolist()
    assert len(np.unique(target.inputs[chosen, 0])) == len(np.unique(target.inputs[:, 0]))


def test_few_points_are_all_taken() -> None:
    assert chosen_points(WAVE).tolist() == list(range(40))


# What is foretold


@pytest.mark.parametrize(
    "options",
    [
        {"momentum": 0.0},
        {"momentum": 0.9},
        {"momentum": 0.0, "schedule": "steps:100=0.004,250=0.03"},
        {"momentum": 0.9, "schedule": "steps:100=0.004,250=0.03"},
    ],
)
def test_where_the_network_is_linear_in_what_is_trained_losses_are_as_foretold(
    options: dict[str, object],
) -> None:
    """Fixed knots under gradient descent, from the start; the kernel stays where it is."""
    network = nnexpr.shallow(9, domain=(-1.0, 1.0), members=2, dtype="float64")
    result = nnexpr.fit(network, WAVE, epochs=400, lr=0.02, optimizer="sgd", **options)  # type: ignore[arg-type]
    found = result.tangents(1)
    assert (found.movement, found.alignment) == (0.0, pytest.approx(1.0))
    assert not found.foretold.is_flow
    at = np.searchsorted(result.history.epochs, found.foretold.epochs[:-1])
    assert (found.foretold.epochs[0], found.foretold.epochs[-1]) == (0, 400)
    seen = result.history.epochs[at] == found.foretold.epochs[:-1]
    assert seen.sum() > 40
    known = result.history.losses[at, 1][seen]
    np.testing.assert_allclose(found.foretold.losses[:-1][seen], known, rtol=1e-6)  # the history is float32
    assert found.foretold.losses[-1] == pytest.approx(float(result.loss[1]), rel=1e-10)


def test_in_the_targets_own_units_and_from_a_moment_on(tmp_path: object) -> None:
    """A target stretched by 7 has 49 times the losses; from epoch 150 on it is foretold by what is left then."""
    x = WAVE.inputs
    stretched = Target("s", "", x, WAVE.values, WAVE.domain, value_scale=nnexpr.scale.Scale(7.0, 2.0))
    network = nnexpr.shallow(9, domain=(-1.0, 1.0), dtype="float64")
    plain, own = (
        nnexpr.fit(network, target, epochs=150, lr=0.02, optimizer="sgd", momentum=0.0)
        for target in (WAVE, stretched)
    )
    np.testing.assert_allclose(
        own.tangents().foretold.losses, 49 * plain.tangents().foretold.losses, rtol=1e-12
    )
    longer = nnexpr.fit(network, stretched, epochs=300, lr=0.02, optimizer="sgd", momentum=0.0)
    rest = foretold(own.tangents().now, longer.specification, 40, 300)
    assert (rest.epochs[0], rest.epochs[-1]) == (150, 300)
    assert rest.losses[0] == pytest.approx(float(own.loss[0]), rel=1e-12)
    assert rest.losses[-1] == pytest.approx(float(longer.loss[0]), rel=1e-9)


def test_a_wide_network_hardly_moves_and_does_as_foretold() -> None:
    """Each unit moves by O(1 / width), and what K changes by to first order cancels in pairs: 16² times less."""
    moved = []
    for width in (64, 1024):
        result = nnexpr.fit(lazy(width), WAVE, epochs=60, lr=0.2 / width, optimizer="sgd", momentum=0.0)
        found = result.tangents()
        moved.append(found.movement)
        assert float(result.loss[0]) < 0.2 * found.start.loss
        assert found.foretold.losses[-1] == pytest.approx(float(result.loss[0]), rel=10 * found.movement)
    assert moved[1] < 1e-6
    assert moved[0] / moved[1] == pytest.approx(16**2, rel=0.1)
    assert found.alignment == pytest.approx(1.0, abs=1e-12)


def test_small_steps_of_descent_approach_the_flow_of_optimisers_without_steps() -> None:
    """The flow is the exponential, dr/dt = -2 K r / n by an ODE solver; descent with h = 1e-4 is within O(h) of it."""
    tangent = tangent_of(lazy(64), WAVE)
    scale = tangent.eigenvalues[0]
    slow = Tangent(
        0, tangent.chosen, tangent.kernel / scale, tangent.eigenvalues / scale, tangent.modes, tangent.residual,
        tangent.loss,
    )  # fmt: skip
    flow = foretold(slow, FitSpecification.make(optimizer="lbfgs"), 40, 5)
    assert flow.is_flow
    solved = solve_ivp(
        lambda t, r: -2 / 40 * (slow.kernel @ r),
        (0, 5),
        slow.residual,
        rtol=1e-10,
        atol=1e-12,
        t_eval=flow.epochs,
    )
    np.testing.assert_allclose(flow.losses, np.mean(solved.y**2, axis=0), rtol=1e-7)
    small = FitSpecification.make(optimizer="sgd", momentum=0.0, lr=1e-4)
    steps = foretold(slow, small, 40, 50_000)
    at = np.searchsorted(steps.epochs, 50_000)
    assert steps.losses[at] == pytest.approx(flow.losses[-1], rel=1e-3)


def test_mini_batches_take_as_many_steps_an_epoch_as_there_are() -> None:
    tangent = tangent_of(lazy(64), WAVE)
    whole = FitSpecification.make(optimizer="adam", lr=1e-4)
    parts = whole.replace(batch_size=15)  # 3 steps of 40 points
    assert foretold(tangent, parts, 40, 100).losses[-1] == pytest.approx(
        foretold(tangent, whole, 40, 300).losses[-1], rel=1e-12
    )


def test_it_begins_at_the_loss_that_is_given() -> None:
    tangent = tangent_of(lazy(64), WAVE)
    spec = FitSpecification.make(lr=1e-4)
    scaled, plain = (foretold(tangent, spec, 40, 100, loss=loss).losses for loss in (3.0, None))
    assert scaled[0] == pytest.approx(3.0, rel=1e-12)
    np.testing.assert_allclose(scaled / plain, 3.0 / tangent.loss, rtol=1e-12)


# What has none


def test_what_has_no_kernel_says_why() -> None:
    frozen = Network((AffineLayer(1, 1, "identity", trained=False),), torch.zeros(1, 2))
    with pytest.raises(ValueError, match="frozen"):
        tangent_of(frozen, WAVE)
    network = nnexpr.mlp(depth=3, width=4)
    for value in (math.inf, math.nan, 1e30):
        with pytest.raises(ValueError, match="not finite"):
            tangent_of(network.with_parameters(torch.full_like(network.parameters, value) ** 3), WAVE)
    staged = nnexpr.fit(nnexpr.compositional(2), nnexpr.target("cube", points=16), epochs=4, stages=(1, 3))
    with pytest.raises(ValueError, match="peaks and scales"):
        staged.tangents()
    lost = nnexpr.fit(nnexpr.mlp(depth=3, width=8), WAVE, epochs=100, lr=1e6, optimizer="sgd")
    with pytest.raises(ValueError, match=r"member 0 diverged at epoch \d+"):
        lost.tangents()


@pytest.mark.parametrize("unit", [1e-40, 1e-5, 1e40])
def test_what_is_above_rounding_does_not_depend_on_the_unit(unit: float) -> None:
    whole, lost = (made([8.0 * unit, 2.0 * unit, least * unit], [1.0] * 3) for least in (1e-9, 1e-17))
    assert (whole.resolved, lost.resolved) == (3, 2)
    assert (whole.condition, lost.condition) == (pytest.approx(8e9), pytest.approx(4.0))
