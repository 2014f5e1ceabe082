"""Each initialiser against its distribution; members against the size of the ensemble."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from nnexpr import InputError
from nnexpr.kinds import AffineLayer
from nnexpr.networks.builders import mlp
from nnexpr.networks.initialisers import RAAI_DEVIATION, draw_parameters

INITIALISERS = ["torch", "kaiming", "xavier", "scaled", "raai"]
INPUTS, OUTPUTS = 6, 3
LAYER = AffineLayer(INPUTS, OUTPUTS)


def rows(init: str, members: int = 4000) -> np.ndarray:
    """[W | b] of one layer 6 -> 3: (members, 3, 7)."""
    drawn = draw_parameters([AffineLayer(2, INPUTS, "relu"), LAYER], init, members, seed=5)
    return drawn[:, -LAYER.size :].reshape(members, OUTPUTS, INPUTS + 1)


@pytest.mark.parametrize(
    ("init", "weights"),
    [
        ("torch", stats.uniform(-(6**-0.5), 2 * 6**-0.5)),
        ("kaiming", stats.norm(0, (2 / 6) ** 0.5)),
        ("xavier", stats.uniform(-((6 / 9) ** 0.5), 2 * (6 / 9) ** 0.5)),
    ],
)
def test_weights_and_biases_follow_the_stated_distributions(init: str, weights: stats.rv_continuous) -> None:
    drawn = rows(init)
    assert stats.kstest(drawn[:, :, :-1].ravel(), weights.cdf).pvalue > 1e-3
    biases = stats.uniform(-(6**-0.5), 2 * 6**-0.5)
    assert stats.kstest(drawn[:, :, -1].ravel(), biases.cdf).pvalue > 1e-3


def test_torch_is_what_linear_draws_by_itself() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        linears = [torch.nn.Linear(INPUTS, OUTPUTS) for _ in range(1000)]
    theirs = torch.stack([linear.weight.detach().ravel() for linear in linears]).numpy().ravel()
    assert stats.ks_2samp(rows("torch")[:, :, :-1].ravel(), theirs).pvalue > 1e-3


def test_entries_of_a_layer_are_uncorrelated() -> None:
    for init in ("torch", "kaiming", "xavier"):
        correlation = np.corrcoef(rows(init).reshape(4000, -1).T)
        assert np.abs(correlation - np.eye(len(correlation))).max() < 6 / 4000**0.5, init


@pytest.mark.parametrize(("inputs", "bound"), [(1, 32.0), (2, 32**0.5), (3, 32 ** (1 / 3))])
def test_a_scaled_first_layer_is_uniform_up_to_half_its_units_frequencies(inputs: int, bound: float) -> None:
    layers = [AffineLayer(inputs, 64, "sine"), AffineLayer(64, 3)]
    drawn, plain = (draw_parameters(layers, init, 200, seed=2) for init in ("scaled", "torch"))
    first = layers[0].size
    assert stats.kstest(drawn[:, :first].ravel(), stats.uniform(-bound, 2 * bound).cdf).pvalue > 1e-3
    assert np.array_equal(drawn[:, first:], plain[:, first:])


def test_raai_has_the_moments_of_its_definition() -> None:
    # With n inputs an entry is replaced with probability 1/(n + 1); Beta(2, 1) has moments 2/3 and 1/2.
    n, variance = INPUTS, RAAI_DEVIATION**2 / INPUTS
    drawn = rows("raai", 20_000).reshape(-1, n + 1)
    weights, biases = drawn[:, :-1], drawn[:, -1]
    error = 6 / len(drawn) ** 0.5
    kept = n / (n + 1)
    assert np.abs(drawn.mean(axis=0) - (2 / 3) / (n + 1)).max() < error
    assert np.abs((weights**2).mean(axis=0) - (0.5 / (n + 1) + kept * variance * (1 - 1 / n))).max() < error
    assert abs((biases**2).mean() - (0.5 / (n + 1) + kept * variance)) < error
    # Two weights of a unit are both Gaussian with probability (n - 1)/(n + 1): covariance -variance/n.
    products = (weights.T @ weights / len(weights))[np.triu_indices(n, 1)]
    assert np.abs(products + variance / n * (n - 1) / (n + 1)).max() < error
    assert np.corrcoef(weights.sum(axis=1), biases)[0, 1] < -0.05  # one or the other was replaced


def test_anticorrelation_makes_signals_less_alike() -> None:
    # The published effect: weights that sum to zero see E[φφ'] - E[φ]E[φ'] instead of E[φφ'].
    layer, wide = AffineLayer(400, 1), np.random.default_rng(0)
    first, second = np.maximum(wide.standard_normal((2, 400)) + 0.5, 0.0)
    alike = first @ second / (np.linalg.norm(first) * np.linalg.norm(second))
    weights = draw_parameters([layer], "raai", 4000, 0)[:, :-1]
    outputs = weights @ np.stack([first, second], axis=1)
    centred = np.corrcoef(first, second)[0, 1]
    assert centred < 0.3 < 0.5 < alike
    assert abs(np.corrcoef(outputs.T)[0, 1] - centred) < 0.1


@pytest.mark.parametrize("init", INITIALISERS)
def test_a_member_does_not_depend_on_its_neighbours(init: str) -> None:
    many = mlp(depth=4, width=5, init=init, members=7, seed=11)
    alone = mlp(depth=4, width=5, init=init, members=1, seed=11 + 4)
    assert torch.equal(many.parameters[4], alone.parameters[0])
    assert many.seeds[4] == alone.seeds[0] == 15
    assert len(torch.unique(many.parameters[:, 0])) == 7


@pytest.mark.parametrize("init", INITIALISERS)
def test_single_precision_is_double_precision_rounded(init: str) -> None:
    single, double = (mlp(init=init, members=3, dtype=dtype).parameters for dtype in ("float32", "float64"))
    assert torch.equal(single, double.to(torch.float32))


def test_an_unknown_initialiser_is_refused() -> None:
    with pytest.raises(
        InputError, match="init is zeros: it must be one of torch, kaiming, xavier, scaled, raai"
    ):
        mlp(init="zeros")
