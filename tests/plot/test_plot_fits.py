"""Figures of fits: what is drawn is read back from the artists and held to the result, its regions and its history."""

from __future__ import annotations

import numpy as np
import pytest
from fitted import SUNSPOTS, in_the_plane, on_a_file, on_the_line, recorded
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.figure import Figure

import nnexpr
from nnexpr import plot
from nnexpr.regions.line import linear_regions
from nnexpr.runs.events import events
from nnexpr.specification import InputError
from nnexpr.training.modes import mode_amplitudes


def curves(figure: Figure) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The lines by their labels."""
    return {str(line.get_label()): (line.get_xdata(), line.get_ydata()) for line in figure.axes[0].lines}


def band(figure: Figure) -> np.ndarray:
    """The corners of the band, ``(n, 2)``."""
    [found] = [each for each in figure.axes[0].collections if isinstance(each, FillBetweenPolyCollection)]
    return found.get_paths()[0].vertices


def edges(figure: Figure, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest value of the band at x."""
    corners = band(figure)
    at = [corners[np.isclose(corners[:, 0], each, rtol=1e-12)][:, 1] for each in x]
    return np.array([each.min() for each in at]), np.array([each.max() for each in at])


# --- over x


@pytest.mark.parametrize("make", [on_the_line, on_a_file])
def test_a_fit_is_drawn_with_its_corners_and_its_bends(make) -> None:
    result = make()
    member = int(result.loss.argmin())
    drawn = curves(plot.fit(result))
    x, y = drawn["network"]
    assert np.allclose(y, result.predict(x)[member], rtol=1e-4, atol=1e-4 * np.ptp(y))
    [lines] = [result.regions()[member]]
    assert lines.bends > 2
    assert np.isin(lines.breakpoints, x).all()
    [ticks] = [each for label, each in drawn.items() if label.endswith("bends")]
    assert np.array_equal(ticks[0], np.unique(lines.breakpoints))
    assert f"{lines.bends:,} bends" in drawn
    assert (x[0], x[-1]) == pytest.approx(result.target.own_domain[0])


def test_the_band_holds_every_member() -> None:
    result = on_the_line()
    figure = plot.fit(result, member=2)
    x, y = curves(figure)["network"]
    assert np.allclose(y, result.predict(x)[2], atol=1e-5)
    at = np.linspace(*result.target.own_domain[0], 1025)[::64]
    least, most = edges(figure, at)
    every = result.predict(at)
    assert np.allclose(least, every.min(axis=0), atol=1e-5)
    assert np.allclose(most, every.max(axis=0), atol=1e-5)


def test_target_data_units_and_title() -> None:
    result = on_a_file()
    figure = plot.fit(result)
    drawn, [ax] = curves(figure), figure.axes
    assert np.array_equal(drawn["data"][0], result.target.own_inputs[:, 0])
    assert np.array_equal(drawn["data"][1], result.target.own_values)
    assert (ax.get_xlabel(), ax.get_ylabel()) == (result.target.section_name, result.target.value_name)
    loss = float(result.loss.min())
    assert ax.get_title(loc="left") == f"epoch 40, member {int(result.loss.argmin())} of 2, MSE {loss:.3g}"
    assert plot.fit(result, title=False).axes[0].get_title(loc="left") == ""


def test_a_function_is_drawn_as_it_is_and_without_data() -> None:
    result = on_the_line()
    drawn = curves(plot.fit(result))
    x, y = drawn["fourier"]
    assert np.allclose(y, result.target.function(x[:, None]))
    assert "data" not in drawn


def test_the_error_in_place_of_both() -> None:
    result = on_the_line()
    x, y = curves(plot.fit(result, error=True, member=1))["network"]
    assert np.allclose(y, result.predict(x)[1] - result.target.function(x[:, None]), atol=1e-5)


