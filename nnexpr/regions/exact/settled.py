"""Whether exact arithmetic finds what was counted: asked where rounding might decide, of networks small enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from nnexpr.networks.graph.graph import Graph
from nnexpr.regions.exact.line import Along, along, follows
from nnexpr.regions.exact.plane import InPlane, in_plane
from nnexpr.regions.exact.walk import TooMuch
from nnexpr.regions.layer import Array, Index
from nnexpr.regions.stack import Stack
from nnexpr.regions.steps import steps_of

if TYPE_CHECKING:
    from nnexpr.regions.plane.placed import Domain, Placed

__all__ = ["MOST", "cells_of", "changes_of", "pieces_of", "signs_of"]

MOST = 1 << 16  # multiplications of whole numbers, about, of which a million take a second
FAR = 8  # times as many are out of reach, also where the layers walked have more weights than the graph


def _along(graph: Graph, vertices: Array) -> Along | None:
    try:
        return along(*steps_of(graph), vertices, MOST)
    except TooMuch:
        return None


class Walked(Protocol):
    """What was found along a path, as far as it matters here: see ``Traced``."""

    @property
    def births(self) -> Index: ...
    @property
    def ends(self) -> Index: ...
    @property
    def turned(self) -> Index: ...


def pieces_of(stack: Stack, number: int, vertices: Array, told: Walked) -> bool | None:
    """Whether there are as many places at which units and outputs bend on every segment of a path through ``vertices``,
    and units change their piece at the same vertices; None where it would take too much to know, or where the network
    says how near kinks coincide.
    """
    found = _along(stack.source(number), vertices) if stack.is_literal else None
    if found is None:
        return None
    knots = np.flatnonzero(told.births[:, 0] == 0)
    births, bends = np.diff(knots) - 1, np.diff(np.searchsorted(told.ends, knots)) - 1
    same = found.births == births.tolist() and found.bends == bends.tolist()
    return same and found.turned == np.flatnonzero(told.turned[:-1]).tolist()


def changes_of(stack: Stack, number: int, vertices: Array, classes: Sequence[int]) -> bool | None:
    """Whether outputs are the largest one after another as ``classes`` say; None as above."""
    found = _along(stack.source(number), vertices) if stack.is_literal else None
    return None if found is None else follows(classes, found.largest)


def signs_of(stack: Stack, number: int, vertices: Array, changes: int) -> bool | None:
    """Whether the one output changes its sign so often; None as above."""
    found = _along(stack.source(number), vertices) if stack.is_literal else None
    return None if found is None else found.signs == changes


def cells_of(stack: Stack, place: Placed, domain: Domain, work: int, *, decisions: bool) -> InPlane | None:
    """The exact counts on a rectangle of a plane; None as above.

    ``work``: the weights of every layer times the cells below it that were counted, about what it takes. Where that is
    far too much the first layers are not begun.
    """
    if not stack.is_literal or work > FAR * MOST:
        return None
    try:
        plane = place.origin, *place.directions
        return in_plane(*steps_of(stack.source(0)), plane, domain, MOST, decisions=decisions)
    except TooMuch:
        return None
