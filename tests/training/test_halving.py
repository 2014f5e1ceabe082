"""Epochs until a mode of the error is halved: where the network is linear they are known to the last digit."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import nnexpr
from nnexpr.networks.network import Network
from nnexpr.scale import Scale
from nnexpr.targets.target import Target
from nnexpr.training.fit import session
from nnexpr.training.halving import amplitudes, halving_epochs
from nnexpr.training.tangent import tangent_kernel, tangent_modes

POINTS = np.linspace(-1, 1, 24)


def still(members: int = 2) -> Network:
    """ReLUs at knots of each member's own, of which only the sum is trained, from 0."""
    drawn = nnexpr.shallow(12, biases="random", domain=(-1, 1), members=members, dtype="float64")
    parameters = drawn.parameters.clone()
    parameters[:, drawn.layers[0].size :] = 0.0
    return drawn.with_parameters(parameters)


def trained(network: Network, values: np.ndarray, rate: float, epochs: int = 10**6):
    goal = Target("given", "values", POINTS[:, None], values, ((-1.0, 1.0),))
    return session(network, goal, lr=rate, epochs=epochs, optimizer="sgd", momentum=0.0)


def test_an_eigenmode_of_the_tangent_kernel_is_halved_when_its_factor_says() -> None:
    """By (1 − 2 η μ/n)^t of gradient descent on the mean square: t = ln(1/2)/ln(1 − 2 η μ/n)."""
    network = still(members=1)
    values, modes = (
        each[0].numpy() for each in tangent_modes(tangent_kernel(network, torch.from_numpy(POINTS)))
    )
    rate = len(POINTS) / (2 * values[0])
    for k in (1, 2):
        factor = 1 - 2 * rate * values[k] / len(POINTS)
        found = halving_epochs(trained(network, modes[k], rate), modes[[k, 5]], 10**6)
        assert found[0, 0] == pytest.approx(math.log(0.5) / math.log(factor), rel=1e-9)


def test_a_mode_of_several_is_timed_by_its_own_error_for_each_member() -> None:
    network = still()
    shapes = np.stack([np.ones_like(POINTS), np.sin(3 * POINTS)])
    both = halving_epochs(trained(network, shapes.sum(axis=0), 0.05), shapes, 10**5)
    for member in range(2):
        alone = halving_epochs(trained(network.member(member), shapes.sum(axis=0), 0.05), shapes, 10**5)
        np.testing.assert_allclose(alone[:, 0], both[:, member], rtol=1e-12)
    assert (both[:, 0] != both[:, 1]).all()
    assert (both[0] < both[1]).all()


def test_what_takes_longer_than_is_waited_for_takes_for_ever() -> None:
    flat, wave = np.ones_like(POINTS), np.sin(20 * POINTS)
    watched = trained(still(), flat + wave, 0.05)
    found = halving_epochs(watched, np.stack([flat, wave]), 300)
    assert np.isfinite(found[0]).all()
    assert np.isinf(found[1]).all()
    assert watched.epoch == 300


def test_it_ends_with_the_session() -> None:
    watched = trained(still(), np.sin(20 * POINTS), 0.05, epochs=40)
    assert np.isinf(halving_epochs(watched, np.sin(20 * POINTS)[None], 10**6)).all()
    assert watched.epoch == 40
    diverging = trained(still(), np.sin(20 * POINTS), 1e9)
    assert np.isinf(halving_epochs(diverging, np.sin(20 * POINTS)[None], 10**6)).all()
    assert diverging.state == "failed"


def swinging(rate: float, momentum: float) -> float:
    """Epochs until cos-like e_t of v ← β v + 2 e, e ← e − rate v, e_0 = 1, v_0 = 0 first is half, by stepping."""
    e, v, epoch = 1.0, 0.0, 0
    while True:
        before = e
        v = momentum * v + 2 * e
        e -= rate * v
        if abs(e) <= 0.5:
            return epoch + math.log(2 * abs(before)) / math.log(abs(before) / abs(e))
        epoch += 1


@pytest.mark.parametrize(("rate", "within"), [(3e-3, 1e-9), (3e-6, 2e-3)])
def test_an_error_that_swings_is_timed_by_its_first_half(rate: float, within: float) -> None:
    """With momentum the error does not fall like an exponential, and comes back: looks are one in twenty epochs."""
    network = still(members=1)
    values, modes = (
        each[0].numpy() for each in tangent_modes(tangent_kernel(network, torch.from_numpy(POINTS)))
    )
    scale = rate * len(POINTS) / values[0]
    goal = Target("given", "mode", POINTS[:, None], modes[0], ((-1.0, 1.0),))
    watched = session(network, goal, lr=scale, epochs=10**6, optimizer="sgd", momentum=0.999)
    expected = swinging(rate, 0.999)
    assert (expected < 40) == (within < 1e-6)
    assert halving_epochs(watched, modes[:1], 10**6)[0, 0] == pytest.approx(expected, rel=within)


def test_the_amplitude_is_the_coefficient_of_the_mode_in_own_units() -> None:
    """The error of a network that is 2 everywhere, on 1 − 3 φ_1 + φ_2 / 2 for waves over whole periods: 1, 3, 1/2.

    Of a target in units 7 times as large all are 7 times as large, and of a member that has diverged none is known.
    """
    x = np.arange(24) / 24
    modes = np.stack([np.ones(24), np.sin(2 * np.pi * x), 5 * np.cos(4 * np.pi * x)])
    values = modes.T @ [1.0, -3.0, 0.5]
    network = nnexpr.shallow(5, domain=(0, 1), members=2, dtype="float64")
    parameters = torch.zeros_like(network.parameters)
    parameters[:, -1] = torch.tensor([2.0, 3.0])
    constant = network.with_parameters(parameters)
    for unit in (1.0, 7.0):
        goal = Target("given", "", x[:, None], values, ((0.0, 1.0),), value_scale=Scale(unit, 4.0))
        found = amplitudes(session(constant, goal, epochs=1), modes)
        np.testing.assert_allclose(found, unit * np.array([[1, 2], [3, 3], [0.5, 0.5]]), rtol=1e-12)
    lost = session(constant, goal, epochs=9, lr=1e300, optimizer="sgd")
    lost.step(9)
    assert np.isnan(amplitudes(lost, modes)).all()
