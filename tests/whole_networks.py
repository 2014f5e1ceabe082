"""Networks of small whole numbers around an operator, held to rational arithmetic on a line and in a plane.

relu(x W + b), a layer of as many numbers as the operator takes, the operator, four units of a ReLU, two outputs. Each
unit is zero somewhere on the rectangle, so that every number of the operator has a say in where those above it bend.
Kinks of whole numbers meet: the counts are the exact ones also where a certificate leaves open what rounding decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from by_definition import relu
from exact_cells import Affine, Function, Numbers, breakpoints, in_plane, on_segment
from plane_exact import ExactPlane

from nnexpr import PathRegions, PlaneRegions, path_regions, plane_regions
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.network import Network

INPUTS, HIDDEN, READ, OUTPUTS = 3, 4, 4, 2
LIVE = 4  # numbers that depend on x, of an operator that bends in each: so that the cells stay few
BOX = ((-2, 2), (-1, 2))


class Whole:
    """``layers``: weights ``(out, in)`` and shifts ``(out,)``, two below the operator and two above."""

    def __init__(self, operator: Function, shape: Sequence[int], seed: int) -> None:
        self.rng, self.shape = np.random.default_rng(seed), tuple(shape)
        u, v = np.eye(INPUTS, dtype=int)[self.rng.permutation(INPUTS)[:2]]
        self.plane = self.rng.integers(-2, 3, INPUTS), u, v + self.rng.integers(-1, 2) * u
        self.layers: list[tuple[np.ndarray, np.ndarray]] = []
        self._steps: list[Function] = []
        self._add(HIDDEN)
        self._steps.append(relu)
        self._add(prod(self.shape), LIVE if not isinstance(operator, Affine) else prod(self.shape))
        self._steps.append(lambda x: operator(x.reshape(1, *self.shape)).ravel())
        self._add(READ)
        if isinstance(operator, Affine):
            *_, below, _, above = self._steps
            self._steps[-3:] = [above.after(operator).after(below)]
        self._steps.append(relu)
        self._add(OUTPUTS)

    def _add(self, made: int, live: int | None = None) -> None:
        """A layer, of which so many numbers depend on what is below, each zero somewhere; all by default."""
        origin, u, v = self.plane
        places = [
            origin + self.rng.integers(*BOX[0]) * u + self.rng.integers(*BOX[1]) * v for _ in range(READ)
        ]
        given = np.array([self(np.array(place.tolist(), dtype=object)) for place in places], dtype=float)
        weights, shifts = self.rng.integers(-2, 3, (made, given.shape[1])), self.rng.integers(-2, 3, made)
        fixed = self.rng.permutation(made)[live or made :]
        weights[fixed] = 0
        heights = (given[np.arange(made) % len(given)] * weights).sum(axis=1)
        shifts = np.where(weights.any(axis=1), -np.round(heights).astype(int), shifts)
        self.layers.append((weights, shifts))
        self._steps.append(Affine.of(weights, shifts))

    def __call__(self, x: Numbers) -> Numbers:
        """The whole of it by its definition."""
        for step in self._steps:
            x = step(x)
        return x

    def assert_counted_on_a_line(self, network: Network | Graph) -> None:
        a, b = self.rng.integers(-4, 5, (2, INPUTS)).tolist()
        b[0] += 9
        [found] = path_regions(network, np.array([a, b], dtype=float))
        assert_the_line_is(found, on_segment(self._steps, a, b))

    def assert_counted_in_a_plane(self, network: Network | Graph) -> None:
        found = plane_regions(network, BOX, plane=tuple(part.astype(float) for part in self.plane))
        assert_the_plane_is(found, in_plane(self._steps, [part.tolist() for part in self.plane], BOX))


def assert_the_line_is(found: PathRegions, exact: ExactPlane) -> None:
    """As many regions, which end where they do and have the outputs there."""
    ends = [0, *breakpoints(exact), 1]
    assert found.count == len(ends) - 1
    assert found.check.max_residual <= found.check.allowed
    np.testing.assert_allclose(found.positions, np.array(ends[1:-1], dtype=float), rtol=0, atol=1e-12)
    told = {s: maps for cell, maps in zip(exact.polygons, exact.maps, strict=True) for s, _ in cell}
    values = np.array([[unit[0] * end + unit[2] for unit in told[end]] for end in ends], dtype=float)
    size = max(1.0, float(np.abs(values).max()))
    np.testing.assert_allclose(found.values.reshape(values.shape), values, rtol=0, atol=1e-11 * size)


def assert_the_plane_is(found: PlaneRegions, exact: ExactPlane) -> None:
    """As many regions, and the map that holds on each cell."""
    assert found.count == exact.linear_regions
    assert (found.check.max_residual <= found.check.allowed, found.check.euler) == (True, 1)
    middles = [[float(sum(part) / len(cell)) for part in zip(*cell, strict=True)] for cell in exact.polygons]
    own, cells = found.locate(middles), len(found.areas)
    slopes, intercepts = found.slopes.reshape(cells, 2, -1), found.intercepts.reshape(cells, 1, -1)
    maps = np.concatenate([slopes, intercepts], axis=1)[own].transpose(0, 2, 1)
    told = np.array(exact.maps, dtype=float)
    np.testing.assert_allclose(maps, told, rtol=0, atol=1e-10 * max(1.0, float(np.abs(told).max())))
