"""What exact counting on the line returns: the network as the piecewise-linear function that it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from nnexpr.regions.counted import Counted
from nnexpr.regions.line.certificate import Certificate
from nnexpr.regions.stack import Index
from nnexpr.scale import Scale
from nnexpr.splines.linear import LinearSpline

__all__ = ["LineRegions"]


@dataclass(frozen=True, eq=False, kw_only=True)
class LineRegions(Counted, LinearSpline):
    """One member on ``domain``, as the spline that it is: its pieces are the linear regions.

    ``breakpoints: (B,)`` are where the output bends, ascending and strictly inside; ``slopes: (B + 1,)`` those of the
    linear regions between them, found by the chain rule; ``values: (B + 2,)`` the output at the left end, the
    breakpoints and the right end. With several outputs a breakpoint is where any of them bends. ``bend_layers``,
    ``bend_units: (B,)``: the hidden layer (from 1) and its unit (from 0) that bends there, the first one where several
    do. Layers are numbered as in the network, so one without kinks has its number too; an output layer with kinks
    counts as the last hidden layer.
    """

    activation_regions: int  # maximal intervals on which no unit changes its piece
    bends_by_layer: tuple[int, ...]  # one for each hidden layer; the sum is the number of bends
    bend_layers: Index
    bend_units: Index
    check: Certificate

    def rescaled(self, input_scale: Scale, value_scale: Scale) -> Self:
        """The same function in a target's own units."""
        order = slice(None, None, 1 if input_scale.factor > 0 else -1)
        residual = self.check.max_residual
        check = replace(
            self.check, max_residual=None if residual is None else residual * abs(value_scale.factor)
        )
        made = super().rescaled(input_scale, value_scale)
        return replace(
            made, bend_layers=self.bend_layers[order], bend_units=self.bend_units[order], check=check
        )
