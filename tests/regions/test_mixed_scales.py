"""The law of certificates: a count that is called certified is that of rational arithmetic, at weights of any scales.

Layers of which each unit has a scale of its own, from 10^-k to 10^k; units twice and opposite units; numbers so small
that their products underflow. What is certified must be right; what is right need not be certified, except where all
weights are of one scale.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from exact_graph import exact_cells, exact_line
from plane_exact import area, exact_decisions, exact_plane
from test_exact_arithmetic import zeros_between
from test_rounding import network

from nnexpr import path_decisions, path_regions, plane_regions
from nnexpr.networks.graph.chain import graph_of
from nnexpr.networks.graph.exact import exact_values
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.network import Network

BOX = ((-1.0, 1.0), (-1.0, 1.0))
SCALES = (0, 3, 12, 15, 30, 160)


def drawn(seed: int, digits: int, inputs: int, outputs: int) -> Network:
    rng = np.random.default_rng([seed, digits, inputs])
    sizes = [inputs, *rng.integers(2, 5, rng.integers(1, 4)), outputs]
    blocks = []
    for below, above in pairwise(sizes):
        block = rng.normal(size=(above, below + 1)) * 10.0 ** rng.choice([-digits, 0, digits], (above, 1))
        if rng.random() < 0.3:
            block[0] = rng.choice([1.0, -1.0, 0.5]) * block[-1]
        blocks.append(block)
    return network(*blocks, activation=str(rng.choice(["relu", "leaky_relu", "hardtanh"])))


def told(count: Callable[..., Any], *given: object, **asked: object) -> Any:
    """What is counted; None where that is refused because float64 does not reach so far."""
    try:
        return count(*given, **asked)
    except ValueError as error:
        if "overflows float64" not in str(error):
            raise
        return None


def exact_classes(graph: Graph, ends: np.ndarray) -> list[int]:
    """The largest output along a segment, by the signs of all margins between all their bends and zeros."""
    places = {Fraction(0), Fraction(1)}
    margins = [graph.margin(each) for each in range(graph.outputs)]
    for margin in margins:
        places |= set(exact_line(margin, *ends.tolist()).breakpoints)
    for margin in margins:
        places |= set(zeros_between(margin, ends, sorted(places)))
    classes: list[int] = []
    for low, high in pairwise(sorted(places)):
        at = (low + high) / 2
        point = [(1 - at) * Fraction(a) + at * Fraction(b) for a, b in ends.T]
        values = exact_values(graph, point)[-1]
        classes.append(values.index(max(values)))
    return [own for at, own in enumerate(classes) if at == 0 or own != classes[at - 1]]


@pytest.mark.parametrize("digits", SCALES)
def test_on_lines(digits: int) -> None:
    certified = 0
    for seed in range(12):
        graph = graph_of(drawn(seed, digits, 2, 2))
        ends = np.random.default_rng(seed).normal(size=(2, 2))
        for of, asked in (("regions", graph), ("output:0", graph.output(0)), ("margin:1", graph.margin(1))):
            exact = exact_line(asked, *ends.tolist())
            found = told(path_regions, graph, ends, of=of)
            for each in found or ():
                assert each.count == exact.linear_regions or not each.check.certified, (seed, of)
                certified += each.check.certified
    assert certified >= (36 if digits <= 3 else 6)


@pytest.mark.parametrize("digits", SCALES)
def test_decisions_on_lines(digits: int) -> None:
    for seed in range(8):
        graph, ends = graph_of(drawn(seed, digits, 2, 3)), np.array([[-1.0, 0.25], [1.0, 0.75]])
        found = told(path_decisions, graph, ends)
        for each in found or ():
            if each.check.certified:
                assert each.classes.tolist() == exact_classes(graph, ends), seed


@pytest.mark.parametrize("digits", SCALES)
def test_in_planes(digits: int) -> None:
    certified = 0
    for seed in range(4):
        of = drawn(seed, digits, 2, 2)
        exact = {"regions": exact_plane(of, BOX, outputs=2), "argmax": exact_decisions(of, BOX)}
        exact["margin:0"] = exact_cells(graph_of(of).margin(0), ([0.0, 0.0], [1.0, 0.0], [0.0, 1.0]), BOX)
        if sum(map(area, exact["argmax"].polygons)) > 4:  # somewhere several outputs are the largest
            del exact["argmax"]
        for asked, cells in exact.items():
            found = told(plane_regions, of, BOX, of=asked)
            if found is None:
                continue
            assert found.count == cells.linear_regions or not found.check.certified, (seed, asked)
            certified += found.check.certified
    assert certified >= (8 if digits <= 3 else 0)


def test_products_that_underflow_are_no_proof_that_nothing_bends() -> None:
    """relu(10^-200 x) 10^-200: a bend of 10^-400."""
    [along] = path_regions(graph_of(network([[1e-200, 0.0]], [[1e-200, 1.0]])), [-1.0, 1.0])
    assert (along.count, along.check.certified) == (1, False)
    cells = plane_regions(network([[1e-200, 0.0, 0.0]], [[1e-200, 1.0]]), BOX)
    assert (cells.count, cells.check.certified) == (1, False)
