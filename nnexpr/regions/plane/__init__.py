"""Linear regions of networks with two inputs, exactly.

A network of affine layers and piecewise-linear activations is a continuous piecewise-linear surface over the plane. Its
cells on a rectangle are found layer by layer, without sampling: on a cell of the layers so far the next layer's
pre-activations are affine, so each kink of each unit is a line that cuts the cell in two or misses it. It is the edge
subdivision of Berzins (ICML 2023), with cells known by their half-edges rather than by their signs, so that nothing is
sorted or hashed.

    mesh.py         half-edges in flat arrays
    ties.py         when a vertex counts as on a line
    sides.py        the sides of vertices and cells
    values.py       the values of a layer
    cut.py          one layer: cells cut along its units' lines
    layers.py       all layers
    tree.py         the gradients of hidden layers on cells
    maps.py         the affine map of each cell
    join.py         which neighbours share one
    outline.py      corners, areas, intercepts
    locate.py       the cell of a point
    certificate.py what vouches for it all

Cost: less than a forward pass for each vertex and two for each cell, from the layer on that makes it. Memory at its
peak, about: 2 (8 units + lines / 4) + 500 bytes a cell, of the widest layer, so bounded by ``most_cells``; the result
keeps some 220. Large networks are counted on as many threads as torch uses; the numbers do not depend on how many.
Error: coordinates and values carry the rounding of float64; the counts do not depend on it, except that crossings
closer than the tie rule's tolerance are one, and reported.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from nnexpr.networks.network import Network
from nnexpr.regions.counted import allowed, dead_units, domain_of, layer_counts
from nnexpr.regions.plane.cells import PlaneCertificate, PlaneRegions
from nnexpr.regions.plane.certificate import compared
from nnexpr.regions.plane.join import bending, join
from nnexpr.regions.plane.layers import Sides, subdivide
from nnexpr.regions.plane.locate import walk
from nnexpr.regions.plane.maps import gradients
from nnexpr.regions.plane.mesh import CELL, CELLS, EDGES, ORIGIN, TIES, TWICE, VERTICES, Mesh
from nnexpr.regions.plane.outline import measure, outline
from nnexpr.regions.stack import Array, Index, Layer, Stack, layer_of
from nnexpr.specification import InputError

__all__ = ["PlaneCertificate", "PlaneRegions", "plane_regions"]

Domain = tuple[tuple[float, float], tuple[float, float]]

# The fewest and the most points drawn from the domain; as many as there are cells between these.
SAMPLES = (128, 1024)


def plane_regions(
    network: Network,
    domain: Domain | None = None,
    member: int = 0,
    *,
    most_cells: int = 2_000_000,
) -> PlaneRegions:
    """The cells and linear regions of one member's output 0 on the rectangle ``domain``, in the network's units.

    ``domain``: the interval of x1 and that of x2; unless given, those that the network was trained on, and 0 to 1 where
    it was not. Raises ``NotPiecewiseLinear``; ``InputError`` for a domain that is
    not two intervals; ``ValueError`` if the network has not two inputs, there are more than ``most_cells`` cells, or
    parameters or values are not finite.

    >>> from nnexpr import mlp, plane_regions
    >>> cells = plane_regions(mlp(depth=2, width=3, inputs=2, dtype="float64"), ((-9, 9), (-9, 9)))
    >>> cells.count, cells.check.euler
    (7, 1)
    """
    stack = Stack.of(network, 2, member)
    only, rectangle = stack.member(0), _checked(domain or domain_of(network))
    layers = [layer_of(only, number) for number in range(len(only.shapes))]
    with np.errstate(over="ignore", invalid="ignore"):
        mesh, sides = subdivide(layers, only.tolerance, rectangle, most_cells)
        found = _result(stack, layers, rectangle, mesh, sides)
    if not (np.isfinite(found.slopes).all() and np.isfinite(found.intercepts).all()):
        raise ValueError("the network overflows float64 on this domain")
    return found


def _checked(domain: Sequence[Sequence[float]]) -> Domain:
    try:
        (a1, b1), (a2, b2) = ((float(low), float(high)) for low, high in domain)
    except (TypeError, ValueError):
        raise InputError("domain", domain, "two intervals, ((a1, b1), (a2, b2))") from None
    ends = (a1, b1, a2, b2)
    if not (all(map(math.isfinite, ends)) and a1 < b1 and a2 < b2):
        raise InputError("domain", domain, "two intervals of finite numbers, the lower one first")
    return (a1, b1), (a2, b2)


def _result(
    stack: Stack, layers: list[Layer], domain: Domain, mesh: Mesh, sides: list[Sides]
) -> PlaneRegions:
    vertices, edges, cells = (int(mesh.sizes[place]) for place in (VERTICES, EDGES, CELLS))
    points = mesh.points[:vertices].copy()
    offsets, corners, neighbours = outline(mesh)
    found = gradients(layers, sides)
    slopes, rounding = found.slopes, found.rounding
    edge_faces = mesh.sides[: 2 * edges, CELL].reshape(-1, 2).astype(np.int64)
    edge_layer = mesh.layers[:edges].astype(np.int64)
    bends, merged = bending(layers, sides, edge_faces, found)
    regions = join(cells, edge_faces, bends)
    areas, intercepts, middles = measure(offsets, corners, points, mesh.values[:, 0].copy(), slopes)
    box = np.array(domain)
    sampled, own = _sampled(box, middles, lambda each: walk(each, points, offsets, corners, neighbours, box))
    mismatches, residual, scale = compared(layers, sides, sampled, own, slopes, intercepts)
    area = float(np.prod(box[:, 1] - box[:, 0]))
    inner = int(np.count_nonzero((edge_faces >= 0).all(axis=1)))
    check = PlaneCertificate(
        euler=vertices - edges + cells,
        area_error=abs(math.fsum(areas) - area) / area,
        twice_crossed=int(mesh.sizes[TWICE]),
        sampled_points=len(sampled),
        sampled_mismatches=mismatches,
        max_residual=residual,
        allowed=allowed(max(scale, float(np.abs(slopes).max() * np.abs(box).max())), stack.tolerance),
        mean_degree=2.0 * inner / cells,
        ties=int(mesh.sizes[TIES]),
        merged=merged,
    )
    return PlaneRegions(
        domain=domain,
        vertices=points,
        offsets=offsets,
        corners=corners,
        neighbours=neighbours,
        edges=mesh.sides[: 2 * edges, ORIGIN].reshape(-1, 2).astype(np.int64),
        edge_faces=edge_faces,
        edge_layer=edge_layer,
        edge_bends=bends,
        slopes=slopes,
        intercepts=intercepts,
        areas=areas,
        degrees=np.add.reduceat((neighbours >= 0).astype(np.int64), offsets[:-1]),
        regions=regions,
        bends_by_layer=layer_counts(edge_layer[bends], len(sides)),
        dead_units=dead_units(
            np.concatenate([np.empty(0, dtype=bool), *(each.dead for each in sides)]), stack.units
        ),
        collapsed=bool((regions == 0).all() and (np.abs(slopes) <= rounding).all()),
        check=check,
    )


def _sampled(box: Array, middles: Array, locate: Callable[[Array], Index]) -> tuple[Array, Index]:
    """Points drawn from the domain with their cells, and the middles of as many cells."""
    fewest, most = SAMPLES
    count = min(max(fewest, len(middles)), most)
    rng = np.random.default_rng(0)
    drawn = box[:, 0] + rng.random((count, 2)) * (box[:, 1] - box[:, 0])
    # To and fro in rows, so that walks from one to the next are short.
    rows = np.minimum((drawn[:, 1] - box[1, 0]) / (box[1, 1] - box[1, 0]) * 32, 31).astype(int)
    order = np.lexsort((np.where(rows % 2, -drawn[:, 0], drawn[:, 0]), rows))
    drawn = drawn[order]
    own = rng.choice(len(middles), min(count, len(middles)), replace=False)
    return np.concatenate([drawn, middles[own]]), np.concatenate([locate(drawn), own])
