"""What exact counting in the plane returns: the network as the piecewise-linear surface that it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnexpr.declarations import InputError
from nnexpr.regions.counted import Counted, one_line, unsettled
from nnexpr.regions.layer import Array, Index
from nnexpr.regions.plane.locate import walk
from nnexpr.regions.plane.outline import chains
from nnexpr.regions.plane.placed import Plane
from nnexpr.regions.plane.zeros import Faces, zero_lines
from nnexpr.scale import Scale
from nnexpr.shown import Shown

__all__ = ["PlaneCertificate", "PlaneRegions"]

MOST_AREA_ERROR = 1e-9  # of which rounding makes 1e-15 or so


@dataclass(frozen=True)
class PlaneCertificate:
    """``euler``: vertices - edges + cells, which is 1 for a subdivision of a rectangle.

    ``area_error``: |sum of areas - area of the domain| over the latter; rounding.

    ``twice_crossed``: how often a line had to be taken to cross a cell more than twice, which no line does to a convex
    cell; 0 unless rounding has bent one.

    ``sampled_points``: points drawn uniformly from the domain, and middles of cells, at which the network was evaluated
    directly, layer by layer; ``sampled_mismatches``: at how many of them a unit was on another piece than the cell
    says, by more than the tie rule forgives, or another output led the cell's class by more than rounding explains.

    ``max_residual``: the largest |cell's affine map - network| there, in the output's units; ``allowed``: the most that
    rounding explains, as on the line.

    ``mean_degree``: of the graph that joins neighbouring cells, 2 (inner edges) / cells: below 4 (Gaines and Bi, ICLR
    2026).

    ``ties``: how many pre-activations at vertices the tie rule placed on a kink: lines that pass where others meet, or
    through a corner. A unit that stays on its kink to the bit all over a cell, as the comparisons of a maximum of equal
    numbers do, has none at the cell's corners; one that only rounding keeps there has. Zero for a network in general
    position.

    ``merged``: edges at which some unit bends and what it feeds shows no bend that stands out from rounding, so that
    both cells are one region, as on the line: units that cancel exactly, and bends too weak to be told.

    ``level``: of decisions, at how many corners of cells another output than the class is nearly the largest, but for
    corners at which they are equal to the bit, where their boundary runs; and at how many sampled points it leads by
    what rounding may be.

    ``exact``, ``literal``: as on the line; rational arithmetic finds the same number of regions and of cells, or of
    decision regions.
    """

    euler: int
    area_error: float
    twice_crossed: int
    sampled_points: int
    sampled_mismatches: int
    max_residual: float
    mean_degree: float
    ties: int
    allowed: float
    merged: int
    level: int = 0
    exact: bool | None = None
    literal: bool = True

    @property
    def unsettled(self) -> int:
        """How many decisions rounding may have made; see ``nnexpr.regions.counted.unsettled``."""
        return unsettled(self.exact, self.literal, self.ties, self.merged, self.level)

    @property
    def certified(self) -> bool:
        """Whether cells and network agree: all of the above are what they are for a sound subdivision, and nothing is
        unsettled.
        """
        counted = self.euler == 1 and self.twice_crossed == 0 and self.sampled_mismatches == 0
        explained = self.area_error <= MOST_AREA_ERROR and self.max_residual <= self.allowed
        return counted and explained and self.unsettled == 0

    def rescaled(self, value_scale: Scale) -> Self:
        """The same in a target's own units."""
        factor = abs(value_scale.factor)
        return replace(self, max_residual=self.max_residual * factor, allowed=self.allowed * factor)


