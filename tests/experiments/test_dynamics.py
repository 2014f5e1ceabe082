"""The experiments on approximation dynamics: their verdicts, their measures against closed forms, their settings."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from quick import quick
from wrong_dynamics import RIGHT_DYNAMICS, WRONG_DYNAMICS, by_width, learned, moving, pair

from nnexpr.experiments.data import Claim, Figure
from nnexpr.experiments.dynamics import (
    EXPERIMENTS,
    depth,
    encoding,
    equiparameter,
    fronts,
    grid,
    over_time,
    width,
)
from nnexpr.experiments.dynamics.courses import (
    Case,
    Course,
    Draws,
    course,
    looks,
    taken_apart,
    turning_points,
)
from nnexpr.experiments.dynamics.settings import BANDS, CODE, PRESETS, REPORT, Preset
from nnexpr.experiments.measures import median, share
from nnexpr.training.fronts import rank_correlation

X = np.linspace(0, 1, 500)
BOTH = PRESETS.values()


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda experiment: experiment.id)
def test_quick_runs_report_and_never_fail_for_being_quick(experiment) -> None:
    result, reported = quick(experiment.id)
    assert reported == sorted(reported)
    assert reported[-1] == 1
    for claim in result.claims:
        assert claim.fails_if
        assert (claim.verdict == "fails") == claim.id.startswith("H6 counts"), claim
    assert all(table.rows for table in result.tables)
    for figure in result.figures:
        if isinstance(figure, Figure) and figure.log_y:
            assert all(y > 0 or math.isnan(y) for curve in figure.series for y in curve.y)


def test_every_claim_is_made_to_fail_somewhere() -> None:
    made = {claim.id for experiment in EXPERIMENTS for claim in quick(experiment.id)[0].claims}
    assert made == set(WRONG_DYNAMICS)


def found(claims: list[Claim], name: str) -> Claim:
    [claim] = [claim for claim in claims if claim.id == name]
    return claim


@pytest.mark.parametrize("name", WRONG_DYNAMICS)
def test_each_claim_fails_and_holds_by_what_was_measured(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(list(WRONG_DYNAMICS[name](monkeypatch)), name).verdict == "fails"
    verdict = found(list(RIGHT_DYNAMICS[name](monkeypatch)), name).verdict
    assert verdict == ("holds as corrected" if name.startswith("H6 equal") else "holds")


def claims_of(*said: Any) -> list[Claim]:
    return [claim for each in said for claim in ([each] if isinstance(each, Claim) else each)]


@pytest.mark.parametrize("preset", BOTH, ids=lambda preset: preset.name)
def test_a_quick_run_in_which_nothing_is_learned_lets_nothing_hold(preset: Preset) -> None:
    """Level fits with a knee as early as a quick run's must be; only how a wave begins is known before any epoch."""
    still = replace(
        learned(first=1e6, last=2e6, mean=1e6, tilt=1e6), knees=np.repeat([[40], [-1], [-0.01]], 30, axis=1)
    )
    still = replace(still, ranges=np.zeros_like(still.ranges), straight=np.ones_like(still.straight))
    moving_a_little = replace(still, ranges=np.ones_like(still.ranges))
    cells = {(2 + depth, 2 + depth, name, False): still for depth in range(2) for name in grid.ACTIVATIONS}
    said = claims_of(
        over_time.straight_line(preset, still, True), over_time.early_stage(preset, still, True),
        over_time.frequencies(preset, still, True), width.tighter(preset, dict.fromkeys(width.WIDTHS, still), True),
        width.shorter(preset, dict.fromkeys(width.WIDTHS, still), True),
        depth.judge(preset, dict.fromkeys(depth.DEPTHS, still), True),
        depth.judge(preset, dict.fromkeys(depth.DEPTHS, moving_a_little), True),
        equiparameter.beats(preset, dict.fromkeys(equiparameter.shapes(preset), still), True),
        encoding.judge(preset, dict.fromkeys((False, True), still), True),
        grid.captures(cells, True), grid.balanced(cells, True),
    )  # fmt: skip
    assert [claim.id for claim in said if claim.verdict != "not measured"] == []


def test_what_came_in_only_one_of_a_pair_counts() -> None:
    """Twenty of thirty targets have no knee with the wider network: it is not the one with the earlier knees."""
    found = by_width(1, 1, 1)
    without = found[128].knees.copy()
    without[:, :20] = np.nan
    claims = list(width.shorter(PRESETS[CODE], {**found, 128: replace(found[128], knees=without)}, False))
    assert claims[0].verdict == "fails"
    assert "128 less 64: inf" in str(claims[0].measured)
    both = {d: replace(course, knees=np.full((3, 30), np.nan)) for d, course in found.items()}
    told = next(iter(width.shorter(PRESETS[CODE], both, False))).measured
    assert told == "64 less 32: 0 (0 to 0); 128 less 64: 0 (0 to 0)"


