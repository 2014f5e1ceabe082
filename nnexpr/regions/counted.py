"""What is told of a member beside its pieces, on the line and in the plane, and what vouches for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.network import Network
from nnexpr.regions.layer import Index
from nnexpr.scale import Scale

__all__ = [
    "Certificate",
    "Counted",
    "allowed",
    "dead_units",
    "domain_of",
    "layer_counts",
    "one_line",
    "unsettled",
]

WIDEST = 2.0**-20  # a tolerance beyond which residuals are no rounding of float32 numbers

Units = tuple[tuple[int, int], ...]  # (layer from 1, unit from 0) of each


def one_line(found: Any) -> str:
    """``<LineRegions: 36 linear regions, 35 bends, 2 dead units>``, the ``repr`` of what was counted."""
    counted = {"linear region": found.count, "bend": found.bends, "dead unit": len(found.dead_units)}
    told = (f"{number:,} {what}{'s' * (number != 1)}" for what, number in counted.items())
    return f"<{type(found).__name__}: {', '.join(told)}>"


@dataclass(frozen=True, eq=False, kw_only=True)
class Counted:
    """``bends_by_layer``: one number for each hidden layer; the sum is the number of bends.

    ``dead_units``: (layer from 1, unit from 0), those on one flat piece of their activation throughout. ``collapsed``:
    the output is constant, within its rounding.
    """

    bends_by_layer: tuple[int, ...]
    dead_units: Units
    collapsed: bool


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What vouches for a member's count.

    ``max_residual``: the largest |pieces(x) - network(x)|, in the output's units, with the network evaluated
    directly in float64 at both ends and half-way between every two neighbouring positions where some unit changes its
    piece; None if it was not asked for. (Two continuous functions that are affine between the same positions and agree
    at one end and half-way are equal.) It should be the rounding of that evaluation: a few 2^-53 of the terms that are
    summed, times the gain of the layers above, plus the steepest slope times the rounding of x. Where ties are decided
    with a tolerance wider than 2^-49, as for float32 weights, it is about that tolerance.

    ``allowed``: the most that rounding explains, ``allowed(scale, tolerance)``. A residual above that says that the
    pieces are not the network, and no count of them is vouched for. A graph's residual is held to the graph's own terms
    too, output by output, where those of the chain that it was counted as would explain more.

    ``ties``: how many pre-activations the tie rule placed on a kink: kinks that coincide with one another, with a bend
    of an earlier layer or with an end of the domain. A unit that stays on its kink to the bit, as the comparisons of a
    maximum of equal numbers do, has none there; one that only rounding keeps there has. Zero for a network in general
    position.

    ``merged``: positions at which some unit bends and what it feeds shows no bend that stands out from rounding, so
    that both sides are one region. Units that cancel exactly are among them, and bends too weak beside strong ones to
    be told; a unit that feeds only dead ones is not.

    ``unresolved``: neighbouring breakpoints that are one float64 number. The count is right; their positions are not
    told apart.

    Of decisions, and of a margin's sign: ``overruled``: at how many places (positions, breakpoints and half-way between
    them) another output leads the one that is told to be the largest by more than rounding explains; then no count is
    vouched for. ``level``: at how many places another output may be the largest, or the sign be another one, for all
    that bounds of their rounding tell (``enclosed.py``).

    ``exact``: whether rational arithmetic finds the same number of bends and of changes of pieces on every segment, and
    the same classes one after another; None where it was not asked. It is asked where rounding may have decided
    something (ties, merged bends, level places, pre-activations that come near a kink), for networks small enough.

    ``literal``: whether the weights are taken as they are. A network whose ``tie_tolerance`` says that its weights only
    approximate kinks meant to coincide, as ``compositional`` ones do, is counted with these as one: its ties are no
    doubt about the count, and exact arithmetic, which would count the slivers between them, is not asked.
    """

    max_residual: float | None
    allowed: float
    ties: int
    merged: int
    unresolved: int
    overruled: int = 0
    level: int = 0
    exact: bool | None = None
    literal: bool = True

    @property
    def unsettled(self) -> int:
        """How many decisions rounding may have made; see ``unsettled``."""
        return unsettled(self.exact, self.literal, self.ties, self.merged, self.level)

    @property
    def certified(self) -> bool:
        """Whether the count is proved: the residual is one that rounding explains, no class is overruled, and nothing
        is unsettled. Not if the residual was not asked for.
        """
        explained = self.max_residual is not None and self.max_residual <= self.allowed
        return explained and self.overruled == 0 and self.unsettled == 0

    def rescaled(self, value_scale: Scale) -> Self:
        """The same in a target's own units."""
        residual = self.max_residual
        return replace(
            self,
            max_residual=None if residual is None else residual * abs(value_scale.factor),
            allowed=self.allowed * abs(value_scale.factor),
        )


def unsettled(exact: bool | None, literal: bool, ties: int, merged: int, level: int) -> int:
    """How many decisions rounding may have made: none where exact arithmetic agrees; where it does not, one at least.

    Else, and where it was not asked: ``merged`` bends, ``level`` places, and the ``ties`` of weights that are
    ``literal``.
    """
    open_ = merged + level + (ties if literal else 0)
    if exact is None:
        return open_
    return 0 if exact else max(open_, 1)


def allowed(scale: float, tolerance: float, sigma: float = 0.0) -> float:
    """The largest residual that rounding explains: 1024 tolerance scale, the tolerance being 2^-20 at most; or, where
    that is more, 16 tolerance sigma.

    ``scale``: the most that the terms of the output amount to. Of random and compositional networks of 1 to 20 hidden
    layers, 4 to 1000 wide, in float64 and float32, none had a residual above 1.5 tolerance scale, and most one near
    0.2; the rest is left to terms that cancel in hidden layers. ``sigma``: what rounding gathers in these on its way
    (``gathered.py``), which is looked at only where the former does not explain a residual.
    """
    return min(tolerance, WIDEST) * max(1024.0 * scale, 16.0 * sigma)


def domain_of(network: Network | Graph) -> tuple[tuple[float, float], ...]:
    """Where a network is counted unless a domain is given: where it was trained, else 0 to 1 for each input."""
    return network.domain or ((0.0, 1.0),) * network.inputs


def layer_counts(layers: Index, hidden: int) -> tuple[int, ...]:
    """How often each hidden layer, from 1, is among ``layers``; 0 is none of them."""
    return tuple(np.bincount(layers, minlength=hidden + 1)[1:].tolist())


def dead_units(dead: NDArray[np.integer | np.bool_], units: Index) -> Units:
    """The hidden units marked in ``dead``, as (layer from 1, unit from 0), in order; ``units (hidden units, 2)``."""
    marked = dead.nonzero()[0]
    return tuple(sorted(map(tuple, units[marked].tolist()))) if len(marked) else ()
