"""What rounding gathers: against the error of float64 itself, measured in rational arithmetic; and certificates of
networks whose outputs are what is left of numbers a million times as large.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from test_rounding import network

from nnexpr import linear_regions, plane_regions
from nnexpr.networks.graph.chain import graph_of
from nnexpr.networks.graph.exact import exact_values
from nnexpr.networks.network import Network
from nnexpr.regions.gathered import gathered, gathered_in
from nnexpr.regions.layer import Layer, layer_of
from nnexpr.regions.stack import Stack

ROUNDING = 2.0**-53


def layers(of: Network) -> list[Layer]:
    only = Stack.of(of, None).member(0)
    return [layer_of(only, number) for number in range(len(only.shapes))]


def cancelling(inputs: int, large: float) -> Network:
    """3 relu(large s + 1) - relu(3 large s) + relu(s - 1/2), again through relu: above s = 0 the layers that follow see
    numbers of size 1, of which rounding has taken as much as of ``large``.
    """
    nothing = [0.0] * (inputs - 1)
    first = [[large, *nothing, 1.0], [3.0 * large, *nothing, 0.0], [1.0, *nothing, -0.5]]
    return network(first, [[3.0, -1.0, 1.0, 0.0]], [[3.0, 0.0]], [[1.0, 0.0]])


@pytest.mark.parametrize("activation", ["relu", "hardtanh", "leaky_relu", "hat"])
@pytest.mark.parametrize("seed", range(3))
def test_errors_of_float64_are_a_few_sigma(activation: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    widths = [3, 8, 8, 8, 2]
    blocks = [rng.normal(size=(b, a + 1)) for a, b in pairwise(widths)]
    blocks[1] *= 1e6
    blocks[2][:, :-1] -= blocks[2][:, [0]] * (np.arange(8) == 1)  # so that much cancels
    of = network(*blocks, activation=activation)
    x = rng.normal(size=(20, 3))
    graph = graph_of(of)
    exact = [exact_values(graph, list(map(Fraction, row)))[-1] for row in x]
    errors = [
        abs(Fraction(float(told)) - right)
        for found, rights in zip(graph(x)[0], exact, strict=True)
        for told, right in zip(found, rights, strict=True)
    ]
    still = np.zeros((1, 3))
    for sigma in (gathered(layers(of), x, still, 2.0**-49), gathered_in(graph, x, 2.0**-49)):
        assert float(max(errors)) <= 4 * ROUNDING * sigma
        assert sigma <= 1e9  # no more than what the numbers are made of


WALKS = [sys.modules[name] for name in ("nnexpr.regions.line.member", "nnexpr.regions.plane.surface")]
BOX = ((0.125, 1.0), (0.0, 1.0))


@pytest.mark.parametrize("large", [1.0, 1e6 / 3, 1e9 / 3])
def test_a_count_is_certified_though_the_output_is_what_is_left(large: float) -> None:
    [found] = linear_regions(cancelling(1, large), BOX[0])
    cells = plane_regions(cancelling(2, large), BOX)
    for each in (found, cells):
        assert each.count == 2
        assert each.check.certified
        assert each.check.allowed <= 1e-11 * (10.0 + large)


def test_without_it_that_would_not_be_certified(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in WALKS:
        monkeypatch.setattr(module, "gathered", lambda *given: 0.0)
    assert not linear_regions(cancelling(1, 1e9 / 3), BOX[0])[0].check.certified
    assert not plane_regions(cancelling(2, 1e9 / 3), BOX).check.certified


def test_it_is_not_asked_for_where_the_last_terms_explain_the_residual(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def asked(*given: object) -> float:
        raise AssertionError

    for module in WALKS:
        monkeypatch.setattr(module, "gathered", asked)
    rng = np.random.default_rng(0)
    for inputs in (1, 2):
        sizes = (inputs, 30, 30, 30, 1)
        of = network(*(rng.normal(size=(b, a + 1)) for a, b in pairwise(sizes)))
        assert (linear_regions(of, (-1.0, 1.0))[0] if inputs == 1 else plane_regions(of, BOX)).check.certified


def test_squares_that_overflow_explain_nothing() -> None:
    of = network([[1e160, 0.0]], [[1e-160, 0.0]], [[1.0, 0.0]])
    assert gathered(layers(of), np.ones((1, 1)), np.ones((1, 1)), 2.0**-49) == 0.0
