"""Planes through networks of many inputs, and several outputs: against clipping in rational arithmetic, and by laws."""

from __future__ import annotations

import dataclasses
from itertools import permutations

import numpy as np
import pytest
import torch
from plane_exact import area, exact_decisions, exact_plane
from test_plane import certified, drawn, network, whole

import nnexpr
from nnexpr import InputError, Network, Plane, PlaneRegions, path_decisions, path_regions, plane_regions
from nnexpr.kinds import AffineLayer
from nnexpr.scale import Scale

BOX = ((-2.0, 2.0), (-1.0, 3.0))


def of_inputs(inputs: int, widths, numbers, activation: str = "relu", outputs: int = 1) -> Network:
    sizes = list(zip([inputs, *widths], [*widths, outputs], strict=True))
    layers = [AffineLayer(a, b, activation) for a, b in sizes[:-1]] + [AffineLayer(*sizes[-1])]
    drawn_ones = np.asarray(numbers(sum(layer.size for layer in layers)), dtype=np.float64)
    return Network(tuple(layers), torch.from_numpy(drawn_ones)[None])


def whole_plane(inputs: int, seed: int) -> Plane:
    rng = np.random.default_rng(1000 + seed)
    return Plane(*(rng.integers(-2, 3, inputs).astype(float) for _ in range(2)), np.eye(inputs)[0] * 2 + 1)


def behind(of: Network, plane: Plane) -> Network:
    """The same network over (s, t): the plane is one more layer, without an activation."""
    first = np.column_stack([plane.u, plane.v, plane.origin])
    layers = (AffineLayer(2, len(first)), *of.layers)
    return Network(layers, torch.cat([torch.from_numpy(first.reshape(1, -1)), of.parameters], dim=1))


def test_a_plane_is_one_more_layer() -> None:
    for seed in range(12):
        inputs = 3 + seed % 4
        of = of_inputs(inputs, [[5], [4, 4], [3, 3, 2]][seed % 3], (whole if seed % 2 else drawn)(seed))
        plane = whole_plane(inputs, seed)
        cells, exact = plane_regions(of, BOX, plane=plane), exact_plane(behind(of, plane), BOX)
        assert cells.check.certified
        assert (cells.activation_regions, cells.count) == (len(exact.polygons), exact.linear_regions)
        middles = [[float(sum(c) / len(p)) for c in zip(*p, strict=True)] for p in exact.polygons]
        own = cells.locate(middles)
        found = np.column_stack([cells.areas, cells.slopes, cells.intercepts])[own]
        expected = [[float(area(p)), *map(float, m)] for p, m in zip(exact.polygons, exact.maps, strict=True)]
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_its_own_plane_is_that_of_its_inputs() -> None:
    of = network([6, 6], drawn(3))
    own, given = plane_regions(of, BOX), plane_regions(of, BOX, plane=([0, 0], [1, 0], [0, 1]))
    for each in dataclasses.fields(own):
        if each.name not in ("plane", "check"):
            assert np.array_equal(getattr(own, each.name), getattr(given, each.name)), each.name
    assert own.plane is None
    assert own.point_at([1.0, 2.0], 3.0).tolist() == [[1.0, 3.0], [2.0, 3.0]]


def test_counts_do_not_depend_on_how_the_plane_is_told() -> None:
    """Other directions of the same plane, and the rectangle that they see, have the same cells."""
    of = of_inputs(40, [12, 8], drawn(1), outputs=3)
    plane = whole_plane(40, 5)
    seen = plane_regions(of, BOX, plane=plane)
    scaled = Plane(plane.at(0.5, -1.0), plane.u / 8, plane.v * 3)
    moved = plane_regions(of, ((-20.0, 12.0), (0.0, 4.0 / 3.0)), plane=scaled)
    assert (seen.count, seen.activation_regions) == (moved.count, moved.activation_regions)
    np.testing.assert_allclose(np.sort(seen.areas), np.sort(moved.areas) * 3 / 8, rtol=1e-9)
    swapped = plane_regions(of, BOX[::-1], plane=Plane(plane.origin, plane.v, plane.u))
    assert (seen.count, seen.activation_regions) == (swapped.count, swapped.activation_regions)
    assert set(seen.patterns.tolist()) == set(moved.patterns.tolist()) == set(swapped.patterns.tolist())


