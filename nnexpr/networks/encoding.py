"""Sine-cosine encoding of the input (Hu 2023, equation 3).

x -> [sin 2 pi x, cos 2 pi x, sin 4 pi x, cos 4 pi x, ..., sin 2^k pi x, cos 2^k pi x]
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Encoding"]


@dataclass(frozen=True)
class Encoding:
    """The encoding with ``bands`` = k, applied to each of ``dimension`` inputs; with ``raw``, x itself comes first."""

    bands: int
    raw: bool = False
    dimension: int = 1

    @property
    def features(self) -> int:
        """How many numbers the first layer receives."""
        return self.dimension * (2 * self.bands + int(self.raw))

    def __call__(self, x: Tensor) -> Tensor:
        """``(features, points)`` in float64 from ``x: (points, dimension)``; band j holds sin and cos of 2^j pi x.

        The angles are formed in float64 on the processor, so high bands keep their digits whatever the network's own
        precision and device.
        """
        import torch

        columns = x.T.to(device="cpu", dtype=torch.float64)[:, None, :]
        powers = 2.0 ** torch.arange(1, self.bands + 1, dtype=torch.float64, device="cpu")
        angles = math.pi * powers[None, :, None] * columns  # (dimension, bands, points)
        waves = torch.stack([torch.sin(angles), torch.cos(angles)], dim=2)
        encoded = waves.reshape(self.dimension, 2 * self.bands, -1)
        if self.raw:
            encoded = torch.cat([columns, encoded], dim=1)
        return encoded.reshape(self.features, -1)
