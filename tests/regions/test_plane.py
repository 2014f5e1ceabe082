"""Cells in the plane against polygons clipped in rational arithmetic, and the certificates in every degenerate case."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from plane_exact import area, exact_plane

import nnexpr
from nnexpr import InputError, Network, PlaneRegions, plane_regions
from nnexpr.kinds import AffineLayer
from nnexpr.regions import threads
from nnexpr.regions.layer import layer_of
from nnexpr.regions.plane.layers import FEWEST, subdivide
from nnexpr.regions.plane.mesh import VERTICES
from nnexpr.regions.plane.placed import placed
from nnexpr.regions.stack import NotPiecewiseLinear, Stack
from nnexpr.scale import Scale

BOX = ((-2.0, 2.0), (-1.0, 3.0))
ACTIVATIONS = ["relu", "leaky_relu", "hardtanh", "hat"]


def network(widths, numbers, activation="relu", outputs=1, last="identity") -> Network:
    """Layers of the widths over two inputs; ``numbers(size)`` draws all parameters."""
    sizes = list(zip([2, *widths], [*widths, outputs], strict=True))
    layers = [AffineLayer(a, b, activation) for a, b in sizes[:-1]] + [AffineLayer(*sizes[-1], last)]
    size = sum(layer.size for layer in layers)
    return Network(tuple(layers), torch.as_tensor(np.asarray(numbers(size), dtype=np.float64))[None])


def drawn(seed: int, scale: float = 1.0):
    return lambda size: np.random.default_rng(seed).normal(size=size) * scale


def whole(seed: int, most: int = 2):
    return lambda size: np.random.default_rng(seed).integers(-most, most + 1, size)


def rows(*parameters):
    """Parameters given one by one: for each unit its weights and bias."""
    return lambda _: np.concatenate([np.ravel(each) for each in parameters])


def certified(cells: PlaneRegions, of: Network, rounding: float = 1e-9) -> None:
    """Everything that must hold of any subdivision."""
    check = cells.check
    assert check.euler == 1
    assert check.area_error < 1e-12
    assert check.twice_crossed == 0
    assert check.sampled_mismatches == 0
    assert check.mean_degree < 4
    assert (cells.areas > 0).all()
    assert ((cells.edge_faces < 0).any(axis=1) == (cells.edge_layer == 0)).all()
    assert (cells.edge_faces.max(axis=1) >= 0).all()
    assert cells.degrees.sum() == 2 * np.count_nonzero(cells.edge_layer)
    for cell in range(min(cells.activation_regions, 200)):
        corners = cells.vertices[cells.corners[cells.offsets[cell] : cells.offsets[cell + 1]]]
        sides = np.roll(corners, -1, axis=0) - corners
        following = np.roll(sides, -1, axis=0)
        turns = sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]
        assert (turns > -1e-12).all(), "a cell is not convex"
    rng = np.random.default_rng(1)
    points = np.array([[low, high] for low, high in cells.domain])
    x = points[:, 0] + rng.random((300, 2)) * (points[:, 1] - points[:, 0])
    direct = of.to(dtype=torch.float64)(torch.from_numpy(x))[0, :, 0].numpy()
    np.testing.assert_allclose(cells(x), direct, rtol=0, atol=rounding * (1 + np.abs(direct).max()))


def agrees(of: Network, domain=BOX) -> PlaneRegions:
    """The certificates hold, and cells, areas, maps and linear regions are those of the rational clipping."""
    cells, exact = plane_regions(of, domain), exact_plane(of, domain)
    certified(cells, of)
    assert cells.activation_regions == len(exact.polygons)
    assert cells.count == exact.linear_regions
    expected = np.array(
        [[float(area(p)), *map(float, m)] for p, m in zip(exact.polygons, exact.maps, strict=True)]
    )
    middles = [[float(sum(c) / len(p)) for c in zip(*p, strict=True)] for p in exact.polygons]
    own = cells.locate(middles)
    assert len(set(own.tolist())) == len(own)
    found = np.column_stack([cells.areas, cells.slopes, cells.intercepts])[own]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-10)
    return cells


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("widths", [[7], [4, 4], [3, 3, 3]])
@pytest.mark.parametrize("draw", [drawn, whole])
def test_relu_networks_are_what_clipping_gives(widths, draw, seed) -> None:
    agrees(network(widths, draw(seed)))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("activation", ACTIVATIONS[1:])
@pytest.mark.parametrize("draw", [drawn, whole])
def test_other_activations_are_what_clipping_gives(activation, draw, seed) -> None:
    agrees(network([4, 3], draw(seed), activation))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=2),
    st.sampled_from(ACTIVATIONS),
    st.lists(st.integers(-2, 2), min_size=30, max_size=30),
)
def test_small_whole_numbers_are_exact_however_degenerate(widths, activation, numbers) -> None:
    agrees(network(widths, lambda size: numbers[:size], activation))


class TestTies:
    """Lines that coincide with one another, with vertices, with edges and with the border."""

    def test_all_lines_through_the_origin(self) -> None:
        angles = np.pi * (np.arange(9) + 0.3) / 9
        hidden = np.column_stack([np.cos(angles), np.sin(angles), np.zeros(9)])
        cells = agrees(network([9], rows(hidden, np.arange(1, 10), 0.5)), ((-1, 1), (-1, 1)))
        assert cells.activation_regions == cells.count == 18
        assert cells.check.ties > 0

    def test_zero_biases_in_depth(self) -> None:
        """Positively homogeneous: every cell is a sector at the origin."""

        def numbers(size):
            values = np.random.default_rng(3).normal(size=size)
            for start, step in ((0, 3), (18, 7), (60, 7)):
                values[start + step - 1 : {0: 18, 18: 60, 60: 67}[start] : step] = 0.0
            return values

        of = network([6, 6], numbers)
        cells = plane_regions(of, ((-1, 1), (-1, 1)))
        certified(cells, of)
        inner = (np.abs(cells.vertices) < 1 - 1e-9).all(axis=1)
        np.testing.assert_allclose(cells.vertices[inner], 0.0, atol=1e-12)

    def test_units_twice_over_bend_once(self) -> None:
        hidden = np.random.default_rng(0).normal(size=(5, 3))
        output = np.array([1.0, -2.0, 3.0, 1.5, -1.0])
        once = agrees(network([5], rows(hidden, output, 0.0)))
        twice = agrees(network([10], rows(hidden, 2 * hidden, output, output, 0.0)))
        assert (twice.count, twice.activation_regions) == (once.count, once.activation_regions)

    @pytest.mark.parametrize("factor", [3.0, 1 / 3, -0.7])
    def test_multiples_that_are_rounded_are_one_line(self, factor) -> None:
        """In rational arithmetic the two lines of a unit and its multiple would leave a sliver near 1e-16 wide."""
        hidden = np.random.default_rng(0).normal(size=(5, 3))
        output = np.array([1.0, -2.0, 3.0, 1.5, -1.0])
        once = plane_regions(network([5], rows(hidden, output, 0.0)), BOX)
        of = network([10], rows(hidden, factor * hidden, output, output, 0.0))
        twice = plane_regions(of, BOX)
        certified(twice, of)
        assert twice.activation_regions == once.activation_regions
        assert twice.check.ties > 0

    def test_units_that_cancel_leave_one_linear_region(self) -> None:
        hidden = np.random.default_rng(1).normal(size=(3, 3))
        output = [1.0, 2.0, -1.0]
        cells = agrees(network([6], rows(hidden, hidden, output, np.negative(output), 0.25)))
        assert cells.activation_regions > cells.count == 1
        assert cells.collapsed
        assert cells.bends == 0

    def test_relu_of_z_less_that_of_minus_z_is_affine(self) -> None:
        cells = agrees(network([2], rows([[1.0, 2.0, 0.1], [-1.0, -2.0, -0.1]], [1.0, -1.0], 0.0)))
        assert (cells.activation_regions, cells.count, cells.collapsed) == (2, 1, False)
        np.testing.assert_allclose(cells.slopes, [[1.0, 2.0]] * 2)

    def test_a_line_on_the_border_cuts_nothing(self) -> None:
        cells = agrees(network([2], rows([[1, 0, -2], [0, 1, 1]], [1, 1], 0)))
        assert cells.activation_regions == 1
        assert cells.dead_units == ((1, 0),)

    def test_a_diagonal_through_two_corners(self) -> None:
        cells = agrees(network([1], rows([[1, 1, -1]], [1], 0)), ((0, 1), (0, 1)))
        assert len(cells.vertices) == 4
        assert cells.activation_regions == cells.count == 2

    def test_a_layer_that_bends_along_the_edges_of_the_one_below(self) -> None:
        """relu(relu(z) - relu(-z)) = relu(z)."""
        of = network([2, 1], rows([[1, 2, 0.3], [-1, -2, -0.3]], [[1, -1, 0]], [1], 0))
        assert agrees(of).activation_regions == 2

    def test_a_unit_that_is_zero_on_a_cell(self) -> None:
        """On the quadrant where both units below are off, z is 0 identically: it bends on the border of that only."""
        agrees(network([2, 2], rows([[1, 0, 0], [0, 1, 0]], [[1, 1, 0], [1, -1, 0]], [1, 1], 0)))

    def test_units_that_are_constant(self) -> None:
        cells = agrees(network([3], rows([[0, 0, 0], [0, 0, 1], [0, 0, -1]], [1, 1, 1], 0)))
        assert cells.count == cells.activation_regions == 1
        assert cells.dead_units == ((1, 0), (1, 2))

    def test_lines_that_are_nearly_parallel(self) -> None:
        hidden = [[1.0, slope, 0.25] for slope in (0.0, 1e-9, -1e-9, 1e-6, 1e-3)]
        of = network([5], rows(hidden, [1, 2, 3, 4, 5], 0))
        certified(plane_regions(of, BOX), of)


@pytest.mark.parametrize(("dtype", "rounding"), [("float32", 1e-6), ("float64", 1e-12)])
def test_a_composition_across_the_plane_has_a_power_of_two(dtype, rounding) -> None:
    """The folds of ``compositional`` along a direction: stripes, 2^depth of them."""
    line = nnexpr.compositional(5, [0.3], dtype=dtype)
    first = line.affine(0)[0].double()
    stripes = torch.cat([0.6 * first[:, :1], 0.4 * first[:, :1], first[:, 1:]], dim=1)
    parameters = torch.cat([stripes.ravel(), line.parameters[0, line.architecture.offsets[1] :].double()])[
        None
    ]
    layers = (AffineLayer(2, 4, "relu"), *line.layers[1:])
    of = Network(layers, parameters, tie_tolerance=line.tie_tolerance)
    cells = plane_regions(of, ((0, 1), (0, 1)))
    certified(cells, of, rounding)
    assert cells.count == cells.activation_regions == 32


def test_mmnns_are_subdivided_as_any_stack() -> None:
    of = nnexpr.mmnn(width=12, rank=3, depth=3, inputs=2, dtype="float64", seed=4)
    cells = plane_regions(of, BOX)
    certified(cells, of)
    assert cells.activation_regions > 12
    assert set(cells.edge_layer.tolist()) == {0, 1, 3, 5}


def test_dead_units_are_those_that_no_corner_of_the_exact_cells_wakes() -> None:
    of = network([12, 12], drawn(11, 0.7))
    cells = plane_regions(of, ((0, 0.5), (0, 0.5)))
    values = [layer[0].numpy() for layer in of.layer_values(torch.from_numpy(cells.vertices))[:-1]]
    dead = [(n, unit) for n, layer in enumerate(values, 1) for unit in range(12) if layer[unit].max() < 1e-12]
    assert cells.dead_units == tuple(dead)
    assert dead


def test_an_output_layer_that_bends_is_one_more_hidden_layer() -> None:
    of = network([5], drawn(2), last="relu")
    cells = agrees(of)
    assert 2 in cells.edge_layer


def test_of_several_outputs_one_is_taken_or_all_together() -> None:
    several = network([6], drawn(5), outputs=3)
    alone = Network(
        (several.layers[0], AffineLayer(6, 1)),
        several.parameters[:, : several.architecture.offsets[1] + several.layers[1].size // 3],
    )
    first, own = plane_regions(several, BOX, of="output:0"), plane_regions(alone, BOX)
    assert np.array_equal(first.slopes, own.slopes)
    assert np.array_equal(first.edge_bends, own.edge_bends)
    together, each = (
        plane_regions(several, BOX),
        [plane_regions(several, BOX, of=f"output:{k}") for k in range(3)],
    )
    assert np.array_equal(together.edge_bends, np.any([cells.edge_bends for cells in each], axis=0))
    for number, cells in enumerate(each):
        assert np.array_equal(together.slopes[:, :, number], cells.slopes)
        assert np.array_equal(together.intercepts[:, number], cells.intercepts)


def test_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    of = network([40, 6, 40], drawn(0), "hat")
    found = []
    for number in (1, 3):
        monkeypatch.setattr(threads.torch, "get_num_threads", lambda number=number: number)
        found.append(plane_regions(of, BOX))
    one, several = found
    assert one.activation_regions > 2 * FEWEST
    for field in dataclasses.fields(one):
        assert np.array_equal(getattr(one, field.name), getattr(several, field.name)), field.name


def test_an_affine_network_is_one_cell() -> None:
    of = Network((AffineLayer(2, 1),), torch.tensor([[1.0, -2.0, 0.5]], dtype=torch.float64))
    cells = plane_regions(of, BOX)
    certified(cells, of)
    assert (cells.count, cells.activation_regions, cells.intercepts[0]) == (1, 1, 0.5)


def test_the_gradient_is_autograd_s() -> None:
    of = network([20, 20, 20], drawn(9, 0.5))
    cells = plane_regions(of, BOX)
    middles = np.stack(
        [np.add.reduceat(cells.vertices[cells.corners, i], cells.offsets[:-1]) for i in (0, 1)], axis=1
    )
    x = torch.from_numpy(middles / np.diff(cells.offsets)[:, None]).requires_grad_()
    nnexpr.to_torch(of)(x).sum().backward()
    large = cells.areas > 1e-9
    np.testing.assert_allclose(cells.slopes[large], x.grad.numpy()[large], rtol=1e-10, atol=1e-10)


class TestLocate:
    cells = plane_regions(network([16, 16], drawn(1)), BOX)

    def test_cells_own_their_middles(self) -> None:
        for cell in range(self.cells.activation_regions):
            corners = self.cells.vertices[
                self.cells.corners[self.cells.offsets[cell] : self.cells.offsets[cell + 1]]
            ]
            if self.cells.areas[cell] > 1e-9:
                assert self.cells.locate(corners.mean(axis=0)[None])[0] == cell

    def test_outside_is_no_cell(self) -> None:
        outside = [[-2.1, 0.0], [0.0, 3.1], [5.0, 5.0], [np.nan, 0.0]]
        assert self.cells.locate(outside).tolist() == [-1] * 4
        assert np.isnan(self.cells(outside)).all()

    def test_corners_of_the_domain_are_inside(self) -> None:
        assert (self.cells.locate([[x, y] for x in BOX[0] for y in BOX[1]]) >= 0).all()

    def test_points_must_be_in_the_plane(self) -> None:
        with pytest.raises(ValueError, match="expected"):
            self.cells.locate([1.0, 2.0, 3.0])


class TestDoubts:
    """How far a vertex may be from its place: a unit's rounding over its slope along the edge that it crosses."""

    @staticmethod
    def of(network_: Network, domain=BOX):
        member = Stack.of(network_, 2, 0).member(0)
        layers = [layer_of(member, number) for number in range(len(member.shapes))]
        return subdivide(layers, 1e-12, placed(None, 2), domain, 1000)[:2]

    @pytest.mark.parametrize("weights", [[3.0, 0.25, 0.1], [0.5, -2.0, 0.3], [-1.0, 7.0, 2.0]])
    def test_on_the_sides_of_the_domain(self, weights) -> None:
        mesh, [sides] = self.of(network([1], rows([weights], [1.0], 0.0)))
        assert mesh.sizes[VERTICES] == 6
        assert (mesh.doubts[:4] == 0).all()
        for vertex in (4, 5):
            across = np.isin(mesh.points[vertex, 1], BOX[1])  # on a side along x1
            expected = sides.limits[0] / abs(weights[0] if across else weights[1])
            assert mesh.doubts[vertex] == pytest.approx(expected, abs=0)

    def test_on_an_edge_that_was_made_they_are_added_to_that_of_its_ends(self) -> None:
        """x2 = (x1 + 1)/2 cuts the box at doubtful ends, and the layer above cuts this edge where 2 (x1 + 3) = 7."""
        first = [[1.0, 0.0, 3.0], [-0.5, 1.0, -0.5]]
        mesh, sides = self.of(network([2, 1], rows(first, [[2.0, 0.0, -7.0]], [1.0], 0.0)))
        [new] = np.flatnonzero(np.abs(mesh.points[: mesh.sizes[VERTICES]] - [0.5, 0.75]).max(axis=1) < 1e-9)
        ends = sides[0].limits[1] / 1.0  # both on sides along x2, where the unit's slope is 1
        along = sides[1].limits[0] / 2 * 1.5  # x1 and x2 together grow by 1.5 where x1 does by 1
        assert mesh.doubts[new] == pytest.approx(ends + along, abs=0)

    def test_where_a_line_is_nearly_along_an_edge_little_is_believed(self) -> None:
        flat = network([1], rows([[1e-6, 1.0, 1.0 - 5e-7]], [1.0], 0.0))
        mesh, [sides] = self.of(flat, ((0.0, 1.0), (-1.0, 1.0)))
        assert mesh.sizes[VERTICES] == 6
        assert sides.limits[0] > 1e-12
        assert mesh.doubts[4:6].max() == 2.0**-30