def test_the_first_epoch_and_epochs_and_members_that_are_not_known() -> None:
    result = on_the_line()
    x, y = curves(plot.fit(result, epoch=0, member=0))["network"]
    assert np.allclose(y, result.begun(x)[0, :, 0], atol=1e-5)
    for options in ({"epoch": 30}, {"epoch": -1}, {"member": 5}, {"member": -1}):
        with pytest.raises(InputError):
            plot.fit(result, **options)


def test_a_recording_shows_its_snapshot_at_an_epoch_or_before_it() -> None:
    recording = recorded()
    drawn = curves(plot.fit(recording, epoch=25))
    assert np.array_equal(drawn["network"][1], recording.snapshots[2].prediction.astype(float))
    [lines] = linear_regions(recording.network_at(2))
    ticks = drawn.get(f"{lines.bends} bends") or drawn.get(f"{lines.bends} bend")
    assert ticks is not None
    assert np.allclose(ticks[0], lines.breakpoints)
    assert plot.fit(recording).axes[0].get_title(loc="left").startswith("epoch 40, member 0 of 2")
    for options in ({"epoch": 41}, {"epoch": -1}, {"member": 1}):
        with pytest.raises(InputError):
            plot.fit(recording, **options)


def test_bends_of_a_recording_are_in_the_units_of_its_file() -> None:
    recording = recorded(SUNSPOTS, width=(12,))
    [lines] = linear_regions(recording.network_at(4))
    low, high = recording.scene.domain[0]
    drawn = curves(plot.fit(recording))
    [ticks] = [x for label, (x, _) in drawn.items() if label.endswith(("bends", "bend"))]
    assert np.allclose(ticks, low + (high - low) * lines.breakpoints)


def test_two_inputs_are_drawn_along_the_first() -> None:
    result = in_the_plane()
    figure = plot.fit(result, member=0)
    x, y = curves(figure)["network"]
    middle = np.mean(result.target.own_domain[1])
    assert np.allclose(y, result.predict(np.stack([x, np.full(len(x), middle)], axis=1))[0], atol=1e-5)
    assert figure.axes[0].get_xlabel() == "x1, x2 = 0"


def test_members_that_diverged_are_left_out() -> None:
    target = nnexpr.target("cube", points=32)
    result = nnexpr.fit(
        nnexpr.mlp(depth=2, width=4, members=2), target, epochs=30, lr=[1e-3, 1e30], optimizer="sgd"
    )
    assert set(result.diverged) == {1}
    figure = plot.fit(result)
    assert "member 0 of 2" in figure.axes[0].get_title(loc="left")
    assert not [each for each in figure.axes[0].collections if isinstance(each, FillBetweenPolyCollection)]
    assert np.isnan(curves(plot.fit(result, member=1))["network"][1]).all()
    curves(plot.loss(result))


# --- targets


def test_a_target_is_drawn_over_its_domain() -> None:
    target = nnexpr.target("cube", points=64)
    [(x, y)] = curves(plot.target(target)).values()
    assert np.allclose(y, x**3)
    noisy = nnexpr.target("cube", points=64, noise=0.1)
    assert np.array_equal(curves(plot.target(noisy))["64 points"][1], noisy.own_values)


# --- networks by themselves


def test_a_network_is_drawn_with_its_corners_and_its_band() -> None:
    network = nnexpr.mlp(depth=3, width=9, members=3, seed=2, dtype="float64")
    figure = plot.network(network, domain=(-2.0, 3.0), member=1)
    drawn = curves(figure)
    x, y = drawn["network"]
    assert (x[0], x[-1]) == (-2.0, 3.0)
    assert np.allclose(y, network(x)[1, :, 0])
    [lines] = linear_regions(network.member(1), (-2.0, 3.0))
    assert np.array_equal(drawn[f"{lines.bends} bends"][0], lines.breakpoints)
    at = np.linspace(-2.0, 3.0, 1025)[::100]
    least, most = edges(figure, at)
    assert np.allclose(least, network(at)[..., 0].min(axis=0))
    assert np.allclose(most, network(at)[..., 0].max(axis=0))
    for broken in ({"network": nnexpr.mlp(depth=2, width=2, inputs=2)}, {"network": network, "member": 3}):
        with pytest.raises(InputError):
            plot.network(**broken)