def test_a_line_in_a_plane_meets_what_the_path_meets() -> None:
    of = of_inputs(9, [10, 10], drawn(4), outputs=2)
    plane = whole_plane(9, 2)
    cells = plane_regions(of, BOX, plane=plane)
    a, b = np.array([-1.9, -0.7]), np.array([1.7, 2.6])
    [path] = path_regions(of, plane.at(*np.stack([a, b]).T))
    t = np.linspace(0, 1, 20_001)[:, None]
    regions = cells.regions[cells.locate((1 - t) * a + t * b)]
    assert 1 + np.count_nonzero(np.diff(regions)) == path.count
    at = path.positions[:, None] * (b - a) + a
    np.testing.assert_allclose(cells(at), of(path.points)[0], rtol=1e-9, atol=1e-9)


def test_three_thousand_inputs_are_certified() -> None:
    """A plane through three images: 3072 inputs far from 0, and directions between them."""
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 1, (3, 3, 32, 32))
    of = of_inputs(3072, [24, 24], lambda size: rng.normal(size=size) / 30, outputs=10)
    plane = nnexpr.plane_through(*images)
    corners = plane.coordinates(images.reshape(3, -1))
    (s0, t0), (s1, t1) = corners.min(axis=0), corners.max(axis=0)
    cells = plane_regions(of, ((s0, s1), (t0, t1)), plane=plane)
    assert cells.check.certified
    assert cells.check.ties == 0
    assert cells.activation_regions > 40
    values = of(plane.at(*corners.T))[0]
    np.testing.assert_allclose(of(images.reshape(3, -1))[0], values, rtol=1e-12, atol=1e-12)
    inside = corners * (1 - 1e-12) + 5e-13 * (corners.min(axis=0) + corners.max(axis=0))
    np.testing.assert_allclose(cells(inside), values, rtol=1e-9, atol=1e-9)


class TestAPlaneOfThreePoints:
    def test_keeps_lengths(self) -> None:
        rng = np.random.default_rng(2)
        points = rng.normal(size=(3, 50)) * 1e3
        plane = nnexpr.plane_through(*points)
        directions = np.stack([plane.u, plane.v])
        np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-15)
        at = plane.coordinates(points)
        np.testing.assert_allclose(plane.at(*at.T), points, atol=1e-9)
        for one, other in ((0, 1), (1, 2), (2, 0)):
            apart = np.linalg.norm(points[one] - points[other])
            assert np.linalg.norm(at[one] - at[other]) == pytest.approx(apart, rel=1e-12)
        assert at[0].tolist() == [0.0, 0.0]
        assert at[2, 1] > 0

    def test_of_thin_triangles_is_orthonormal_too(self) -> None:
        plane = nnexpr.plane_through([0.0, 0, 0], [1.0, 1, 1], [1.0, 1, 1 + 1e-7])
        assert abs(plane.u @ plane.v) < 1e-15

    @pytest.mark.parametrize(
        "points", [([0, 0, 0], [1, 1, 1], [3, 3, 3]), ([1, 0], [1, 0], [2, 5]), ([1], [2], [4])]
    )
    def test_on_one_line_is_none(self, points) -> None:
        with pytest.raises(InputError, match="one line"):
            nnexpr.plane_through(*points)

    @pytest.mark.parametrize(
        "points", [([0, 0], [1, 1, 1], [3, 3]), ([1, np.nan], [1, 0], [2, 5]), ([], [], [])]
    )
    def test_of_other_numbers_is_none(self, points) -> None:
        with pytest.raises(InputError, match="finite numbers"):
            nnexpr.plane_through(*points)


