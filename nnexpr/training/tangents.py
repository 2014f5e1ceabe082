"""The tangent kernel of one member at a moment of its training, read at a few of the training points.

K is taken at n of the N training points, and its eigenvalues are given as those of K / n, which tends to the integral
operator of the kernel over the points' distribution: they do not depend on how many points were taken. Gradient descent
at a rate multiplies the part of the residual along the mode of such an eigenvalue v by 1 - 2 rate v a step, so it is
learned in about 1 / (2 rate v) epochs. All of it is in float64, whatever the network was trained in, and on the
processor: of n = 256 points the modes take 20 to 30 ms, and of a network of 10⁶ parameters K takes 100.

What training would be if K stood still (:func:`foretold`) is that of gradient descent with the steps that were taken,
full batches or not: of mini-batches as many steps an epoch, each with the mean gradient. Adam is foretold so too,
although it takes other steps. For optimisers that choose their own steps it is the gradient flow, one unit of time an
epoch.

Sources: tangent.py. The effective rank is that of Roy and Vetterli, The effective rank: a measure of effective
dimensionality, EUSIPCO 2007.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from nnexpr.networks.network import Network
from nnexpr.specification import FitSpecification, parse_schedule
from nnexpr.targets.target import Target
from nnexpr.training.schedules import learning_rates
from nnexpr.training.tangent import alignment, decays, movement, tangent_kernel, tangent_modes

__all__ = [
    "MOST_POINTS",
    "Foretold",
    "Tangent",
    "Tangents",
    "chosen_points",
    "foretold",
    "tangent_of",
    "tangents_of",
]

Array = NDArray[np.float64]

MOST_POINTS = 256
FORETOLD = 48  # epochs evenly spread, and as many over their logarithm
SLOPE = (10, 100)  # the modes over which the decay is fitted, as that of a Gram spectrum


@dataclass(frozen=True, eq=False, slots=True)
class Tangent:
    """One member's kernel, in the network's units, at ``n`` training points.

    ``chosen: (n,)`` say which. ``kernel: (n, n)`` is K, ``eigenvalues: (n,)`` are those of K / n, largest first,
    ``modes: (n, n)`` a row each, of length 1, ``residual: (n,)`` fit minus value. ``loss`` is the mean squared error
    over these points in the target's own units. ``epoch``: at which it was so.
    """

    epoch: int
    chosen: NDArray[np.int64]
    kernel: Array
    eigenvalues: Array
    modes: Array
    residual: Array
    loss: float

    def __repr__(self) -> str:
        return f"<Tangent: kernel at {self.points:,} points, epoch {self.epoch:,}, loss {self.loss:.3g}>"

    @property
    def points(self) -> int:
        """How many it is taken at: n."""
        return len(self.chosen)

    @property
    def resolved(self) -> int:
        """How many eigenvalues are above rounding, n ε of the largest."""
        least = self.points * np.finfo(np.float64).eps * self.eigenvalues[0]
        return int((self.eigenvalues > least).sum())

    @property
    def condition(self) -> float:
        """The largest eigenvalue over the smallest that is above rounding: with fewer resolved than points a bound."""
        return float(self.eigenvalues[0] / self.eigenvalues[max(self.resolved - 1, 0)])

    @property
    def effective_rank(self) -> float:
        """exp of the entropy of the eigenvalues' shares in their sum: m where m are equal and the others 0."""
        shares = self.eigenvalues[: self.resolved] / self.eigenvalues[: self.resolved].sum()
        return float(np.exp(-(shares * np.log(shares)).sum()))

    @property
    def slope(self) -> float | None:
        """s of the least-squares line ln v_k = s ln k + c over modes 10 to 100; None where fewer are resolved."""
        first, last = SLOPE
        if self.resolved < last:
            return None
        modes = np.arange(first, last + 1)
        return float(np.polyfit(np.log(modes), np.log(self.eigenvalues[first - 1 : last]), 1)[0])

    @property
    def shares(self) -> Array:
        """What of the residual's squares lies along each mode, ``(n,)``: they add up to 1; 0 without residual."""
        squares = (self.modes @ self.residual) ** 2
        whole = float(self.residual @ self.residual)
        return squares / whole if whole > 0 else squares


@dataclass(frozen=True, eq=False, slots=True)
class Foretold:
    """Losses at ``epochs: (t,)``, ascending, if a kernel stood still; own units. ``is_flow``: of the gradient flow."""

    epochs: NDArray[np.int64]
    losses: Array
    is_flow: bool

    def __repr__(self) -> str:
        return f"<Foretold: {len(self.epochs):,} losses up to epoch {self.epochs[-1]:,}>"


@dataclass(frozen=True, eq=False, slots=True)
class Tangents:
    """One member's kernel when training began and ``now``, and the losses foretold by the former."""

    start: Tangent
    now: Tangent
    foretold: Foretold

    def __repr__(self) -> str:
        epochs = f"epochs {self.start.epoch:,} and {self.now.epoch:,}"
        return f"<Tangents: kernels of {epochs} at {self.now.points:,} points, moved by {self.movement:.3g}>"

    @property
    def movement(self) -> float:
        """||K - K_0|| / ||K_0||, in the Frobenius norm."""
        return float(movement(*self._kernels))

    @property
    def alignment(self) -> float:
        """The cosine between K and K_0."""
        return float(alignment(*self._kernels))

    @property
    def _kernels(self) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.from_numpy(self.now.kernel), torch.from_numpy(self.start.kernel)


