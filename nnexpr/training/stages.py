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

from nnexpr.kernels.epochs import Members
from nnexpr.kernels.manifold import Waves, train_coordinates, weights_of
from nnexpr.networks.network import Network
from nnexpr.specification import InputError
from nnexpr.training.compiled_stepper import CompiledStepper
from nnexpr.training.group import Division
from nnexpr.training.stepper import Job

__all__ = ["Coordinates", "StagedStepper", "coordinates_of"]

Array = NDArray[np.float64]
_TOLERANCE = 1e-3  # of weights that must be what the coordinates say, relative to the largest of a member


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Peaks and ratios ``(members, 2 L)``, and what of the networks is not trained."""

    values: Array
    waves: Waves

    def weights(self) -> Array:
        """The networks' parameters ``(members, 20 L - 7)``."""
        members, count = self.values.shape
        flat = np.zeros(members * (10 * count - 7))
        for member in range(members):
            weights_of(self.values[member], self.waves, flat, member * (10 * count - 7))
        return flat.reshape(members, -1)


def coordinates_of(network: Network) -> Coordinates:
    """The coordinates of compositional networks, read from their weights.

    Raises InputError where a member is not one, for example because all of its weights have been trained.
    """
    shapes = [(layer.inputs, layer.outputs) for layer in network.layers]
    depth = len(shapes) - 1
    if depth < 1 or network.architecture.has_additions or shapes != [(1, 4), *[(4, 4)] * (depth - 1), (4, 1)]:
        raise InputError(
            "network", repr(network), "stages train peaks and scales, which only compositional networks have"
        )
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
    found = Coordinates(values, Waves(sign, float(-p[0, 3] * width), float(width)))
    inside = np.all((values[:, :depth] > 0) & (values[:, :depth] < 1)) and np.all(values > 0)
    if not inside or np.any(np.abs(found.weights() - p).max(axis=1) > _TOLERANCE * np.abs(p).max(axis=1)):
        raise InputError(
            "stages", "1 or 2", "the network's weights have left the manifold of peaks and scales"
        )
    return found


class StagedStepper(CompiledStepper):
    """See :class:`nnexpr.training.stepper.Stepper`. Stages 1 and 2 begin with a fresh Adam; 3 trains all weights."""

    def __init__(self, job: Job, division: Division) -> None:
        if job.settings.masks is not None:
            raise InputError("masks", "given", "weights that follow from peaks and scales have none")
        if job.stages is None:
            raise ValueError("the job has no stages")
        super().__init__(job, division.threads)
        self._stages = job.stages
        found = coordinates_of(job.network.with_parameters(job.parameters()))
        self._waves, count = found.waves, found.values.size
        self._coordinates = torch.from_numpy(np.ascontiguousarray(found.values))
        self._peak_moments = torch.zeros(2, count, dtype=torch.float64)
        self._peaks = Members(
            self._coordinates.numpy().reshape(-1), self._peak_moments.numpy(), self.who.scales
        )

    @property
    def state(self) -> list[Tensor]:
        return [*super().state, self._coordinates, self._peak_moments]

    def run(self, epoch: int, rates: Sequence[float], losses: Tensor) -> None:
        for stage, done, part in self._stages.parts(epoch, len(rates)):
            if stage == 3:
                super().run(done, rates[part], losses[part])
                continue
            if done == 0:
                self._peak_moments.zero_()
            train_coordinates(
                self.plan, self.points, self._waves, stage == 1, self._peaks, self.who.parameters,
                np.asarray(rates[part], dtype=np.float64), done, self.room, losses[part].numpy(),
            )  # fmt: skip
