"""The network that is moved and trained: against rational arithmetic, closed forms and ``fit`` itself."""

from __future__ import annotations

import json
import math
import threading
from fractions import Fraction
from functools import partial
from itertools import accumulate
from operator import mul
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from steps import seated

import nnexpr
from nnexpr.networks.compositional import compositional
from nnexpr.splines.tent import theorem_scales, waves
from nnexpr.theory import exact
from nnexpr.training.fit import session_of
from nnexpr_tui.manifold import moves
from nnexpr_tui.manifold import subject as manifold_subject
from nnexpr_tui.manifold.engine import Pair, exact_regions, specification_of
from nnexpr_tui.manifold.moment import ManifoldMoment, ManifoldStart
from nnexpr_tui.manifold.report import summary
from nnexpr_tui.manifold.subject import ManifoldSubject
from nnexpr_tui.worker.warming import compiling

PEAKS = st.lists(st.integers(10, 90), min_size=1, max_size=6).map(tuple)
FEW = ManifoldStart(peaks=(0.4, 0.6, 0.55))


def watched(start: ManifoldStart = FEW) -> ManifoldSubject:
    """A subject that is looked at, with what counts compiled."""
    compiling("line").wait()
    compiling("manifold").wait()
    manifold = seated(ManifoldSubject(start))
    manifold.turn(0.0)
    return manifold


def seen(manifold: ManifoldSubject) -> ManifoldMoment:
    moment = manifold.moment()
    assert moment is not None
    return moment


def train(manifold: ManifoldSubject) -> ManifoldMoment:
    """A whole share of epochs."""
    manifold.train_share()
    while manifold.state == "running":
        manifold.turn(0.02)
    return seen(manifold)


def slopes_by_definition(
    a: list[Fraction], s: list[Fraction], sign: int
) -> tuple[list[Fraction], list[Fraction]]:
    """Where x ± Σ s_i W_i bends, ends included, and its slopes between, from the waves at those points."""
    x, waves = exact.breakpoints(a, s)
    sums = [
        x[k] + sign * sum(scale * wave[k] for scale, wave in zip(s, waves, strict=True))
        for k in range(len(x))
    ]
    return x, [(sums[k + 1] - sums[k]) / (x[k + 1] - x[k]) for k in range(len(x) - 1)]


@settings(deadline=None, max_examples=40, database=None)
@given(PEAKS, st.sampled_from([-1, 1]), st.booleans(), st.data())
def test_bends_and_slopes_are_those_of_the_definition(
    hundredths: tuple[int, ...], sign: int, free: bool, data: st.DataObject
) -> None:
    a = [Fraction(peak, 100) for peak in hundredths]
    s = theorem_scales(a, sign)
    if free:
        ratios = data.draw(st.lists(st.integers(1, 9), min_size=len(a), max_size=len(a)))
        s = list(accumulate((Fraction(ratio, 10) for ratio in ratios), mul))
    scales = tuple(map(float, s)) if free else None
    pair = Pair(ManifoldStart("square", sign, tuple(map(float, a)), scales))
    network, twin = pair.trained()
    x, slopes = slopes_by_definition(a, s, sign)
    assert network.lines.count == twin.lines.count
    if exact.regions(a, s) == 2 ** len(a) == network.lines.count:
        np.testing.assert_allclose(network.lines.knots, list(map(float, x)), atol=1e-5)
        np.testing.assert_allclose(network.lines.slopes, list(map(float, slopes)), rtol=1e-3, atol=1e-3)


@settings(deadline=None, max_examples=40, database=None)
@given(PEAKS.filter(lambda peaks: all(20 <= peak <= 80 for peak in peaks)), st.sampled_from([-1, 1]))
def test_any_peaks_give_a_power_of_two_regions_and_gaps_that_add_up(
    hundredths: tuple[int, ...], sign: int
) -> None:
    peaks = tuple(peak / 100 for peak in hundredths)
    network, _ = Pair(ManifoldStart("cube", sign, peaks)).trained()
    assert network.lines.count == exact_regions(peaks, None, sign) == 2 ** len(peaks)
    assert network.lines.gaps.sum() == pytest.approx(
        network.lines.slopes[-1] - network.lines.slopes[0], abs=1e-12
    )
    assert (sign * network.lines.gaps < 0).all()  # F is convex, or concave
    assert np.bincount(network.lines.bend_layers, minlength=len(peaks) + 1)[1:].tolist() == [
        2**layer for layer in range(len(peaks))
    ]


