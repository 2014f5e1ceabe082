"""Laws of linear regions in the plane."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
import torch

from nnexpr import linear_regions, plane_regions
from nnexpr.kinds import AffineLayer
from nnexpr.networks.network import Network
from nnexpr.regions.bounds import hyperplanes, serra_bound

BOX = ((-1.0, 1.0), (-1.0, 1.0))


def network(blocks, activation="relu") -> Network:
    """Layers from their [W | b]."""
    blocks = [np.atleast_2d(np.asarray(block, dtype=np.float64)) for block in blocks]
    layers = [AffineLayer(block.shape[1] - 1, len(block), activation) for block in blocks[:-1]]
    layers.append(AffineLayer(blocks[-1].shape[1] - 1, len(blocks[-1])))
    parameters = np.concatenate([block.ravel() for block in blocks])
    return Network(tuple(layers), torch.from_numpy(parameters)[None])


def he(widths, seed, bias=0.3):
    """[W | b] of every layer: weights N(0, 2 / inputs), biases N(0, bias^2)."""
    rng = np.random.default_rng(seed)
    sizes = zip([2, *widths], [*widths, 1], strict=True)
    return [
        np.column_stack([rng.normal(size=(b, a)) * np.sqrt(2 / a), bias * rng.normal(size=b)])
        for a, b in sizes
    ]


def sound(cells) -> None:
    check = cells.check
    assert (check.euler, check.twice_crossed, check.sampled_mismatches) == (1, 0, 0)
    assert check.area_error < 1e-12
    assert check.max_residual < 1e-9
    assert check.mean_degree < 4


def meeting_points(lines) -> int:
    """How many pairs of lines w1 x + w2 y + b = 0 cross strictly inside the box, exactly."""
    exact = [[Fraction(number) for number in line] for line in lines]
    inside = 0
    for (a, b, c), (d, e, f) in combinations(exact, 2):
        x, y = (b * f - c * e) / (a * e - b * d), (c * d - a * f) / (a * e - b * d)
        inside += abs(x) < 1 and abs(y) < 1
    return inside


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
@pytest.mark.parametrize("units", [1, 2, 5, 12, 40, 70, 130])
def test_lines_in_a_box(units, activation) -> None:
    """Zaslavsky: N lines that meet the box, in general position, cut it into 1 + N + (crossings inside) cells."""
    rng = np.random.default_rng(units)
    angles, through = rng.uniform(0, np.pi, units), rng.uniform(-0.9, 0.9, (units, 2))
    normals = np.column_stack([np.cos(angles), np.sin(angles)])
    lines = np.column_stack([normals, -(normals * through).sum(axis=1)])
    cells = plane_regions(network([lines, [*rng.normal(size=units), 0.0]], activation), BOX)
    expected = 1 + units + meeting_points(lines)
    assert cells.activation_regions == cells.count == expected <= hyperplanes(units, 2)
    assert cells.check.ties == 0
    assert cells.dead_units == ()
    sound(cells)


def test_a_line_through_two_corners_makes_no_vertex() -> None:
    """The diagonal of the box: two triangles, and two pre-activations that are on a kink."""
    cells = plane_regions(network([[[0.3, -0.3, 0.0]], [1.0, 0.0]]), BOX)
    assert (cells.count, len(cells.vertices), len(cells.edges), cells.check.ties) == (2, 4, 5, 2)
    assert cells.areas.tolist() == [2.0, 2.0]


@pytest.mark.parametrize("folds", [1, 2, 3, 4])
def test_two_tents_side_by_side_have_a_power_of_four(folds) -> None:
    """k folds of each axis: a grid of 2^k by 2^k squares."""
    first = [[1, 0, 0], [1, 0, -0.5], [0, 1, 0], [0, 1, -0.5]]
    fold = [[2, -4, 0, 0, 0], [2, -4, 0, 0, -0.5], [0, 0, 2, -4, 0], [0, 0, 2, -4, -0.5]]
    cells = plane_regions(network([first, *[fold] * (folds - 1), [2, -4, 2, -4, 0]]), ((0, 1), (0, 1)))
    assert cells.count == cells.activation_regions == 4**folds
    assert np.allclose(cells.areas, 4.0**-folds, rtol=1e-14)
    assert np.array_equal(np.unique(np.abs(cells.slopes)), [2.0**folds])
    assert cells.bends_by_layer == tuple(2 ** (n + folds + 1) for n in range(folds))
    sound(cells)


@pytest.mark.parametrize(
    ("activation", "stripes", "slopes"), [("hat", 4, {-1, 0, 1}), ("hardtanh", 3, {0, 1})]
)
def test_units_with_several_kinks_make_stripes(activation, stripes, slopes) -> None:
    """Across the box z runs over all kinks: a grid of stripes by stripes rectangles."""
    low, high = (-0.5, 2.5) if activation == "hat" else (-1.5, 1.5)
    cells = plane_regions(
        network([[[1, 0, 0], [0, 1, 0]], [1, 1, 0]], activation), ((low, high), (low, high))
    )
    assert cells.count == cells.activation_regions == stripes**2
    assert set(cells.slopes.ravel().tolist()) == slopes
    sound(cells)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("widths", [[20], [16, 16], [10, 10, 10], [8] * 6])
def test_a_line_crosses_the_cells_that_the_line_count_finds(widths, seed) -> None:
    """On a segment the regions in the plane are those of the network composed with it."""
    blocks = he(widths, seed)
    start, end = np.random.default_rng(seed + 100).uniform(-1, 1, (2, 2))
    along = blocks[0][:, :2] @ (end - start)
    composed = network([np.column_stack([along, blocks[0][:, :2] @ start + blocks[0][:, 2]]), *blocks[1:]])
    [line] = linear_regions(composed, (0.0, 1.0))
    cells = plane_regions(network(blocks), BOX)
    ends = np.concatenate([[0.0], line.breakpoints, [1.0]])
    middles = start + 0.5 * (ends[1:] + ends[:-1])[:, None] * (end - start)
    found = cells.locate(middles)
    np.testing.assert_allclose(cells.slopes[found] @ (end - start), line.slopes, atol=1e-9)
    assert len(set(found.tolist())) == line.count == line.activation_regions
    for point in start + line.breakpoints[:, None] * (end - start):
        assert distances(cells, point).min() < 1e-9


def distances(cells, point):
    """From a point to each edge."""
    a, b = cells.vertices[cells.edges[:, 0]], cells.vertices[cells.edges[:, 1]]
    along = b - a
    share = np.clip(((point - a) * along).sum(axis=1) / (along**2).sum(axis=1), 0, 1)
    return np.hypot(*(a + share[:, None] * along - point).T)


def same(one, two, areas: float = 1.0) -> None:
    """Equal counts, and equal cells up to their order."""
    assert (one.count, one.activation_regions) == (two.count, two.activation_regions)
    assert (len(one.vertices), len(one.edges)) == (len(two.vertices), len(two.edges))
    np.testing.assert_allclose(np.sort(one.areas) * areas, np.sort(two.areas), rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_and_scale_of_units_do_not_matter(seed) -> None:
    blocks = he([15, 15], seed)
    rng = np.random.default_rng(seed)
    order, scales = rng.permutation(15), np.exp(rng.normal(size=15))
    shuffled = [(scales[:, None] * blocks[0])[order], blocks[1].copy(), blocks[2]]
    shuffled[1][:, :-1] = (blocks[1][:, :-1] / scales)[:, order]
    same(plane_regions(network(blocks), BOX), plane_regions(network(shuffled), BOX))


@pytest.mark.parametrize("seed", range(3))
def test_an_affine_change_of_the_plane_changes_nothing_but_the_scale(seed) -> None:
    """x = (a x1' + c, b x2' + d), which keeps a rectangle one."""
    blocks = he([15, 15], seed)
    factors, shifts = np.array([0.25, 3.0]), np.array([0.1, -0.7])
    weights = blocks[0][:, :2]
    moved = [np.column_stack([weights * factors, weights @ shifts + blocks[0][:, 2]]), *blocks[1:]]
    domain = [
        ((-1 - shift) / factor, (1 - shift) / factor) for factor, shift in zip(factors, shifts, strict=True)
    ]
    same(plane_regions(network(blocks), BOX), plane_regions(network(moved), tuple(domain)), areas=1 / 0.75)


def test_a_quarter_turn_changes_nothing() -> None:
    blocks = he([15, 15], 4)
    turned = [blocks[0][:, [1, 0, 2]] * [1, -1, 1], *blocks[1:]]
    same(plane_regions(network(blocks), BOX), plane_regions(network(turned), BOX))


@pytest.mark.parametrize("seed", range(4))
def test_a_part_of_the_box_has_the_cells_that_meet_it(seed) -> None:
    net = network(he([16, 16], seed))
    whole, part = plane_regions(net, BOX), plane_regions(net, ((0, 1), (-0.5, 0.5)))
    middles = (
        np.stack([np.add.reduceat(part.vertices[part.corners, i], part.offsets[:-1]) for i in (0, 1)], axis=1)
        / np.diff(part.offsets)[:, None]
    )
    owners = whole.locate(middles)
    assert len(set(owners.tolist())) == part.activation_regions
    np.testing.assert_allclose(whole.slopes[owners], part.slopes, atol=1e-12)


@pytest.mark.parametrize("widths", [[32] * 4, [64] * 2, [100], [8] * 12])
def test_certificates_and_bounds_hold_for_random_networks(widths) -> None:
    cells = plane_regions(network(he(widths, 7)), BOX)
    sound(cells)
    assert cells.check.ties == 0
    assert cells.count <= cells.activation_regions <= serra_bound(widths, 2)
    assert sum(cells.bends_by_layer) == cells.bends
    crossing = np.bincount(cells.edges.ravel(), minlength=len(cells.vertices))
    inner = (np.abs(cells.vertices) < 1).all(axis=1)
    assert (crossing[inner] == 4).all()  # two lines and no more meet in general position
