"""Stages of compositional networks: the pull-back against autograd, coordinates read from weights, sessions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import nnexpr
from nnexpr.kernels.manifold import pull_back_to_coordinates
from nnexpr.networks.compositional import compositional, manifold_parameters, random_peaks
from nnexpr.specification import FitSpecification, InputError
from nnexpr.splines.tent import theorem_scales
from nnexpr.training.compiled_stepper import CompiledEvaluator
from nnexpr.training.fit import session
from nnexpr.training.session import InvalidTransition
from nnexpr.training.stages import coordinates_of
from nnexpr.training.stepper import Data, Job

GOAL = nnexpr.target("cube", points=64)
MEMBERS = 6


def drawn(depth: int, sign: int, free: bool, domain: tuple[float, float] = (0.0, 1.0)):
    peaks = 0.1 + 0.8 * random_peaks(depth, MEMBERS, 3)
    ratios = 0.05 + 0.9 * np.random.default_rng(9).random((MEMBERS, depth)) if free else None
    scales = None if ratios is None else np.cumprod(ratios, axis=1)
    return compositional(
        depth, peaks, scales, members=MEMBERS, sign=sign, domain=domain, dtype="float64"
    ), peaks


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("depth", [1, 2, 5])
@pytest.mark.parametrize("free", [False, True])
def test_the_pull_back_is_autograds(depth: int, sign: int, free: bool) -> None:
    """A random linear function of the weights, so that every entry of the Jacobian counts.

    It takes no part of the two biases that hold the lift: those cancel in every function of the outputs.
    """
    network, given = drawn(depth, sign, free)
    peaks = torch.from_numpy(given).requires_grad_()
    ratios = torch.from_numpy(coordinates_of(network).values[:, depth:].copy()).requires_grad_()
    scales = torch.cumprod(ratios, dim=1) if free else None
    weights = manifold_parameters(peaks, scales, sign=sign)
    gradient = torch.randn(weights.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    gradient[:, 1] = gradient[:, -1] = 0.0
    weights.backward(gradient)
    for member in range(MEMBERS):
        out = np.empty(2 * depth)
        own = np.concatenate([given[member], ratios.detach().numpy()[member]])
        pull_back_to_coordinates(own, not free, sign, gradient[member].numpy(), out)
        assert np.allclose(out[:depth], peaks.grad[member].numpy(), rtol=1e-11, atol=1e-11)
        if free:
            assert np.allclose(out[depth:], ratios.grad[member].numpy(), rtol=1e-11, atol=1e-11)


def test_the_losss_gradient_does_not_feel_the_lift() -> None:
    network, given = drawn(4, -1, True)
    peaks = torch.from_numpy(given).requires_grad_()
    ratios = torch.from_numpy(coordinates_of(network).values[:, 4:].copy()).requires_grad_()
    weights = manifold_parameters(peaks, torch.cumprod(ratios, dim=1), sign=-1)
    losses, gradient = torch.empty(MEMBERS, dtype=torch.float64), torch.empty_like(weights)
    features = network.features(torch.from_numpy(GOAL.inputs))
    data, spec = Data(features, torch.from_numpy(GOAL.values)), FitSpecification.make(members=MEMBERS)
    stepper = CompiledEvaluator(Job(network, slice(0, MEMBERS), data, spec))
    stepper.loss_and_gradient(weights.detach(), losses, gradient)
    weights.backward(gradient)
    out = np.empty(8)
    for member in range(MEMBERS):
        own = np.concatenate([given[member], ratios.detach().numpy()[member]])
        pull_back_to_coordinates(own, False, -1, gradient[member].numpy(), out)
        expected = torch.cat([peaks.grad[member], ratios.grad[member]]).numpy()
        assert np.allclose(out, expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("free", [False, True])
@pytest.mark.parametrize("domain", [(0.0, 1.0), (-2.0, 3.0)])
def test_coordinates_give_the_weights_back(sign: int, free: bool, domain: tuple[float, float]) -> None:
    network, peaks = drawn(6, sign, free, domain)
    found = coordinates_of(network)
    assert found.waves.sign == sign
    assert (found.waves.low, found.waves.low + found.waves.width) == pytest.approx(domain)
    assert np.allclose(found.values[:, :6], peaks, rtol=1e-12)
    assert np.allclose(found.weights(), network.parameters.numpy(), rtol=1e-10, atol=1e-12)


def test_only_networks_on_the_manifold_have_coordinates() -> None:
    for network in (nnexpr.mlp(3, 8), nnexpr.mlp(6, 4)):
        with pytest.raises(InputError, match="stages"):
            coordinates_of(network)
    trained = nnexpr.fit(compositional(3), GOAL, epochs=50, lr=1e-2).network
    with pytest.raises(InputError, match="left the manifold"):
        coordinates_of(trained)
    network, _ = drawn(3, 1, True)
    adding = replace(
        network, layers=(network.layers[0], replace(network.layers[1], adds=1), *network.layers[2:])
    )
    with pytest.raises(InputError, match="stages"):
        coordinates_of(adding)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("stage", [1, 2])
def test_a_stage_stays_on_the_manifold(stage: int, dtype: str) -> None:
    network = compositional(5, members=4, dtype=dtype)
    result = nnexpr.fit(network, GOAL, epochs=200, lr=3e-3, stages=(stage,))
    assert float(result.loss.max()) < float(nnexpr.fit(network, GOAL, epochs=0).loss.max())
    found = coordinates_of(result.network)
    peaks, scales = found.values[:, :5], np.cumprod(found.values[:, 5:], axis=1)
    theorem = np.stack(theorem_scales(peaks.T), axis=1)
    assert np.allclose(scales, theorem, rtol=1e-4) == (stage == 1)
    for lines in nnexpr.linear_regions(result.network, certify=False):
        assert lines.activation_regions == 2**5
        assert not lines.dead_units


def test_stages_in_one_session_are_stages_one_after_another() -> None:
    network = compositional(4, members=3, dtype="float64")
    whole = nnexpr.fit(network, GOAL, epochs=90, lr=1e-3, stages=(1, 2, 3))
    apart = network
    for stages in ((1,), (2,), None):
        apart = nnexpr.fit(apart, GOAL, epochs=30, lr=1e-3, stages=stages).network
    assert torch.allclose(whole.network.parameters, apart.parameters, rtol=1e-7, atol=1e-9)


def test_a_member_does_not_depend_on_the_others_nor_on_how_epochs_are_cut() -> None:
    many = nnexpr.fit(compositional(4, members=5), GOAL, epochs=60, lr=1e-3, stages=(1, 3)).network
    alone = session(compositional(4, seed=3), GOAL, epochs=60, lr=1e-3, stages=(1, 3))
    while alone.epoch < 60:
        alone.step(7)
    assert torch.equal(alone.current_network().parameters[0], many.parameters[3])


@pytest.mark.parametrize(
    "options",
    [
        {"stages": (2, 1)},
        {"stages": (1, 1)},
        {"stages": (4,)},
        {"stages": (1,), "optimizer": "lbfgs"},
        {"stages": (1,), "batch_size": 8},
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(InputError):
        nnexpr.fit(compositional(3), GOAL, epochs=2, **options)


def test_masks_have_no_meaning_on_the_manifold() -> None:
    network = compositional(3)
    with pytest.raises(InputError, match="masks"):
        nnexpr.fit(network, GOAL, epochs=2, stages=(1,), masks=torch.ones_like(network.parameters))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("stages", [(1, 2, 3), (2, 3)])
def test_stages_ended_by_hand_are_those_of_equal_shares(dtype: str, stages: tuple[int, ...]) -> None:
    network = compositional(4, members=3, dtype=dtype)
    whole = nnexpr.fit(network, GOAL, epochs=40 * len(stages), lr=3e-3, stages=stages)
    by_hand = session(network, GOAL, epochs=10**10, lr=3e-3, stages=stages)
    seen = []
    for _ in stages:
        if seen:
            by_hand.next_stage()
        seen.append(by_hand.stage)
        by_hand.step(25)
        by_hand.step(15)
    assert tuple(seen) == stages
    assert torch.equal(by_hand.current_network().parameters, whole.network.parameters)
    with pytest.raises(InputError, match="no stage follows"):
        by_hand.next_stage()


def test_a_stage_that_ends_as_it_begins_is_left_out() -> None:
    network = compositional(3)
    by_hand = session(network, GOAL, epochs=10**10, lr=3e-3, stages=(1, 2, 3))
    by_hand.step(30)
    by_hand.next_stage()
    by_hand.next_stage()
    by_hand.step(30)
    whole = nnexpr.fit(network, GOAL, epochs=60, lr=3e-3, stages=(1, 3))
    assert torch.equal(by_hand.current_network().parameters, whole.network.parameters)


def test_only_stages_can_be_ended() -> None:
    plain = session(compositional(3), GOAL, epochs=5)
    assert plain.stage is None
    with pytest.raises(InputError, match="not trained"):
        plain.next_stage()
    finished = session(compositional(3), GOAL, epochs=2, stages=(1, 3))
    finished.step(2)
    with pytest.raises(InvalidTransition):
        finished.next_stage()


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("depth", [1, 4])
def test_in_stage_1_the_scales_are_the_theorems_whether_waves_are_added_or_subtracted(
    sign: int, depth: int
) -> None:
    network = compositional(depth, random_peaks(depth, 2, 5), members=2, sign=sign, dtype="float64")
    trained = nnexpr.fit(network, GOAL, epochs=30, lr=1e-2, stages=(1,)).network
    assert not torch.equal(trained.parameters, network.parameters)
    found = coordinates_of(trained)
    peaks, scales = found.values[:, :depth], np.cumprod(found.values[:, depth:], axis=1)
    theorem = np.stack(theorem_scales(peaks.T, sign), axis=1)
    np.testing.assert_allclose(scales, theorem, rtol=1e-9)
