"""Linear regions of networks in a plane through their inputs, exactly.

A network of affine layers and piecewise-linear activations is a continuous piecewise-linear surface over the plane. Its
cells on a rectangle are found layer by layer, without sampling: on a cell of the layers so far the next layer's
pre-activations are affine, so each kink of each unit is a line that cuts the cell in two or misses it. It is the edge
subdivision of Berzins (ICML 2023), with cells known by their half-edges rather than by their signs, so that nothing is
sorted or hashed.

    placed.py       where the plane lies among the inputs
    mesh.py         half-edges in flat arrays
    ties.py         when a vertex counts as on a line
    sides.py        the sides of vertices and cells
    values.py       the values of a layer
    cut.py          one layer: cells cut along its units' lines
    layers.py       all layers
    classes.py      where one output is the largest
    tree.py         the gradients of hidden layers on cells
    maps.py         the affine map of each cell
    join.py         which neighbours share one
    outline.py      corners, areas, intercepts
    zeros.py        where one output is zero
    locate.py       the cell of a point
    certificate.py  what vouches for it all
    surface.py      all of these, one after another

Cost: less than a forward pass for each vertex and two for each cell, from the layer on that makes it. Memory at its
peak, about: 2 (8 units + lines / 4) + 500 bytes a cell, of the widest layer, so bounded by ``most_cells``; the result
keeps some 220. Large networks are counted on as many threads as torch uses; the numbers do not depend on how many.
Error: coordinates and values carry the rounding of float64; the counts do not depend on it, except that crossings
closer than the tie rule's tolerance are one, and reported.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from nnexpr.declarations import InputError
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.network import Network
from nnexpr.regions.asked import REGIONS, asked
from nnexpr.regions.counted import domain_of
from nnexpr.regions.layer import layer_of
from nnexpr.regions.plane.cells import PlaneCertificate, PlaneRegions
from nnexpr.regions.plane.placed import Domain, Plane, placed, plane_through
from nnexpr.regions.plane.surface import surface
from nnexpr.regions.room import MOST, TooManyCells, that_fit
from nnexpr.regions.stack import Stack

__all__ = ["Plane", "PlaneCertificate", "PlaneRegions", "plane_regions", "plane_through"]


def plane_regions(
    network: Network | Graph,
    domain: Domain | None = None,
    member: int = 0,
    *,
    plane: Sequence[ArrayLike] | None = None,
    of: str = REGIONS,
    most_cells: int | None = None,
) -> PlaneRegions:
    """The cells and linear regions of one member on a rectangle of a plane through its inputs, in the network's units.

    ``plane``: (origin, u, v), each of as many numbers as the network has inputs: x = origin + s u + t v. A network of
    two inputs needs none. ``domain``: the interval of s and that of t, for a network of two inputs those of x1 and of
    x2; unless given, those that it was trained on, and 0 to 1 where it was not.

    ``of``: ``"regions"`` of all outputs together, ``"output:K"`` of one, ``"margin:K"`` of one minus the largest of
    the others (``PlaneRegions.zeros``: where that is 0), or ``"argmax"``: cells are cut further where two outputs tie
    for the largest, and a region is where one and the same is (``PlaneRegions.classes``).
    ``most_cells``: unless given, as many as fit into half of the memory that is free, two million at most.

    Raises ``NotPiecewiseLinear``; ``InputError`` for a domain that is not two intervals, a plane that is not one, or
    another ``of``; ``TooManyCells``, a ``ValueError`` that says how many were found on how much of the domain;
    ``ValueError`` if a network of other than two inputs is given no plane, or parameters or values are not finite.

    >>> from nnexpr import mlp, plane_regions
    >>> cells = plane_regions(mlp(depth=2, width=3, inputs=2, dtype="float64"), ((-9, 9), (-9, 9)))
    >>> cells.count, cells.check.euler
    (7, 1)
    """
    stack = Stack.of(asked(network, of, member), 2 if plane is None else None, member)
    most = that_fit(stack.shapes) if most_cells is None else most_cells
    place, rectangle = placed(plane, network.inputs), _rectangle(network, domain, plane is None)
    only = stack.member(0)
    layers = [layer_of(only, number) for number in range(len(only.shapes))]
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            found = surface(stack, layers, place, rectangle, of, most)
    except TooManyCells as error:
        error.fits = most_cells is None and most < MOST
        raise
    if not (np.isfinite(found.slopes).all() and np.isfinite(found.intercepts).all()):
        raise ValueError("the network overflows float64 on this domain")
    return found


def _rectangle(network: Network | Graph, domain: Domain | None, own: bool) -> Domain:
    if domain is None and not own:
        raise InputError(
            "domain", "none", "with a plane it is the intervals of s and t, ((s0, s1), (t0, t1))"
        )
    return _checked(domain or domain_of(network))


def _checked(domain: Sequence[Sequence[float]]) -> Domain:
    try:
        (a1, b1), (a2, b2) = ((float(low), float(high)) for low, high in domain)
    except (TypeError, ValueError):
        raise InputError("domain", domain, "two intervals, ((a1, b1), (a2, b2))") from None
    ends = (a1, b1, a2, b2)
    if not (all(map(math.isfinite, ends)) and a1 < b1 and a2 < b2):
        raise InputError("domain", domain, "two intervals of finite numbers, the lower one first")
    return (a1, b1), (a2, b2)
