"""The compiled activations against scipy and torch, to the digit."""

from __future__ import annotations

import numba
import numpy as np
import pytest
import torch
from scipy import special

from nnexpr.activations import ACTIVATIONS
from nnexpr.declarations import load
from nnexpr.kernels.compiled import inlined
from nnexpr.kernels.units import loops

EXACT = {
    "relu": lambda z: np.maximum(z, 0),
    "relu2": lambda z: np.maximum(z, 0) ** 2,
    "leaky_relu": lambda z: np.where(z < 0, 0.01 * z, z),
    "hardtanh": lambda z: np.clip(z, -1, 1),
    "hat": lambda z: np.maximum(0, 1 - np.abs(z - 1)),
    "elu": lambda z: np.where(z < 0, np.expm1(np.minimum(z, 0)), z),
    "sigmoid": special.expit,
    "tanh": np.tanh,
    "sine": np.sin,
    "gelu": lambda z: z * special.ndtr(z),
}
SAMPLES = np.concatenate(
    [
        np.linspace(-12, 12, 4001),
        np.geomspace(1e-6, 80, 500),
        -np.geomspace(1e-6, 80, 500),
        [0.0, 1.0, 2.0, -1.0],
    ]
)


CURVED = sorted(set(ACTIVATIONS) - {"identity"})


def applied(name: str, z: np.ndarray) -> np.ndarray:
    activate, _ = loops(ACTIVATIONS[name].compiled)
    room = np.concatenate([z, np.full_like(z, np.inf)])
    activate(room, 0, len(z), len(z))
    assert np.array_equal(room[: len(z)], z, equal_nan=True)
    return room[len(z) :]


def test_every_activation_is_compiled() -> None:
    assert all(activation.compiled for activation in ACTIVATIONS.values())
    assert not loops(ACTIVATIONS["identity"].compiled)  # its output is its pre-activation, its derivative 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", CURVED)
def test_values_are_right_to_a_few_digits_of_the_precision(name: str, dtype: type) -> None:
    z = SAMPLES.astype(dtype)
    exact = EXACT[name](z.astype(np.float64))
    error = np.abs(applied(name, z) - exact)
    # Relative to the value; where it vanishes, to the argument it came from.
    scale = np.maximum(np.abs(exact), 1.0 if name in ("hat", "gelu") else 1e-30)
    if name == "sine":
        scale = np.maximum(scale, 1e-3)
    assert (error / scale).max() < 16 * np.finfo(dtype).eps


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", CURVED)
def test_derivatives_are_those_that_torch_takes(name: str, dtype: type) -> None:
    z = SAMPLES.astype(dtype)
    kept = z if ACTIVATIONS[name].keeps_input else applied(name, z)
    ours, theirs = np.full_like(z, 3.0), torch.full((len(z),), 3.0, dtype=torch.float64)
    _, pull_back = loops(ACTIVATIONS[name].compiled)
    pull_back(ours, 0, kept, 0, len(z))
    ACTIVATIONS[name].pull_back(theirs, torch.as_tensor(kept.astype(np.float64)))
    unbounded = np.finfo(dtype).eps if name == "relu2" else 0  # of derivatives
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=unbounded, atol=100 * np.finfo(dtype).eps)


@pytest.mark.parametrize("name", CURVED)
def test_nan_stays_nan_and_infinity_meets_its_limit(name: str) -> None:
    values = applied(name, np.array([np.nan, np.inf, -np.inf] * 11))
    assert np.isnan(values[::3]).all()
    limits = {
        "tanh": (1, -1),
        "sigmoid": (1, 0),
        "hardtanh": (1, -1),
        "relu": (np.inf, 0),
        "relu2": (np.inf, 0),
        "elu": (np.inf, -1),
    }
    if name in limits:
        assert (values[1], values[2]) == limits[name]


@pytest.mark.parametrize("name", CURVED)
def test_float32_stays_float32(name: str) -> None:
    """A value or gradient that is computed wider is narrowed when it is written, but takes twice the time."""
    for function, takes in zip(load(ACTIVATIONS[name].compiled), (1, 2), strict=True):
        made = inlined(function)
        made.compile((numba.float32,) * takes)
        assert [each.signature.return_type for each in made.overloads.values()] == [numba.float32]