def test_a_saved_network_is_drawn_in_the_units_of_its_file_beside_its_target(tmp_path) -> None:
    result = on_a_file()
    nnexpr.save(
        tmp_path / "a.safetensors", result.network, recorded(SUNSPOTS).specification, target=result.target
    )
    drawn = curves(plot.network(nnexpr.load(tmp_path / "a.safetensors")))
    x, y = drawn["network"]
    assert np.allclose(y, result.predict(x)[0], rtol=1e-3, atol=1e-2)
    assert np.allclose(drawn[SUNSPOTS][1], result.target.truth(result.target.to_network(x[:, None])))


# --- over epochs


def test_losses_are_those_of_the_history() -> None:
    result = on_the_line()
    figure = plot.loss(result)
    drawn, [ax] = curves(figure), figure.axes
    epochs, losses = result.history.epochs[1:], result.history.losses[1:].astype(float)
    assert result.history.epochs[0] == 0
    best = int(losses[-1].argmin())
    assert np.array_equal(drawn["median"][0], epochs)
    assert np.array_equal(drawn["median"][1], np.median(losses, axis=1))
    assert np.array_equal(drawn[f"best, member {best}"][1], losses[:, best])
    least, most = edges(figure, epochs)
    assert np.allclose(least, losses.min(axis=1))
    assert np.allclose(most, losses.max(axis=1))
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    linear = plot.loss(result, log_epochs=False, member=3)
    assert linear.axes[0].get_xscale() == "linear"
    assert np.array_equal(curves(linear)["member 3"][1], result.history.losses[:, 3].astype(float))
    with pytest.raises(InputError):
        plot.loss(result, member=5)


def test_what_happened_is_marked_on_the_loss() -> None:
    recording = recorded(epochs=400, every=100, lr=2e-2)
    found = {event.kind: event.epoch for event in events(recording, 0)}
    drawn = curves(plot.loss(recording, member=0))
    losses = dict(zip(recording.epochs.tolist(), recording.losses[:, 0].tolist(), strict=True))
    marked = {kind: epoch for kind, epoch in found.items() if kind != "best" and epoch >= 1}
    assert "knee" in marked
    for kind, epoch in marked.items():
        [x], [y] = drawn[kind]
        assert x == epoch
        assert y == pytest.approx(losses[max(at for at in losses if at <= epoch)])
    assert not set(drawn) & set(found) - set(marked)
    assert not set(curves(plot.loss(on_the_line()))) & {"knee", "bend", "collapse", "divergence"}


def test_counts_are_those_of_each_snapshot() -> None:
    recording = recorded(members=1)
    drawn = curves(plot.counts(recording, log_epochs=False))
    counted = [linear_regions(recording.network_at(place))[0] for place in range(5)]
    assert np.array_equal(drawn["linear regions"][0], [0, 10, 20, 30, 40])
    assert np.array_equal(drawn["linear regions"][1], [each.count for each in counted])
    by_layer = [drawn[f"bends, layer {layer}"][1] for layer in (1, 2)]
    assert np.array_equal(np.sum(by_layer, axis=0), [each.bends for each in counted])
    assert any(label.startswith(f"at most {recording.scene.upper_bound:,}") for label in drawn)
    assert plot.counts(recording).axes[0].get_ylim()[1] < 4 * max(each.count for each in counted)


def test_counts_in_the_plane_and_of_what_has_none() -> None:
    recording = recorded("waves2d", points=64)
    counted = [nnexpr.plane_regions(recording.network_at(place)).count for place in range(5)]
    assert np.array_equal(curves(plot.counts(recording, log_epochs=False))["linear regions"][1], counted)
    with pytest.raises(InputError, match="counted"):
        plot.counts(recorded(activation="tanh"))


# --- modes


