"""Tensors of numbers into which a module writes what depends on its input: ``y = torch.zeros(5); y[:3] = x``.

Such a tensor cannot become another one while a forward holds it. So its storage is put by as units, numbers at first,
and whenever a tensor on that storage is given to an operator, a traced view of these units stands for it: torch's own
strides say which. The tensor itself is not written to.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

from nnexpr.networks.graph.draft import Refused, require_units
from nnexpr.networks.tracing.tensor import Cell, Traced, Tracer

__all__ = ["Standing"]


class Standing(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While it lasts, units stand for what was written into."""

    def __init__(self, tracer: Tracer) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._tracer = tracer
        self._written: dict[int, tuple[Any, Cell]] = {}  # by the address of a storage, which is kept alive
        tracer.stand = self.stand

    def stand(self, tensor: Tensor) -> Traced:
        """The units for a tensor from now on."""
        if not tensor.is_floating_point():
            raise Refused("it writes what depends on the input into a tensor of whole numbers")
        storage = tensor.untyped_storage()
        count = storage.nbytes() // tensor.element_size()
        require_units(count)
        self._tracer.narrowed |= tensor.dtype != torch.float64
        whole = torch.as_strided(tensor.detach(), (count,), (1,), 0).double().cpu().numpy()
        cell = Cell(self._tracer.draft.constant(np.nan_to_num(whole)))  # of an empty tensor anything
        self._written[storage.data_ptr()] = storage, cell
        return self._view(tensor, cell)

    def _view(self, tensor: Tensor, cell: Cell) -> Traced:
        spots = torch.as_strided(
            torch.arange(cell.signal.places.size), tensor.shape, tensor.stride(), tensor.storage_offset()
        )
        return Traced.of(self._tracer, cell, spots.numpy())

    def instead(self, given: Any) -> Any:
        """What stands for it, or itself."""
        if (
            not self._written
            or not isinstance(given, Tensor)
            or isinstance(given, Traced)
            or not given.numel()
        ):
            return given
        found = self._written.get(given.untyped_storage().data_ptr())
        return given if found is None else self._view(given, found[1])

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """One operator, with units where they stand for numbers."""
        new, named = tree_map(self.instead, (args, kwargs or {}))
        made = func(*new, **named)
        return args[0] if args and made is new[0] else made