def test_own_units() -> None:
    of = network([8], drawn(3))
    cells = plane_regions(of, BOX)
    scales, value = (Scale(2.0, 1.0), Scale(0.5, -3.0)), Scale(10.0, 4.0)
    own = cells.rescaled(scales, value)
    x = np.random.default_rng(0).uniform(-1, 2, (50, 2))
    np.testing.assert_allclose(own(x * [2.0, 0.5] + [1.0, -3.0]), 10 * cells(x) + 4, atol=1e-12)
    assert own.areas.sum() == pytest.approx(16.0)
    with pytest.raises(ValueError, match="above 0"):
        cells.rescaled((Scale(-1.0), Scale()), value)


class TestRefusals:
    def test_what_is_smooth(self) -> None:
        with pytest.raises(NotPiecewiseLinear, match="piecewise-linear"):
            plane_regions(nnexpr.mlp(inputs=2, activation="tanh"), BOX)

    def test_an_encoding(self) -> None:
        with pytest.raises(NotPiecewiseLinear, match="encoding"):
            plane_regions(nnexpr.mlp(inputs=2, encoding_bands=2), BOX)

    def test_one_input(self) -> None:
        with pytest.raises(ValueError, match="inputs is 1; to count these regions it is 2"):
            plane_regions(nnexpr.mlp(), BOX)

    @pytest.mark.parametrize("domain", [((0, 1),), ((0, 1), (1, 0)), ((0, 1), (0, np.inf)), (0, 1), "ab"])
    def test_what_is_no_rectangle(self, domain) -> None:
        with pytest.raises(InputError, match="two intervals"):
            plane_regions(nnexpr.mlp(inputs=2), domain)

    def test_a_member_that_there_is_not(self) -> None:
        with pytest.raises(ValueError, match="members 0 to 2"):
            plane_regions(nnexpr.mlp(inputs=2, members=3), BOX, 3)

    def test_numbers_that_are_not_finite(self) -> None:
        with pytest.raises(ValueError, match="not finite"):
            plane_regions(network([3], lambda size: np.full(size, np.nan)), BOX)
        with pytest.raises(ValueError, match="overflows"):
            plane_regions(network([3, 3], lambda size: np.full(size, 1e200)), BOX)

    def test_more_cells_than_asked_for(self) -> None:
        with pytest.raises(ValueError, match="more than 10 cells"):
            plane_regions(network([20], drawn(0)), BOX, most_cells=10)
