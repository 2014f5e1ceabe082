"""Limited memory of the inverse Hessian, a ring of pairs for each member, and the direction -H g by two loops.

A pair (s, y) = (step, change of the gradient) with s^T y > 0 says how the loss bends along s. BFGS builds from the
last m pairs, starting from gamma I with gamma = s^T y / y^T y of the newest, a positive definite H with H y = s;
the two loops form H g from the pairs without forming H, in 4 m P multiply-adds (Nocedal and Wright, Numerical
Optimization, 2nd edition, algorithm 7.4). A pair whose s^T y is not clearly positive is left out, so -H g is a
direction of descent.

On the processor both loops are compiled, member after member, because in array operations they would be forty calls
for a few thousand numbers. Elsewhere the same recursion runs in array operations over all members; a test holds one
to the other.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnexpr.kernels.compiled import compiled_loosely

__all__ = ["CurvaturePairs"]

Floats = NDArray[np.floating]
Integers = NDArray[np.int64]


class CurvaturePairs:
    """The last ``memory`` pairs of every member of ``parameters: (members, P)``."""

    def __init__(self, parameters: Tensor, memory: int) -> None:
        members, size = parameters.shape
        device = parameters.device
        self.steps = parameters.new_zeros(memory, members, size)
        self.changes = torch.zeros_like(self.steps)
        self.inverses = torch.zeros(memory, members, dtype=torch.float64, device=device)  # 1 / s^T y
        self.scales = torch.ones(members, dtype=torch.float64, device=device)  # gamma
        self.counts = torch.zeros(members, dtype=torch.int64, device=device)  # pairs held
        self.newest = torch.zeros(members, dtype=torch.int64, device=device)  # where in the ring

    @property
    def state(self) -> list[Tensor]:
        """Everything that is remembered."""
        return [self.steps, self.changes, self.inverses, self.scales, self.counts, self.newest]

    def forget(self, which: Tensor) -> None:
        """Drop all pairs of the members ``which: (members,)`` bool."""
        self.counts.masked_fill_(which, 0)
        self.scales.masked_fill_(which, 1.0)

    def direction(self, gradient: Tensor, out: Tensor) -> None:
        """-H g of every member to ``out: (members, P)``; -g where no pair is held."""
        if gradient.device.type == "cpu":
            _two_loops(gradient.numpy(), out.numpy(), *(tensor.numpy() for tensor in self.state))
        else:
            self.direction_by_arrays(gradient, out)

    def direction_by_arrays(self, gradient: Tensor, out: Tensor) -> None:
        """The same in array operations, on any device."""
        memory, members, _ = self.steps.shape
        rows = torch.arange(members, device=gradient.device)
        weights = torch.zeros_like(self.inverses)
        out.copy_(gradient).neg_()
        slots = [(self.newest - age) % memory for age in range(memory)]
        for age, slot in enumerate(slots):
            held = self.counts > age
            product = (self.steps[slot, rows] * out).sum(1) * self.inverses[slot, rows]
            weights[age] = torch.where(held, product, 0.0)
            out.sub_(weights[age, :, None].to(out.dtype) * self.changes[slot, rows])
        out.mul_(self.scales[:, None].to(out.dtype))
        for age, slot in reversed(list(enumerate(slots))):
            held = self.counts > age
            product = (self.changes[slot, rows] * out).sum(1) * self.inverses[slot, rows]
            weight = torch.where(held, weights[age] - product, 0.0)
            out.add_(weight[:, None].to(out.dtype) * self.steps[slot, rows])

    def remember(self, steps: Tensor, changes: Tensor, moved: Tensor) -> None:
        """Take the pairs ``(members, P)`` of the members that ``moved: (members,)``, where they bend upwards."""
        product = torch.linalg.vecdot(steps, changes).double()
        square = torch.linalg.vecdot(changes, changes).double()
        least = torch.finfo(steps.dtype).eps * (torch.linalg.vecdot(steps, steps).double() * square).sqrt()
        kept = moved & (product > least) & torch.isfinite(square)
        memory, members, _ = self.steps.shape
        rows = torch.arange(members, device=steps.device)
        slot = torch.where(kept & (self.counts > 0), (self.newest + 1) % memory, self.newest)
        self.newest.copy_(slot)
        for ring, new in ((self.steps, steps), (self.changes, changes)):
            ring[slot, rows] = torch.where(kept[:, None], new, ring[slot, rows])
        self.inverses[slot, rows] = torch.where(kept, 1.0 / product, self.inverses[slot, rows])
        self.scales.copy_(torch.where(kept, product / square, self.scales))
        self.counts.copy_(torch.where(kept, (self.counts + 1).clamp(max=memory), self.counts))


@compiled_loosely
def _two_loops(
    gradient: Floats, out: Floats, steps: Floats, changes: Floats, inverses: Floats, scales: Floats,
    counts: Integers, newest: Integers,
) -> None:  # fmt: skip
    memory, members, size = steps.shape
    weights = np.empty(memory)
    for member in range(members):
        row = out[member]
        for k in range(size):
            row[k] = -gradient[member, k]
        for age in range(counts[member]):
            slot = (newest[member] - age) % memory
            s, y = steps[slot, member], changes[slot, member]
            total = row[0] * 0
            for k in range(size):
                total += s[k] * row[k]
            weights[age] = total * inverses[slot, member]
            weight = row.dtype.type(weights[age])
            for k in range(size):
                row[k] -= weight * y[k]
        scale = row.dtype.type(scales[member])
        for k in range(size):
            row[k] *= scale
        for age in range(counts[member] - 1, -1, -1):
            slot = (newest[member] - age) % memory
            s, y = steps[slot, member], changes[slot, member]
            total = row[0] * 0
            for k in range(size):
                total += y[k] * row[k]
            weight = row.dtype.type(weights[age] - total * inverses[slot, member])
            for k in range(size):
                row[k] += weight * s[k]