@dataclass(frozen=True, eq=False, kw_only=True)
class PlaneRegions(Shown, Counted):
    """One member on the rectangle ``domain``, ``((a1, b1), (a2, b2))``, of the ``plane`` x = origin + s u + t v, or of
    its two inputs, which then are s and t. Arrays must not be written to.

    A *cell*, or activation region, is a maximal convex set on which every unit stays on one piece of its activation:
    F of them. A *linear region* is a maximal set of cells, connected by edges, on which every output
    is one affine map; ``count`` of them.

    ``vertices: (V, 2)`` float64. Cell c has the corners ``corners[offsets[c]:offsets[c + 1]]``, counter-clockwise, and
    beyond the side from each corner to the next the cell in the same place of ``neighbours``, -1 outside. A corner may
    be flat, where an edge ends on the side from the other cell. ``edges: (E, 2)`` are vertices, ``edge_faces: (E, 2)``
    the cells left and right of the way from the first to the second, -1 outside; ``edge_layer: (E,)`` the hidden layer,
    from 1, whose unit bends there, the lowest one where several do, 0 for the domain's border; ``edge_bends: (E,)``
    whether the output bends there too.

    On cell c the output is ``slopes[c] . (s, t) + intercepts[c]``, ``(F, 2)`` and ``(F,)``, both with a last axis if
    there are several outputs; ``areas: (F,)`` in (s, t); ``degrees: (F,)`` the edges it shares with other cells;
    ``regions: (F,)`` the number, from 0, of its linear region; ``patterns: (F,)`` a number that is the same for the
    same pieces of all units, from one moment of training to the next.

    ``of``: what is counted. Where it is ``"argmax"`` a region is a connected set of cells on which one output is the
    largest, of which cells are further cut where two are; ``classes: (F,)`` says which, and edges bend where that
    changes: they are the decision boundary. Else ``classes`` is None.
    """

    __repr__ = one_line

    domain: tuple[tuple[float, float], tuple[float, float]]
    plane: Plane | None
    of: str
    vertices: Array
    offsets: Index
    corners: Index
    neighbours: Index
    edges: Index
    edge_faces: Index
    edge_layer: Index
    edge_bends: NDArray[np.bool_]
    slopes: Array
    intercepts: Array
    areas: Array
    degrees: Index
    regions: Index
    patterns: Index
    classes: Index | None
    check: PlaneCertificate

    @cached_property
    def count(self) -> int:
        """Linear regions, or those of one class."""
        return int(self.regions.max()) + 1

    @property
    def activation_regions(self) -> int:
        """Cells."""
        return len(self.areas)

    @property
    def bends(self) -> int:
        """Edges at which the output bends."""
        return int(np.count_nonzero(self.edge_bends))

    def locate(self, points: ArrayLike) -> Index:
        """The cell of each of ``(n, 2)`` points, ``(n,)``; -1 outside the domain. On an edge, either of its cells.

        A point takes a few steps from cell to cell if it is near the one before it.
        """
        wanted = np.ascontiguousarray(points, dtype=np.float64)
        if wanted.ndim != 2 or wanted.shape[1] != 2:
            raise ValueError(f"points have shape {wanted.shape}; expected (points, 2)")
        return walk(wanted, self.vertices, self.offsets, self.corners, self.neighbours, np.array(self.domain))

    def __call__(self, points: ArrayLike) -> Array:
        """The output at ``(n, 2)`` points (s, t), ``(n,)`` or ``(n, outputs)``; NaN outside the domain."""
        x = np.asarray(points, dtype=np.float64)
        cells = self.locate(x)
        values: Array = np.einsum("pi...,pi->p...", self.slopes[cells], x) + self.intercepts[cells]
        values[cells < 0] = np.nan
        return values

    def point_at(self, s: ArrayLike, t: ArrayLike) -> Array:
        """The network's input at (s, t): ``(inputs,)``, or ``(..., inputs)`` for arrays."""
        if self.plane is None:
            return np.stack(np.broadcast_arrays(np.asarray(s, float), np.asarray(t, float)), axis=-1)
        return self.plane.at(s, t)

    @cached_property
    def steepness(self) -> Array:
        """The length of the gradient on each cell, of several outputs that of all of them together: ``(F,)``."""
        squares: Array = np.square(self.slopes).reshape(len(self.slopes), -1).sum(axis=1)
        return np.sqrt(squares)

    @cached_property
    def boundary(self) -> list[Array]:
        """Where the output bends, or the class changes, as polylines ``(n, 2)`` in (s, t), exactly."""
        return chains(self.vertices, self.edges[self.edge_bends])

    @cached_property
    def zeros(self) -> list[Array]:
        """Where the one output is zero, as polylines ``(n, 2)`` in (s, t): of a margin the boundary of its class.

        A cell that is zero throughout counts by its outline. Raises ``InputError`` where there are several outputs.
        """
        if self.slopes.ndim > 2:
            raise InputError("of", self.of, "one output has zeros: output:K or margin:K")
        cells = Faces(self.offsets, self.corners, self.slopes, self.intercepts)
        return zero_lines(self.vertices, cells, self.edges, self.edge_faces)

    def rescaled(self, input_scales: tuple[Scale, ...], value_scale: Scale) -> PlaneRegions:
        """The same function in a target's own units; the factors of the inputs must be above 0.

        On a given plane s and t stay what they are, and the plane goes to where it lies in those units.
        """
        factors = np.array([scale.factor for scale in input_scales])
        shifts = np.array([scale.shift for scale in input_scales])
        if self.plane is not None:
            origin, u, v = self.plane
            moved = Plane(origin * factors + shifts, u * factors, v * factors)
            return replace(
                self,
                plane=moved,
                slopes=self.slopes * value_scale.factor,
                intercepts=value_scale.to_own(self.intercepts),
                check=self.check.rescaled(value_scale),
            )
        if factors.shape != (2,) or not (factors > 0.0).all():
            raise ValueError(f"the inputs' factors are {factors.tolist()}; two are needed, above 0")
        by = (value_scale.factor / factors).reshape(2, *[1] * (self.slopes.ndim - 2))
        slopes = self.slopes * by
        (a1, b1), (a2, b2) = (np.array(self.domain) * factors[:, None] + shifts[:, None]).tolist()
        return replace(
            self,
            domain=((a1, b1), (a2, b2)),
            vertices=self.vertices * factors + shifts,
            slopes=slopes,
            intercepts=value_scale.to_own(self.intercepts) - np.einsum("pi...,i->p...", slopes, shifts),
            areas=self.areas * float(factors.prod()),
            check=self.check.rescaled(value_scale),
        )
