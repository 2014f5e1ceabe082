"""Features of one hidden layer, random or trained, and splines, on the same samples: errors between these.

Σ a_i σ(w_i (x − c_i)) + c with the centres c_i uniform on (−1, 1). Of ReLUs w_i = ±1, as in the talk; of tanh it is
normal with deviation 4, about as many transitions on (−1, 1) as units. *Random* features have a and c by least
squares. *Trained* ones begin there, and all of w, w c, a and c are trained by Levenberg and Marquardt.

A degree of freedom is a dimension of the family of functions: of n trained tanh units 3n + 1, of ReLUs 2n + 1, because
only w's sign counts beside a; of a free-knot spline with N pieces 2N, of one on given knots N + 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from nnexpr.kinds import dense_layers
from nnexpr.linear.solvers import least_squares
from nnexpr.networks.network import Network
from nnexpr.splines.floor import spline_floors
from nnexpr.targets.target import Target
from nnexpr.training.fit import FitResult
from nnexpr.training.many import fit_many

__all__ = ["ACTIVATIONS", "FREE", "Goal", "errors", "freedom", "random_features", "splines", "trained"]

Array = NDArray[np.float64]

ACTIVATIONS = ("relu", "tanh")
STEEPNESS = 4.0
FREE = "free knots, best found"
FINE = np.linspace(-1, 1, 5001)


@dataclass(frozen=True, eq=False)
class Goal:
    """A function on (−1, 1), seen at so many evenly spaced samples."""

    name: str
    function: Callable[[Array], Array]
    samples: int

    @property
    def target(self) -> Target:
        """As networks are trained on it."""
        x = np.linspace(-1, 1, self.samples)
        return Target(self.name, self.name, x[:, None], self.function(x), ((-1.0, 1.0),))

    def error(self, values: Array) -> Array:
        """Root mean square of ``values (…, 5001)`` less f on a fine grid, over f's standard deviation there."""
        fine = self.function(FINE)
        return np.asarray(np.sqrt(np.mean((values - fine) ** 2, axis=-1)) / np.std(fine))


def freedom(activation: str, units: int) -> int:
    """Degrees of freedom of trained features; random ones have units + 1."""
    return (2 if activation == "relu" else 3) * units + 1


def _drawn(activation: str, units: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """w and the biases −w c, ``(units,)``."""
    centres = rng.uniform(-1, 1, units)
    weights = (
        rng.choice([-1.0, 1.0], units) if activation == "relu" else STEEPNESS * rng.standard_normal(units)
    )
    return weights, -weights * centres


def random_features(goal: Goal, activation: str, units: int, members: int, seed: int) -> Network:
    """Members of random features, a and the constant by least squares: the shortest where there are several."""
    target, parameters = goal.target, []
    for member in range(members):
        weights, biases = _drawn(activation, units, np.random.default_rng(seed + member))
        steps = target.inputs * weights + biases
        design = np.maximum(steps, 0) if activation == "relu" else np.tanh(steps)
        found, *_ = np.linalg.lstsq(
            np.hstack([design, np.ones((goal.samples, 1))]), target.values, rcond=None
        )
        parameters.append(np.concatenate([np.stack([weights, biases], axis=1).ravel(), found]))
    return Network(dense_layers((1, units, 1), activation), torch.from_numpy(np.array(parameters)))


def trained(goal: Goal, networks: Sequence[Network], way: str, epochs: int) -> list[Network]:
    """All parameters of these trained, by an optimiser."""
    options = {"lr": 1e-3} if way == "adam" else {}
    found: list[FitResult] = fit_many(networks, goal.target, optimizer=way, epochs=epochs, **options)
    return [each.network for each in found]


def errors(goal: Goal, network: Network) -> list[float]:
    """Of each member."""
    found: list[float] = goal.error(np.asarray(network(FINE[:, None]))[:, :, 0]).tolist()
    return found


def splines(goal: Goal, pieces: Sequence[int]) -> dict[str, dict[int, float]]:
    """Errors by degrees of freedom of interpolants, of the best P1 fits on even knots, of the best free knots found."""
    x, y = goal.target.inputs[:, 0], goal.target.values
    even = {count: np.linspace(-1, 1, count + 1) for count in pieces}
    floors = spline_floors(x, y, pieces)
    return {
        "interpolant": {
            n + 1: float(goal.error(np.interp(FINE, k, goal.function(k)))) for n, k in even.items()
        },
        "P1, even knots": {
            n + 1: float(goal.error(least_squares(x, y, k).predict(FINE))) for n, k in even.items()
        },
        FREE: {2 * n: float(goal.error(floor(FINE))) for n, floor in zip(pieces, floors, strict=True)},
    }
