"""The mean squared error of a stack of affine layers and its gradient, by hand and in place.

For layer l with input A_{l-1}, pre-activation Z_l = W_l A_{l-1} + b_l and output A_l = sigma(Z_l), starting from D_L
= 2 (A_L - y) / n:

    dL/dW_l = D_l A_{l-1}^T,    dL/db_l = sum over points of D_l,    D_{l-1} = (W_l^T D_l) * sigma'(Z_{l-1})

(Rumelhart, Hinton and Williams 1986). Where layer l adds A_j, Z_l = W_l A_{l-1} + b_l + A_j, the product for D_j has
D_l added before sigma' is multiplied. All arrays are ``(members, units, points)``; every result goes to a buffer
that is made once, so a step allocates nothing. Points are taken in chunks whose buffers stay in the processor's
cache, which also bounds the memory of a step for any number of points. Layers below the lowest trained one receive
no gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nnexpr.activations import ACTIVATIONS
from nnexpr.training.blocks import ParameterBlocks

__all__ = ["Backpropagation", "Batch"]


@dataclass(frozen=True)
class _Buffers:
    """Views of the storage for one number of points, each ``(members, units, points)`` and contiguous."""

    outputs: list[Tensor]
    kept: list[Tensor]  # what the derivative needs: the output itself or the pre-activation
    deltas: list[Tensor]


@dataclass(frozen=True)
class _Chunk:
    """Some points of a batch with every view that a pass over them needs, so that the passes make none."""

    points: slice
    values: Tensor | None
    inputs: list[Tensor]  # of each layer, (members, inputs, points)
    transposed: list[Tensor]  # the same, (members, points, inputs)
    buffers: _Buffers


@dataclass(frozen=True)
class Batch:
    """Points that were made ready by :meth:`Backpropagation.prepare`; what the tensors hold may change afterwards."""

    points: int
    chunks: Sequence[_Chunk]


class Backpropagation:
    """Predictions, losses and gradients for the members of ``parameters``, at most ``chunk`` points at a time."""

    def __init__(self, parameters: ParameterBlocks, chunk: int) -> None:
        self.parameters = parameters
        self.chunk = chunk
        self.gradient = ParameterBlocks(
            parameters.layers, parameters.members, dtype=parameters.trained.dtype, device=parameters.trained.device,
            gradient=True,
        )  # fmt: skip
        self._activations = [ACTIVATIONS[layer.activation] for layer in parameters.layers]
        trained = [index for index, layer in enumerate(parameters.layers) if layer.trained]
        self._lowest = min(trained, default=len(parameters.layers))
        self._adding: list[list[int]] = [
            [] for _ in parameters.layers
        ]  # of each layer, which add what it gives
        for index, layer in enumerate(parameters.layers):
            if 0 < layer.adds <= index:
                self._adding[index - layer.adds].append(index)
        self._transposed = [weight.transpose(1, 2) for weight in parameters.weights]
        self._bias_part = [torch.empty_like(bias) for bias in self.gradient.biases]
        self._loss_part = parameters.trained.new_zeros(parameters.members, 1, 1)
        self._storage = [self._room(layer.outputs) for layer in parameters.layers]
        self._inputs = [
            self._room(layer.outputs) if activation.keeps_input else storage
            for layer, activation, storage in zip(
                parameters.layers, self._activations, self._storage, strict=True
            )
        ]
        self._deltas = [
            self._room(layer.outputs if index >= self._lowest else 0)
            for index, layer in enumerate(parameters.layers)
        ]
        self._buffers: dict[int, _Buffers] = {}

    def _room(self, units: int) -> Tensor:
        return self.parameters.trained.new_empty(self.parameters.members * units * self.chunk)

    def _for(self, points: int) -> _Buffers:
        """The buffers for chunks of ``points`` points; at most a few sizes ever occur."""
        if points not in self._buffers:
            members = self.parameters.members

            def views(storage: list[Tensor]) -> list[Tensor]:
                units = [room.numel() // (members * self.chunk) for room in storage]
                return [
                    room[: members * count * points].view(members, count, points)
                    for room, count in zip(storage, units, strict=True)
                ]

            outputs = views(self._storage)
            kept = [
                z if activation.keeps_input else a
                for a, z, activation in zip(outputs, views(self._inputs), self._activations, strict=True)
            ]
            self._buffers[points] = _Buffers(outputs, kept, views(self._deltas))
        return self._buffers[points]

    def prepare(self, features: Tensor, values: Tensor | None = None) -> Batch:
        """A batch of ``features: (inputs, points)`` and, for losses, ``values: (points,)``."""
        count = features.shape[1]
        chunks = []
        for start in range(0, count, self.chunk):
            points = slice(start, min(start + self.chunk, count))
            part = features[:, points]
            buffers = self._for(part.shape[1])
            inputs = [part.expand(self.parameters.members, *part.shape), *buffers.outputs[:-1]]
            transposed = [below.transpose(1, 2) for below in inputs]
            chunks.append(
                _Chunk(points, None if values is None else values[points], inputs, transposed, buffers)
            )
        return Batch(count, chunks)

    def _forward(self, chunk: _Chunk) -> Tensor:
        """Predictions ``(members, outputs, points)``, in a buffer."""
        buffers, weights, biases = chunk.buffers, self.parameters.weights, self.parameters.biases
        for index, activation in enumerate(self._activations):
            z = buffers.kept[index]
            torch.baddbmm(biases[index], weights[index], chunk.inputs[index], out=z)
            if (below := self.parameters.layers[index].adds) > 0:
                z.add_(chunk.inputs[index + 1 - below])
            activation.forward(z, buffers.outputs[index])
        return buffers.outputs[-1]

    def predict(self, batch: Batch, out: Tensor) -> Tensor:
        """The first output at every point, written to ``out: (members, points)``."""
        for chunk in batch.chunks:
            out[:, chunk.points].copy_(self._forward(chunk)[:, 0])
        return out

    def _residual(self, chunk: _Chunk, losses: Tensor) -> Tensor:
        """Prediction minus value; the sum of its squares goes to ``losses: (members, 1, 1)``."""
        if chunk.values is None:
            raise ValueError("this batch was prepared without values")
        residual = self._forward(chunk).sub_(chunk.values)
        torch.bmm(residual, residual.transpose(1, 2), out=losses)
        return residual

    def loss(self, batch: Batch, out: Tensor) -> None:
        """Mean squared errors, written to ``out: (members,)``."""
        out.zero_()
        for chunk in batch.chunks:
            self._residual(chunk, self._loss_part)
            out.add_(self._loss_part.view(-1))
        out.div_(batch.points)

    def loss_and_gradient(self, batch: Batch, out: Tensor) -> None:
        """Mean squared errors to ``out: (members,)``; their gradients to :attr:`gradient`."""
        first = True
        for chunk in batch.chunks:
            residual = self._residual(chunk, out.view(-1, 1, 1) if first else self._loss_part)
            if not first:
                out.add_(self._loss_part.view(-1))
            self._backward(chunk, residual, 2.0 / batch.points, first=first)
            first = False
        out.div_(batch.points)

    def _backward(self, chunk: _Chunk, residual: Tensor, scale: float, *, first: bool) -> None:
        """Add this chunk's share of the gradient; ``first`` starts it anew."""
        top, lowest, layers = len(self._activations) - 1, self._lowest, self.parameters.layers
        if lowest > top:
            return
        if self._activations[top].name != "identity":
            raise ValueError(
                f"the last layer has activation {self._activations[top].name}; training needs identity"
            )
        deltas, kept = chunk.buffers.deltas, chunk.buffers.kept
        delta = torch.mul(residual, scale, out=deltas[top])
        for index in range(top, lowest - 1, -1):
            if layers[index].trained:
                self._accumulate(index, delta, chunk.transposed[index], first=first)
            if index > lowest:
                delta = torch.bmm(self._transposed[index], delta, out=deltas[index - 1])
                for adding in self._adding[index - 1]:
                    delta.add_(deltas[adding])
                self._activations[index - 1].pull_back(delta, kept[index - 1])

    def _accumulate(self, index: int, delta: Tensor, transposed: Tensor, *, first: bool) -> None:
        weight, bias = self.gradient.weights[index], self.gradient.biases[index]
        if first:
            torch.bmm(delta, transposed, out=weight)
            torch.sum(delta, 2, keepdim=True, out=bias)
        else:
            weight.baddbmm_(delta, transposed)
            bias.add_(torch.sum(delta, 2, keepdim=True, out=self._bias_part[index]))
