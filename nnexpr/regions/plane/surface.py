"""From a network's layers to its cells: subdivided, mapped, joined, measured and held against the network."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.regions.asked import ARGMAX
from nnexpr.regions.bending import EPS
from nnexpr.regions.counted import allowed, dead_units, layer_counts
from nnexpr.regions.exact.settled import cells_of
from nnexpr.regions.gathered import BESIDE, forgiven, gathered, gathered_in, overruled
from nnexpr.regions.layer import Array, Index, Layer, Member
from nnexpr.regions.plane.cells import PlaneCertificate, PlaneRegions
from nnexpr.regions.plane.certificate import compared
from nnexpr.regions.plane.classes import decide
from nnexpr.regions.plane.join import bending, join
from nnexpr.regions.plane.layers import Sides, pattern_hashes, subdivide
from nnexpr.regions.plane.locate import walk
from nnexpr.regions.plane.maps import gradients, terms
from nnexpr.regions.plane.mesh import CELL, CELLS, EDGES, ORIGIN, TIES, TWICE, VERTICES, Mesh
from nnexpr.regions.plane.outline import measure, outline
from nnexpr.regions.plane.placed import Domain, Placed
from nnexpr.regions.stack import Stack

__all__ = ["surface"]

# The fewest and the most points drawn from the domain; as many as there are cells between these.
SAMPLES = (128, 1024)


class Made(NamedTuple):
    """What is known of every cell before its shape is."""

    mesh: Mesh
    values: Array  # (vertices or more, outputs)
    slopes: Array  # (cells, 2, outputs)
    under: Index  # (cells,) which cell of the hidden layers each is a part of
    classes: Index | None  # (cells,) which output is the largest, where that is asked
    faces: Index  # (edges, 2)
    bends: NDArray[np.bool_]  # (edges,)
    merged: int
    flat: bool  # whether no output has a slope, or that does not matter
    patterns: Index  # (cells,)
    doubtful: bool  # whether something may cancel in the layers below
    level: int = 0  # at how many corners another output leads by what rounding may be


class Shape(NamedTuple):
    """Cells as they can be drawn."""

    points: Array  # (vertices, 2)
    offsets: Index
    corners: Index
    neighbours: Index
    areas: Array  # (cells,)
    intercepts: Array  # (cells, outputs)
    middles: Array  # (cells, 2)


def surface(
    stack: Stack, layers: list[Layer], place: Placed, domain: Domain, of: str, most: int
) -> PlaneRegions:
    """One member on the rectangle ``domain`` of a plane; at most so many cells. Raises ``ValueError``."""
    mesh, sides, rounding = subdivide(layers, stack.tolerance, place, domain, most)
    made = _made(mesh, stack.member(0), layers, sides, place)
    if of == ARGMAX:
        made = _decided(made, *decide(mesh, rounding, stack.tolerance, len(layers), most))
    edge_layer = stack.layers_of(made.mesh.layers[: len(made.faces)].astype(np.int64))
    shape, regions = _shape(made), join(len(made.slopes), made.faces, made.bends)
    single = made.slopes.shape[2] == 1
    return PlaneRegions(
        domain=domain,
        plane=place.given,
        of=of,
        vertices=shape.points,
        offsets=shape.offsets,
        corners=shape.corners,
        neighbours=shape.neighbours,
        edges=made.mesh.sides[: 2 * len(made.faces), ORIGIN].reshape(-1, 2).astype(np.int64),
        edge_faces=made.faces,
        edge_layer=edge_layer,
        edge_bends=made.bends,
        slopes=made.slopes[:, :, 0] if single else made.slopes,
        intercepts=shape.intercepts[:, 0] if single else shape.intercepts,
        areas=shape.areas,
        degrees=np.add.reduceat((shape.neighbours >= 0).astype(np.int64), shape.offsets[:-1]),
        regions=regions,
        patterns=made.patterns,
        classes=made.classes,
        bends_by_layer=layer_counts(edge_layer[made.bends], stack.hidden + (of == ARGMAX)),
        dead_units=dead_units(
            np.concatenate([np.empty(0, dtype=bool), *(each.dead for each in sides)]), stack.units
        ),
        collapsed=bool((regions == 0).all()) and made.flat,
        check=_settled(
            _certificate(stack, layers, sides, place, np.array(domain), made, shape),
            made.doubtful,
            stack,
            place,
            domain,
            _work(layers, sides),
            regions,
            made.classes is not None,
        ),
    )


def _made(mesh: Mesh, member: Member, layers: list[Layer], sides: list[Sides], place: Placed) -> Made:
    found, faces = gradients(place.directions, member, layers, sides), _faces(mesh)
    bends, merged = bending(place.directions, layers, sides, faces, found)
    flat = not bends.any()
    if flat:
        rounding = EPS * terms(layers) * found.sizes[:, :, None] * found.steepest
        flat = bool((np.abs(found.slopes) <= rounding).all())
    own = np.arange(len(found.slopes))
    patterns, doubtful = pattern_hashes(sides), bool(found.cancelling.any())
    return Made(mesh, mesh.values, found.slopes, own, None, faces, bends, merged, flat, patterns, doubtful)


def _decided(made: Made, mesh: Mesh, classes: Index, level: int) -> Made:
    """Cells cut to classes, of which a region is what is joined."""
    under, faces = mesh.parents[: len(classes)].astype(np.int64), _faces(mesh)
    inner = (faces[:, 0] >= 0) & (faces[:, 1] >= 0)
    bends = inner & (classes[faces[:, 0]] != classes[faces[:, 1]])
    values = np.ascontiguousarray(mesh.values[:, 1:])
    patterns, doubtful = made.patterns[under], made.doubtful
    return Made(
        mesh, values, made.slopes[under], under, classes, faces, bends, 0, True, patterns, doubtful, level
    )


def _faces(mesh: Mesh) -> Index:
    """The cells left and right of every edge, ``(edges, 2)``."""
    return mesh.sides[: 2 * int(mesh.sizes[EDGES]), CELL].reshape(-1, 2).astype(np.int64)


def _shape(made: Made) -> Shape:
    points = made.mesh.points[: int(made.mesh.sizes[VERTICES])].copy()
    outlined = outline(made.mesh)
    return Shape(points, *outlined, *measure(*outlined[:2], points, made.values, made.slopes))


def _certificate(
    stack: Stack, layers: list[Layer], sides: list[Sides], place: Placed, box: Array, made: Made, shape: Shape
) -> PlaneCertificate:
    vertices, edges, cells = (int(made.mesh.sizes[each]) for each in (VERTICES, EDGES, CELLS))
    points, own = _sampled(box, shape)
    found = compared(layers, sides, place.at(points), made.under[own])
    predicted = np.einsum("pio,pi->po", made.slopes[own], points) + shape.intercepts[own]
    residual, scale = float(np.abs(predicted - found.values).max()), found.scale
    scale = max(scale, float(np.abs(made.slopes).max() * np.abs(box).max()))
    some = np.unique(np.linspace(0, len(points) - 1, BESIDE).astype(np.int64))
    most, bound = allowed(scale, stack.tolerance), math.inf
    if stack.graph is not None:
        inputs = place.at(points[some])
        values = stack.graph(inputs)[0]
        apart = np.abs(predicted[some] - values)
        bound = forgiven(stack.graph, inputs, apart, values, stack.tolerance)
        residual = float(np.maximum(residual, apart.max()))  # NaN stays
    if residual > most:
        sigma = _explained(stack, layers, place, box, points, some)
        most = allowed(scale, stack.tolerance, sigma)
    wrong, level = found.wrong, np.zeros(0, np.bool_)
    if made.classes is not None:
        beyond, level = overruled(layers, place.at(points), found.values, made.classes[own], stack.tolerance)
        wrong = wrong | beyond
    area = float(np.prod(box[:, 1] - box[:, 0]))
    return PlaneCertificate(
        euler=vertices - edges + cells,
        area_error=abs(float(shape.areas.sum()) - area) / area,
        twice_crossed=int(made.mesh.sizes[TWICE]),
        sampled_points=len(points),
        sampled_mismatches=int(np.count_nonzero(wrong)),
        max_residual=residual,
        allowed=min(most, bound),
        mean_degree=2.0 * int(np.count_nonzero((made.faces[:, 0] >= 0) & (made.faces[:, 1] >= 0))) / cells,
        ties=int(made.mesh.sizes[TIES]),
        merged=made.merged,
        level=made.level + int(np.count_nonzero(level)),
        literal=stack.is_literal,
    )


def _work(layers: list[Layer], sides: list[Sides]) -> int:
    """The weights of every layer times the cells below it."""
    below = [1, *(len(each.parents) for each in sides)]
    weights = [layer.weights.size + layer.sparse.weights.size for layer in layers]
    return sum(cells * each for cells, each in zip(below, weights, strict=True))


def _settled(
    check: PlaneCertificate,
    doubtful: bool,
    stack: Stack,
    place: Placed,
    domain: Domain,
    work: int,
    regions: Index,
    decisions: bool,
) -> PlaneCertificate:
    """With what exact arithmetic says, where rounding might have decided something."""
    if not (doubtful or check.ties or check.merged or check.level):
        return check
    found = cells_of(stack, place, domain, work, decisions=decisions)
    if found is None:
        return check
    count, cells = int(regions.max()) + 1, len(regions)
    same = found.decisions == count if decisions else (found.regions, found.cells) == (count, cells)
    return replace(check, exact=same)


def _explained(
    stack: Stack, layers: list[Layer], place: Placed, box: Array, points: Array, some: Index
) -> float:
    """What rounding gathers in the outputs on the way there, of the chain and of the graph that it was made of."""
    steps = place.directions * np.abs(box).max(axis=1)[:, None]
    found = gathered(layers, place.at(points), steps, stack.tolerance)
    if stack.graph is not None:
        found = max(found, gathered_in(stack.graph, place.at(points[some]), stack.tolerance))
    return found


def _sampled(box: Array, shape: Shape) -> tuple[Array, Index]:
    """Points drawn from the domain with their cells, and the middles of as many cells."""
    (fewest, most), middles = SAMPLES, shape.middles
    count = min(max(fewest, len(middles)), most)
    rng = np.random.default_rng(0)
    drawn = box[:, 0] + rng.random((count, 2)) * (box[:, 1] - box[:, 0])
    # To and fro in rows, so that walks from one to the next are short.
    rows = np.minimum((drawn[:, 1] - box[1, 0]) / (box[1, 1] - box[1, 0]) * 32, 31).astype(int)
    order = np.lexsort((np.where(rows % 2, -drawn[:, 0], drawn[:, 0]), rows))
    drawn = drawn[order]
    own = rng.choice(len(middles), min(count, len(middles)), replace=False)
    found = walk(drawn, shape.points, shape.offsets, shape.corners, shape.neighbours, box)
    return np.concatenate([drawn, middles[own]]), np.concatenate([found, own])
