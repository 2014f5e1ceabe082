"""Figures in the plane: the polygons are the cells, their colours the slopes, found again by other means."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from fitted import in_the_plane, on_the_line, recorded
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure

import nnexpr
from nnexpr import plot
from nnexpr.plot import plane
from nnexpr.plot.patterns import pattern_numbers, patterns
from nnexpr.regions.line import NotPiecewiseLinear
from nnexpr.specification import InputError


def polygons(figure: Figure) -> tuple[PolyCollection, list[np.ndarray]]:
    FigureCanvasAgg(figure).draw()
    [found] = [each for each in figure.axes[0].collections if isinstance(each, PolyCollection)]
    return found, [path.vertices[:-1] for path in found.get_paths()]


def area(corners: np.ndarray) -> float:
    x, y = corners.T
    return 0.5 * float(x @ np.roll(y, -1) - y @ np.roll(x, -1))


def test_the_polygons_are_the_cells_and_their_colours_the_steepness() -> None:
    result = in_the_plane()
    figure = plot.cells(result, member=1)
    drawn, corners = polygons(figure)
    found = result.regions()[1]
    assert len(corners) == found.activation_regions
    assert sum(map(area, corners)) == pytest.approx(4.0)
    step = 1e-4
    for place in np.argsort(found.areas)[-5:]:
        middle = corners[place].mean(axis=0)
        around = middle + step * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
        right, left, up, down = result.predict(around)[1]
        gradient = np.hypot(right - left, up - down) / (2 * step)
        assert drawn.get_array()[place] == pytest.approx(gradient, rel=2e-2)
    ax = figure.axes[0]
    assert (ax.get_xlim(), ax.get_ylim()) == result.target.own_domain
    assert (ax.get_xlabel(), ax.get_ylabel()) == result.target.input_names
    borders = [each for each in ax.collections if isinstance(each, LineCollection)]
    assert sum(len(each.get_segments()) for each in borders) == (found.edge_layer > 0).sum()


def test_a_pattern_is_the_signs_of_the_units() -> None:
    network = nnexpr.mlp(depth=3, width=5, inputs=2, dtype="float64", seed=3)
    points = np.random.default_rng(0).uniform(-1, 1, (40, 2))
    below, signs = torch.from_numpy(points).T, []
    for index in range(2):
        z = network.weight(index)[0] @ below + network.bias(index)[0, :, None]
        signs.append((z > 0).numpy())
        below = z.clamp(min=0)
    assert np.array_equal(patterns(network, points), np.concatenate(signs).T)
    numbers = pattern_numbers(network, points)
    alike = (patterns(network, points)[:, None] == patterns(network, points)[None]).all(axis=2)
    assert np.array_equal(numbers[:, None] == numbers[None], alike)
    with pytest.raises(NotPiecewiseLinear):
        patterns(nnexpr.mlp(depth=2, width=2, inputs=2, activation="tanh"), points)


@pytest.mark.parametrize("residual", [False, True])
def test_points_have_one_pattern_where_they_are_in_one_cell(residual: bool) -> None:
    network = nnexpr.mmnn(20, 2, 4, inputs=2, residual=residual, dtype="float64", seed=2)
    points = np.random.default_rng(1).uniform(-4, 4, (300, 2))
    cells, found = nnexpr.plane_regions(network, ((-4, 4), (-4, 4))).locate(points), patterns(network, points)
    alike = (found[:, None] == found[None]).all(axis=2)
    assert len(set(cells.tolist())) > 20
    assert np.array_equal(alike, cells[:, None] == cells[None])


def test_a_cell_keeps_its_colour_from_one_figure_to_the_next() -> None:
    network = nnexpr.mlp(depth=3, width=6, inputs=2, dtype="float64", seed=1)
    whole, part = (
        nnexpr.plane_regions(network, sides) for sides in (((-1, 1), (-1, 1)), ((-0.5, 0.5), (0, 1)))
    )
    colors = []
    for regions in (whole, part):
        drawn, corners = polygons(plot.cells(regions, color="pattern", network=network))
        colors.append(
            {
                tuple(np.round(each.mean(axis=0), 9)): face
                for each, face in zip(corners, drawn.get_facecolor(), strict=True)
            }
        )
    compared = 0
    for middle, face in colors[1].items():
        [cell] = whole.locate([middle])
        start, end = whole.offsets[cell : cell + 2]
        there = tuple(np.round(whole.vertices[whole.corners[start:end]].mean(axis=0), 9))
        assert np.array_equal(face, colors[0][there])
        compared += 1
    assert compared == part.activation_regions > 5


def test_many_cells_are_a_picture_within_a_vector_file(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    regions = nnexpr.plane_regions(nnexpr.mlp(depth=3, width=16, inputs=2, seed=0), ((-1, 1), (-1, 1)))
    [vectors] = plot.save(plot.cells(regions), tmp_path / "vectors.svg")
    monkeypatch.setattr(plane, "MOST_VECTORS", 10)
    [picture] = plot.save(plot.cells(regions), tmp_path / "picture.svg", dpi=100)
    assert b"<image" in picture.read_bytes()
    assert picture.read_bytes().count(b"<path") < vectors.read_bytes().count(b"<path")


@pytest.mark.parametrize("epoch", [0, 25, None])
def test_cells_of_a_recording_are_those_of_its_snapshot(epoch: int | None) -> None:
    recording = recorded("waves2d", points=64)
    place = {0: 0, 25: 2, None: 4}[epoch]
    counted = nnexpr.plane_regions(recording.network_at(place))
    assert len(polygons(plot.cells(recording, epoch=epoch))[1]) == counted.activation_regions
    polygons(plot.cells(recording, epoch=epoch, color="pattern"))


def test_maps_are_target_fit_and_difference() -> None:
    result = in_the_plane()
    figure = plot.maps(result, member=0)
    FigureCanvasAgg(figure).draw()
    target, network, error = (each.images[0].get_array() for each in figure.axes[:3])
    steps = -1 + 2 * (np.arange(plane.PIXELS) + 0.5) / plane.PIXELS
    points = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    assert np.allclose(target.ravel(), result.target.function(points))
    assert np.allclose(network.ravel(), result.predict(points)[0], atol=1e-5)
    assert np.allclose(error, network - target, atol=1e-6)
    assert figure.axes[0].images[0].get_clim() == figure.axes[1].images[0].get_clim()
    low, high = figure.axes[2].images[0].get_clim()
    assert low == -high
    again = plot.maps(recorded("waves2d", points=64))
    assert again.axes[1].images[0].get_array().shape == (plane.PIXELS, plane.PIXELS)


def test_data_in_the_plane_are_dots() -> None:
    target = nnexpr.target("star2d", points=100)
    scattered = dataclasses.replace(target, function=None)
    [dots] = plot.target(scattered).axes[0].collections
    assert np.allclose(dots.get_offsets(), target.own_inputs)
    assert np.array_equal(dots.get_array(), target.own_values)
    result = nnexpr.fit(nnexpr.mlp(depth=2, width=4, inputs=2), scattered, epochs=2)
    left, middle, right = plot.maps(result).axes[:3]
    assert np.allclose(
        right.collections[0].get_array(), result.predict(target.own_inputs)[0] - target.own_values, atol=1e-5
    )
    assert len(left.collections) == len(middle.images) == 1


def test_what_has_no_cells_is_refused_in_one_sentence() -> None:
    regions = nnexpr.plane_regions(nnexpr.mlp(depth=2, width=3, inputs=2), ((-1, 1), (-1, 1)))
    for call in (
        lambda: plot.cells(on_the_line()),
        lambda: plot.maps(recorded()),
        lambda: plot.cells(regions, color="pattern"),
        lambda: plot.cells(in_the_plane(), member=9),
        lambda: plot.cells(recorded("waves2d", points=64), member=1),
    ):
        with pytest.raises(InputError):
            call()