def test_the_map_of_modes_holds_the_amplitudes() -> None:
    result = on_the_line()
    figure = plot.modes(result, member=1)
    [mesh] = figure.axes[0].collections
    epochs = result.modes.epochs
    found = result.modes.member(1)[epochs >= 1].T
    shown = mesh.get_array().reshape(found.shape)
    floor = mesh.norm.vmin
    assert np.allclose(shown[found > floor], found[found > floor])
    assert np.allclose(shown[found <= floor], floor)
    assert np.log10(mesh.norm.vmax / mesh.norm.vmin) == pytest.approx(4)
    assert floor * 1e4 >= found.max() >= floor * 1e3
    corners = mesh.get_coordinates()[0, :, 0]
    assert np.array_equal(corners[:-1], epochs[epochs >= 1])


def test_curves_of_modes_are_those_that_the_target_has_most_of() -> None:
    result = on_the_line()
    drawn = curves(plot.modes(result, kind="curves", log_epochs=False))
    modes = sorted(int(label.removeprefix("mode ")) for label in drawn)
    assert set(modes) == set(np.argsort(result.modes.target)[::-1][:6].tolist())
    for mode in modes:
        assert np.allclose(drawn[f"mode {mode}"][1], result.modes.median[:, mode])


def test_modes_of_a_recording_are_those_of_its_snapshots() -> None:
    recording = recorded()
    drawn = curves(plot.modes(recording, kind="curves", log_epochs=False))
    label, (epochs, values) = next(iter(drawn.items()))
    assert np.array_equal(epochs, [0, 10, 20, 30, 40])
    errors = np.stack([each.prediction for each in recording.snapshots]) - recording.scene.truth
    assert np.allclose(values, mode_amplitudes(errors)[:, int(label.removeprefix("mode "))])


def test_frequencies_are_bars_of_the_error_beside_the_target() -> None:
    result = on_the_line()
    figure = plot.frequencies(result, member=0)
    x = np.linspace(*result.target.domain[0], 1025)
    truth = result.target.function(x[:, None])
    [bars] = figure.axes[0].containers
    expected = mode_amplitudes(result.predict(x)[0] - truth)[:32]
    assert np.allclose([bar.get_height() for bar in bars], expected, rtol=1e-3, atol=1e-6)
    assert np.allclose(curves(figure)["target"][1], mode_amplitudes(truth)[:32], atol=1e-9)
    low, high = figure.axes[0].get_ylim()
    assert expected.min() / 4 < low < expected.min()
    assert high > mode_amplitudes(truth).max()


def test_modes_that_are_not_there_are_asked_for_in_one_sentence() -> None:
    for fit in (on_a_file(), in_the_plane(), recorded("waves2d", points=64)):
        with pytest.raises(InputError):
            plot.modes(fit)
    with pytest.raises(InputError):
        plot.frequencies(in_the_plane())
    with pytest.raises(InputError):
        plot.modes(on_the_line(), member=7)


def test_one_epoch_and_one_point() -> None:
    result = nnexpr.fit(nnexpr.mlp(depth=2, width=2), nnexpr.target("cube", points=1), epochs=1, modes=True)
    for draw in (plot.fit, plot.loss, plot.modes, plot.frequencies):
        draw(result).draw_without_rendering()
    plot.target(result.target).draw_without_rendering()


def test_all_of_them_are_laid_out_without_a_warning() -> None:
    recording = recorded(members=1)
    for draw in (plot.fit, plot.loss, plot.modes, plot.frequencies):
        draw(on_the_line()).draw_without_rendering()
    for draw in (plot.fit, plot.loss, plot.counts):
        draw(recording).draw_without_rendering()
    plot.modes(recording, kind="curves").draw_without_rendering()
    plot.network(recording.network).draw_without_rendering()
    plot.fit(on_a_file(), error=True).draw_without_rendering()


def test_axes_of_the_callers_keep_their_figure_and_their_style() -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    left.spines["top"].set_visible(True)
    assert plot.fit(on_the_line(), ax=left) is figure
    assert plot.loss(on_the_line(), ax=right) is figure
    assert left.spines["top"].get_visible()
    assert left.get_legend() is not None
    FigureCanvasAgg(figure).draw()
