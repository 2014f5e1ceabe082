"""Regions and lengths along a polyline, for networks of any number of inputs, exactly.

Between two neighbouring vertices the network is a piecewise-linear function of one variable, the arc length t, so it is
walked as the line is (``line.py``), all segments in one pass.

**Vertices.** The path turns at a vertex, so the slope along it changes there though the network does not bend. A piece
therefore ends at every vertex, and a vertex is no bend: ``bends`` are the breakpoints strictly inside segments. A unit
whose kink lies exactly on a vertex makes no breakpoint; if it changes its piece there the vertex is listed in
``turned``, and only then does the vertex part two regions. So

    pieces = bends + segments        count = bends + turned + 1, if the path is open
                                     count = max(1, bends + turned), if it is closed: its last region is its first

with the regions in the order in which they are met; one that is met twice counts twice. For d = 1 and one segment,
``count`` is that of ``linear_regions``.

**Trajectory length.** The path becomes a curve in every layer: the polyline through the layer's outputs at the
positions where some unit so far changes its piece. Its length is the sum of the norms of its segments (Raghu, Poole,
Kleinberg, Ganguli, Sohl-Dickstein, ICML 2017, who sample it); sampling approaches it from below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import ArrayLike

from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.network import Network
from nnexpr.regions.asked import ARGMAX, REGIONS, asked, is_margin
from nnexpr.regions.counted import Certificate, Units, dead_units, layer_counts, one_line
from nnexpr.regions.exact.settled import changes_of, signs_of
from nnexpr.regions.gathered import overruled
from nnexpr.regions.layer import Array, Index, layer_of
from nnexpr.regions.leads import doubts_of, enclosed_on, open_places, points_on
from nnexpr.regions.line.certificate import direct
from nnexpr.regions.line.decisions import switches
from nnexpr.regions.line.front import Path
from nnexpr.regions.line.member import Traced, walk
from nnexpr.regions.stack import Stack
from nnexpr.specification import InputError

__all__ = ["PathDecisions", "PathRegions", "circle", "path_decisions", "path_regions", "trajectory_length"]


@dataclass(frozen=True, eq=False)
class PathDecisions:
    """Which output of one member is the largest along a path; vertices and positions as in :class:`PathRegions`.

    ``breakpoints: (B,)`` are the arc lengths at which that changes, ``points: (B, d)`` the inputs there; ``classes:
    (B + 1,)`` the outputs, from 0, between them. ``linear_regions`` of all outputs together, ``activation_regions`` and
    ``check`` are those of the path.
    """

    vertices: Array
    vertex_positions: Array
    closed: bool
    breakpoints: Array
    points: Array
    classes: Index
    linear_regions: int
    activation_regions: int
    check: Certificate

    def __repr__(self) -> str:
        return f"<PathDecisions: {self.count:,} decision region{'s' * (self.count != 1)}>"

    @property
    def count(self) -> int:
        """Stretches of one class met along the path; of a closed one the last is the first, going on."""
        return max(1, self.bends) if self.closed else self.bends + 1

    @property
    def bends(self) -> int:
        """How often the class changes."""
        return len(self.breakpoints)

    @property
    def positions(self) -> Array:
        """The breakpoints as shares of the path's length, ``(B,)``."""
        shares: Array = self.breakpoints / self.vertex_positions[-1]
        return shares


