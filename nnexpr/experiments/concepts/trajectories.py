"""C14: the exact length of a circle's image in every layer of random networks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.measures import Array, median_interval
from nnexpr.regions.path import circle, trajectory_length
from nnexpr.theory.trajectories import growth_bound, random_network

__all__ = ["Case", "grows", "run", "stays"]

CASES = (
    ("hardtanh", 8.0, 8), ("hardtanh", 8.0, 32), ("hardtanh", 8.0, 128), ("hardtanh", 1.0, 128),
    ("relu", 2.0, 32), ("relu", 2.0, 128),
)  # activation, σ_w², width; σ_w² = 8 and width 128 are the source's, 2 is He's  # fmt: skip
LAYERS, QUICK_LAYERS = 6, 4
MEMBERS, QUICK_MEMBERS = 30, 6
VERTICES = 256  # of the polygon that stands for the circle; its own length is exact
GROWS, STAYS = 1.1, 1.02  # a layer
LABEL = "{0[0]}, σ² = {0[1]:g}, width {0[2]}".format


class Case(NamedTuple):
    activation: str
    variance: float
    width: int
    lengths: Array  # (members, hidden layers)

    @property
    def growth(self) -> tuple[float, float, float]:
        """The median over members of the mean growth a layer, from the first hidden layer to the last."""
        layers = self.lengths.shape[1] - 1
        return median_interval((self.lengths[:, -1] / self.lengths[:, 0]) ** (1.0 / layers))


def run(attempt: Attempt) -> Result:
    """Six kinds of random networks, thirty of each."""
    layers, members = attempt.choose((LAYERS, MEMBERS), (QUICK_LAYERS, QUICK_MEMBERS))
    path = circle((0.0, 0.0), 1.0, VERTICES)
    cases = []
    for activation, variance, width in attempt.over(CASES, LABEL):
        network = random_network(width, layers, activation, variance, members=members, seed=attempt.seed)
        lengths = trajectory_length(network, path, closed=True)[:, :layers]
        cases.append(Case(activation, variance, width, lengths))
    columns = ("activation", "σ_w²", "width", *(f"layer {n}" for n in range(1, layers + 1)), "growth a layer",
               "from", "to", "bound, but for a constant a layer")  # fmt: skip
    rows = [
        (c.activation, c.variance, c.width, *np.median(c.lengths, axis=0).tolist(), *c.growth,
         growth_bound(c.activation, c.width, c.variance))
        for c in cases
    ]  # fmt: skip
    table = Table(f"Median length of the image of a circle of length 2π, {members} networks", columns, rows)
    series = {LABEL(c): np.median(c.lengths, axis=0) for c in cases}
    title = "Length of a circle's image"
    figure = Figure.over(range(1, layers + 1), series, title, "hidden layer", "length", log_y=True)
    return Result((table,), (figure,), (grows(cases, attempt.quick), stays(cases, attempt.quick)))


def grows(cases: list[Case], quick: bool) -> Claim:
    wide = [c for c in cases if c.activation == "hardtanh" and c.variance > 1.0]
    growth = {c.width: c.growth for c in wide}
    widest = growth[max(growth)]
    ordered = [growth[width][0] for width in sorted(growth)]
    return judged(
        "C14",
        "The length of a trajectory grows exponentially with depth in wide hard-tanh networks with large weights",
        f"a factor above {GROWS} a layer, more with width",
        f"{widest[0]:.3f} a layer at width {max(growth)} ({widest[1]:.3f} to {widest[2]:.3f})",
        GROWS,
        widest[1] > GROWS and ordered == sorted(ordered),
        fails_if=f"the interval of the widest reaches below {GROWS}, or a narrower network grows more",
        quick=quick,
    )


def stays(cases: list[Case], quick: bool) -> Claim:
    growth = [c.growth for c in cases if c.activation == "relu"]
    return judged(
        "C14 He",
        "It does not grow with depth in ReLU networks with He's initialisation",
        f"a factor of at most {STAYS} a layer",
        ", ".join(f"{g[0]:.3f} ({g[1]:.3f} to {g[2]:.3f})" for g in growth),
        STAYS,
        all(g[0] <= STAYS for g in growth),
        fails_if=f"at some width the median growth is above {STAYS}",
        quick=quick,
    )
