"""Affine layers and activations as they are found in a module or a file, put together into one network."""

from __future__ import annotations

import torch
from torch import Tensor

from nnexpr.kinds import AffineLayer
from nnexpr.networks.network import Network

__all__ = ["Assembly", "is_plain"]


class Assembly:
    """Weight, bias and whether it is trained, of each affine layer so far, with the activation after it.

    A network has one activation a layer and ends in an affine layer, so after a last activation, and between two in a
    row, a frozen layer W = I, b = 0 passes values on.
    """

    def __init__(self) -> None:
        self.affine: list[tuple[Tensor, Tensor, bool]] = []
        self._activations: list[str] = []
        self._adds: list[int] = []

    @property
    def outputs(self) -> int:
        """Of the last layer."""
        return len(self.affine[-1][0])

    @property
    def is_activated(self) -> bool:
        """Whether an activation stands behind the last layer."""
        return self._activations[-1:] not in ([], ["identity"])

    @property
    def is_hidden(self) -> bool:
        """Whether an activation may follow: some layer is there, and none stands behind the last."""
        return any(trained for _, _, trained in self.affine) and not self.is_activated

    @property
    def has_activation(self) -> bool:
        """Whether there is any."""
        return any(name != "identity" for name in self._activations)

    def add(self, weight: Tensor, bias: Tensor | None = None, trained: bool = True, adds: int = 0) -> None:
        """``W x + b`` with ``weight: (outputs, inputs)``; no bias is zero. ``adds``: see :class:`AffineLayer`."""
        self.affine.append((weight, weight.new_zeros(len(weight)) if bias is None else bias, trained))
        self._activations.append("identity")
        self._adds.append(adds)

    def activate(self, name: str) -> None:
        """The activation ``name`` on what is given so far."""
        self._pass_on()
        self._activations[-1] = name

    def rescale(self, factors: Tensor, shifts: Tensor) -> None:
        """``factor x + shift`` of each number that is given so far, formed with what gives it in double precision."""
        factors, shifts = factors.detach().double(), shifts.detach().double()
        if not self.affine or self.is_activated:
            self.add(torch.diag(factors), shifts, trained=False)
            return
        weight, bias, trained = self.affine[-1]
        self.affine[-1] = factors[:, None] * weight.detach(), factors * bias.detach() + shifts, trained

    def network(self) -> Network:
        """One member, in float64 if any weight or bias is, else float32."""
        self._pass_on()
        wide = any(torch.float64 in (weight.dtype, bias.dtype) for weight, bias, _ in self.affine)
        dtype, device = torch.float64 if wide else torch.float32, self.affine[0][0].device
        layers, blocks = [], []
        for (weight, bias, trained), activation, adds in zip(
            self.affine, self._activations, self._adds, strict=True
        ):
            layers.append(AffineLayer(weight.shape[1], weight.shape[0], activation, trained, adds))
            block = torch.cat([weight.detach(), bias.detach().unsqueeze(1)], dim=1).reshape(-1)
            blocks.append(block.to(dtype=dtype, device=device))
        return Network(tuple(layers), torch.cat(blocks).unsqueeze(0))

    def _pass_on(self) -> None:
        if self.is_activated:
            below = self.affine[-1][0]
            self.add(torch.eye(len(below), dtype=below.dtype, device=below.device), trained=False)


def is_plain(tensor: object) -> bool:
    """Whether it is a tensor of real floating-point numbers, one beside the other."""
    return isinstance(tensor, Tensor) and tensor.layout == torch.strided and tensor.is_floating_point()
