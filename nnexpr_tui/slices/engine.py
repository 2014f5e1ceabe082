"""The network of a file on a plane, as the Network view shows it. Imported on the engine's thread: it brings torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from nnexpr.atomic import write_atomically
from nnexpr.plain import plain
from nnexpr.regions.moved import upright
from nnexpr.regions.plane import plane_regions
from nnexpr.regions.plane.placed import Plane
from nnexpr.regions.room import cells_that_fit
from nnexpr.regions.slices import Slice
from nnexpr.runs.reading import AnyNetwork, read_any
from nnexpr.runs.store import Store
from nnexpr.specification import InputError
from nnexpr.targets.points import read_point
from nnexpr_tui.charts.images import image_channels
from nnexpr_tui.parts.viewport import Viewport, Window
from nnexpr_tui.slices.moment import Counted, Mark, OpenedNetwork

__all__ = ["MOST_CELLS", "Opened", "counted", "opened", "write"]

Array = NDArray[np.float64]

MOST_CELLS = 200_000  # counted in about a second; more than that are not seen
ROOM = 1.5e9  # bytes that counting may take
MARGIN = 0.25  # of the segment between two points, before and behind it
ROUNDING = 1e-12  # of a coordinate: less is 0
FEW = 16  # inputs that are each a direction to tilt to
DRAWN = 4  # directions drawn at random, where there are more inputs


@dataclass(frozen=True, eq=False)
class Opened:
    """A network with where it is looked at first, and directions that lead out of a plane, each with its name."""

    saved: AnyNetwork
    facts: OpenedNetwork
    plane: Plane
    points: tuple[tuple[str, str, Array], ...]  # letter, spelling, inputs
    directions: tuple[tuple[str, Array], ...]

    def marks(self, plane: Plane) -> tuple[Mark, ...]:
        """Where the given points are in a plane."""
        found = []
        for letter, spelled, x in self.points:
            s, t = (0.0 if abs(each) < ROUNDING else each for each in plane.coordinates(x).tolist())
            place = s, t
            found.append(Mark(letter, spelled, place, float(np.linalg.norm(x - plane.at(*place)))))
        return tuple(found)


def opened(
    file: str,
    place: Slice | None,
    store: Store,
    activation: str | None,
    layers: str | None,
    up_to: str | None,
) -> Opened:
    """Read the network of a file. Raises InputError."""
    saved = read_any(file, store, activation, layers, up_to)
    network, scales = saved.network, saved.input_scales
    if network.inputs < 2:
        raise InputError("file", file, "it has one input; a plane takes two or more")
    place = place or Slice()
    plane, window = _beginning(saved, place)
    letters = "AB" if place.between else "PQR" if place.points else "O"
    points = tuple(
        (letter, spelled, _in_network(spelled, saved))
        for letter, spelled in zip(letters, place.given, strict=False)
    )
    numbers = [read_point(spelled, len(scales), "point") for spelled in place.given]
    shape = saved.input_shape if len(saved.input_shape) > 1 or not numbers else numbers[0].shape
    low = min((float(each.min()) for each in numbers), default=0.0)
    high = max((float(each.max()) for each in numbers), default=1.0)
    facts = OpenedNetwork(
        file, repr(network).strip("<>"), network.inputs, network.outputs, image_channels(tuple(shape)),
        (low, high if high > low else low + 1.0), window, saved.assumed, place.words,
        "" if network.is_piecewise_linear else "an activation is not piecewise linear, so there are no cells",
    )  # fmt: skip
    return Opened(saved, facts, plane, points, _directions(network.inputs))


def _in_network(spelled: str, saved: AnyNetwork) -> Array:
    """The point in the network's units."""
    numbers, scales = read_point(spelled, len(saved.input_scales), "point").ravel(), saved.input_scales
    shifts, factors = (np.array([getattr(scale, name) for scale in scales]) for name in ("shift", "factor"))
    made: Array = (numbers - shifts) / factors
    return made


def _beginning(saved: AnyNetwork, place: Slice) -> tuple[Plane, Window]:
    """The plane and its window, as asked for; else that of the first two inputs."""
    inputs = saved.network.inputs
    if place.is_plane:
        return place.plane(saved.input_scales), place.rectangle
    if place.between is not None:
        a, b = place.ends(saved.input_scales)
        plane = upright(Plane(a, b - a, _drawn(inputs, 1)[0]))
        return plane, ((-MARGIN, 1.0 + MARGIN), (-0.5 - MARGIN, 0.5 + MARGIN))
    axes = np.eye(inputs)
    box = saved.network.domain
    origin = np.zeros(inputs)
    if box is not None and inputs > 2:
        origin[2:] = [(low + high) / 2 for low, high in box[2:]]
    usual = ((0.0, 1.0),) * 2 if inputs == 2 else (Slice().rectangle[0],) * 2
    first, second = box[:2] if box is not None else usual
    return Plane(origin, axes[0], axes[1]), (place.domain or first, place.domain2 or place.domain or second)


def _drawn(inputs: int, count: int) -> Array:
    return np.random.default_rng(0).standard_normal((count, inputs))


def _directions(inputs: int) -> tuple[tuple[str, Array], ...]:
    if inputs <= FEW:
        return tuple((f"input {number + 1}", axis) for number, axis in enumerate(np.eye(inputs)))
    return tuple((f"random {number}", each) for number, each in enumerate(_drawn(inputs, DRAWN), 1))


def counted(of: Opened, plane: Plane, viewport: Viewport) -> Counted:
    """The cells and decision regions in the viewport's window of the plane.

    Raises ``ValueError`` where they cannot be counted: more than ``MOST_CELLS``, or numbers that are not finite.
    """
    began, network = monotonic(), of.saved.network
    most = cells_that_fit(network, ROOM, MOST_CELLS)
    regions = plane_regions(network, viewport.window, plane=plane, most_cells=most)
    faces = regions.locate(viewport.points()).reshape(viewport.height, viewport.width)
    cells = len(regions.areas)
    labels, decisions = None, None
    boundary: tuple[Array, ...] = ()
    if network.outputs > 1:
        decided = plane_regions(network, viewport.window, plane=plane, of="argmax", most_cells=most)
        assert decided.classes is not None  # noqa: S101 - of the largest output
        labels = decided.classes[decided.locate(viewport.points())].reshape(faces.shape)
        boundary, decisions = tuple(decided.boundary), decided.count
    inner = regions.edge_layer > 0
    return Counted(
        viewport, plane, regions, faces, labels, regions.slopes.reshape(cells, 2, -1),
        regions.intercepts.reshape(cells, -1), regions.patterns, boundary,
        regions.vertices[regions.edges[inner]].reshape(-1, 4), regions.edge_layer[inner], decisions,
        monotonic() - began,
    )  # fmt: skip


def write(stem: Path, of: Opened, found: Counted) -> None:
    """What was counted and what certifies it, with the plane, as JSON. Raises OSError where that cannot be."""
    regions, plane = found.regions, found.plane
    told = {
        "schema": 1,
        "file": of.facts.file,
        "plane": {"origin": plane.origin, "u": plane.u, "v": plane.v},
        "domain": found.viewport.window,
        "linear_regions": regions.count,
        "cells": regions.activation_regions,
        "decision_regions": found.decisions,
        "dead_units": regions.dead_units,
        "certified": regions.check.certified,
        "check": vars(regions.check),
    }
    text = json.dumps(plain(told), indent=1, allow_nan=False)
    write_atomically(stem.with_name(stem.name + ".json"), text + "\n", durable=False)