def chosen_points(target: Target, most: int = MOST_POINTS) -> NDArray[np.int64]:
    """Which training points a kernel is taken at, ``(n,)``: all, or ``most`` of them.

    On the line in the order of x, evenly spread; in the plane they are drawn, always the same, because evenly spaced
    numbers of a lattice's points are some of its lines.
    """
    if target.dimension == 1:
        order = np.argsort(target.inputs[:, 0], kind="stable")
        return order[np.linspace(0, target.points - 1, min(most, target.points)).round().astype(np.int64)]
    if target.points <= most:
        return np.arange(target.points)
    return np.sort(np.random.default_rng(0).choice(target.points, most, replace=False))


def tangent_of(
    network: Network, target: Target, *, member: int = 0, epoch: int = 0, most: int = MOST_POINTS
) -> Tangent:
    """The kernel of one member, trained on this target for so many epochs, at :func:`chosen_points`.

    Raises ValueError for a network of which nothing is trained, or nothing that its output depends on at these points,
    and where weights or kernel are not finite.
    """
    chosen = chosen_points(target, most)
    own = network.member(member).to(device="cpu", dtype=torch.float64)
    x = torch.as_tensor(target.inputs[chosen])
    kernel = tangent_kernel(own, x)
    residual = own(x)[0, :, 0].numpy() - target.values[chosen]
    if not (bool(torch.isfinite(kernel).all()) and np.isfinite(residual).all()):
        raise ValueError("the tangent kernel is not finite: the weights are too large, or have diverged")
    values, modes = tangent_modes(kernel)
    if float(values[0, 0]) == 0:
        raise ValueError("the tangent kernel is 0: the output depends on nothing that is trained")
    return Tangent(
        epoch=epoch,
        chosen=chosen,
        kernel=kernel[0].numpy(),
        eigenvalues=values[0].numpy() / len(chosen),
        modes=modes[0].numpy(),
        residual=residual,
        loss=float(np.mean(residual**2)) * target.value_scale.factor**2,
    )


def tangents_of(
    begun: Network,
    network: Network,
    target: Target,
    specification: FitSpecification,
    member: int,
    epochs: int,
) -> Tangents:
    """Of a member as it began and as it is after so many epochs of a fit; raises ValueError as :func:`tangent_of`.

    And where stages 1 or 2 of a compositional network train its peaks and scales, of which this is not the kernel.
    """
    if specification.on_the_manifold:
        raise ValueError("peaks and scales are trained; the tangent kernel is that of weights")
    start = tangent_of(begun, target, member=member)
    now = tangent_of(network, target, member=member, epoch=epochs)
    return Tangents(start, now, foretold(start, specification, target.points, epochs))


def foretold(
    tangent: Tangent, specification: FitSpecification, points: int, until: int, *, loss: float | None = None
) -> Foretold:
    """The losses up to the epoch ``until`` if the kernel stood still from its epoch on.

    ``points``: how many are trained on, of which the specification says how many a step takes. ``loss``: the member's,
    over all points, which they then begin at. Rates are those of the schedule at the middle of each stretch.
    """
    epochs = _epochs(tangent.epoch, max(until, tangent.epoch), specification)
    energy = torch.from_numpy(tangent.shares * (tangent.loss if loss is None else loss))
    values, steps = (
        torch.from_numpy(tangent.eigenvalues),
        torch.from_numpy(np.diff(epochs, prepend=epochs[0])),
    )
    is_flow = not specification.method.takes("lr")
    if is_flow:
        left = torch.exp(-2 * values[:, None] * steps.cumsum(0))
    else:
        batches = -(-points // min(specification.batch_size or points, points))
        momentum = specification.momentum if specification.method.takes("momentum") else 0.0
        left = decays(values, _rates(epochs, specification), steps * batches, momentum)
    losses = torch.einsum("k,kt->t", energy, left.square()).numpy()
    return Foretold(epochs, losses, is_flow)


def _epochs(first: int, last: int, specification: FitSpecification) -> NDArray[np.int64]:
    """Epochs for both axes, and those from which another rate was given."""
    changes = [epoch for epoch, _ in parse_schedule(specification.schedule).changes if first < epoch < last]
    even = np.linspace(first, last, FORETOLD)
    log = first - 1 + np.geomspace(1, last - first + 1, FORETOLD)
    return np.unique(np.concatenate([even, log, changes]).round().astype(np.int64))


def _rates(epochs: NDArray[np.int64], specification: FitSpecification) -> torch.Tensor:
    """Of the steps that lead to each of the epochs; the first has none."""
    middles = np.concatenate([epochs[:1], (epochs[:-1] + epochs[1:]) // 2]).tolist()
    spec = specification
    rates = [learning_rates(spec.schedule, spec.lr, middle, 1, spec.epochs)[0] for middle in middles]
    return torch.tensor(rates, dtype=torch.float64)