@pytest.mark.parametrize(
    ("plane", "match"),
    [
        (([0, 0, 0], [1, 0, 0]), "three rows"),
        (([0, 0, 0], [1, 0, 0], [1, 0]), "second direction has 2 numbers: 3 finite"),
        (([0, 0, np.inf], [1, 0, 0], [0, 1, 0]), "finite"),
        (([0, 0, 0], [1, 2, 0], [-2, -4, 0]), "along one line"),
        (([0, 0, 0], [0, 0, 0], [1, 0, 0]), "along one line"),
        (("a", "b", "c"), "three rows"),
    ],
)
def test_what_is_no_plane_is_refused(plane, match) -> None:
    with pytest.raises(InputError, match=match):
        plane_regions(of_inputs(3, [4], drawn(0)), BOX, plane=plane)


def test_a_plane_needs_a_domain_and_many_inputs_a_plane() -> None:
    of = of_inputs(3, [4], drawn(0))
    with pytest.raises(InputError, match="domain"):
        plane_regions(of, plane=whole_plane(3, 0))
    with pytest.raises(ValueError, match="number of inputs is 3"):
        plane_regions(of, BOX)


def test_on_a_plane_units_of_inputs_move_the_plane() -> None:
    of = of_inputs(3, [6], drawn(2), outputs=2)
    cells = plane_regions(of, BOX, plane=whole_plane(3, 1))
    scales, value = tuple(Scale(f, s) for f, s in ((2.0, 1.0), (0.5, -3.0), (4.0, 0.0))), Scale(3.0, 5.0)
    own = cells.rescaled(scales, value)
    points = np.random.default_rng(0).uniform((-2, -1), (2, 3), (50, 2))
    np.testing.assert_allclose(own(points), value.to_own(cells(points)), rtol=1e-12)
    moved = cells.point_at(*points.T) * [2.0, 0.5, 4.0] + [1.0, -3.0, 0.0]
    np.testing.assert_allclose(own.point_at(*points.T), moved, rtol=1e-12)


