"""Interpolation along each axis, by the matrix that torch's own interpolation of that axis alone is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from nnexpr.networks.graph.affine import contracted
from nnexpr.networks.graph.draft import Signal

__all__ = ["interpolated"]

Along = Callable[[Tensor, int, bool, float | None], Tensor]
SCALES = {1: ("scales",), 2: ("scales_h", "scales_w"), 3: ("scales_d", "scales_h", "scales_w")}


def interpolated(given: Mapping[str, Any], along: Along) -> Signal:
    """The arguments of one of torch's operators done; ``along``: what it does to ``(1, rows, n)`` along the last axis,
    given the size that is made of it, whether corners keep their places, and the scale.
    """
    signal: Signal = given["self"]
    sizes = given["output_size"]
    for axis, (size, name) in enumerate(zip(sizes, SCALES[len(sizes)], strict=True), 2):
        basis = torch.eye(signal.shape[axis], dtype=torch.float64)[None]
        matrix = along(basis, size, given["align_corners"], given.get(name))
        signal = contracted(signal, matrix[0].numpy(), axis)
    return signal