@dataclass(frozen=True, eq=False)
class PathRegions:
    """One member along a path of S segments. Arrays are float64 or int64 and must not be written to.

    ``vertices: (S + 1, d)``, for a closed path the first one again at the end, and ``vertex_positions: (S + 1,)``, the
    arc length there. ``breakpoints: (B,)`` are the arc lengths at which the output bends strictly inside a segment, and
    ``points: (B, d)`` the inputs there; ``bend_layers``, ``bend_units: (B,)`` as in ``LineRegions``.
    ``piece_positions: (P + 1,)`` are the breakpoints and the vertices, ``slopes: (P,)`` the outputs' derivatives by arc
    length between them, and ``values: (P + 1,)`` the outputs there, both with a last axis if there are several.
    ``segment_pieces: (S,)``: the pieces on each segment. ``turned``: the vertices, from 0, at which a unit changes its
    piece; of an open path never its ends.
    """

    __repr__ = one_line

    vertices: Array
    vertex_positions: Array
    closed: bool
    breakpoints: Array
    points: Array
    bend_layers: Index
    bend_units: Index
    piece_positions: Array
    slopes: Array
    values: Array
    segment_pieces: Index
    turned: tuple[int, ...]
    lengths: Array  # (layers,) of the path's image in every layer, after its activation, the output last
    activation_regions: int  # maximal stretches on which no unit changes its piece
    bends_by_layer: tuple[int, ...]
    dead_units: Units  # (layer from 1, unit from 0): on one flat piece along the whole path
    check: Certificate
    enclose: Callable[
        [], tuple[Array, Array]
    ]  # the outputs at the ends of pieces, and how far each may be off

    @property
    def count(self) -> int:
        """Linear regions met along the path."""
        borders = self.bends + len(self.turned)
        return max(1, borders) if self.closed else borders + 1

    @property
    def bends(self) -> int:
        """Breakpoints strictly inside segments."""
        return len(self.breakpoints)

    @property
    def pieces(self) -> int:
        """Linear pieces of all segments: bends and segments."""
        return len(self.slopes)

    @property
    def positions(self) -> Array:
        """The breakpoints as shares of the path's length, ``(B,)``."""
        shares: Array = self.breakpoints / self.vertex_positions[-1]
        return shares

    @cached_property
    def zeros(self) -> Array:
        """The arc lengths at which the one output changes its sign, ascending, ``(Z,)``: of a margin, where the class
        comes or goes. One that only touches zero does not; what a bound of its rounding cannot tell from zero is zero.
        ``check`` vouches for their number where ``output:K`` or ``margin:K`` was asked for.

        Raises ``InputError`` where there are several outputs.
        """
        if self.values.ndim > 1:
            raise InputError("of", "regions", "one output has zeros: output:K or margin:K")
        values, bounds = self.enclose()
        sure = np.where(np.abs(values[:, 0]) > bounds[:, 0], values[:, 0], 0.0)
        rows, shares, _ = switches(np.stack([sure, np.zeros_like(sure)], axis=1), np.zeros(len(sure)))
        low, high = self.piece_positions[rows], self.piece_positions[rows + 1]
        found: Array = np.minimum(low + shares * (high - low), high)
        return found

    @property
    def length(self) -> float:
        """The path's."""
        return float(self.vertex_positions[-1])


def path_regions(
    network: Network | Graph,
    vertices: ArrayLike,
    *,
    closed: bool = False,
    certify: bool = True,
    of: str = REGIONS,
) -> list[PathRegions]:
    """The linear regions of every member along the polyline through ``vertices: (V, d)``.

    ``closed`` joins the last vertex to the first. d = 1 takes ``(V,)`` too. ``of``: ``"regions"`` of all outputs
    together, ``"output:K"`` of one, or ``"margin:K"`` of one minus the largest of the others, whose comparisons are a
    layer more; for the largest of them see ``path_decisions``. ``certify=False`` leaves out
    the comparison with a direct evaluation. Raises ``NotPiecewiseLinear``; ``InputError`` for vertices that are fewer
    than two, not finite, of another dimension than the network's inputs, or the same as their neighbour, and for
    another ``of``; ``ValueError`` as ``linear_regions``.

    >>> import nnexpr, torch
    >>> wall = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.ReLU(), torch.nn.Linear(1, 1))
    >>> [around] = nnexpr.path_regions(nnexpr.from_torch(wall), nnexpr.circle((0, 0), 100.0), closed=True)
    >>> around.count
    2
    """
    if of == ARGMAX:
        raise InputError(
            "of", of, "regions, output:K or margin:K; path_decisions finds where the largest output changes"
        )
    path = _path(_vertices(vertices, network.inputs, closed))
    found = []
    for member in range(network.members if is_margin(of) else 1):  # of other things all members at once
        stack = Stack.of(asked(network, of, member), inputs=None)
        result = partial(_regions, stack=stack, path=path, closed=closed, signs=certify and of != REGIONS)
        found += walk(stack, path, result, certify=certify, measure=True)
    return found


def path_decisions(
    network: Network | Graph, vertices: ArrayLike, *, closed: bool = False, certify: bool = True
) -> list[PathDecisions]:
    """Where along the polyline through ``vertices: (V, d)`` the largest output of every member changes.

    Arguments and errors as for ``path_regions``; ``InputError`` for a network of one output too.

    >>> import nnexpr, torch
    >>> corner = torch.nn.Linear(2, 2)
    >>> corner.load_state_dict({"weight": torch.eye(2), "bias": torch.zeros(2)})
    <All keys matched successfully>
    >>> [found] = nnexpr.path_decisions(nnexpr.from_torch(torch.nn.Sequential(corner)), [[0, 1], [1, 0]])
    >>> found.classes.tolist(), found.positions.tolist()
    ([1, 0], [0.5])
    """
    stack = Stack.of(asked(network, ARGMAX), inputs=None)
    path = _path(_vertices(vertices, network.inputs, closed))
    return walk(stack, path, lambda each: _decisions(each, stack, path, closed), certify=certify)


