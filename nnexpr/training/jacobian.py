"""The Jacobian of a stack of affine layers, by hand, in place, some points at a time.

With the inputs of layer l extended by a row of ones, a = [A_{l-1}; 1], a layer is Z_l = [W_l | b_l] a, and the
first output y changes by

    D_L = (1, 0, ..., 0)^T * sigma'(Z_L),    D_{l-1} = (W_l^T D_l) * sigma'(Z_{l-1}),    dy/d[W_l | b_l]_ij = D_l,i a_j

at every point: the deltas of backpropagation with 1 in place of the residual, multiplied out and not summed over
the points (Bishop, Pattern Recognition and Machine Learning, section 5.3.4). A layer that adds what another gave adds
its deltas to that one's, before its activation's derivative.

Layout: the trained layers one after another, each its ``(outputs, inputs + 1)`` matrix row by row with the bias as
the last column, which is the layout of ``Network.parameters`` without the frozen layers. Frozen layers below the
lowest trained one are evaluated once, when the problem is made; above it they pass the deltas on.

Cost: a gradient's, and one multiplication for each number of the Jacobian. Memory: ``members * P * chunk`` numbers
for the Jacobian and ``4 * members * units * chunk`` at most beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from nnexpr.activations import ACTIVATIONS
from nnexpr.kinds import AffineLayer
from nnexpr.networks.architecture import offsets

__all__ = ["StackResiduals", "trained_columns"]

JACOBIAN_BYTES = 4 << 20  # of a chunk; see docs/decisions/optimisers.md for what was tried
FEWEST_POINTS = 32


def trained_columns(layers: Sequence[AffineLayer]) -> Tensor:
    """Which columns of ``Network.parameters`` belong to trained layers: ``(P,)`` int64, ascending."""
    trained = [torch.full((layer.size,), layer.trained) for layer in layers]
    return torch.cat(trained).nonzero().view(-1)


class _Layer:
    """One layer above the evaluated ones: its buffers for a chunk, and where its parameters are found."""

    def __init__(self, layer: AffineLayer, affine: Tensor, start: int | None, chunk: int) -> None:
        members = affine.shape[0]
        self.shape = (members, layer.outputs, layer.inputs + 1)
        self.frozen = None if layer.trained else affine.reshape(self.shape).clone()
        self.columns = None if start is None else slice(start, start + layer.size)
        self.adds = layer.adds
        self.activation = ACTIVATIONS[layer.activation]
        room = members * layer.outputs * chunk
        self.kept = affine.new_empty(room)  # what the derivative needs: pre-activations or outputs
        self.outputs = affine.new_empty(room) if self.activation.keeps_input else self.kept
        self.extended = affine.new_ones(members, layer.outputs + 1, chunk)  # outputs and a row of ones
        self.deltas = affine.new_empty(room)

    def affine(self, parameters: Tensor) -> Tensor:
        """``[W | b]``, a view ``(members, outputs, inputs + 1)``."""
        return parameters[:, self.columns].view(self.shape) if self.frozen is None else self.frozen

    def view(self, storage: Tensor, points: int) -> Tensor:
        members, outputs, _ = self.shape
        return storage[: members * outputs * points].view(members, outputs, points)

    def forward(self, parameters: Tensor, given: Sequence[Tensor]) -> Tensor:
        """Outputs with a row of ones, ``(members, outputs + 1, points)``, from what all layers below gave so."""
        points = given[-1].shape[2]
        z = torch.bmm(self.affine(parameters), given[-1], out=self.view(self.kept, points))
        if self.adds:
            z.add_(given[-self.adds][:, :-1])
        a = self.view(self.outputs, points)
        self.activation.forward(z, a)  # not to the extended rows: torch's GELU takes no strided output
        extended = self.extended[:, :, :points]
        extended[:, :-1].copy_(a)
        return extended

    def pull_back(self, deltas: Tensor) -> Tensor:
        """Multiply the deltas of the outputs by the activation's derivative, in place."""
        self.activation.pull_back(deltas, self.view(self.kept, deltas.shape[2]))
        return deltas


