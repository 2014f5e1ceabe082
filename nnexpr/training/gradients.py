"""The mean squared error of a stack of affine layers and its gradient, by hand and in place.

For layer l with input A_{l-1}, pre-activation Z_l = W_l A_{l-1} + b_l and output A_l = sigma(Z_l), starting from D_L
= 2 (A_L - y) / n:

    dL/dW_l = D_l A_{l-1}^T,    dL/db_l = sum over points of D_l,    D_{l-1} = (W_l^T D_l) * sigma'(Z_{l-1})

(Rumelhart, Hinton and Williams 1986). All arrays are ``(members, units, points)``; every result goes to a buffer
that is made once, so a step allocates nothing. Points are taken in chunks whose buffers stay in the processor's
cache, which also bounds the memory of a step for any number of points. Layers below the lowest trained one receive
no gradient.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from nnexpr.activations import ACTIVATIONS
from nnexpr.training.blocks import ParameterBlocks

__all__ = ["Backpropagation"]


@dataclass(frozen=True)
class _Buffers:
    """Views of the storage for one number of points, each ``(members, units, points)`` and contiguous."""

    outputs: list[Tensor]
    kept: list[Tensor]  # what the derivative needs: the output itself or the pre-activation
    deltas: list[Tensor]


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
        # Frozen layers may leave nothing trained; the parameters' own dtype and device hold all the same.
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

    def _forward(self, features: Tensor) -> Tensor:
        """Predictions ``(members, outputs, points)`` at ``features: (inputs, points)``, in a buffer."""
        buffers = self._for(features.shape[1])
        below = features.expand(self.parameters.members, *features.shape)
        for index, activation in enumerate(self._activations):
            z, a = buffers.kept[index], buffers.outputs[index]
            torch.baddbmm(self.parameters.biases[index], self.parameters.weights[index], below, out=z)
            activation.forward(z, a)
            below = a
        return below

    def predict(self, features: Tensor, out: Tensor) -> Tensor:
        """The first output at ``features: (inputs, points)``, written to ``out: (members, points)``."""
        for start in range(0, features.shape[1], self.chunk):
            part = features[:, start : start + self.chunk]
            out[:, start : start + self.chunk].copy_(self._forward(part)[:, 0])
        return out

    def loss(self, features: Tensor, values: Tensor, out: Tensor) -> None:
        """Mean squared errors against ``values: (points,)``, written to ``out: (members,)``."""
        out.zero_()
        for start in range(0, len(values), self.chunk):
            residual = self._forward(features[:, start : start + self.chunk])
            residual.sub_(values[start : start + self.chunk])
            torch.bmm(residual, residual.transpose(1, 2), out=self._loss_part)
            out.add_(self._loss_part.view(-1))
        out.div_(len(values))

    def loss_and_gradient(self, features: Tensor, values: Tensor, out: Tensor) -> None:
        """Mean squared errors to ``out: (members,)``; their gradients to :attr:`gradient`."""
        points = len(values)
        for start in range(0, points, self.chunk):
            part = features[:, start : start + self.chunk]
            residual = self._forward(part)
            residual.sub_(values[start : start + self.chunk])
            losses = out.view(-1, 1, 1) if start == 0 else self._loss_part
            torch.bmm(residual, residual.transpose(1, 2), out=losses)
            if start:
                out.add_(self._loss_part.view(-1))
            self._backward(part, residual, 2.0 / points, first=start == 0)
        out.div_(points)

    def _backward(self, features: Tensor, residual: Tensor, scale: float, *, first: bool) -> None:
        """Add this chunk's share of the gradient; ``first`` starts it anew."""
        buffers = self._for(features.shape[1])
        top = len(self._activations) - 1
        if self._lowest > top:
            return
        delta = torch.mul(residual, scale, out=buffers.deltas[top])
        if self._activations[top].name != "identity":
            raise ValueError(
                f"the last layer has activation {self._activations[top].name}; training needs identity"
            )
        for index in range(top, self._lowest - 1, -1):
            below = buffers.outputs[index - 1] if index else features.expand(delta.shape[0], *features.shape)
            if self.parameters.layers[index].trained:
                self._accumulate(index, delta, below, first=first)
            if index > self._lowest:
                lower = torch.bmm(self._transposed[index], delta, out=buffers.deltas[index - 1])
                self._activations[index - 1].pull_back(lower, buffers.kept[index - 1])
                delta = lower

    def _accumulate(self, index: int, delta: Tensor, below: Tensor, *, first: bool) -> None:
        weight, bias = self.gradient.weights[index], self.gradient.biases[index]
        if first:
            torch.bmm(delta, below.transpose(1, 2), out=weight)
            torch.sum(delta, 2, keepdim=True, out=bias)
        else:
            weight.baddbmm_(delta, below.transpose(1, 2))
            bias.add_(torch.sum(delta, 2, keepdim=True, out=self._bias_part[index]))
