"""The cells of a network in the plane by clipping polygons in rational arithmetic: slow, short and exact.

Every cell is kept as its polygon and the affine map of the current layer on it. A line cuts a polygon that has corners
strictly on both sides of it. Nothing is shared between polygons, so nothing can be inconsistent.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from nnexpr.activations import ACTIVATIONS
from nnexpr.networks.network import Network

Point = tuple[Fraction, Fraction]
Polygon = list[Point]
Map = list[tuple[Fraction, Fraction, Fraction]]  # of each unit: the gradient's components and the constant


@dataclass(frozen=True)
class ExactPlane:
    """Polygons, counter-clockwise, and on each what is one on a region: output 0's map, or all maps, or a class."""

    polygons: list[Polygon]
    maps: list[object]

    @property
    def linear_regions(self) -> int:
        """Cells joined across sides of positive length where they have one map."""
        lower = list(range(len(self.maps)))

        def root(cell: int) -> int:
            while lower[cell] != cell:
                cell = lower[cell]
            return cell

        for one, two in combinations(range(len(self.maps)), 2):
            apart = self.maps[one] == self.maps[two] and root(one) != root(two)
            if apart and touch(self.polygons[one], self.polygons[two]):
                lower[root(two)] = root(one)
        return sum(cell == place for place, cell in enumerate(lower))


def exact_plane(network: Network, domain, member: int = 0, *, outputs: int = 1) -> ExactPlane:
    """The cells of output 0 on the rectangle, or of so many outputs together, whose maps then are a tuple."""
    (a1, b1), (a2, b2) = (tuple(map(Fraction, side)) for side in domain)
    zero, one = Fraction(0), Fraction(1)
    cells = [([(a1, a2), (b1, a2), (b1, b2), (a1, b2)], [[(one, zero, zero), (zero, one, zero)]])]
    for index, layer in enumerate(network.layers):
        rows = [list(map(Fraction, row)) for row in network.affine(index)[member].double().tolist()]
        if index == len(network.layers) - 1:
            rows = rows[:outputs]
        pieces = ACTIVATIONS[layer.activation].pieces
        finer = []
        for polygon, below in cells:
            z = [combine(row, below[-1]) for row in rows]
            if layer.adds:
                z = [
                    tuple(map(sum, zip(*pair, strict=True)))
                    for pair in zip(z, below[-layer.adds], strict=False)
                ]
            parts = [polygon]
            for unit in z:
                for kink in pieces.kinks:
                    parts = [half for part in parts for half in cut(part, unit, Fraction(kink))]
            finer += [(part, [*below, [activated(unit, pieces, part) for unit in z]]) for part in parts]
        cells = finer
    polygons = [polygon for polygon, _ in cells]
    return ExactPlane(polygons, [layers[-1][0] if outputs == 1 else tuple(layers[-1]) for _, layers in cells])


def exact_decisions(network: Network, domain, member: int = 0) -> ExactPlane:
    """Every cell clipped to where each output is the largest; parts of no area are left out."""
    exact = exact_plane(network, domain, member, outputs=network.outputs)
    polygons, classes = [], []
    for polygon, maps in zip(exact.polygons, exact.maps, strict=True):
        for number, own in enumerate(maps):
            part = polygon
            for other in maps:
                ahead = tuple(a - b for a, b in zip(own, other, strict=True))
                part = clipped(part, ahead)
            if area(part) > 0:
                polygons.append(part)
                classes.append(number)
    return ExactPlane(polygons, classes)


def clipped(polygon: Polygon, unit) -> Polygon:
    """The part on which an affine map is not below 0."""
    heights = [value(unit, point) for point in polygon]
    if not heights or max(heights) < 0:
        return []
    return polygon if min(heights) >= 0 else cut(polygon, unit, Fraction(0))[-1] if max(heights) > 0 else []


def combine(row, below: Map):
    return (
        sum(w * unit[0] for w, unit in zip(row, below, strict=False)),
        sum(w * unit[1] for w, unit in zip(row, below, strict=False)),
        sum(w * unit[2] for w, unit in zip(row, below, strict=False)) + row[-1],
    )


def value(unit, point: Point) -> Fraction:
    return unit[0] * point[0] + unit[1] * point[1] + unit[2]


def cut(polygon: Polygon, unit, kink: Fraction) -> list[Polygon]:
    """The polygon, or its parts below and above the line."""
    heights = [value(unit, point) - kink for point in polygon]
    if not min(heights) < 0 < max(heights):
        return [polygon]
    below, above = [], []
    for place, (point, height) in enumerate(zip(polygon, heights, strict=True)):
        following, next_height = polygon[place - len(polygon) + 1], heights[place - len(polygon) + 1]
        if height <= 0:
            below.append(point)
        if height >= 0:
            above.append(point)
        if height * next_height < 0:
            t = height / (height - next_height)
            crossing = (point[0] + t * (following[0] - point[0]), point[1] + t * (following[1] - point[1]))
            below.append(crossing)
            above.append(crossing)
    return [below, above]


def activated(unit, pieces, polygon: Polygon):
    """The unit's map after its activation, by the height of an inner point; on a kink it is the piece below."""
    middle = value(
        unit, (sum(p[0] for p in polygon) / len(polygon), sum(p[1] for p in polygon) / len(polygon))
    )
    piece = sum(middle > Fraction(kink) for kink in pieces.kinks)
    slope, intercept = Fraction(pieces.slopes[piece]), Fraction(pieces.intercepts[piece])
    return (slope * unit[0], slope * unit[1], slope * unit[2] + intercept)


def area(polygon: Polygon) -> Fraction:
    turns = zip(polygon, polygon[1:] + polygon[:1], strict=True)
    return sum((p[0] * q[1] - q[0] * p[1] for p, q in turns), Fraction(0)) / 2


def touch(one: Polygon, two: Polygon) -> bool:
    """Whether some side of one overlaps a side of the other in more than a point."""
    for p, q in zip(one, one[1:] + one[:1], strict=True):
        along = (q[0] - p[0], q[1] - p[1])
        for r, s in zip(two, two[1:] + two[:1], strict=True):
            if any(along[0] * (t[1] - p[1]) != along[1] * (t[0] - p[0]) for t in (r, s)):
                continue
            ends = sorted((along[0] * (t[0] - p[0]) + along[1] * (t[1] - p[1])) for t in (r, s))
            if max(ends[0], 0) < min(ends[1], along[0] ** 2 + along[1] ** 2):
                return True
    return False
