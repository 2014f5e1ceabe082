"""Targets of two inputs on the Spectrum screen: least_squares' own numbers, maps for curves, and keys that fit them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from stand_in import PLANE_TARGETS, TARGETS
from steps import SIZES, WIDE, ready, text, until
from test_spectrum_engine import answered, solved
from test_spectrum_view import opened, pressed
from test_spectrum_view import solved as shown

from nnexpr.linear.basis import BASES, SOLVERS
from nnexpr.linear.specification import LstsqSpecification
from nnexpr.specification import DTYPES
from nnexpr_tui.app import Explorer
from nnexpr_tui.charts.maps import Ground, picture_points
from nnexpr_tui.parts.charts import ChartPane
from nnexpr_tui.parts.form import Form
from nnexpr_tui.spectrum import panes
from nnexpr_tui.spectrum.drawn import PIXELS, amplitudes
from nnexpr_tui.spectrum.inputs import SAMPLES, with_inputs
from nnexpr_tui.spectrum.maps import Map, side_by_side
from nnexpr_tui.spectrum.moment import Maps
from nnexpr_tui.spectrum.report import document
from nnexpr_tui.spectrum.subject import SpectrumSubject

FLAT = LstsqSpecification.make(target="waves2d", samples=900, knots=40, basis="relu", solver="svd")
IN_THE_PLANE = [name for name, basis in BASES.items() if basis.plane]


@pytest.mark.parametrize("basis", IN_THE_PLANE)
@pytest.mark.parametrize("solver", SOLVERS)
def test_an_answer_in_the_plane_has_the_numbers_of_least_squares(solver: str, basis: str) -> None:
    if not SOLVERS[solver].dense and basis != "hat":
        return
    specification = FLAT.replace(basis=basis, solver=solver, noise=0.1)
    if SOLVERS[solver].cut_off:
        specification = specification.replace(rcond=3.3e-4)
    answer, fit = answered(specification), solved(specification)
    assert (answer.solver, answer.rank, answer.size) == (solver, fit.rank, len(fit.coefficients))
    assert answer.mse == pytest.approx(fit.mse, rel=1e-7)
    assert answer.max_error == pytest.approx(fit.max_error, rel=1e-6)
    told = 1e13  # beyond, it is rounding
    assert min(answer.condition, told) == pytest.approx(min(fit.condition, told), rel=1e-5)
    assert answer.eigen.exact is None
    assert isinstance(answer.drawn, Maps)
    sides = answer.domain
    np.testing.assert_allclose(answer.drawn.fit, fit.predict(picture_points(sides, PIXELS)), atol=1e-9)
    assert [(row.basis, row.dtype) for row in answer.rows] == [
        (name, dtype) for name in IN_THE_PLANE for dtype in reversed(DTYPES)
    ]


def test_a_map_has_its_samples_where_they_are_and_x_2_upwards() -> None:
    """Of a plane hats leave nothing; its values say where each pixel is, within half a step of the samples."""
    maps = answered(FLAT.replace(target="expr:x1 + 10*x2", domain=(0.0, 1.0), basis="hat")).drawn
    assert isinstance(maps, Maps)
    places = picture_points(((0.0, 1.0), (0.0, 1.0)), PIXELS) @ [1.0, 10.0]
    np.testing.assert_allclose(maps.fit, places, atol=1e-10)
    np.testing.assert_allclose(maps.data, places, atol=11 / (2 * 29) + 1e-9)
    np.testing.assert_allclose(maps.error, 0, atol=1e-10)
    assert maps.fit[0, 0] > maps.fit[-1, -1]


def test_a_mode_in_the_plane_has_mean_square_one() -> None:
    answer = answered(FLAT, mode=5)
    assert isinstance(answer.drawn, Maps)
    assert np.mean(answer.drawn.mode**2) == pytest.approx(1, rel=0.2)
    assert panes.mode_title(answer).startswith("Mode 5:")
    [mode] = panes.mode_drawing(answer)
    assert mode.limits[1] == -mode.limits[0] >= np.abs(mode.values).max()


def test_what_is_far_below_all_eigenvalues_does_not_press_them_together() -> None:
    """As of a unit that is affine on the whole rectangle, which adds nothing: its eigenvalue is rounding."""
    answer = answered(FLAT)
    assert answer.eigen.resolved == answer.size
    values = np.append(answer.eigen.values[:-1], 1e-20)
    affine = replace(answer, eigen=replace(answer.eigen, values=values, resolved=answer.size - 1))
    drawn = np.concatenate([np.atleast_1d(series.y) for series in panes.eigen_chart(affine).series])
    assert drawn.min() > values[-2] / panes.FARTHEST


def test_frequencies_in_the_plane_are_taken_on_an_even_grid_in_any_order() -> None:
    axes = np.linspace(0, 1, 33), np.linspace(-2, 2, 41)
    x = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    x = np.random.default_rng(0).permutation(x)
    wave = 3 * np.sin(2 * np.pi * (4 * x[:, 0] + 3 * (x[:, 1] + 2) / 4))
    [found] = amplitudes(x, wave)
    assert found[5] == pytest.approx(3)
    assert np.delete(found, 5) == pytest.approx(0, abs=1e-12)
    for moved in (x[:-1], np.sign(x) * x**2, x + 0.01 * np.arange(len(x))[:, None]):
        assert [len(each) for each in amplitudes(moved, wave[: len(moved)])] == [0]


@pytest.mark.parametrize("samples", [1, 4, 100])
def test_few_samples_have_maps_and_no_frequencies(samples: int) -> None:
    specification = FLAT.replace(samples=samples, basis="hat", solver="hat")
    answer = answered(specification)
    assert answer.mse == pytest.approx(solved(specification).mse)
    assert panes.frequencies_title(answer).startswith("No frequencies")
    assert document(specification, answer)["target_modes"] == []
    for residual in (False, True):
        assert all(each.values.shape == PIXELS[::-1] for each in panes.fit_drawing(answer, residual=residual))


def test_maps_stand_side_by_side_within_their_ground() -> None:
    maps = (Map(np.zeros((3, 4)), (0.0, 1.0)), Map(np.ones((3, 4)), (0.0, 1.0)))
    for width in (1, 2, 7, 40):
        assert side_by_side(maps, Ground(width, 9)).shape == (9, width)


def test_what_means_nothing_in_the_plane_is_replaced_and_the_rest_stays() -> None:
    line = LstsqSpecification.make(
        target="arctan25", basis="sine", biases="adaptive", samples=SAMPLES[1], knots=70
    )
    assert with_inputs(line, 2) == line.replace(basis="relu", biases="uniform", samples=SAMPLES[2])
    assert with_inputs(line.replace(samples=77), 2).samples == 77
    assert with_inputs(with_inputs(line, 2), 1).samples == SAMPLES[1]
    splines = line.replace(basis="relu", solver="hat")
    assert with_inputs(splines, 2).solver is None
    assert with_inputs(splines.replace(basis="hat"), 2).solver == "hat"


# On the screen


@pytest.mark.parametrize("size", SIZES)
async def test_a_plane_target_of_explore_is_shown_as_maps_at_every_size(
    explorer: Explorer, size: tuple[int, int]
) -> None:
    async with explorer.run_test(size=size) as pilot:
        await ready(explorer)
        explorer.controller.change("target", "waves2d")
        await opened(explorer, pilot)
        assert shown(explorer).target == "waves2d"
        await until(lambda: "Target, and its fit" in text(explorer) and "▓" in text(explorer))
        assert explorer.screen.query_one("#spectrum-fit", ChartPane).is_wanted
        assert explorer.screen.query_one("#spectrum-eigen", ChartPane).is_wanted
        await pilot.press("e")
        await until(lambda: "Fit − target" in text(explorer))


async def test_targets_of_one_and_of_two_inputs_take_each_others_place(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot, "b", "b", "b", "b")  # sines
        assert shown(explorer).basis == "sine"
        order = [*TARGETS, *PLANE_TARGETS, *TARGETS[:1]]
        for name in order[1:]:
            after = await pressed(explorer, pilot, "t")
            assert after.target == name
            is_plane = name in PLANE_TARGETS
            assert after.samples == SAMPLES[2 if is_plane else 1]
            await until(lambda is_plane=is_plane: ("Target, and its fit" in text(explorer)) is is_plane)
            compared = len(IN_THE_PLANE if is_plane else BASES)
            await until(
                lambda compared=compared: (
                    len(explorer.controller.moment(SpectrumSubject).answer.rows) == 2 * compared
                )
            )
        assert shown(explorer).basis == "relu"


async def test_in_the_plane_keys_pass_by_what_is_not_there(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        explorer.controller.change("target", "waves2d")
        await opened(explorer, pilot)
        assert (await pressed(explorer, pilot, "a")).biases == "random"
        seen = [await pressed(explorer, pilot, "b") for _ in IN_THE_PLANE]
        assert [after.basis for after in seen] == [*IN_THE_PLANE[1:], IN_THE_PLANE[0]]
        assert {after.biases for after in seen} == {"uniform"}, "hats are not placed at random"
        assert (await pressed(explorer, pilot, "B")).basis == IN_THE_PLANE[-1]


async def test_a_formula_of_two_inputs_is_taken_from_a_basis_of_the_line(explorer: Explorer) -> None:
    """That it has two is known when it has been read."""
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot, "a", "B")
        assert (shown(explorer).basis, shown(explorer).biases) == ("fourier", "adaptive")
        explorer.screen.query_one("#spectrum-target", Form).focus()
        await pilot.press("enter", *"expr:x1*x2", "enter")
        await until(lambda: "Target, and its fit" in text(explorer))
        assert (shown(explorer).basis, shown(explorer).biases) == ("relu", "uniform")
