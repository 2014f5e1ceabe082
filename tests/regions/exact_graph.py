"""An oracle: a graph on a line or a rectangle in exact rational arithmetic, by the affine map of every unit of every
node on every cell. On the line a cell is an interval, in the plane a polygon; nothing is shared between cells, and
nothing of the engine's walks is used. A maximum is decided as the engine says that it counts it: in rounds, in pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from plane_exact import ExactPlane, Point, Polygon
from plane_exact import cut as cut_polygon

from nnexpr.activations import PiecewiseLinear
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.nodes import Affine, Concatenate, Kinks, Maximum, Node, Sum

Map = tuple[Fraction, ...]  # gradient and constant in the coordinates of the line or the plane
ZERO = Fraction(0)
RELU = PiecewiseLinear((0.0,), (0.0, 1.0), (0.0, 0.0))


@dataclass
class Cell:
    """A part of the domain with the maps of every node so far on it, and which piece each unit is on."""

    shape: object
    nodes: list[list[Map]]
    pieces: list[int]


class Walk:
    """Cells cut node by node."""

    def __init__(self, shape: object, inputs: list[Map], cut: Callable, middle: Callable) -> None:
        self.cells = [Cell(shape, [inputs], [])]
        self.cut, self.middle = cut, middle

    def through(self, graph: Graph) -> list[Cell]:
        for node in graph.nodes[1:]:
            if isinstance(node, Kinks):
                functions = [node.pieces[which] for which in node.which]
                self.bend(lambda cell, node=node: cell.nodes[node.of[0]], functions)
            elif isinstance(node, Maximum):
                self.decide(node)
            else:
                for cell in self.cells:
                    cell.nodes.append(mapped(node, [cell.nodes[below] for below in node.of]))
        return self.cells

    def bend(self, of: Callable[[Cell], list[Map]], functions: list[PiecewiseLinear]) -> None:
        """Cut every cell at each kink of each unit and append what the functions give."""
        finer = []
        for cell in self.cells:
            z, parts = of(cell), [cell.shape]
            for unit, function in zip(z, functions, strict=True):
                for kink in function.kinks:
                    parts = [half for part in parts for half in self.cut(part, unit, Fraction(kink))]
            for part in parts:
                middle = self.middle(part)
                on = [
                    sum(value(unit, middle) > Fraction(kink) for kink in function.kinks)
                    for unit, function in zip(z, functions, strict=True)
                ]
                bent = [
                    shifted(scaled(unit, function.slopes[piece]), function.intercepts[piece])
                    for unit, function, piece in zip(z, functions, on, strict=True)
                ]
                finer.append(Cell(part, [*cell.nodes, bent], cell.pieces + on))
        self.cells = finer

    def decide(self, node: Maximum) -> None:
        """max(a, b) = b + relu(a - b) in rounds: the first with the second, the third with the fourth, and so on."""
        for cell in self.cells:
            z = cell.nodes[node.of[0]]
            cell.left = [[z[unit] if unit >= 0 else None for unit in group] for group in node.groups]
        while any(len(group) > 1 for group in self.cells[0].left):
            pairs = [
                (row, at)
                for row, group in enumerate(self.cells[0].left)
                for at in range(0, len(group) - 1, 2)
                if group[at] is not None and group[at + 1] is not None
            ]
            self.bend_rounds(pairs)
        for cell in self.cells:
            cell.nodes.append([group[0] for group in cell.left])

    def bend_rounds(self, pairs: list[tuple[int, int]]) -> None:
        olds = []

        def ahead(cell: Cell) -> list[Map]:
            olds.append(cell)
            return [plus(cell.left[row][at], scaled(cell.left[row][at + 1], -1)) for row, at in pairs]

        finer = []
        for cell in self.cells:
            walk = Walk.__new__(Walk)
            walk.cells, walk.cut, walk.middle = [cell], self.cut, self.middle
            walk.bend(ahead, [RELU] * len(pairs))
            for part in walk.cells:
                better = dict(zip(pairs, part.nodes.pop(), strict=True))
                part.left = []
                for row, group in enumerate(cell.left):
                    following = []
                    for at in range(0, len(group), 2):
                        one, other = group[at], group[at + 1] if at + 1 < len(group) else None
                        both = (row, at) in better
                        following.append(
                            plus(better[row, at], other) if both else one if other is None else other
                        )
                    part.left.append(following)
                finer.append(part)
        self.cells = finer


def mapped(node: Node, given: list[list[Map]]) -> list[Map]:
    match node:
        case Affine():
            zero = scaled(given[0][0], 0)
            made = [shifted(zero, bias) for bias in node.bias]
            entries = node.map.sparse().tocoo()
            for below, above, entry in zip(*entries.coords, entries.data, strict=True):
                made[above] = plus(made[above], scaled(given[0][below], entry))
            return made
        case Sum():
            made = given[0]
            for each in given[1:]:
                made = [plus(a, b) for a, b in zip(made, each, strict=True)]
            return made
        case Concatenate():
            return [unit for each in given for unit in each]
    raise TypeError(type(node).__name__)


def plus(a: Map, b: Map) -> Map:
    return tuple(x + y for x, y in zip(a, b, strict=True))


def scaled(a: Map, factor: float | Fraction) -> Map:
    return tuple(Fraction(factor) * x for x in a)


def shifted(a: Map, shift: float | Fraction) -> Map:
    return (*a[:-1], a[-1] + Fraction(shift))


def value(unit: Map, point: tuple[Fraction, ...]) -> Fraction:
    return sum((g * x for g, x in zip(unit, point, strict=False)), unit[-1])


@dataclass(frozen=True)
class ExactLine:
    breakpoints: list[Fraction]  # of the outputs, as shares of the segment
    linear_regions: int
    activation_regions: int


def exact_line(graph: Graph, a: list[float], b: list[float]) -> ExactLine:
    """Along the segment from a to b."""
    inputs = [(Fraction(y) - Fraction(x), Fraction(x)) for x, y in zip(a, b, strict=True)]

    def cut(part: tuple[Fraction, Fraction], unit: Map, kink: Fraction) -> list[tuple[Fraction, Fraction]]:
        if not unit[0]:
            return [part]
        at = (kink - unit[1]) / unit[0]
        return [(part[0], at), (at, part[1])] if part[0] < at < part[1] else [part]

    walk = Walk((ZERO, Fraction(1)), inputs, cut, lambda part: ((part[0] + part[1]) / 2,))
    cells = sorted(walk.through(graph), key=lambda cell: cell.shape)
    outputs = [[unit[0] for unit in cell.nodes[-1]] for cell in cells]
    breakpoints = [
        right.shape[0]
        for (left, right), (o, p) in zip(pairwise(cells), pairwise(outputs), strict=True)
        if o != p
    ]
    changes = sum(left.pieces != right.pieces for left, right in pairwise(cells))
    return ExactLine(breakpoints, len(breakpoints) + 1, changes + 1)


def exact_cells(graph: Graph, plane: tuple[list[float], ...], domain) -> ExactPlane:
    """On a rectangle of x = origin + s u + t v: polygons, and the maps of all outputs."""
    (a1, b1), (a2, b2) = (tuple(map(Fraction, side)) for side in domain)
    inputs = [tuple(map(Fraction, (u, v, o))) for o, u, v in zip(*plane, strict=True)]

    def middle(polygon: Polygon) -> Point:
        return tuple(sum(point[axis] for point in polygon) / len(polygon) for axis in range(2))

    cells = Walk([(a1, a2), (b1, a2), (b1, b2), (a1, b2)], inputs, cut_polygon, middle).through(graph)
    return ExactPlane([cell.shape for cell in cells], [tuple(cell.nodes[-1]) for cell in cells])
