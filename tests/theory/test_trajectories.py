"""Random networks and the growth of curves in them."""

from __future__ import annotations

import numpy as np
import pytest

from nnexpr import circle, trajectory_length
from nnexpr.theory.trajectories import growth_bound, random_network


def test_weights_and_biases_have_the_variances_asked_for() -> None:
    network = random_network(60, 2, "hardtanh", 8.0, 0.5, members=20)
    for index, layer in enumerate(network.layers):
        weights = network.weight(index).numpy()
        assert weights.var() * layer.inputs == pytest.approx(8.0, rel=0.2)
    assert np.concatenate([network.bias(i).numpy().ravel() for i in range(3)]).var() == pytest.approx(
        0.5, rel=0.1
    )


def test_a_member_does_not_depend_on_how_many_there_are() -> None:
    many, one = (
        random_network(8, 3, "relu", 2.0, members=3, seed=4),
        random_network(8, 3, "relu", 2.0, seed=6),
    )
    assert np.array_equal(many.parameters[2].numpy(), one.parameters[0].numpy())


def test_he_relu_keeps_the_squared_speed_of_a_curve_on_average() -> None:
    """E|dh|² is the same in every layer; the mean length is therefore at most its root."""
    network = random_network(64, 5, "relu", 2.0, members=200)
    lengths = trajectory_length(network, circle((0, 0), 1.0, 64), closed=True)[:, :5]
    growth = lengths[:, 1:].mean(axis=0) / lengths[:, :-1].mean(axis=0)
    assert np.all(growth < 1.02)
    assert np.sqrt((lengths[:, 4] ** 2).mean() / (lengths[:, 0] ** 2).mean()) == pytest.approx(1.0, abs=0.1)


def test_wide_hard_tanh_grows_more_than_narrow() -> None:
    growth = []
    for width in (4, 16, 64):
        lengths = trajectory_length(
            random_network(width, 4, "hardtanh", 8.0, members=30), circle((0, 0), 1.0, 64), closed=True
        )
        growth.append(np.median(lengths[:, 3] / lengths[:, 0]) ** (1 / 3))
    assert growth[0] < growth[1] < growth[2]
    assert growth[2] > 1.3


def test_the_bound_is_its_formula_and_its_limit() -> None:
    assert growth_bound("hardtanh", 10**9, 16.0) == pytest.approx(2.0, rel=1e-6)  # sqrt(σ_w)
    assert growth_bound("relu", 10**9, 2.0) == pytest.approx(2**0.5)
    with pytest.raises(ValueError, match="tanh"):
        growth_bound("tanh", 3, 1.0)


@pytest.mark.parametrize(("width", "weights", "biases"), [(1, 3.0, 0.5), (7, 2.0, 0.0), (100, 16.0, 0.25)])
def test_the_bound_of_a_finite_width_is_that_of_print(width: int, weights: float, biases: float) -> None:
    total = weights + biases
    hard = weights**0.5 * width**0.5 / (total + width * total**0.5) ** 0.5
    assert growth_bound("hardtanh", width, weights, biases) == pytest.approx(hard)
    assert growth_bound("relu", width, weights) == pytest.approx((weights * width / (width + 1)) ** 0.5)


def test_unless_asked_there_is_no_bias_and_the_seeds_are_those_of_the_members() -> None:
    network = random_network(5, 2, "relu", 2.0, members=3, seed=11)
    assert not any(bool(network.bias(index).any()) for index in range(3))
    assert network.seeds == (11, 12, 13)
    assert network.architecture.hidden_widths == (5, 5)
