"""The network: a stack of affine layers with an activation each, held for M members at once.

A layer takes what the one below it gives, and may add what one further below gave (``AffineLayer.adds``).

An MLP, a fixed-knot shallow network, a triangle-wave composition and an MMNN are ways to build this one type. The
parameters of all members are one tensor ``(members, P)``; layer l owns a slice of it, viewed as ``(members, outputs,
inputs + 1)`` with the bias as the last column. That is the layout in which one matrix product does a layer.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnexpr.activations import ACTIVATIONS
from nnexpr.kinds import AffineLayer
from nnexpr.networks.architecture import Architecture
from nnexpr.networks.encoding import Encoding
from nnexpr.shown import Shown

__all__ = ["Network"]


@dataclass(frozen=True, eq=False)
class Network(Shown):
    """M networks of one shape.

    ``parameters``: ``(members, P)``, float32 or float64. ``seeds``: the seed each member was drawn from.
    ``tie_tolerance``: the relative rounding of weights and values within which kinks count as coinciding when regions
    are counted; see ``nnexpr/regions/line/ties.py``.
    ``domain``: one ``(low, high)`` for each input, in the network's units, where it was trained; None before.
    """

    layers: tuple[AffineLayer, ...]
    parameters: Tensor
    encoding: Encoding | None = None
    seeds: tuple[int, ...] = ()
    tie_tolerance: float = 2.0**-49
    domain: tuple[tuple[float, float], ...] | None = None
    architecture: Architecture = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "architecture", Architecture(self.layers, self.encoding))
        if self.parameters.ndim != 2 or self.parameters.shape[1] != self.parameter_count:
            shape = tuple(self.parameters.shape)
            raise ValueError(f"parameters have shape {shape}; expected (members, {self.parameter_count})")
        if not self.seeds:
            object.__setattr__(self, "seeds", tuple(range(self.members)))
        if self.domain is not None and len(self.domain) != self.inputs:
            raise ValueError(
                f"the domain has {len(self.domain)} intervals; the network has {self.inputs} inputs"
            )

    def __repr__(self) -> str:
        """Widths from the inputs to the outputs, and the activations: ``1-16-16-1 relu``."""
        widths = "-".join(str(n) for n in (self.layers[0].inputs, *(layer.outputs for layer in self.layers)))
        activations = "/".join(dict.fromkeys(layer.activation for layer in self.layers[:-1])) or "affine"
        encoded = f", {self.encoding.bands} bands" if self.encoding else ""
        encoded += ", residual" * self.architecture.has_additions
        count = f"{self.members:,} member{'s' * (self.members != 1)}"
        kind = f"{self.parameters.dtype}".removeprefix("torch.")
        return (
            f"<Network {widths} {activations}{encoded}: {count}, {self.parameter_count:,} parameters, {kind}>"
        )

    @property
    def members(self) -> int:
        """How many networks are held."""
        return self.parameters.shape[0]

    @property
    def inputs(self) -> int:
        """Dimension of x, before any encoding."""
        return self.architecture.inputs

    @property
    def outputs(self) -> int:
        """Dimension of the output."""
        return self.architecture.outputs

    @property
    def parameter_count(self) -> int:
        """Weights and biases of one member, frozen ones included."""
        return self.architecture.parameter_count

    @property
    def trained_parameter_count(self) -> int:
        """Weights and biases of one member that training changes."""
        return self.architecture.trained_parameter_count

    @property
    def is_piecewise_linear(self) -> bool:
        """Whether the output is piecewise linear in x, so that its regions can be counted."""
        return self.architecture.is_piecewise_linear

    def affine(self, index: int) -> Tensor:
        """``[W | b]`` of layer ``index`` (from 0), a view ``(members, outputs, inputs + 1)``."""
        layer = self.layers[index]
        start = self.architecture.offsets[index]
        block = self.parameters[:, start : start + layer.size]
        return block.view(self.members, layer.outputs, layer.inputs + 1)

    def weight(self, index: int) -> Tensor:
        """W of layer ``index``, a view ``(members, outputs, inputs)``."""
        return self.affine(index)[:, :, :-1]

    def bias(self, index: int) -> Tensor:
        """b of layer ``index``, a view ``(members, outputs)``."""
        return self.affine(index)[:, :, -1]

    @overload
    def __call__(self, x: Tensor) -> Tensor: ...

    @overload
    def __call__(self, x: NDArray[Any] | Sequence[Any]) -> NDArray[Any]: ...

    def __call__(self, x: Tensor | NDArray[Any] | Sequence[Any]) -> Tensor | NDArray[Any]:
        """The outputs ``(members, points, outputs)`` at ``x: (points,)`` or ``(points, inputs)``.

        A tensor gives a tensor; an array or a list gives an array, in the network's precision.
        """
        if isinstance(x, Tensor):
            return self.layer_values(x)[-1].transpose(1, 2)
        with torch.no_grad():
            values: NDArray[Any] = self(torch.as_tensor(np.asarray(x, dtype=np.float64))).cpu().numpy()
        return values

    def layer_values(self, x: Tensor) -> list[Tensor]:
        """Every layer's output after its activation, each ``(members, units, points)``."""
        features = self.features(x)
        given = [features.expand(self.members, *features.shape)]
        for index, layer in enumerate(self.layers):
            a = self._pre_activation(index, given)
            ACTIVATIONS[layer.activation].forward(a, a)
            given.append(a)
        return given[1:]

    def pre_activations(self, x: Tensor) -> list[Tensor]:
        """Every layer's output before its activation, each ``(members, units, points)``."""
        features = self.features(x)
        given, found = [features.expand(self.members, *features.shape)], []
        for index, layer in enumerate(self.layers):
            found.append(self._pre_activation(index, given))
            given.append(found[-1].clone())
            ACTIVATIONS[layer.activation].forward(found[-1], given[-1])
        return found

    def _pre_activation(self, index: int, given: Sequence[Tensor]) -> Tensor:
        """W a + b of a layer and what it adds, a new tensor, from the features and what all layers below gave."""
        z = torch.baddbmm(self.bias(index).unsqueeze(2), self.weight(index), given[-1])
        return z.add_(given[-adds]) if (adds := self.layers[index].adds) else z

    def features(self, x: Tensor) -> Tensor:
        """What the first layer sees at ``x``: ``(features, points)``, in the parameters' dtype and device."""
        x = x.unsqueeze(1) if x.ndim == 1 else x
        if x.ndim != 2 or x.shape[1] != self.inputs:
            raise ValueError(f"x has shape {tuple(x.shape)}; expected (points, {self.inputs})")
        features = x.T.contiguous() if self.encoding is None else self.encoding(x)
        return features.to(dtype=self.parameters.dtype, device=self.parameters.device)

    def select(self, members: Sequence[int]) -> Network:
        """The given members, copied."""
        index = torch.as_tensor(list(members), device=self.parameters.device)
        seeds = tuple(self.seeds[member] for member in members)
        return dataclasses.replace(self, parameters=self.parameters[index], seeds=seeds)

    def member(self, index: int) -> Network:
        """One member as a network of its own."""
        return self.select([index])

    def output(self, index: int) -> Network:
        """The networks of one output, ``index`` from 0.

        Where the last layer adds what another gave, it stays whole, and a frozen layer upon it takes the one.
        """
        last = len(self.layers) - 1
        if self.layers[last].adds:
            chosen = self.parameters.new_zeros(self.members, self.outputs + 1)
            chosen[:, range(self.outputs)[index]] = 1.0
            layers = (*self.layers, AffineLayer(self.outputs, 1, trained=False))
            return dataclasses.replace(
                self, layers=layers, parameters=torch.cat([self.parameters, chosen], dim=1)
            )
        rows = self.parameters[:, : self.architecture.offsets[last]], self.affine(last)[:, index]
        layers = (*self.layers[:last], dataclasses.replace(self.layers[last], outputs=1))
        return dataclasses.replace(self, layers=layers, parameters=torch.cat(rows, dim=1))

    def with_parameters(self, parameters: Tensor) -> Network:
        """The same architecture with other parameters ``(members, P)``."""
        same = parameters.shape[0] == self.members
        return dataclasses.replace(self, parameters=parameters, seeds=self.seeds if same else ())

    def to(self, *, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> Network:
        """The same members on another device or in another precision."""
        return self.with_parameters(self.parameters.to(device=device, dtype=dtype))
