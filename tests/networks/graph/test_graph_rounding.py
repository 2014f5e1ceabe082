"""What rounding may take a graph's outputs: by hand on small graphs, against rational arithmetic; and what it tells."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from nnexpr.kinds import AffineLayer
from nnexpr.networks.builders import mlp
from nnexpr.networks.graph.affine import added, contracted, joined, scaled
from nnexpr.networks.graph.bends import clamped, larger, leaky
from nnexpr.networks.graph.chain import graph_of, network_of
from nnexpr.networks.graph.draft import Draft, Refused, Signal
from nnexpr.networks.graph.exact import exact_values
from nnexpr.networks.graph.rounding import compared, trial_points, values_and_rounding
from nnexpr.networks.network import Network


def squares(signal: Signal, *x: float, near: float = np.inf) -> list[float]:
    """sigma^2 of each output at one point."""
    graph = signal.draft.graph(signal)
    found: list[float] = (values_and_rounding(graph, np.array([x]), near)[1][0] ** 2).tolist()
    return found


def test_each_node_gathers_its_own() -> None:
    """Of x = 5 the square is 25 for the number and 25 for its rounding."""
    x = Draft().input((1,))
    tripled = scaled(x, 3.0, 2.0)
    assert squares(tripled, 5.0) == pytest.approx([9 * 50 + 4])
    y = Draft().input((2,))
    one, other = contracted(y, np.array([[1.0], [2.0]]), 1), contracted(y, np.array([[0.0], [7.0]]), 1)
    first, second = 2 * 9 + 4 * 2 * 16, 49 * 2 * 16  # at (3, 4): 11 and 28
    assert squares(joined([one, other], 1), 3.0, 4.0) == pytest.approx([first, second])
    assert squares(added(leaky(one, 0.0), leaky(other, 0.0)), 3.0, 4.0, near=1e-9) == pytest.approx(
        [2 * 11**2 + first + 2 * 28**2 + second]
    )


@pytest.mark.parametrize(("near", "expected"), [(1e-9, [9, 2, 4]), (np.inf, [50 + 9, 2 + 9, 98 + 9])])
def test_of_a_kink_what_may_be_the_piece_counts(near: float, expected: list[float]) -> None:
    """clamp(x, -2, 3) at 5, 1 and -7: the pieces have slopes 0, 1, 0 and intercepts -2, 0, 3."""
    found = [squares(clamped(Draft().input((1,)), -2.0, 3.0), at, near=near)[0] for at in (5.0, 1.0, -7.0)]
    assert found == pytest.approx(expected)


def test_of_a_maximum_those_count_that_may_be_the_largest() -> None:
    x = Draft().input((2,))
    both = larger(contracted(x, np.array([[1.0], [0.0]]), 1), contracted(x, np.array([[0.0], [1.0]]), 1))
    assert squares(both, 3.0, 2.0, near=1e-9) == pytest.approx([2 * 9])
    assert squares(both, 3.0, -4.0, near=1e-9) == pytest.approx([2 * 9])
    assert squares(both, 3.0, -4.0) == pytest.approx([2 * 16])
    assert squares(both, 3.0, -4.0, near=2.0) == pytest.approx([2 * 16])  # 3 - 8.5 is below -4 + 11.3


@pytest.mark.parametrize("seed", range(3))
def test_values_are_the_graphs_and_its_errors_are_within(seed: int) -> None:
    of = mlp(3, 6, inputs=3, outputs=2, seed=seed, dtype="float64")
    graph, x = graph_of(of), np.random.default_rng(seed).normal(size=(5, 3))
    values, sigma = values_and_rounding(graph, x)
    np.testing.assert_array_equal(values, graph(x)[0])
    exact = np.array(
        [[float(each) for each in exact_values(graph, list(map(Fraction, row)))[-1]] for row in x]
    )
    assert (np.abs(values - exact) <= 4 * 2.0**-53 * sigma).all()


def test_two_ways_of_computing_are_told_from_two_functions() -> None:
    graph = graph_of(mlp(3, 6, inputs=3, outputs=2, seed=0, dtype="float64"))
    x = trial_points(graph)
    assert x.shape == (8, 3)
    sizes = np.linalg.norm(x, axis=1)
    assert sizes.max() > 100.0 > 1.0 > sizes.min()
    values = graph(x)[0]
    largest = np.abs(values).max()
    assert compared(graph, x, values)
    assert compared(graph, x, values * (1 + 2.0**-50))
    assert not compared(graph, x, values[:, :1])
    for wrong in (1e-6, 1e-9):
        one = values.copy()
        one[2, 1] += wrong * np.abs(values[2]).max()
        assert not compared(graph, x, one)
    one[2, 1] = np.nan
    assert not compared(graph, x, one)
    assert compared(graph, x, values + 1e-9 * largest, precision=2.0**-23)


def test_where_squares_overflow_nothing_is_told() -> None:
    signal = scaled(Draft().input((1,)), 1e200)
    graph, x = signal.draft.graph(signal), np.ones((1, 1))
    assert compared(graph, x, np.full((1, 1), 7.0))


def test_a_network_keeps_its_numbers_its_domain_and_its_tolerance_on_the_way_there_and_back() -> None:
    plain = mlp(2, 4, inputs=2, outputs=3, seed=1, dtype="float64")
    of = Network(plain.layers, plain.parameters, tie_tolerance=2.0**-33, domain=((-1.0, 2.0), (0.0, 5.0)))
    graph = graph_of(of)
    back = network_of(graph)
    assert back is not None
    for each in (graph, back, graph.output(1), graph.margin(0)):
        assert (each.tie_tolerance, each.domain) == (of.tie_tolerance, of.domain)
    assert back.layers == tuple(AffineLayer(each.inputs, each.outputs, each.activation) for each in of.layers)
    assert back.parameters.tolist() == of.parameters.tolist()
    assert set(graph.names) == {"input", "layer 1", "layer 2"}


@pytest.mark.parametrize("place", ["weights", "bias"])
def test_what_is_not_finite_is_refused_by_its_name(place: str) -> None:
    x = Draft().input((2,))
    x.draft.name = "here"
    made = scaled(x, *((np.inf, 0.0) if place == "weights" else (2.0, np.array([0.0, np.nan]))))
    with pytest.raises(Refused, match="here has weights that are not finite"):
        x.draft.graph(made)