@pytest.mark.parametrize("layers", [1, 3, 6, 10])
def test_with_peaks_at_a_half_it_is_the_interpolant_of_the_square(layers: int) -> None:
    network, _ = Pair(ManifoldStart("square", -1, (0.5,) * layers)).trained()
    np.testing.assert_array_equal(network.lines.values, network.lines.knots**2)
    assert network.lines.count == 2**layers
    assert network.max_error == 4.0 ** -(layers + 1)
    np.testing.assert_array_equal(network.lines.gaps, 2.0 ** (1 - layers))


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_layers_gap_is_the_theorems(sign: int) -> None:
    """At a peak of layer i the slope changes by Π (1 - a_m) over later layers, times s_i times the wave's change."""
    peaks = (0.3, 0.6, 0.45, 0.55)
    a = [Fraction(str(peak)) for peak in peaks]
    s = theorem_scales(a, sign)
    network, _ = Pair(ManifoldStart("square", sign, peaks)).trained()
    first = network.lines.gaps[network.lines.bend_layers == 1]
    change = -1 / (1 - a[0]) - 1 / a[0]
    after = math.prod(1 - peak for peak in a[2:]) * (1 - a[-1])
    assert first == pytest.approx([float(sign * change * s[0] * after)], rel=1e-4)


def test_the_units_are_the_waves_that_the_output_sums() -> None:
    start = ManifoldStart("square", -1, (0.3, 0.6, 0.45))
    pair = Pair(start)
    x, units = pair.units(pair.trained()[0].lines.knots)
    np.testing.assert_allclose(units[0, 0], x, atol=1e-7)  # the first layer's t1 is its input
    np.testing.assert_allclose(units[0, 1], np.maximum(x - 0.3, 0), atol=1e-7)
    np.testing.assert_allclose(units[0, 2], x, atol=1e-7)
    made = waves(start.peaks, x)
    scales = pair.coordinates()[1]
    np.testing.assert_allclose(units[1, 2], x - scales[0] * made[0], atol=1e-6)
    np.testing.assert_allclose(units[2, 0], scales[1] * made[1], atol=1e-6)


@pytest.mark.parametrize("target", ["cube", "tanh3"])
def test_the_stages_are_those_of_fit_and_the_twin_is_fit_without(target: str) -> None:
    peaks = (0.4, 0.6, 0.5, 0.55)
    manifold = watched(ManifoldStart(target, -1 if target == "cube" else 1, peaks))
    moments = [train(manifold)]
    for _ in (2, 3):
        manifold.next_stage()
        moments.append(train(manifold))
    options = {"network": "compositional", "depth": 4, "peaks": peaks, "target": target}
    spec = nnexpr.FitSpecification.make(**options, stages=(1, 2, 3), epochs=3000)
    network, goal = nnexpr.training.fit.assemble(spec)
    whole = nnexpr.fit(network, goal, epochs=3000, stages=(1, 2, 3))
    alone = nnexpr.fit(network, goal, epochs=3000)
    trained, twin = (session.current_network() for session in (manifold._pair.session, manifold._pair.twin))
    assert torch.equal(trained.parameters, whole.network.parameters)
    assert torch.equal(twin.parameters, alone.network.parameters)
    last = moments[-1]
    assert last.network.loss == float(whole.loss[0])
    assert last.twin.loss == float(alone.loss[0])
    [lines] = nnexpr.linear_regions(whole.network)
    assert last.network.lines.count == lines.count
    assert [moment.stage for moment in moments] == [1, 2, 3]
    assert last.stage_begins == (0, 1000, 2000)
    assert moments[1].network.lines.count == 2**4
    assert moments[0].network.loss > moments[1].network.loss > last.network.loss


def test_peaks_move_on_from_what_was_learnt() -> None:
    manifold = watched()
    learnt = train(manifold)
    assert learnt.peaks is not None
    manifold.move(lambda start: moves.peak_moved(start, 1, 5))
    moved = seen(manifold)
    assert moved.epoch == 0
    assert moved.start.scales is None
    assert moved.peaks == pytest.approx((learnt.peaks[0], learnt.peaks[1] + 0.05, learnt.peaks[2]), rel=1e-6)
    manifold.move(lambda start: moves.peak_moved(start, 1, -5))
    assert seen(manifold).network.loss == pytest.approx(learnt.network.loss, rel=1e-3)


