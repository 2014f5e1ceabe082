"""Hu's settings in one table, as the report has them and as its public code has them, and what both leave open.

The code (github.com/dylanhu7/apma1941d) differs from the report in four ways. It trains ELUs, whatever is asked for,
unless the input is encoded; the report names no activation, so here it has ReLUs. N counts hidden layers. The encoding
is [x, sin 2^i x, cos 2^i x], i < 6, without π and with x. And its five data sets have means of up to 2 and trends,
which equation (1), of mean 0, cannot have: here its targets are f(x) + c + s (x − 1/2), with c and s as large as theirs
in the root mean square.

Open in the report: i ≤ 10, a_i, b_i ~ N(0, 1/10), 500 points; every network has a target and a start of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

__all__ = [
    "BANDS", "CODE", "EPOCHS", "PAIRS", "POINTS", "PRESETS", "QUICK_EPOCHS", "QUICK_PAIRS", "RATE", "REPORT", "TERMS",
    "Preset",
]  # fmt: skip

TERMS, POINTS, EPOCHS, RATE = 10, 500, 1000, 1e-3
PAIRS, QUICK_PAIRS, QUICK_EPOCHS = 60, 4, 60  # networks, each with its target
BANDS = 6  # of the encoding, in both
REPORT, CODE = "hu-report", "hu-code"
EQUATION_3 = 1.0  # the period of its lowest band: sin 2πx


@dataclass(frozen=True)
class Preset:
    """One reading of the settings. ``height``, ``trend``: standard deviations of c and s, 0 as in equation (1)."""

    name: str
    activation: str
    beside: int  # affine layers beside the N that are counted
    raw: bool  # x itself is encoded too
    period: float  # of the encoding's lowest band
    height: float = 0.0
    trend: float = 0.0

    @property
    def part(self) -> str:
        """What the ids of claims about it end with: nothing for the report's own settings."""
        return "" if self.name == REPORT else f" {self.name.removeprefix('hu-')}"

    def depth(self, n: int) -> int:
        """Affine layers of what the source calls depth N."""
        return n + self.beside

    def network(
        self, n: int, width: int, *, encoded: bool = False, activation: str | None = None
    ) -> dict[str, Any]:
        """What :func:`nnexpr.mlp` takes for the source's N and d."""
        options: dict[str, Any] = {
            "depth": self.depth(n), "width": width, "activation": activation or self.activation
        }  # fmt: skip
        if encoded:
            options |= {"encoding_bands": BANDS, "encoding_raw": self.raw, "domain": (0.0, self.period)}
        return options


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(REPORT, "relu", beside=0, raw=False, period=EQUATION_3),
        Preset(CODE, "elu", beside=1, raw=True, period=2 * math.pi, height=1.0, trend=2.0),
    )
}
