"""Stages: which coordinates of a compositional network are trained, one relaxation after another.

    1  the peaks; the scales follow them by Theorem 3.4
    2  the peaks and the ratios of the scales
    3  all weights

A network keeps the function it has when the stage changes, except that stage 1 gives it the theorem's scales. Stages 1
and 2 never leave the manifold of networks with 2^L linear regions.

Source: "A trainable manifold for accurate approximation with ReLU networks", section 4.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnexpr.kernels.manifold import train_coordinates, weights_of
from nnexpr.networks.network import Network
from nnexpr.specification import FitSpecification, InputError
from nnexpr.training.compiled_stepper import CompiledStepper
from nnexpr.training.plan import make_plan
from nnexpr.training.stepper import Data, MemberSettings

__all__ = ["Coordinates", "StagedStepper", "coordinates_of"]

Array = NDArray[np.float64]
_TOLERANCE = 1e-3  # of weights that must be what the coordinates say, relative to the largest of a member


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Peaks and ratios ``(members, 2 L)``, whether the waves are added (+1) or subtracted (-1), and the domain."""

    values: Array
    sign: int
    low: float
    width: float

    def weights(self) -> Array:
        """The networks' parameters ``(members, 20 L - 7)``."""
        members, count = self.values.shape
        flat = np.zeros(members * (10 * count - 7))
        for member in range(members):
            weights_of(self.values[member], self.sign, self.low, self.width, flat, member * (10 * count - 7))
        return flat.reshape(members, -1)


def coordinates_of(network: Network) -> Coordinates:
    """The coordinates of compositional networks, read from their weights.

    Raises InputError where a member is not one, for example because all of its weights have been trained.
    """
    shapes = [(layer.inputs, layer.outputs) for layer in network.layers]
    depth = len(shapes) - 1
    if depth < 1 or shapes != [(1, 4), *[(4, 4)] * (depth - 1), (4, 1)]:
        raise InputError("stages", str(shapes), "only compositional networks have peaks and scales to train")
    p = network.parameters.detach().double().cpu().numpy()
    width, values = 1.0 / p[0, 0], np.zeros((len(p), 2 * depth))
    values[:, 0] = p[:, 3] - p[:, 5]
    sign = 1 if p[0, 9] > 0 else -1
    with np.errstate(all="ignore"):
        for layer in range(1, depth + 1):
            block = p[:, 8 + 20 * (layer - 1) :]
            values[:, depth + layer - 1] = sign * block[:, 1] * values[:, layer - 1]
            if layer < depth:
                values[:, layer] = -block[:, 13] / block[:, 18]
    found = Coordinates(values, sign, -p[0, 3] * width, width)
    inside = np.all((values[:, :depth] > 0) & (values[:, :depth] < 1)) and np.all(values > 0)
    if not inside or np.any(np.abs(found.weights() - p).max(axis=1) > _TOLERANCE * np.abs(p).max(axis=1)):
        raise InputError(
            "stages", "1 or 2", "the network's weights have left the manifold of peaks and scales"
        )
    return found


class StagedStepper:
    """See :class:`nnexpr.training.stepper.Stepper`. Every stage takes an equal share of the epochs, with a fresh Adam.

    The shares follow from the epochs that ``spec`` asks for when training begins; epochs added later go to the last
    stage, and :meth:`end_stage` ends one early. ``last`` trains all weights.
    """

    def __init__(
        self, network: Network, members: slice, data: Data, spec: FitSpecification,
        settings: MemberSettings, last: CompiledStepper,
    ) -> None:  # fmt: skip
        if settings.masks is not None:
            raise InputError("masks", "given", "weights that follow from peaks and scales have none")
        part = network.with_parameters(network.parameters[members])
        self.members, self._last = part.members, last
        self._stages = tuple(spec.stages or (3,))
        share = max(1, spec.epochs // len(self._stages))
        self._ends = [share * k for k in range(1, len(self._stages))]
        found = coordinates_of(part)
        self._sign, self._low, self._width = found.sign, found.low, found.width
        self._coordinates = torch.from_numpy(np.ascontiguousarray(found.values))
        self._moments = torch.zeros((2, *self._coordinates.shape), dtype=torch.float64)
        self._features = np.ascontiguousarray(data.features.numpy())
        self._values = np.ascontiguousarray(data.values.numpy())
        self._plan = make_plan(network.layers, data.points, self._features.dtype)
        self._room = self._plan.workspace()
        self._gradient = np.zeros(part.parameter_count, self._features.dtype)
        self._scales = np.ones(self.members)
        if settings.rates is not None:
            self._scales = np.ascontiguousarray(settings.rates.numpy(), dtype=np.float64)

    @property
    def state(self) -> list[Tensor]:
        return [*self._last.state, self._coordinates, self._moments]

    def _place(self, epoch: int) -> int:
        return sum(end <= epoch for end in self._ends)

    def stage(self, epoch: int) -> int:
        """The stage that the epoch ``epoch`` belongs to: 1, 2 or 3."""
        return self._stages[self._place(epoch)]

    def end_stage(self, epoch: int) -> None:
        """The next stage begins with the epoch ``epoch``, the first that is not trained yet."""
        place = self._place(epoch)
        if place == len(self._ends):
            raise InputError("stages", str(self._stages[-1]), "no stage follows it")
        self._ends[place] = epoch

    def run(self, epoch: int, rates: Sequence[float], losses: Tensor) -> None:
        done = 0
        while done < len(rates):
            place = self._place(epoch + done)
            ahead = [end - epoch - done for end in self._ends[place : place + 1]]
            count = min(len(rates) - done, *ahead) if ahead else len(rates) - done
            begins = self._ends[place - 1] if place else 0
            self._run_stage(
                self._stages[place], epoch + done - begins, rates[done : done + count],
                losses[done : done + count],
            )  # fmt: skip
            done += count

    def _run_stage(self, stage: int, steps: int, rates: Sequence[float], losses: Tensor) -> None:
        if stage == 3:
            self._last.run(steps, rates, losses)
            return
        if steps == 0:
            self._moments.zero_()
        weights = self._last.state[0]
        train_coordinates(
            self._plan.layers, self._plan.rooms, self._coordinates.numpy(), stage == 1, self._sign, self._low,
            self._width, weights.numpy().reshape(-1), self._features, self._values,
            np.asarray(rates, dtype=np.float64), self._scales, self._moments[0].numpy(), self._moments[1].numpy(),
            steps, self._room, self._gradient, losses.numpy(),
        )  # fmt: skip

    def loss(self, out: Tensor) -> None:
        self._last.loss(out)

    def predict(self, features: Tensor, out: Tensor) -> None:
        self._last.predict(features, out)

    def parameters(self) -> Tensor:
        return self._last.parameters()

    def set_parameters(self, parameters: Tensor) -> None:
        self._last.set_parameters(parameters)
