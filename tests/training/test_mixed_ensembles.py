"""Networks of any shape trained at once: each is what it is alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nnexpr.networks.builders import mlp, shallow
from nnexpr.specification import InputError
from nnexpr.targets import target
from nnexpr.training.fit import fit, session
from nnexpr.training.many import fit_many

GOAL = target("fourier", points=100)
NETWORKS = [
    mlp(3, 8, members=2, seed=1),
    mlp(6, 4, activation="tanh", seed=2),
    mlp(2, 30, activation="gelu", members=3, dtype="float64"),
    mlp(4, (5, 9, 2), activation="hat", seed=5),
    shallow(12, domain=(0.0, 1.0)),
    mlp(3, 6, activation="sine", encoding_bands=3, encoding_raw=True),
]


@pytest.mark.parametrize("batch_size", [None, 33])
def test_each_is_its_solo_run_to_the_bit(batch_size: int | None) -> None:
    rates = [1e-3, 2e-3, [1e-3, 5e-3, 2e-2], 1e-2, 1e-3, 3e-3]
    together = fit_many(NETWORKS, GOAL, lr=rates, epochs=40, batch_size=batch_size)
    for network, rate, result in zip(NETWORKS, rates, together, strict=True):
        alone = fit(network, GOAL, lr=rate, epochs=40, batch_size=batch_size)
        assert torch.equal(result.network.parameters, alone.network.parameters)
        assert torch.equal(result.loss, alone.loss)
        np.testing.assert_array_equal(result.history.losses, alone.history.losses)


def test_optimisers_that_take_no_learning_rate_are_not_given_one() -> None:
    networks = [mlp(2, 5, seed=1, dtype="float64"), mlp(2, 4, activation="tanh", seed=2, dtype="float64")]
    together = fit_many(networks, GOAL, optimizer="levenberg-marquardt", epochs=4)
    for network, result in zip(networks, together, strict=True):
        alone = fit(network, GOAL, optimizer="levenberg-marquardt", epochs=4)
        assert torch.equal(result.network.parameters, alone.network.parameters)
    with pytest.raises(InputError, match="chooses its own steps"):
        fit_many(networks, GOAL, optimizer="levenberg-marquardt", epochs=4, lr=1e-3)


def test_targets_may_differ_and_one_thread_does_the_same() -> None:
    goals = [target("cube", points=50), target("tanh3", points=70)]
    before = torch.get_num_threads()
    results = fit_many(NETWORKS[:2], goals, epochs=20)
    try:
        torch.set_num_threads(1)
        alone = fit_many(NETWORKS[:2], goals, epochs=20)
    finally:
        torch.set_num_threads(before)
    for one, other, goal in zip(results, alone, goals, strict=True):
        assert one.target is goal
        assert torch.equal(one.loss, other.loss)


def test_a_diverging_network_disturbs_no_other() -> None:
    results = fit_many(NETWORKS[:2], GOAL, lr=[1e30, 1e-3], epochs=20, optimizer="sgd")
    assert len(results[0].diverged) == 2
    assert torch.isfinite(results[1].loss).all()


def test_what_does_not_match_is_refused() -> None:
    with pytest.raises(InputError, match="2 networks"):
        fit_many(NETWORKS[:2], [GOAL])
    with pytest.raises(InputError, match="one for each of the 2 networks"):
        fit_many(NETWORKS[:2], GOAL, lr=[1e-3])
    with pytest.raises(InputError, match="or 2 of them"):
        session(NETWORKS[0], GOAL, lr=[1e-3])
    with pytest.raises(InputError, match="masks"):
        session(NETWORKS[0], GOAL, masks=torch.ones(2, 3))
