"""Equation 3 of Hu, as it is printed: k bands of a sine and a cosine, from 2πx to 2^k πx."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nnexpr.networks.builders import mlp
from nnexpr.networks.encoding import Encoding

X = np.linspace(-0.3, 1.2, 31)
ANGLES = [
    2 * np.pi * X,
    4 * np.pi * X,
    8 * np.pi * X,
    16 * np.pi * X,
    32 * np.pi * X,
    64 * np.pi * X,
]  # k = 6


def printed(k: int) -> list[np.ndarray]:
    return [wave(angle) for angle in ANGLES[:k] for wave in (np.sin, np.cos)]


@pytest.mark.parametrize("k", range(1, 7))
@pytest.mark.parametrize("raw", [False, True])
def test_equation_3(k: int, raw: bool) -> None:
    encoding = Encoding(k, raw)
    expected = np.stack([X, *printed(k)] if raw else printed(k))
    assert encoding.features == len(expected) == 2 * k + raw
    np.testing.assert_allclose(encoding(torch.from_numpy(X[:, None])).numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("raw", [False, True])
def test_on_a_longer_domain_it_is_equation_3_of_the_share_of_the_domain(raw: bool) -> None:
    encoding = Encoding.on((2.0, 5.0), 3, raw, 1)
    own = torch.from_numpy(2 + 3 * X[:, None])
    expected = np.stack([2 + 3 * X, *printed(3)] if raw else printed(3))
    np.testing.assert_allclose(encoding(own).numpy(), expected, atol=1e-12)
    assert (encoding.period, Encoding.on((0.5, 1.5), 3, raw, 1).interval) == (3.0, (0.0, 1.0))


def test_a_network_gets_as_many_bands_as_were_asked_for() -> None:
    network = mlp(encoding_bands=6, dtype="float64")
    features = network.features(torch.from_numpy(X)).reshape(12, -1)
    np.testing.assert_allclose(features.numpy(), np.stack(printed(6)), atol=1e-12)
    assert network.layers[0].inputs == 12
