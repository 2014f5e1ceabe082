"""Two-layer networks on the line as the talk trains them, and how long they take to halve one mode of the error.

    h(x) = Σ a_i σ(x − b_i) on D = (−1, 1),    E = ½ ∫ (h − f)²,    da/dt = −∂E/∂a, db/dt = −∂E/∂b.

Points lie in the middles of equal cells, so the mean squared error over them is E, and gradient descent with the rate
η is at t = η × epochs of that flow. η is N/(2 μ) with μ the largest eigenvalue of the tangent kernel at the N points,
over all starts: a step then takes away the first mode, twice that would be unstable, and the modes that are timed
follow the flow, because their eigenvalues are a small part of μ.

The talk leaves the start open. Here b is uniform on D and a normal with a standard deviation ``spread``; each unit has
a twin with the same b and −a, so that h is 0 at first and the error is the target, one mode alone or a sum of them.
With fixed biases a starts at 0, and there are no twins, which could learn nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from torch import Tensor

from nnexpr.kinds import AffineLayer
from nnexpr.linear.flow import halving_time
from nnexpr.linear.spectrum import spectrum
from nnexpr.networks.network import Network
from nnexpr.targets.target import Target
from nnexpr.training.fit import session
from nnexpr.training.halving import amplitudes, halving_epochs
from nnexpr.training.session import Session
from nnexpr.training.tangent import tangent_kernel

__all__ = [
    "Modes", "Setting", "eigenmodes", "error_history", "exponents", "flow_times", "interval", "stable_rate", "start",
    "times", "waves",
]  # fmt: skip

Array = NDArray[np.float64]

POINTS = 96
UNITS, FIXED_UNITS = 400, 200
CELLS = 400  # of the Gram matrix whose modes are taken
MIDDLES = -1 + (np.arange(POINTS) + 0.5) * 2 / POINTS


@dataclass(frozen=True)
class Setting:
    """What is trained, and on what. Starts are drawn from ``seed`` on, one for each member."""

    members: int = 30
    seed: int = 0
    units: int = UNITS  # an even number
    activation: str = "relu"
    trains_biases: bool = True  # b as well as a
    spread: float = 1.0  # of a at first
    size: float = 0.1  # of each mode of the target
    adam: float | None = None  # Adam's step, in place of gradient descent

    @property
    def fixed(self) -> Setting:
        """The same with fixed biases."""
        return replace(self, trains_biases=False, units=FIXED_UNITS)


@dataclass(frozen=True)
class Modes:
    """Functions on D in ascending order of ``turns``, the waves that D has room for; ``shapes: (k, points)``."""

    turns: tuple[float, ...]
    shapes: Array

    def first(self, count: int) -> Modes:
        """The first of them."""
        return Modes(self.turns[:count], self.shapes[:count])


def waves(*turns: float) -> Modes:
    """Fourier modes sin π m (x + 1), m a multiple of 1/2: for whole m they have m turns and are ± sin πmx."""
    return Modes(turns, np.sin(np.pi * np.outer(turns, MIDDLES + 1)))


def eigenmodes(*numbers: int) -> Modes:
    """Generalised Fourier modes, those of the ReLU Gram matrix: the k-th, from 1, has (k − ½)/2 turns or so."""
    found = spectrum(knots=CELLS).modes(MIDDLES, max(numbers))
    return Modes(tuple((k - 0.5) / 2 for k in numbers), np.asarray(found.T[np.subtract(numbers, 1)]))


def start(setting: Setting) -> tuple[Network, Tensor]:
    """The networks, and masks of what is trained: a, and b if so; never the slopes, which are 1, nor a constant."""
    n, rows = setting.units, []
    for member in range(setting.members):
        generator = np.random.default_rng(setting.seed + member)
        b, a = generator.uniform(-1, 1, n), np.zeros(n)
        if setting.trains_biases:
            b[n // 2 :] = b[: n // 2]
            a[: n // 2] = setting.spread * generator.normal(size=n // 2)
            a[n // 2 :] = -a[: n // 2]
        rows.append(np.concatenate([np.stack([np.ones(n), -b], axis=1).ravel(), a, [0.0]]))
    parameters = torch.from_numpy(np.array(rows))
    masks = torch.ones_like(parameters)
    masks[:, : 2 * n : 2], masks[:, -1] = 0.0, 0.0
    layers = AffineLayer(1, n, setting.activation, trained=setting.trains_biases), AffineLayer(n, 1)
    return Network(layers, parameters), masks


def stable_rate(network: Network) -> float:
    """N/(2 μ). The kernel is of whole layers, so with what the masks hold still μ is an upper bound: the safe side."""
    kernel = tangent_kernel(network, torch.from_numpy(MIDDLES))
    return float(POINTS / (2 * torch.linalg.matrix_norm(kernel, ord=2).max()))


def times(setting: Setting, modes: Modes, most: int, *, together: bool = False) -> Array:
    """Times t at which the modes are halved, ``(k, members)``, of Adam epochs; infinite beyond ``most`` epochs.

    Each mode is the target of a training of its own, or all of them, ``together``, of one.
    """
    if together:
        return _trained(setting, modes.shapes.sum(axis=0), modes.shapes, most)
    return np.concatenate([_trained(setting, mode, mode[None], most) for mode in modes.shapes])


def _trained(setting: Setting, shape: Array, modes: Array, most: int) -> Array:
    trained, unit = _session(setting, shape, most + 1)
    return unit * halving_epochs(trained, modes, most)


def error_history(setting: Setting, modes: Modes, epochs: int) -> tuple[Array, Array]:
    """Of all modes at once: times ``(entries,)`` and the errors in them over those at first, ``(entries, k)``.

    Medians of the starts, at epochs a tenth apart.
    """
    trained, unit = _session(setting, modes.shapes.sum(axis=0), epochs)
    passed, errors = [0], [amplitudes(trained, modes.shapes)]
    while passed[-1] < epochs:
        trained.step(max(1, passed[-1] // 10))
        passed.append(trained.epoch)
        errors.append(amplitudes(trained, modes.shapes))
    return unit * np.array(passed), np.median(np.array(errors) / errors[0], axis=2)


def _session(setting: Setting, shape: Array, epochs: int) -> tuple[Session, float]:
    """A training on a sum of modes, and the time that an epoch takes in the flow; of Adam 1."""
    network, masks = start(setting)
    goal = Target("mode", "a sum of modes", MIDDLES[:, None], setting.size * shape, ((-1.0, 1.0),))
    rate = setting.adam or stable_rate(network)
    how: dict[str, Any] = {"optimizer": "adam"} if setting.adam else {"optimizer": "sgd", "momentum": 0.0}
    trained = session(network, goal, masks=masks, lr=rate, epochs=epochs, **how)
    return trained, 1.0 if setting.adam else rate


def flow_times(setting: Setting, modes: Modes) -> Array:
    """The same of gradient flow with fixed biases, by its modal formula: ``(k, members)``.

    There the flow is linear: dr/dt = −(2/N) K r for the error r, with K the Gram matrix of the units at the points.
    """
    network, _ = start(replace(setting, trains_biases=False))
    columns = []
    for units in network.layer_values(torch.from_numpy(MIDDLES))[0].numpy():
        left, singular, _ = np.linalg.svd(units.T, full_matrices=False)
        shares = (left.T @ modes.shapes.T) ** 2
        beyond = np.maximum((modes.shapes**2).sum(axis=1) - shares.sum(axis=0), 0.0)  # what no unit has
        eigenvalues = np.append(2 * singular**2 / POINTS, 0.0)
        columns.append([halving_time(eigenvalues, own) for own in np.vstack([shares, beyond]).T])
    return np.array(columns).T


def exponents(turns: Sequence[float], found: ArrayLike) -> Array:
    """p of the least-squares line of ln t over ln m, for each start: ``(members,)`` from times ``(k, members)``.

    Over the modes that every start has halved; NaN for fewer than two of them.
    """
    every = np.asarray(found, dtype=np.float64)
    halved = np.isfinite(every).all(axis=1)
    if halved.sum() < 2:
        return np.full(every.shape[1], np.nan)
    return np.asarray(np.polyfit(np.log(np.asarray(turns)[halved]), np.log(every[halved]), 1)[0])


def interval(values: Array) -> tuple[float, float, float]:
    """The mean over the starts and its 95 % interval by Student's t."""
    mean, error = float(values.mean()), float(stats.sem(values))
    reach = float(stats.t.ppf(0.975, len(values) - 1)) * error
    return mean, mean - reach, mean + reach
