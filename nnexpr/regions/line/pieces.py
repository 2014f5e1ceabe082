"""What exact counting on the line returns: the network as the piecewise-linear function that it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from nnexpr.regions.counted import Counted
from nnexpr.regions.line.certificate import Certificate
from nnexpr.regions.stack import Array, Index
from nnexpr.targets.target import Scale

__all__ = ["LineRegions"]


@dataclass(frozen=True, eq=False)
class LineRegions(Counted):
    """One member on ``domain``. Arrays are float64 and must not be written to.

    ``breakpoints: (B,)`` are where the output bends, ascending and strictly inside; ``slopes: (B + 1,)`` those of the
    linear regions between them; ``values: (B + 2,)`` the output at the left end, the breakpoints and the right end.
    With several outputs, slopes and values have a last axis ``(outputs,)`` and a breakpoint is where any of them
    bends. ``bend_layers``, ``bend_units: (B,)``: the hidden layer (from 1) and its unit (from 0) that bends there, the
    first one where several do. Layers are numbered as in the network, so one without kinks has its number too; an
    output layer with kinks counts as the last hidden layer.
    """

    domain: tuple[float, float]
    breakpoints: Array
    slopes: Array
    values: Array
    activation_regions: int  # maximal intervals on which no unit changes its piece
    bends_by_layer: tuple[int, ...]  # one for each hidden layer; the sum is the number of bends
    bend_layers: Index
    bend_units: Index
    check: Certificate

    @property
    def count(self) -> int:
        """Linear regions."""
        return len(self.breakpoints) + 1

    @property
    def bends(self) -> int:
        """Breakpoints inside the domain."""
        return len(self.breakpoints)

    @property
    def intercepts(self) -> Array:
        """Region i is ``slopes[i] x + intercepts[i]``: the shape of ``slopes``."""
        return self.values[:-1] - (self.slopes.T * self._begins).T

    @property
    def _begins(self) -> Array:
        return np.concatenate([[self.domain[0]], self.breakpoints])

    def __call__(self, x: ArrayLike) -> Array:
        """The output at x, any shape; outside the domain the outermost pieces are continued.

        Evaluated from the region's left end, which keeps the digits that ``slopes x + intercepts`` cancels.
        """
        points = np.asarray(x, dtype=np.float64)
        region = np.searchsorted(self.breakpoints, points, side="right")
        from_left = points - self._begins[region]
        return self.values[region] + (self.slopes[region].T * from_left.T).T

    def rescaled(self, input_scale: Scale, value_scale: Scale) -> LineRegions:
        """The same function in a target's own units."""
        low, high = (input_scale.factor * end + input_scale.shift for end in self.domain)
        order = slice(None) if input_scale.factor > 0 else slice(None, None, -1)
        residual = self.check.max_residual
        return replace(
            self,
            domain=(low, high) if input_scale.factor > 0 else (high, low),
            breakpoints=input_scale.to_own(self.breakpoints)[order],
            slopes=(self.slopes * (value_scale.factor / input_scale.factor))[order],
            values=value_scale.to_own(self.values)[order],
            bend_layers=self.bend_layers[order],
            bend_units=self.bend_units[order],
            check=replace(
                self.check, max_residual=None if residual is None else residual * abs(value_scale.factor)
            ),
        )