def test_shares_of_no_pairs_are_not_judged() -> None:
    begun = learned()
    begun = replace(begun, mean=np.zeros_like(begun.mean), tilt=np.zeros_like(begun.tilt))
    lines = list(over_time.straight_line(PRESETS[CODE], begun, False))
    waves = list(encoding.judge(PRESETS[CODE], {False: begun, True: begun}, False))
    assert found(lines, "H1 tilt" + PRESETS[CODE].part).verdict == "not measured"
    assert found(waves, "H7 first" + PRESETS[CODE].part).verdict == "not measured"


def test_waves_are_judged_by_how_fits_begin() -> None:
    """Not by how they end: without the encoding with many turning points, with it with none."""
    found_ = {
        encoded: replace(course, turns=np.repeat([[first], [last]], 30, axis=1))
        for (encoded, course), (first, last) in zip(pair().items(), ((1.0, 9.0), (2.0, 0.0)), strict=True)
    }
    claims = list(encoding.judge(PRESETS[CODE], found_, False))
    assert found(claims, "H7 wave" + PRESETS[CODE].part).verdict == "holds"


def judged_fronts(made: fronts.Fronts) -> set[str]:
    said = (
        fronts.inwards("", made, False),
        fronts.by_frequency("", "", made, False),
        fronts.ends_last(made, False),
    )
    return {claim.verdict for claim in said}


def test_fronts_of_fewer_than_half_of_the_members_are_not_judged() -> None:
    made = moving(np.arange(20))
    errors = np.repeat(made.errors, 5, axis=1)  # thirty
    for learning, judged in ((14, False), (15, True)):
        errors[:, learning:] = 1.0
        assert ("not measured" in judged_fronts(replace(made, errors=errors))) != judged
        errors = np.repeat(made.errors, 5, axis=1)


def test_one_end_that_is_late_is_not_both() -> None:
    assert fronts.ends_last(moving(np.r_[7.5, np.arange(18), 19]), False).verdict == "fails"


# --- measures


def test_mean_tilt_and_what_is_bent_are_those_of_the_parts() -> None:
    """3 + 5 (x − ½) + 2 sin 2πkx: of the last a line of slope −12 / πk is taken away."""
    k, x = 4, np.linspace(0, 1, 100_001)
    mean, tilt, bent = taken_apart(x, 3 + 5 * (x - 0.5) + 2 * np.sin(2 * np.pi * k * x))
    slope = -12 / (np.pi * k)
    assert mean == pytest.approx(3)
    assert tilt == pytest.approx((5 + slope) / math.sqrt(12), rel=1e-4)
    assert bent == pytest.approx(math.sqrt(2 - slope**2 / 12), rel=1e-4)


def test_the_squares_of_the_parts_are_that_of_the_whole() -> None:
    values = np.random.default_rng(0).standard_normal((3, 4, 500))
    parts = taken_apart(X, values)
    np.testing.assert_allclose(sum(part**2 for part in parts), (values**2).mean(axis=-1), rtol=1e-12)


@pytest.mark.parametrize("k", [1, 3, 10])
def test_a_wave_turns_twice_a_period(k: int) -> None:
    waves = np.stack(
        [np.sin(2 * np.pi * k * X), 7 - 0.1 * np.cos(2 * np.pi * k * X), 2 * X - 9, np.full(500, 3.0)]
    )
    assert turning_points(waves).tolist() == [2 * k, 2 * k - 1, 0, 0]


def test_roundings_of_single_precision_turn_nowhere() -> None:
    assert turning_points((5 + 0.05 * X).astype(np.float32).astype(np.float64)[None]).tolist() == [0]


@pytest.mark.parametrize("epochs", [1, 2, 100, 1000])
def test_looks_are_dense_at_first_and_never_far_apart(epochs: int) -> None:
    found = np.array(looks(epochs))
    assert (found[0], found[-1]) == (0, epochs)
    assert (np.diff(found) >= 1).all()
    assert (np.diff(found) <= np.maximum(1, 0.05 * found[:-1])).all()


def test_the_course_of_what_is_known() -> None:
    """Parts learned evenly up to their epochs: halved half way, within a tenth of the size near the end."""
    halved = np.median(over_time.halved(learned(rise=0)), axis=0)
    np.testing.assert_allclose(halved[1:], np.linspace(100, 1000, 10)[1:] * 0.75, rtol=0.1)
    made = learned(mean=400, tilt=800)
    mean, _ = over_time.matched(made)
    size = made.mean[0] / 2  # the mean is 2, so this is the size's inverse
    np.testing.assert_allclose(np.median(mean), 400 * (1 - 0.1 / 2 / np.median(size)), rtol=0.06)
    assert made.captured(6)[-1] == pytest.approx(np.ones(30), abs=1e-9)
    assert made.captured(1)[0] == pytest.approx(np.zeros(30), abs=1e-9)


