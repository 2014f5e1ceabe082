"""Sine-cosine encoding of the input (Hu 2023, equation 3).

x -> [sin 2 pi x, cos 2 pi x, sin 4 pi x, cos 4 pi x, ..., sin 2^k pi x, cos 2^k pi x]

Its period is 1: on an interval longer than that, x and x + 1 would be one input, and no network could tell them
apart. There the interval is taken to one period first.
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
    """The encoding with ``bands`` = k, applied to each of ``dimension`` inputs; with ``raw``, x itself comes first.

    ``interval`` is one period of each input: [0, 1] is equation 3.
    """

    bands: int
    raw: bool = False
    dimension: int = 1
    interval: tuple[float, float] = (0.0, 1.0)

    @classmethod
    def on(cls, domain: tuple[float, float], bands: int, raw: bool, dimension: int) -> Encoding:
        """Equation 3 wherever its period is as long as the domain; else the domain is one period."""
        interval = (0.0, 1.0) if domain[1] - domain[0] <= 1.0 else domain
        return cls(bands, raw, dimension, interval)

    @property
    def period(self) -> float:
        """Of each input."""
        return self.interval[1] - self.interval[0]

    @property
    def note(self) -> str:
        """What differs from equation 3; empty where nothing does."""
        low, high = self.interval
        if self.interval == (0.0, 1.0):
            return ""
        return f"The encoding's period is the domain, [{low:g}, {high:g}]; with 1, x and x + 1 would be one input."

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
        low = self.interval[0]
        phases = (columns - low) / self.period
        angles = math.pi * powers[None, :, None] * phases  # (dimension, bands, points)
        waves = torch.stack([torch.sin(angles), torch.cos(angles)], dim=2)
        encoded = waves.reshape(self.dimension, 2 * self.bands, -1)
        if self.raw:
            encoded = torch.cat([columns, encoded], dim=1)
        return encoded.reshape(self.features, -1)