def test_free_scales_that_were_learnt_stay_free() -> None:
    manifold = watched()
    train(manifold)
    manifold.next_stage()
    learnt = train(manifold)
    manifold.move(lambda start: moves.scale_moved(start, 0, 0))
    moved = seen(manifold)
    assert moved.start.scales == pytest.approx(learnt.scales, rel=1e-6)
    assert moved.stage == 2
    assert moved.network.loss == pytest.approx(learnt.network.loss, rel=1e-3)
    manifold.free()
    assert seen(manifold).stage == 1


def test_after_stage_3_there_is_nothing_left_to_move_until_a_restart() -> None:
    manifold = watched()
    manifold.next_stage()
    manifold.next_stage()
    assert seen(manifold).peaks == FEW.peaks  # nothing is trained yet
    left = train(manifold)
    assert left.peaks is None
    assert left.exact_regions is None
    for change in (
        moves.freed,
        partial(moves.peak_moved, layer=0, hundredths=1),
        partial(moves.scale_moved, layer=0, steps=1),
    ):
        with pytest.raises(RuntimeError, match="left the manifold"):
            manifold.move(change)
    with pytest.raises(RuntimeError, match="last one"):
        manifold.next_stage()
    manifold.restart()
    again = seen(manifold)
    assert (again.peaks, again.epoch, again.stage, again.state) == (FEW.peaks, 0, 1, "ready")


def test_a_stage_begins_slowly_and_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    manifold = watched()
    monkeypatch.setattr(manifold_subject, "monotonic", lambda: 1000.0)  # no time passes
    manifold.toggle()
    for turns in range(1, 20):
        manifold.turn(10.0)
        assert manifold._pair.epoch == turns  # one epoch a turn to begin with
        assert manifold.wait == pytest.approx(manifold_subject.TURN)
    manifold.toggle()
    assert manifold.state == "paused"
    assert seen(manifold).epoch == 19
    while manifold.wait is not None:  # floors that are owed
        manifold.turn(0.0)
    assert manifold._pair.epoch == 19


def test_a_moment_is_urgent_when_a_key_has_changed_it_and_not_while_it_trains_on() -> None:
    manifold = watched()
    ready = seen(manifold)
    manifold.toggle()
    manifold.turn(0.0)
    first = seen(manifold)
    manifold.turn(0.0)
    second = seen(manifold)
    manifold.next_stage()
    third = seen(manifold)
    manifold.move(lambda start: moves.peak_moved(start, 0, 1))
    fourth = seen(manifold)
    pairs = [(ready, None), (first, ready), (third, second), (fourth, third)]
    assert all(now.is_urgent(before) for now, before in pairs)
    assert not second.is_urgent(first)


def test_while_its_loops_are_compiled_it_says_so_and_trains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    manifold = watched()
    compiled = threading.Event()
    monkeypatch.setattr(manifold_subject, "compiling", lambda kind: compiled)
    manifold.toggle()
    assert not manifold.turn(0.02)
    assert (seen(manifold).state, manifold._pair.epoch) == ("compiling", 0)
    compiled.set()
    manifold.turn(0.02)
    assert (seen(manifold).state, manifold._pair.epoch) == ("running", 1)


def test_nothing_is_done_for_nobody() -> None:
    manifold = watched()
    assert manifold.wait is None or manifold.wait == 0  # floors that are owed
    manifold.scheduler.look(frozenset())
    assert manifold.wait is None
    manifold.toggle()
    assert manifold.wait == 0


def test_the_floor_is_below_and_follows() -> None:
    manifold = watched()
    moment = train(manifold)
    for fitted, floor in zip((moment.network, moment.twin), moment.floors, strict=True):
        assert floor is None or floor.lower_bound <= fitted.loss
    while manifold.wait is not None:
        manifold.turn(0.0)
    moment = seen(manifold)
    for fitted, floor in zip((moment.network, moment.twin), moment.floors, strict=True):
        assert floor is not None
        assert floor.regions == fitted.lines.count
        assert 0 < floor.lower_bound <= fitted.loss


