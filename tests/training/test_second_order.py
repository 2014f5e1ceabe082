"""L-BFGS and Levenberg-Marquardt in a session: what they reach, frozen and masked parameters, going back."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import nnexpr
from nnexpr import optimizers
from nnexpr.networks.builders import mlp, shallow
from nnexpr.specification import FitSpecification, InputError
from nnexpr.targets import target
from nnexpr.training.devices import estimate_bytes
from nnexpr.training.fit import fit, session

OPTIMIZERS = ["lbfgs", "levenberg-marquardt"]
GOAL = target("tanh3", points=120)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loops", ["compiled", "tensors"])
def test_no_loss_ever_rises_and_all_go_far_below_adams(optimizer: str, loops: str) -> None:
    network = mlp(3, 8, activation="tanh", members=4, seed=2, dtype="float64")
    result = fit(network, GOAL, epochs=80, optimizer=optimizer, loops=loops)
    losses = np.concatenate([result.history.losses, result.loss.numpy()[None].astype(np.float32)])
    assert (np.diff(losses.astype(np.float64), axis=0) <= 1e-7 * losses[:-1]).all()
    adam = fit(network, GOAL, epochs=400, lr=1e-2)
    assert float(result.loss.max()) < 0.1 * float(adam.loss.min())


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_linear_problem_is_solved(optimizer: str) -> None:
    """A shallow network with fixed knots is linear in what is trained: the least-squares solution is the end."""
    network = shallow(9, domain=(-1.0, 1.0), dtype="float64")
    result = fit(network, GOAL, epochs=200, optimizer=optimizer)
    x = torch.as_tensor(GOAL.inputs[:, 0])
    hidden = network.layer_values(x)[0][0].T.numpy()
    design = np.column_stack([hidden, np.ones(len(hidden))])
    best = np.linalg.lstsq(design, GOAL.values)[0]
    floor = float(np.mean((design @ best - GOAL.values) ** 2))
    assert float(result.loss[0]) == pytest.approx(floor, rel=1e-6)
    assert torch.equal(result.network.affine(0), network.affine(0))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_masked_parameter_stays(optimizer: str) -> None:
    network = mlp(3, 6, activation="tanh", members=2, dtype="float64")
    masks = (torch.rand(network.parameters.shape, generator=torch.Generator().manual_seed(0)) > 0.3).double()
    result = fit(network, GOAL, epochs=30, optimizer=optimizer, masks=masks)
    fixed = masks == 0
    assert torch.equal(result.network.parameters[fixed], network.parameters[fixed])
    assert float(result.loss.max()) < 1e-4


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_stop_loss_ends_at_the_first_iteration_that_meets_it(optimizer: str) -> None:
    network = mlp(3, 6, activation="tanh", members=2, seed=1, dtype="float64")
    whole = fit(network, GOAL, epochs=60, optimizer=optimizer)
    goal = float(whole.history.losses[20].max())
    cut = fit(network, GOAL, epochs=60, optimizer=optimizer, stop_loss=goal * (1 + 1e-6))
    reached = (whole.history.losses <= goal * (1 + 1e-6)).all(axis=1)
    assert cut.epochs == int(np.argmax(reached))
    pieces = session(network, GOAL, epochs=60, optimizer=optimizer)
    pieces.step(cut.epochs)
    assert torch.equal(pieces.current_network().parameters, cut.network.parameters)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_member_alone_is_the_member_in_the_batch(optimizer: str) -> None:
    many = fit(mlp(3, 5, activation="tanh", members=5, dtype="float64"), GOAL, epochs=12, optimizer=optimizer)
    alone = fit(mlp(3, 5, activation="tanh", seed=3, dtype="float64"), GOAL, epochs=12, optimizer=optimizer)
    torch.testing.assert_close(alone.network.parameters[0], many.network.parameters[3], rtol=1e-6, atol=1e-8)


def test_networks_with_nothing_to_train_stand_still() -> None:
    layers = [
        layer.__class__(layer.inputs, layer.outputs, layer.activation, False) for layer in mlp(3, 4).layers
    ]
    network = mlp(3, 4).__class__(tuple(layers), mlp(3, 4).parameters)
    for optimizer in OPTIMIZERS:
        result = fit(network, GOAL, epochs=3, optimizer=optimizer)
        assert torch.equal(result.network.parameters, network.parameters)
        assert np.ptp(result.history.losses) == 0


def test_what_they_do_not_take_is_refused() -> None:
    for optimizer in OPTIMIZERS:
        with pytest.raises(InputError, match="takes all points at once"):
            FitSpecification.make(optimizer=optimizer, batch_size=10)
        with pytest.raises(InputError, match="chooses its own steps"):
            session(mlp(members=2), GOAL, optimizer=optimizer, lr=[1e-3, 1e-2])
    wide = FitSpecification.make(width=(300,), optimizer="levenberg-marquardt")
    assert estimate_bytes(wide) > 4 * 2 * (300 * 301) ** 2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", optimizers.OPTIMIZERS)
@pytest.mark.parametrize("members", [2, 9])
def test_a_members_bits_are_its_own(optimizer: str, dtype: str, members: int) -> None:
    """However many are trained beside it, to the bit: alone, and as the last of them, on one thread and on several."""
    goal = nnexpr.target("fourier", points=200)
    network = nnexpr.mlp(3, 8, activation="tanh", members=members, dtype=dtype)
    how = {"optimizer": optimizer, "epochs": 9, "masks": torch.ones_like(network.parameters)}
    how["masks"][:, 3] = 0.0
    for masks in ({}, {"masks": how.pop("masks")}):
        batch = nnexpr.fit(network, goal, **how, **masks)
        for member in {members // 2, members - 1}:
            own = {name: mask[member : member + 1] for name, mask in masks.items()}
            alone = nnexpr.fit(network.member(member), goal, **how, **own)
            assert torch.equal(alone.network.parameters[0], batch.network.parameters[member])
            assert alone.loss[0] == batch.loss[member]


def test_levenberg_marquardt_trains_members_with_frozen_layers_each_for_itself() -> None:
    network, goal = nnexpr.mmnn(2, 12, 3, members=3, dtype="float64"), nnexpr.target("cube", points=60)
    batch = nnexpr.fit(network, goal, optimizer="levenberg-marquardt", epochs=6)
    for member in range(3):
        alone = nnexpr.fit(network.member(member), goal, optimizer="levenberg-marquardt", epochs=6)
        assert torch.equal(alone.network.parameters[0], batch.network.parameters[member])
    assert (batch.loss < torch.as_tensor(nnexpr.fit(network, goal, epochs=0).loss)).all()