def test_losses_are_those_of_the_errors() -> None:
    made = learned()
    np.testing.assert_allclose(made.losses, made.mean**2 + made.tilt**2 + made.bent**2, rtol=1e-9)


def test_medians_count_what_never_came() -> None:
    assert median([1, 2, np.inf, np.inf, np.inf, np.nan]).value == math.inf
    assert median([3.0] * 6).told == "3 (3 to 3)"
    assert median([1, 2, 3, 4, np.inf, np.inf]).told == "3.5 (1 to inf)"


def test_shares_have_the_interval_of_clopper_and_pearson() -> None:
    """No failure in n: the lower end p has p^n = 2.5 %."""
    assert share([True] * 100).low == pytest.approx(0.025 ** (1 / 100))
    assert share([True, False]).value == 0.5
    assert math.isnan(share([]).value)


# --- settings


def test_a_pair_is_the_same_whatever_is_trained_beside_it() -> None:
    case = Case(PRESETS[CODE], 2, 8)
    many, one = course(case, Draws(3, 20, seed=4)), course(case, Draws(1, 20, seed=5))
    np.testing.assert_array_equal(many.losses[:, 1], one.losses[:, 0])
    again = Course.of(many.plain())
    np.testing.assert_array_equal(again.modes, many.modes)


def test_a_pair_is_trained_as_torch_does() -> None:
    """The code's network with its encoding as nn.Sequential, from the same weights, by torch's own Adam."""
    case = Case(PRESETS[CODE], 2, 16, encoded=True)
    goal, network = case.goal(7), case.network(1, 7)
    x = torch.as_tensor(goal.inputs)
    encoded = torch.cat(
        [x, *(wave(2**i * x) for i in range(6) for wave in (torch.sin, torch.cos))], dim=1
    ).float()
    layers = [
        torch.nn.Linear(13, 16),
        torch.nn.ELU(),
        torch.nn.Linear(16, 16),
        torch.nn.ELU(),
        torch.nn.Linear(16, 1),
    ]
    model = torch.nn.Sequential(*layers)
    with torch.no_grad():
        for number, layer in enumerate(layers[::2]):
            layer.weight.copy_(network.weight(number)[0])
            layer.bias.copy_(network.bias(number)[0])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    values, losses = torch.as_tensor(goal.values).float()[:, None], []
    for _ in range(21):
        loss = ((model(encoded) - values) ** 2).mean()
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    ours = course(case, Draws(1, 20, seed=7))
    np.testing.assert_allclose(ours.losses[:, 0] * np.var(goal.values), losses, rtol=1e-3)


def test_the_reports_encoding_is_equation_3() -> None:
    case = Case(PRESETS[REPORT], 2, 16, encoded=True)
    x = np.linspace(0, 1, 50)
    rows = [wave(2**k * np.pi * x) for k in range(1, BANDS + 1) for wave in (np.sin, np.cos)]
    np.testing.assert_allclose(case.network(1, 0).features(torch.as_tensor(x)[:, None]), rows, atol=1e-6)


def test_counts_are_those_that_were_found() -> None:
    """529 and 321 in the code's reading; by the report's, 457 and 49."""
    counts = {
        preset.name: [equiparameter.real(preset, shape) for shape in equiparameter.shapes(preset).values()]
        for preset in BOTH
    }
    assert counts == {REPORT: [457, 49, 457], CODE: [529, 321, 526]}
    for preset in BOTH:
        for shape in equiparameter.shapes(preset).values():
            network = Case(preset, *shape).network(1, 0)
            assert network.parameter_count == equiparameter.real(preset, shape)
            assert {layer.activation for layer in network.layers[:-1]} == {preset.activation}


def test_heights_and_trends_are_the_presets() -> None:
    """Equation (1) has mean 0 over its period; the code's targets have heights of size 1 and trends of size 2."""
    report = [Case(PRESETS[REPORT], 2, 8).goal(seed) for seed in range(200)]
    code = [Case(PRESETS[CODE], 2, 8).goal(seed) for seed in range(200)]
    added = np.stack([c.values - r.values for c, r in zip(code, report, strict=True)])
    assert max(abs(goal.values[:-1].mean()) for goal in report) < 1e-12
    height, trend = added.mean(axis=1), (added[:, -1] - added[:, 0])
    assert np.std(height) == pytest.approx(1, rel=0.15)
    assert np.std(trend) == pytest.approx(2, rel=0.15)
    np.testing.assert_allclose(added, height[:, None] + trend[:, None] * (X - 0.5), atol=1e-12)
    np.testing.assert_allclose(code[0].truth(code[0].inputs), code[0].values)


def test_fronts_that_are_made_are_found() -> None:
    outwards = moving(np.abs(np.linspace(-0.95, 0.95, 20)))
    assert rank_correlation(outwards.settled, np.abs(outwards.middles)).min() > 0.99
    assert sorted(outwards.settled[0]) == [10.0 * each for each in range(1, 21)]