def test_another_rate_needs_no_restart() -> None:
    manifold = watched()
    train(manifold)
    assert manifold.learn(1) == "Learning rate 0.002"
    assert manifold._pair.epoch == 1000
    assert seen(manifold).start.lr == 2e-3
    for session in (manifold._pair.session, manifold._pair.twin):
        assert session.specification.schedule == "steps:1000=0.002"
        assert session.learning_rate == 2e-3


def test_what_is_written_is_what_is_seen(tmp_path: Path) -> None:
    manifold = watched()
    moment = train(manifold)
    manifold.export(tmp_path / "deep")
    stem = f"nnexpr-manifold-{moment.start.target}-{moment.epoch}"
    document = json.loads((tmp_path / "deep" / f"{stem}.json").read_text())
    for name, key, fitted in (
        (stem, "by_stages", moment.network),
        (f"{stem}-twin", "gradient_descent_alone", moment.twin),
    ):
        saved = nnexpr.load(tmp_path / "deep" / f"{name}.safetensors")
        [lines] = nnexpr.linear_regions(saved.network)
        found = document[key]
        assert found["linear_regions"] == lines.count == fitted.lines.count
        assert found["breakpoints"] == pytest.approx(lines.breakpoints.tolist(), abs=1e-12)
        assert found["loss"] == fitted.loss
        assert 0 < found["spline_lower_bound"] <= found["spline_best_found"] <= found["loss"]
        assert found["spline_certified"] in (True, False)
    assert document["stages"] == [{"stage": 1, "epochs": 1000}]
    assert document["peaks"] == list(moment.peaks or ())


def test_the_copied_line_says_what_fit_cannot() -> None:
    manifold = watched()
    assert summary(seen(manifold), "fit").splitlines()[0] == "fit --epochs 0"
    train(manifold)
    manifold.next_stage()
    assert summary(seen(manifold), "fit").splitlines()[0] == "fit --stages 1 --epochs 1000"
    manifold.next_stage()
    text = summary(train(manifold), "fit")
    assert text.splitlines()[0] == "fit --stages 1,3 --epochs 2000"
    assert "left the manifold" in text
    manifold.restart()
    manifold.move(lambda start: moves.scale_moved(start, 1, 3))
    text = summary(train(manifold), "fit")
    assert "--stages 2 --epochs 1000" in text
    assert "started with scales" in text


def test_a_rate_changed_on_the_way_is_in_the_copied_line_which_trains_the_same() -> None:
    manifold = watched()
    train(manifold)
    manifold.learn(1)
    moment = train(manifold)
    lr, schedule = moment.learned
    assert (lr, schedule) == (FEW.lr, "steps:1000=0.002")
    asked = specification_of(moment.start).replace(lr=lr, stages=(1,), epochs=2000)
    losses = []
    for told in (schedule, "constant"):
        again = session_of(asked.replace(schedule=told))
        again.start()
        while again.advance(1.0):
            pass
        losses.append(float(again.losses()[0]))
    assert losses[0] == pytest.approx(moment.network.loss, rel=1e-9)
    assert losses[1] != pytest.approx(moment.network.loss, rel=1e-6)


def test_counting_in_rational_numbers_needs_no_luck() -> None:
    """Peaks for which a gap is exactly 0: one layer then makes no bends."""
    assert exact_regions((0.5, 0.5), (0.5, 0.25), -1) == 1 + 2  # g_0 = 1/2 - 1/4 / (1 - 1/2) = 0
    network = compositional(2, (0.5, 0.5), (0.5, 0.25))
    assert nnexpr.linear_regions(network)[0].count == 3


def test_what_was_moved_away_from_comes_back_with_its_training() -> None:
    manifold = watched()
    with pytest.raises(RuntimeError, match="nothing before"):
        manifold.undo()
    learnt = train(manifold)
    for _ in range(30):  # moves in a row are one
        manifold.move(lambda start: moves.peak_moved(start, 0, 1))
        seen(manifold)
    manifold.undo()
    manifold.undo()
    back = seen(manifold)
    assert (back.epoch, back.network.loss, back.peaks) == (learnt.epoch, learnt.network.loss, learnt.peaks)
    assert back.state == "paused"
    assert train(manifold).epoch == 2 * learnt.epoch