def trajectory_length(network: Network | Graph, vertices: ArrayLike, *, closed: bool = False) -> Array:
    """The length of the curve that the polyline becomes in every layer: ``(members, layers)``, float64.

    Layers after their activation, the output last. Arguments and errors as for ``path_regions``. Exact but for the
    rounding of float64.
    """
    found = path_regions(network, vertices, closed=closed, certify=False)
    return np.stack([along.lengths for along in found])


def circle(center: ArrayLike, radius: float, vertices: int = 64) -> Array:
    """The regular polygon of so many vertices inscribed in a circle of the plane: ``(vertices, 2)``, to be closed."""
    if vertices < 3 or not (np.isfinite(radius) and radius > 0.0):
        raise InputError("circle", (radius, vertices), "a radius above 0 and at least 3 vertices")
    angles = 2.0 * np.pi * np.arange(vertices) / vertices
    return np.asarray(center, dtype=np.float64) + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _vertices(vertices: ArrayLike, inputs: int, closed: bool) -> Array:
    given = np.array(vertices, dtype=np.float64)
    if given.ndim == 1 and inputs == 1:
        given = given[:, None]
    if given.ndim != 2 or given.shape[1] != inputs or len(given) < 2:
        raise InputError("vertices", f"of shape {given.shape}", f"at least 2 points of {inputs} coordinates")
    if not np.isfinite(given).all():
        raise InputError("vertices", "not finite", "finite numbers")
    if closed:
        given = np.concatenate([given, given[:1]])
    same = (given[1:] == given[:-1]).all(axis=1)
    if same.any():
        which = int(same.argmax())
        raise InputError("vertices", tuple(given[which].tolist()), "points that differ from their neighbours")
    return given


