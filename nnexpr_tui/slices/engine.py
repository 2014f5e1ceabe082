"""The network of a file on a plane, as the Network view shows it. Imported on the engine's thread: it brings torch."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexpr.atomic import write_atomically
from nnexpr.plain import plain
from nnexpr.regions.asked import ARGMAX, REGIONS, asked, is_margin
from nnexpr.regions.moved import upright
from nnexpr.regions.path import path_decisions, path_regions
from nnexpr.regions.plane import PlaneRegions, plane_regions
from nnexpr.regions.plane.placed import Plane
from nnexpr.regions.room import TooManyCells, cells_that_fit
from nnexpr.regions.slices import Slice
from nnexpr.runs.reading import AnyNetwork, read_any
from nnexpr.runs.store import Store
from nnexpr.scale import Scale
from nnexpr.specification import InputError
from nnexpr.targets.points import read_point
from nnexpr_tui.charts.images import image_channels
from nnexpr_tui.parts.cells import inner_borders
from nnexpr_tui.parts.viewport import Viewport, Window
from nnexpr_tui.slices.kinds import is_of_one
from nnexpr_tui.slices.moment import Along, Counted, Looked, Mark, OpenedNetwork

__all__ = ["MOST_CELLS", "Opened", "along", "counted", "opened", "write"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

MOST_CELLS = 200_000  # counted in about a second; more than that are not seen
ROOM = 1.5e9  # bytes that counting may take
BETWEEN = (
    (0.0, 1.0),
    (-0.5, 0.5),
)  # the window around a segment: its row t = 0 is what regions --between counts
SMOOTH = "an activation is not piecewise linear, so there are no cells"
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
    of: str = REGIONS,
) -> Opened:
    """Read the network of a file. Raises InputError."""
    saved = read_any(file, store, activation, layers, up_to)
    network, scales = saved.network, saved.input_scales
    if network.inputs < 2:
        raise InputError("file", file, "it has one input; a plane takes two or more")
    if network.is_piecewise_linear:
        asked(network, of)
    place = place or Slice()
    plane, window = _beginning(saved, place)
    letters = "AB" if place.between else "PQR" if place.points else "O"
    numbers = [read_point(spelled, len(scales), "point") for spelled in place.given]
    shifts, factors = (np.array([getattr(scale, name) for scale in scales]) for name in ("shift", "factor"))
    points = tuple(
        (letter, spelled, (each.ravel() - shifts) / factors)
        for letter, spelled, each in zip(letters, place.given, numbers, strict=False)
    )
    shape = saved.input_shape if len(saved.input_shape) > 1 or not numbers else numbers[0].shape
    low = min((float(each.min()) for each in numbers), default=0.0)
    high = max((float(each.max()) for each in numbers), default=1.0)
    facts = OpenedNetwork(
        file=file,
        words=repr(network).strip("<>"),
        inputs=network.inputs,
        outputs=network.outputs,
        members=network.members,
        image=image_channels(tuple(shape)),
        limits=(low, high if high > low else low + 1.0),
        window=window,
        assumed=saved.assumed,
        place=place.words,
        shifts=shifts,
        factors=factors,
        is_segment=place.between is not None,
        of=of,
        why_not="" if network.is_piecewise_linear else SMOOTH,
    )
    return Opened(saved, facts, plane, points, _directions(network.inputs))


def _beginning(saved: AnyNetwork, place: Slice) -> tuple[Plane, Window]:
    """The plane and its window, as asked for; else that of the first two inputs in own units, the others held."""
    inputs = saved.network.inputs
    if place.is_plane:
        return place.plane(saved.input_scales), place.rectangle
    if place.between is not None:
        a, b = place.ends(saved.input_scales)
        return upright(Plane(a, b - a, _drawn(inputs, 1)[0])), BETWEEN
    box = saved.domain or saved.network.domain
    middles = [(low + high) / 2 for low, high in box[2:]] if box is not None else [0.0] * (inputs - 2)
    origin = [
        scale.to_network(np.array(x))
        for scale, x in zip(saved.input_scales, [0.0, 0.0, *middles], strict=True)
    ]
    first, second = np.eye(inputs)[:2] / np.array([[scale.factor] for scale in saved.input_scales[:2]])
    usual = ((0.0, 1.0),) * 2 if inputs == 2 else (Slice().rectangle[0],) * 2
    one, other = box[:2] if box is not None else usual
    return Plane(np.array(origin), first, second), (
        place.domain or one,
        place.domain2 or place.domain or other,
    )


def _drawn(inputs: int, count: int) -> Array:
    return np.random.default_rng(0).standard_normal((count, inputs))


def _directions(inputs: int) -> tuple[tuple[str, Array], ...]:
    if inputs <= FEW:
        return tuple((f"input {number + 1}", axis) for number, axis in enumerate(np.eye(inputs)))
    return tuple((f"random {number}", each) for number, each in enumerate(_drawn(inputs, DRAWN), 1))


def counted(of: Opened, looked: Looked, viewport: Viewport) -> Counted:
    """The cells and decision regions in the viewport's window of the plane.

    Raises ``ValueError`` where they cannot be counted: more than ``MOST_CELLS``, or numbers that are not finite.
    """
    began, network, up = monotonic(), of.saved.network, _up(of, looked.of)
    most = cells_that_fit(network, ROOM, MOST_CELLS)

    def found(what: str) -> PlaneRegions:
        window, plane, member = viewport.window, looked.plane, looked.member
        try:
            return plane_regions(network, window, member, plane=plane, of=what, most_cells=most)
        except TooManyCells as error:  # what the caller of the engine could change is not what the keys can
            raise ValueError(
                f"there are more than {error.most:,} cells in this window; i takes a nearer one"
            ) from error

    def image(regions: PlaneRegions) -> Index:
        return regions.locate(viewport.points()).reshape(viewport.height, viewport.width)

    regions = found(looked.of)
    decided = regions if looked.of == ARGMAX else found(ARGMAX) if network.outputs > 1 else None
    segments, layers = inner_borders(regions)
    cells, faces = len(regions.areas), image(regions)
    lines = regions.zeros if is_margin(looked.of) else [] if decided is None else decided.boundary
    return Counted(
        of=looked,
        viewport=viewport,
        regions=regions,
        decided=decided,
        faces=faces,
        labels=None
        if decided is None or decided.classes is None
        else decided.classes[faces if decided is regions else image(decided)],
        slopes=up.factor * regions.slopes.reshape(cells, 2, -1),
        intercepts=up.to_own(regions.intercepts.reshape(cells, -1)),
        lines=tuple(lines),
        segments=segments,
        layers=layers,
        up=of.saved.value_scale,
        check=regions.check.rescaled(up),
        seconds=monotonic() - began,
    )


def _up(of: Opened, counted: str) -> Scale:
    """What takes that which is counted to own units: a difference of two outputs has no shift."""
    up = of.saved.value_scale
    return replace(up, shift=0.0) if is_margin(counted) else up


def along(of: Opened, looked: Looked, ends: tuple[float, float], t: float) -> Along:
    """The pieces on the row t of the plane between two of its s, and where the largest output changes.

    Raises ``ValueError`` where they cannot be counted: numbers that are not finite, or ends that are one point.
    """
    began, up, own = monotonic(), of.saved.value_scale, _up(of, looked.of)
    network = of.saved.network.select([looked.member])
    points = np.stack([looked.plane.at(s, t) for s in ends])
    [path] = path_regions(network, points)
    [one] = path_regions(network, points, of=looked.of) if is_of_one(looked.of) else [path]
    [decided] = path_decisions(network, points) if network.outputs > 1 else [None]
    low, high = ends

    def at(lengths: Array) -> Array:
        placed: Array = low + lengths / path.length * (high - low)
        return placed

    return Along(
        of=looked,
        t=t,
        ends=ends,
        s=at(path.piece_positions),
        values=up.to_own(path.values.reshape(path.pieces + 1, -1)),
        bends=at(one.breakpoints),
        changes=np.empty(0) if decided is None else at(decided.breakpoints),
        classes=() if decided is None else tuple(decided.classes.tolist()),
        activation_regions=one.activation_regions,
        check=one.check.rescaled(own),
        decided=None if decided is None else decided.check.rescaled(up),
        seconds=monotonic() - began,
        margin=np.stack([at(one.piece_positions), own.to_own(one.values)]) if is_margin(looked.of) else None,
        zeros=at(one.zeros) if is_margin(looked.of) else None,
    )


def write(stem: Path, of: Opened, found: Counted | None, row: Along | None) -> None:
    """What was counted and what certifies it, with the place in own units, as JSON. Raises OSError where it cannot."""
    seen = found or row
    assert seen is not None  # noqa: S101 - asked before
    plane, facts = seen.of.plane, of.facts
    told: dict[str, Any] = {
        "schema": 1,
        "file": facts.file,
        "member": seen.of.member,
        "of": seen.of.of,
        "plane": {
            "origin": facts.own(plane.origin), "u": facts.factors * plane.u, "v": facts.factors * plane.v,
        },
    }  # fmt: skip
    if found is not None:
        told |= {
            "domain": found.viewport.window,
            "linear_regions": found.regions.count,
            "cells": found.regions.activation_regions,
            "decision_regions": found.decisions,
            "dead_units": found.regions.dead_units,
            "zeros": [line.tolist() for line in found.lines] if is_margin(seen.of.of) else None,
            "certified": found.is_certified,
            "doubts": found.doubts,
            "check": vars(found.check),
        }
    if row is not None:
        told["along"] = {
            "t": row.t,
            "domain": row.ends,
            "linear_regions": row.count,
            "bends": row.bends,
            "activation_regions": row.activation_regions,
            "decision_regions": row.decisions,
            "changes": row.changes,
            "classes": row.classes,
            "zeros": row.zeros,
            "certified": row.is_certified,
            "doubts": row.doubts,
            "check": vars(row.check),
        }
    text = json.dumps(plain(told), indent=1, allow_nan=False)
    write_atomically(stem.with_name(stem.name + ".json"), text + "\n", durable=False)