class TestSeveralOutputs:
    @pytest.mark.parametrize("seed", range(6))
    def test_together_are_what_clipping_gives(self, seed: int) -> None:
        of = network([4, 3], (whole if seed % 2 else drawn)(seed), outputs=3)
        cells, exact = plane_regions(of, BOX), exact_plane(of, BOX, outputs=3)
        assert (cells.activation_regions, cells.count) == (len(exact.polygons), exact.linear_regions)
        assert cells.slopes.shape == (len(exact.polygons), 2, 3)
        assert cells.check.certified

    @pytest.mark.parametrize("seed", range(16))
    def test_classes_are_what_clipping_gives(self, seed: int) -> None:
        of = network([[5], [4, 3]][seed % 2], (whole if seed % 4 > 1 else drawn)(seed), outputs=2 + seed % 4)
        cells, exact = plane_regions(of, BOX, of="argmax"), exact_decisions(of, BOX)
        self.sound(cells, of)
        if seed % 4 < 2:  # whole weights make outputs equal on whole cells, of which either is the class
            assert cells.count == exact.linear_regions
            for number in range(of.outputs):
                own = sum(
                    float(area(p)) for p, c in zip(exact.polygons, exact.maps, strict=True) if c == number
                )
                assert cells.areas[cells.classes == number].sum() == pytest.approx(own, abs=1e-9)

    @staticmethod
    def sound(cells: PlaneRegions, of: Network) -> None:
        certified(
            dataclasses.replace(cells, slopes=cells.slopes[:, :, 0], intercepts=cells.intercepts[:, 0]), of
        )
        assert cells.check.certified
        points = np.random.default_rng(1).uniform((-2, -1), (2, 3), (2000, 2))
        values = of(points)[0]
        chosen = np.take_along_axis(values, cells.classes[cells.locate(points), None], axis=1)[:, 0]
        assert (chosen >= values.max(axis=1) - 1e-9).all()
        ends = cells.classes[cells.edge_faces]
        inner = (cells.edge_faces >= 0).all(axis=1)
        assert np.array_equal(cells.edge_bends, inner & (ends[:, 0] != ends[:, 1]))
        for edge in np.flatnonzero(cells.edge_bends):  # both classes tie there
            at = of(cells.vertices[cells.edges[edge]])[0]
            np.testing.assert_allclose(at[:, ends[edge, 0]], at[:, ends[edge, 1]], atol=1e-9)

    def test_a_class_that_is_largest_at_no_corner_is_found(self) -> None:
        """Outputs x, -x and 0.5: between the two others, the last is the largest on a stripe of the square."""
        flat = [1.0, 0, 0, 1, 0, 0], [1.0, 0, 0, -1, 0, 0, 0, 0, 0.5]
        of = Network(
            (AffineLayer(2, 2), AffineLayer(2, 3)), torch.tensor([[1.0, 0, 0, 0, 1, 0, *flat[1]]]).double()
        )
        cells = plane_regions(of, ((-1.0, 1.0), (0.0, 1.0)), of="argmax")
        areas = [cells.areas[cells.classes == number].sum() for number in range(3)]
        np.testing.assert_allclose(areas, [0.5, 0.5, 1.0], rtol=1e-15)
        assert cells.count == 3
        lines = sorted(cells.boundary, key=lambda line: line[0, 0])
        assert [sorted(set(line[:, 0].tolist())) for line in lines] == [[-0.5], [0.5]]
        assert [sorted(line[[0, -1], 1].tolist()) for line in lines] == [[0.0, 1.0]] * 2

    def test_classes_of_outputs_that_are_the_same_do_not_take_turns(self) -> None:
        one = np.concatenate([np.random.default_rng(3).normal(size=15), *[np.linspace(-1, 1, 6)] * 3])
        of = network([5], lambda size: one, outputs=3)
        cells = plane_regions(of, BOX, of="argmax")
        assert (cells.count, cells.bends, cells.collapsed) == (1, 0, True)
        assert cells.activation_regions == plane_regions(of, BOX).activation_regions

    def test_more_cells_than_allowed_are_refused_while_classes_are_cut(self) -> None:
        of = network([6], drawn(8), outputs=5)
        few = plane_regions(of, BOX).activation_regions
        assert plane_regions(of, BOX, of="argmax").activation_regions > few
        with pytest.raises(ValueError, match="most_cells"):
            plane_regions(of, BOX, of="argmax", most_cells=few)

    @pytest.mark.parametrize("of", ["output:3", "output:-1", "output:", "argmin", "output:0.5"])
    def test_what_is_not_one_of_them_is_refused(self, of: str) -> None:
        with pytest.raises(InputError, match="regions, argmax or output:0 to output:2"):
            plane_regions(network([3], drawn(0), outputs=3), BOX, of=of)

    def test_one_output_has_no_largest(self) -> None:
        with pytest.raises(InputError, match="several outputs"):
            plane_regions(network([3], drawn(0)), BOX, of="argmax")
        with pytest.raises(InputError, match="path_decisions"):
            path_regions(network([3], drawn(0), outputs=2), [[0, 0], [1, 1]], of="argmax")