def _path(vertices: Array) -> Path:
    """The polyline by its arc length."""
    steps = np.diff(vertices, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    knots = np.concatenate([[0.0], np.cumsum(lengths)])
    directions = np.concatenate([steps / lengths[:, None], np.zeros((1, vertices.shape[1]))])
    return Path(knots, vertices, vertices[:-1] - directions[:-1] * knots[:-1, None], directions)


def _segments(traced: Traced, rows: Index) -> Index:
    """The segments on which rows are, or begin; the last row is on the last one."""
    knots = np.flatnonzero(traced.births[:, 0] == 0)
    return np.searchsorted(knots[:-1], rows, side="right") - 1


def _activation_regions(traced: Traced, closed: bool) -> tuple[int, Index]:
    """How many there are, and the vertices at which a unit changes its piece."""
    corners = np.flatnonzero(traced.turned[:-1])
    corners = corners if closed else corners[corners > 0]
    borders = int(np.count_nonzero(traced.births[:, 0])) + len(corners)
    return max(1, borders) if closed else borders + 1, corners


def _decisions(traced: Traced, stack: Stack, path: Path, closed: bool) -> PathDecisions:
    every = _segments(traced, np.arange(len(traced.positions)))
    values, bounds = enclosed_on(stack.source(traced.number), path, every, traced.positions)
    rows, shares, classes = switches(values, doubts_of(values, bounds))
    low, high = traced.positions[rows], traced.positions[rows + 1]
    at = np.minimum(low + shares * (high - low), high)
    regions, corners = _activation_regions(traced, closed)
    bends = int(np.count_nonzero(traced.births[traced.ends, 0]))
    borders = bends + len(corners)
    return PathDecisions(
        vertices=path.inputs,
        vertex_positions=path.knots,
        closed=closed,
        breakpoints=at,
        points=points_on(path, _segments(traced, rows), at),
        classes=classes,
        linear_regions=max(1, borders) if closed else borders + 1,
        activation_regions=regions,
        check=_proved(traced, stack, path, (values, bounds), _segments(traced, rows), at, classes),
    )


def _proved(
    traced: Traced,
    stack: Stack,
    path: Path,
    ends: tuple[Array, Array],
    segments: Index,
    at: Array,
    classes: Index,
) -> Certificate:
    """What vouches for changes of class ``at`` positions: bounds of the outputs at the ``ends`` of pieces and at the
    changes, and exact arithmetic where these leave something open.
    """
    check = _decided(traced, stack, path, at, classes)
    if check.max_residual is None:
        return check
    left, right = (classes[np.searchsorted(at, traced.positions, side=side)] for side in ("left", "right"))
    graph = stack.source(traced.number)
    level = check.level + open_places(*ends, left, right)
    level += open_places(*enclosed_on(graph, path, segments, at), classes[:-1], classes[1:])
    exact = check.exact
    if level or traced.ties or traced.merged:
        found = changes_of(stack, traced.number, path.inputs, classes.tolist())
        exact = found if exact is None else exact and found
    return replace(check, level=level, exact=exact)


def _decided(traced: Traced, stack: Stack, path: Path, at: Array, classes: Index) -> Certificate:
    """What vouches for changes of class ``at`` positions: what vouches for the pieces, and the network itself at the
    ends of pieces, at changes and half-way between them.

    At a change either class may be the largest one.
    """
    check = traced.certificate(at, stack)
    if check.max_residual is None:
        return check
    ends = np.sort(np.concatenate([traced.positions, at]))
    places = np.unique(np.concatenate([ends, 0.5 * (ends[1:] + ends[:-1])]))
    under = np.clip(np.searchsorted(traced.positions, places, side="right") - 1, 0, len(traced.positions) - 2)
    values = traced.values[under] + traced.slopes[under] * (places - traced.positions[under])[:, None]
    left, right = (classes[np.searchsorted(at, places, side=side)] for side in ("left", "right"))
    first = np.take_along_axis(values, left[:, None], 1) >= np.take_along_axis(values, right[:, None], 1)
    own = np.where(first[:, 0], left, right)
    led = np.flatnonzero(values.max(axis=1) > np.take_along_axis(values, own[:, None], 1)[:, 0])
    if len(led) == 0:
        return check
    member, segments = stack.member(traced.number), _segments(traced, under[led])
    inputs = points_on(path, segments, places[led])
    layers = [layer_of(member, each) for each in range(len(member.shapes))]
    beyond, level = overruled(layers, inputs, direct(inputs, member), own[led], stack.tolerance)
    return replace(check, overruled=int(np.count_nonzero(beyond)), level=int(np.count_nonzero(level)))


def _regions(traced: Traced, stack: Stack, path: Path, closed: bool, signs: bool) -> PathRegions:
    ends = traced.ends
    begins, born = ends[:-1], traced.births[ends, 0]
    bends = ends[born > 0]
    at, (layers, units) = traced.positions[bends], stack.named(traced.births, bends)
    regions, corners = _activation_regions(traced, closed)
    slopes, values = traced.slopes[begins], traced.values[ends]
    single = values.shape[1] == 1
    where = path, _segments(traced, ends), traced.positions[ends]
    found = PathRegions(
        vertices=path.inputs,
        vertex_positions=path.knots,
        closed=closed,
        breakpoints=at,
        points=points_on(path, _segments(traced, bends), at),
        bend_layers=layers,
        bend_units=units,
        piece_positions=traced.positions[ends],
        slopes=slopes[:, 0] if single else slopes,
        values=values[:, 0] if single else values,
        segment_pieces=np.diff(np.append(np.flatnonzero(born[:-1] == 0), len(begins))),
        turned=tuple(corners.tolist()),
        lengths=traced.lengths[stack.measured],
        activation_regions=regions,
        bends_by_layer=layer_counts(layers, stack.hidden),
        dead_units=dead_units(traced.dead, stack.units),
        check=traced.certificate(at, stack),
        enclose=partial(_enclosed_at, stack, traced.number, *where),
    )
    return _with_signs(found, stack, traced.number) if signs else found


def _enclosed_at(stack: Stack, number: int, path: Path, on: Index, at: Array) -> tuple[Array, Array]:
    return enclosed_on(stack.source(number), path, on, at)


def _with_signs(found: PathRegions, stack: Stack, number: int) -> PathRegions:
    """A margin's regions, vouched for only if its sign is known at the ends of all its pieces."""
    values, bounds = found.enclose()
    level, exact = int(np.count_nonzero(~(np.abs(values) > bounds))), found.check.exact
    if level:
        same = signs_of(stack, number, found.vertices, len(found.zeros))
        exact = same if exact is None else exact and same
    return replace(found, check=replace(found.check, level=level, exact=exact))
