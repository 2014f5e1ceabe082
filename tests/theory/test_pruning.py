"""Magnitude pruning: which weights go, how many, and that they stay away in training."""

from __future__ import annotations

import pytest
import torch

from nnexpr import fit, mlp, target
from nnexpr.networks.network import Network
from nnexpr.theory.pruning import density, masked, prune, weight_places


@pytest.fixture
def network() -> Network:
    return mlp(depth=3, width=6, members=4, dtype="float64")


def test_weights_are_what_is_not_a_bias(network: Network) -> None:
    places = weight_places(network)
    assert int(places.sum()) == 6 + 36 + 6
    marked = network.with_parameters(places.expand(4, -1).double().clone())
    assert all(bool((marked.weight(i) == 1).all()) and bool((marked.bias(i) == 0).all()) for i in range(3))


def test_the_smallest_go_and_biases_stay(network: Network) -> None:
    masks = prune(network, torch.ones_like(network.parameters), 0.25)
    places = weight_places(network)
    assert torch.equal(masks[:, ~places], torch.ones_like(masks[:, ~places]))
    for kept, magnitudes in zip(masks[:, places] == 1, network.parameters[:, places].abs(), strict=True):
        assert int((~kept).sum()) == 12
        assert magnitudes[~kept].max() <= magnitudes[kept].min()


def test_rounds_only_take_away_and_follow_the_share(network: Network) -> None:
    masks = torch.ones_like(network.parameters)
    for done in range(1, 6):
        fewer = prune(network, masks, 0.3)
        assert torch.all(fewer <= masks)
        masks = fewer
        torch.testing.assert_close(
            density(network, masks), torch.full((4,), 0.7**done, dtype=torch.float64), rtol=0, atol=0.03
        )


def test_one_weight_goes_and_one_stays(network: Network) -> None:
    places = weight_places(network)
    assert torch.all(prune(network, torch.ones_like(network.parameters), 1e-6)[:, places].sum(dim=1) == 47)
    assert torch.all(prune(network, torch.ones_like(network.parameters), 1 - 1e-9)[:, places].sum(dim=1) == 1)


def test_removed_weights_stay_zero_in_training(network: Network) -> None:
    masks = prune(network, torch.ones_like(network.parameters), 0.5)
    trained = fit(masked(network, masks), target("tanh3", points=32), epochs=20, masks=masks).network
    assert torch.all(trained.parameters[masks == 0] == 0)
    assert torch.all((trained.parameters != masked(network, masks).parameters).any(dim=1))


def test_bad_shares_and_masks_are_refused(network: Network) -> None:
    with pytest.raises(ValueError, match="above 0 and below 1"):
        prune(network, torch.ones_like(network.parameters), 1.0)
    with pytest.raises(ValueError, match="expected"):
        prune(network, torch.ones(1, 3), 0.5)


def test_of_equal_weights_the_first_go_and_each_member_counts_for_itself(network: Network) -> None:
    masks = torch.ones_like(network.parameters)
    masks[0, weight_places(network)] = 0.0
    masks[0, weight_places(network).nonzero()[:4, 0]] = 1.0  # four weights are left of member 0
    equal = network.with_parameters(torch.ones_like(network.parameters))
    pruned = prune(equal, masks, 0.5)
    places = weight_places(network).nonzero()[:, 0]
    assert pruned[0, places[:5]].tolist() == [0, 0, 1, 1, 0]
    assert pruned[1, places].tolist() == [0.0] * 24 + [1.0] * 24