class TestDecisionsAlongAPath:
    def test_where_three_meet_the_one_in_the_middle_is_the_largest_nowhere(self) -> None:
        """Three lines through one point, at a place that is no float64 number, in every order and a million times as
        steep; and one that really is between, if only so far as rounding can tell.
        """

        def of(rows: np.ndarray) -> Network:
            return of_inputs(1, [], lambda size: rows.ravel(), outputs=3)

        for order in permutations(range(3)):
            for scale in (1.0, 1e6):
                steep = np.array([-3.0, 0.1, 2.0])[list(order)] * scale
                rows = np.column_stack([steep, 0.7 * scale - steep / 3])
                [found] = path_decisions(of(rows), [0.0, 1.0])
                assert found.classes.tolist() == [order.index(0), order.index(2)]
                assert found.positions.tolist() == pytest.approx([1 / 3])
                rows[order.index(1), 1] += 1e-9 * scale
                [found] = path_decisions(of(rows), [0.0, 1.0])
                assert found.classes.tolist() == [order.index(each) for each in range(3)]

    @pytest.mark.parametrize("closed", [False, True])
    @pytest.mark.parametrize("seed", range(4))
    def test_are_where_the_largest_output_changes(self, seed: int, closed: bool) -> None:
        of = of_inputs(4, [8, 8], drawn(seed), outputs=4)
        way = np.random.default_rng(seed).normal(size=(4, 4)) * 3
        [found] = path_decisions(of, way, closed=closed)
        ends = np.concatenate([way, way[:1]]) if closed else way
        t = np.linspace(0, len(ends) - 1, 60_001)
        corner = np.minimum(t.astype(int), len(ends) - 2)
        x = ends[corner] + (t - corner)[:, None] * (ends[corner + 1] - ends[corner])
        sampled = of(x)[0].argmax(axis=1)
        changes = np.flatnonzero(np.diff(sampled))
        assert found.classes.tolist() == [*sampled[changes].tolist(), sampled[-1]]
        assert found.count == (max(1, len(changes)) if closed else len(changes) + 1)
        values = np.sort(of(found.points)[0], axis=1)
        np.testing.assert_allclose(values[:, -1], values[:, -2], atol=1e-9)
        assert found.linear_regions == path_regions(of, way, closed=closed)[0].count
        assert ((found.positions > 0) & (found.positions < 1)).all()
        assert found.check.certified

    def test_agree_with_the_plane(self) -> None:
        of = network([9, 9], drawn(6), outputs=4)
        cells = plane_regions(of, BOX, of="argmax")
        a, b = np.array([-1.8, -0.9]), np.array([1.9, 2.7])
        [found] = path_decisions(of, [a, b])
        middles = np.convolve([0.0, *found.positions, 1.0], [0.5, 0.5], "valid")[:, None]
        assert found.classes.tolist() == cells.classes[cells.locate((1 - middles) * a + middles * b)].tolist()

    def test_equal_outputs_do_not_take_turns(self) -> None:
        of = of_inputs(1, [2], lambda _: [1.0, 0, -1, 0, *[1.0, 1, 0] * 2, 1.0, -1.0, -0.25], outputs=3)
        [found] = path_decisions(of, [-1.0, 1.0])
        assert found.classes.tolist() == [0]

    def test_the_steepest_of_those_that_meet_is_next(self) -> None:
        """-x, x and 3 x meet at 0."""
        of = Network((AffineLayer(1, 3),), torch.tensor([[-1.0, 0, 1, 0, 3, 0]]).double())
        [found] = path_decisions(of, [-1.0, 1.0])
        assert (found.classes.tolist(), found.positions.tolist()) == ([0, 2], [0.5])


def test_lengths_of_boundaries_are_those_of_their_edges() -> None:
    of = network([8, 8], drawn(12), outputs=3)
    for which in ("regions", "argmax"):
        cells = plane_regions(of, BOX, of=which)
        edges = cells.vertices[cells.edges[cells.edge_bends]]
        total = sum(np.linalg.norm(np.diff(line, axis=0), axis=1).sum() for line in cells.boundary)
        assert total == pytest.approx(np.linalg.norm(edges[:, 1] - edges[:, 0], axis=1).sum(), rel=1e-12)
        assert sum(len(line) - 1 for line in cells.boundary) == cells.bends


def test_patterns_are_one_where_all_pieces_are() -> None:
    of = network([7, 7], drawn(9), "hat")
    cells = plane_regions(of, BOX)
    middles = np.array(
        [cells.vertices[own].mean(axis=0) for own in np.split(cells.corners, cells.offsets[1:-1])]
    )
    kinks = np.array([0.0, 1.0, 2.0])
    z = torch.cat(of.pre_activations(torch.from_numpy(middles))[:-1], dim=1)[0].T.numpy()
    pieces = [tuple(np.searchsorted(kinks, row).tolist()) for row in z]
    numbers = dict(zip(pieces, cells.patterns.tolist(), strict=True))
    assert [numbers[each] for each in pieces] == cells.patterns.tolist()
    assert len(set(numbers.values())) == len(numbers)