class StackResiduals:
    """The residuals y(x_i) - values_i of M networks as functions of their trained parameters, for least squares.

    ``layers`` and ``parameters: (members, all parameters)`` as in a Network; of the latter, only frozen layers are
    kept. ``features: (inputs, n)``: what the first layer sees. ``values: (n,)``. ``chunk``: points of a part of the
    Jacobian, by default as many as fit into :data:`JACOBIAN_BYTES`. dtype and device are those of ``parameters``.
    """

    def __init__(
        self, layers: Sequence[AffineLayer], parameters: Tensor, features: Tensor, values: Tensor, *,
        chunk: int | None = None,
    ) -> None:  # fmt: skip
        self.members, self.points = parameters.shape[0], features.shape[1]
        self.size = sum(layer.size for layer in layers if layer.trained)
        if self.size == 0:
            raise ValueError("every layer is frozen; a Jacobian needs a layer that is trained")
        room = JACOBIAN_BYTES // (parameters.element_size() * self.members * self.size)
        room -= room % FEWEST_POINTS  # whole vectors of points
        self.chunk = min(self.points, max(1, chunk if chunk is not None else max(FEWEST_POINTS, room)))
        self._values = values
        self._layers: list[_Layer] = []
        start = 0
        for layer, offset in zip(layers, offsets(layers), strict=False):
            affine = parameters[:, offset : offset + layer.size]
            self._layers.append(_Layer(layer, affine, start if layer.trained else None, self.chunk))
            start += layer.size if layer.trained else 0
        lowest = next(index for index, layer in enumerate(layers) if layer.trained)
        ones = features.new_ones(1, self.points)
        below = torch.cat([features, ones]).expand(self.members, -1, -1)
        self._given = self._evaluate_frozen(below, lowest, parameters)
        self._layers = self._layers[lowest:]
        self._jacobian = parameters.new_empty(self.members * self.size * self.chunk)

    def _parts(self) -> Iterator[slice]:
        for start in range(0, self.points, self.chunk):
            yield slice(start, min(start + self.chunk, self.points))

    def _evaluate_frozen(self, features: Tensor, lowest: int, parameters: Tensor) -> list[Tensor]:
        """The features, and what each layer below the lowest trained one gives, ``(members, units + 1, n)``: of no
        points, where no layer from that one on takes or adds it.
        """
        above = enumerate(self._layers[lowest:], lowest)
        asked = {lowest, *(index + 1 - layer.adds for index, layer in above if layer.adds)}
        kept = [features]
        for place, layer in enumerate(self._layers[:lowest], 1):
            points = self.points if place in asked else 0
            kept.append(features.new_empty(self.members, layer.shape[1] + 1, points))
        for part in self._parts() if lowest else ():
            given = [features[:, :, part]]
            for layer, room in zip(self._layers[:lowest], kept[1:], strict=True):
                given.append(layer.forward(parameters, given))
                if room.numel():
                    room[:, :, part] = given[-1]
        return kept

    def _residual(self, parameters: Tensor, part: slice, out: Tensor) -> Tensor:
        given = [below[:, :, part] for below in self._given]
        for layer in self._layers:
            given.append(layer.forward(parameters, given))
        return torch.sub(given[-1][:, 0], self._values[part], out=out)

    def residual(self, parameters: Tensor, out: Tensor) -> None:
        """Residuals at all points to ``out: (members, n)``; ``parameters: (members, P)``, trained ones only."""
        for part in self._parts():
            self._residual(parameters, part, out[:, part])

    def parts(self, parameters: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """For each chunk the residuals ``(members, c)`` and the transposed Jacobian ``(members, P, c)``, in buffers.

        What is yielded holds until the next part is asked for.
        """
        for part in self._parts():
            points = part.stop - part.start
            room = self._jacobian[: self.members * self.size * points]
            jacobian = room.view(self.members, self.size, points)
            residual = self._residual(parameters, part, parameters.new_empty(self.members, points))
            self._fill(parameters, self._given[-1][:, :, part], jacobian)
            yield residual, jacobian

    def _fill(self, parameters: Tensor, inputs: Tensor, jacobian: Tensor) -> None:
        """The transposed Jacobian at the points that were last evaluated."""
        points = inputs.shape[2]
        top = self._layers[-1]
        deltas = top.view(top.deltas, points).zero_()
        deltas[:, 0] = 1.0
        for index in range(len(self._layers) - 1, -1, -1):
            layer = self._layers[index]
            layer.pull_back(deltas)
            if layer.columns is not None:
                below = self._layers[index - 1].extended[:, :, :points] if index else inputs
                block = jacobian[:, layer.columns].view(*layer.shape, points)
                torch.mul(deltas.unsqueeze(2), below.unsqueeze(1), out=block)
            if index:
                lower = self._layers[index - 1]
                weight = layer.affine(parameters)[:, :, :-1].transpose(1, 2)
                deltas = torch.bmm(weight, deltas, out=lower.view(lower.deltas, points))
                for place, adding in enumerate(self._layers[index:], index):
                    if adding.adds == place - index + 1:
                        deltas.add_(adding.view(adding.deltas, points))
