"""Figures of spectra, least squares and tangent kernels: the artists hold what was computed."""

from __future__ import annotations

import numpy as np
import pytest
from fitted import in_the_plane, on_the_line
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import nnexpr
from nnexpr import plot
from nnexpr.specification import InputError


def curves(figure: Figure, place: int = 0) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    return {str(line.get_label()): (line.get_xdata(), line.get_ydata()) for line in figure.axes[place].lines}


def test_a_spectrum_beside_its_law() -> None:
    found = nnexpr.spectrum("relu", knots=60)
    figure = plot.spectrum(found)
    drawn = curves(figure)
    assert np.array_equal(drawn["kernel, exact"][1], found.exact)
    [label] = [each for each in drawn if each.startswith("Gram matrix")]
    assert label == f"Gram matrix, slope {found.slope:.2f}"
    assert np.array_equal(drawn[label][0], np.arange(1, 61))
    assert np.array_equal(drawn[label][1], found.eigenvalues)
    assert (figure.axes[0].get_xscale(), figure.axes[0].get_yscale()) == ("log", "log")


def test_modes_beside_a_spectrum_are_orthonormal() -> None:
    found = nnexpr.spectrum("relu", knots=60)
    drawn = curves(plot.spectrum(found, modes=[1, 2, 5]), 1)
    assert list(drawn) == ["mode 1", "mode 2", "mode 5"]
    x = drawn["mode 1"][0]
    values = np.stack([each[1] for each in drawn.values()])
    gram = np.trapezoid(values[:, None] * values[None], x)
    assert np.allclose(gram, np.eye(3), atol=2e-3)


def test_modes_in_the_plane_are_maps() -> None:
    found = nnexpr.spectrum("hat", knots=49, dimension=2)
    figure = plot.spectrum(found, modes=[1, 2, 3])
    FigureCanvasAgg(figure).draw()
    maps = [each.images[0] for each in figure.axes if each.images]
    assert [np.mean(each.get_array() ** 2) * 4 for each in maps] == pytest.approx([1, 1, 1], rel=0.02)
    assert all(sum(each.get_clim()) == 0 for each in maps)


@pytest.mark.parametrize("modes", [[0], [61], list(range(1, 14))])
def test_modes_that_are_not_there(modes: list[int]) -> None:
    with pytest.raises(InputError, match="from 1 to 60"):
        plot.spectrum(nnexpr.spectrum("relu", knots=60), modes=modes)


def test_least_squares_with_its_knots() -> None:
    target = nnexpr.target("arctan25", points=400)
    x, y = target.own_inputs[:, 0], target.own_values
    found = nnexpr.least_squares(x, y, 12, basis="relu", solver="qr")
    drawn = curves(plot.least_squares(found, target))
    assert np.array_equal(drawn["12 knots"][0], found.knots)
    at, values = drawn["relu, qr, float64"]
    assert np.isin(found.knots, at).all()
    assert np.allclose(values, found.spline(at))
    assert np.allclose(drawn["arctan25"][1], target.function(drawn["arctan25"][0][:, None]))
    assert np.array_equal(curves(plot.least_squares(found, (x, y)))["samples"][1], y)
    plane = nnexpr.target("star2d", points=100)
    with pytest.raises(InputError, match="line"):
        plot.least_squares(nnexpr.least_squares(plane.inputs, plane.values, 9))


def test_a_tangent_kernel_before_and_after() -> None:
    result = on_the_line()
    tangents = result.tangents(1)
    drawn = curves(plot.tangent(result, member=1))
    for each, label in ((tangents.start, "epoch 0"), (tangents.now, "epoch 60")):
        assert np.array_equal(drawn[label][1], each.eigenvalues[: each.resolved])
    assert list(curves(plot.tangent(tangents))) == list(drawn)
    shares = curves(plot.tangent(tangents, kind="error"))["epoch 60"][1]
    assert shares[-1] == pytest.approx(1)
    assert (np.diff(shares) >= 0).all()
    losses = curves(plot.tangent(result, kind="loss", member=1))
    assert np.array_equal(losses["loss"][1], result.history.member(1)[1:].astype(float))
    assert set(losses["if K stood still"][0]) <= set(tangents.foretold.epochs.tolist())
    modes = curves(plot.tangent(result, kind="modes", member=1))
    assert [np.mean(values**2) for _, values in modes.values()] == pytest.approx([1, 1, 1])


def test_kinds_of_tangent_figures_that_are_not_there() -> None:
    for call in (
        lambda: plot.tangent(on_the_line(), kind="nothing"),
        lambda: plot.tangent(on_the_line().tangents(), kind="loss"),
        lambda: plot.tangent(in_the_plane(), kind="modes"),
    ):
        with pytest.raises(InputError, match="kind"):
            call()


def test_all_of_them_are_laid_out_without_a_warning() -> None:
    target = nnexpr.target("arctan25", points=50)
    fit = nnexpr.least_squares(target.own_inputs[:, 0], target.own_values, 5)
    for figure in (
        plot.spectrum(nnexpr.spectrum("relu", knots=30), modes=[1, 2]),
        plot.least_squares(fit, target),
        *(plot.tangent(on_the_line(), kind=kind) for kind in ("spectrum", "error", "loss", "modes")),
    ):
        figure.draw_without_rendering()
