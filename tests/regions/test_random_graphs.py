"""Random graphs of every kind of node against rational arithmetic, on lines and planes, outputs together and margins.

Weights are small dyadic numbers, so that kinks meet, or drawn ones of twenty bits; whole layers are a million million
times as large as others. Where an exact cell is so narrow that the rule for ties may take it for none, it is left out.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from exact_graph import exact_cells, exact_line
from plane_exact import area

from nnexpr import path_regions, plane_regions
from nnexpr.activations import PiecewiseLinear
from nnexpr.networks.graph.affine import added, contracted, convolved, joined, scaled
from nnexpr.networks.graph.bends import bent, clamped, larger, leaky, smaller
from nnexpr.networks.graph.draft import Draft, Signal
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.pooling import Windows, adaptive_max, adaptive_mean, pooled_max, pooled_mean

BOX = ((-1.0, 1.0), (-2.0, 1.0))
NARROW = 1e-8
KINDS = ("whole", "dyadic", "scaled", "drawn")
HAT = PiecewiseLinear((0.0, 1.0, 2.0), (0.0, 1.0, -1.0, 0.0), (0.0, 0.0, 2.0, 0.0))


class Drawn:
    """Numbers of one kind, and graphs of them."""

    def __init__(self, seed: int, kind: str) -> None:
        self.rng, self.kind = np.random.default_rng(seed), kind

    def one_of(self, *several: object) -> object:
        return several[int(self.rng.integers(len(several)))]

    def numbers(self, *shape: int) -> np.ndarray:
        if self.kind == "drawn":
            return self.rng.integers(-(2**20), 2**20, shape) / 2.0**20
        whole = self.rng.integers(-3, 4, shape).astype(float)
        return whole / self.rng.choice([1, 2, 8], shape) if self.kind == "dyadic" else whole

    def layer(self, signal: Signal, width: int) -> Signal:
        """x W + b, all of it times one power of two."""
        size = 2.0 ** self.rng.integers(-40, 41) if self.kind == "scaled" else 1.0
        made = contracted(signal, size * self.numbers(signal.shape[1], width), 1)
        if self.rng.random() < 0.3:  # a unit twice, or its opposite
            made = made.at(np.concatenate([made.places[:, :1], made.places[:, :-1]], axis=1))
        return scaled(made, 1.0, size * self.numbers(width))

    def bend(self, signal: Signal) -> Signal:
        match self.rng.integers(6):
            case 0:
                return leaky(signal, self.one_of(0.5, -0.5, 2.0, 1.0))
            case 1:
                return clamped(signal, -1.0, self.one_of(1.0, 3.0))
            case 2:
                return leaky(signal, -1.0)
            case 3:
                which = self.rng.integers(0, 2, signal.shape)
                return bent(signal, [HAT, PiecewiseLinear((-1.0,), (-1.0, 2.0), (0.0, 3.0))], which)
        return leaky(signal, 0.0)

    def dense(self) -> Graph:
        inputs, width = int(self.rng.integers(2, 4)), int(self.rng.integers(2, 4))
        x = Draft().input((inputs,))
        h = self.bend(self.layer(x, width))
        match self.rng.integers(4):
            case 0:
                h = added(h, self.layer(self.bend(self.layer(h, 2)), width))
            case 1:
                h = self.one_of(larger, smaller)(self.layer(h, width), self.layer(h, width))
            case 2:
                h = joined([self.bend(self.layer(h, 2)), h], 1)
            case 3:
                h = self.bend(self.layer(h, width))
        h = self.layer(h, int(self.rng.integers(2, 4)))
        return x.draft.graph(self.bend(h) if self.rng.random() < 0.3 else h)

    def convolutional(self) -> Graph:
        x = Draft().input((2, 3, 4))
        groups, stride, padding = (int(n) for n in self.rng.integers([1, 1, 0], [3, 3, 2]))
        h = convolved(
            x, self.numbers(2, 2 // groups, 2, 2), self.numbers(2), groups=groups,
            stride=(stride, 1), padding=(padding, 0, 0, 0), dilation=(1, int(self.rng.integers(1, 3))),
        )  # fmt: skip
        h = scaled(h, 2.0 ** self.rng.integers(-2, 3, (2, 1, 1)), self.numbers(2, 1, 1))
        windows = Windows((1, 2), (1, 2), (0, 1, 0, 0), (1, 1))
        pool = self.one_of(
            lambda s: pooled_max(s, windows), lambda s: pooled_mean(s, windows),
            lambda s: adaptive_max(s, (1, 2)), lambda s: adaptive_mean(s, (1, 2)), lambda s: s,
        )  # fmt: skip
        h = self.bend(pool(h)) if self.rng.random() < 0.5 else pool(self.bend(h))
        return x.draft.graph(self.layer(h.at(h.places.reshape(1, -1)), 2))

    def graph(self) -> Graph:
        return self.dense() if self.rng.random() < 0.5 else self.convolutional()

    def point(self, graph: Graph) -> np.ndarray:
        return self.rng.integers(-5, 6, graph.inputs) / float(self.one_of(1, 2, 8, 1024))


@pytest.mark.parametrize("kind", KINDS)
def test_on_lines(kind: str) -> None:
    compared = 0
    for seed in range(12):
        drawn = Drawn(seed, kind)
        graph = drawn.graph()
        a, b = drawn.point(graph), drawn.point(graph)
        for of, asked in (("regions", graph), ("margin:1", graph.margin(1))):
            exact = exact_line(asked, a.tolist(), b.tolist())
            ends = [0, *exact.breakpoints, 1]
            if (a == b).all() or min(right - left for left, right in pairwise(ends)) < NARROW:
                continue
            [found] = path_regions(graph, [a, b], of=of)
            assert (found.count, found.check.certified) == (exact.linear_regions, True), (seed, of)
            compared += 1
    assert compared > 18


@pytest.mark.parametrize("kind", KINDS)
def test_in_planes(kind: str) -> None:
    compared = 0
    for seed in range(5):
        drawn = Drawn(100 + seed, kind)
        graph = drawn.graph()
        plane = (
            drawn.point(graph),
            *np.linalg.qr(np.random.default_rng(seed).normal(size=(graph.inputs, 2)))[0].T.round(3),
        )
        for of, asked in (("regions", graph), ("margin:0", graph.margin(0))):
            exact = exact_cells(asked, plane, BOX)
            if len(exact.polygons) > 120 or min(map(area, exact.polygons)) < NARROW:
                continue
            found = plane_regions(graph, BOX, plane=plane, of=of)
            assert (found.count, found.check.certified) == (exact.linear_regions, True), (seed, of)
            compared += 1
    assert compared > 4
