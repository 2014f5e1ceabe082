"""The experiments in the plane: the talk's sizes, the edges of the verdicts, what is kept, errors by other means."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from quick import quick
from wrong_planar import looks

from nnexpr.experiments.attempt import Attempt, Cancelled, Parts
from nnexpr.experiments.data import Map
from nnexpr.experiments.numerics import planar, star, waves
from nnexpr.targets import target


def test_how_many_members_a_verdict_stands_on_is_told() -> None:
    told = [
        waves.falling(name, case, looks(0.3, 0.2, 0.1), Attempt()).tolerance
        for name, case in waves.CASES.items()
    ]
    assert told == [f"MSE at the samples, median of {many}" for many in ("3 members", "1 member", "1 member")]


def counts(case: planar.Case) -> tuple[int, int]:
    network = planar.network_of(case, 0, 1)
    return network.trained_parameter_count, network.parameter_count


def test_networks_are_of_the_talks_sizes() -> None:
    """Trained Σ (w + 1) r, in all Σ (r_below + 1) w more; as printed for "s=3" the depth is 15 and the rank 30."""
    assert counts(waves.LARGE["s=1"]) == (10_521, 24_021)
    assert counts(waves.LARGE["s=3 deep"]) == (262_036, 542_236)
    assert counts(waves.LARGE["s=3"]) == (601 * (14 * 30 + 1), 601 * 421 + 600 * (3 + 14 * 31))
    assert counts(star.LARGE) == counts(star.CASE) == (5151, 10_951)
    for case in (*waves.LARGE.values(), star.LARGE):
        assert (case.side, case.batch, case.epochs, case.schedule) == (
            400,
            1000,
            (100, 500, 1000),
            "step:20:0.9",
        )
    for case in (*waves.CASES.values(), star.CASE):
        assert (case.side, case.side**2 // case.batch) == (200, 100)
        assert case.schedule == f"step:{case.epochs[-1] // 50}:0.9"


def test_targets_are_those_that_are_printed() -> None:
    """Rows 1104 to 1110 of the talk, typed anew; the star has 1 in its middle and 0 far from it."""
    pi, x = np.pi, np.random.default_rng(0).uniform(-1, 1, (50, 2))
    a, b = [[0.3, 0.2], [0.2, 0.3]], [2.4 * pi, 4.8 * pi]
    c, d = [[2.4 * pi, 4.8 * pi], [9.6 * pi, 4.8 * pi]], [[4.8 * pi, 7.2 * pi], [9.6 * pi, 7.2 * pi]]
    for name, s in (("waves2d", 1), ("waves2d_fine", 3)):
        expected = sum(
            a[i][j]
            * np.sin(s * b[i] * x[:, i] + s * c[i][j] * x[:, i] * x[:, j])
            * np.cos(s * b[j] * x[:, j] + s * d[i][j] * x[:, i] ** 2)
            for i in range(2)
            for j in range(2)
        )
        np.testing.assert_allclose(target(name, points=4).truth(x), expected, atol=1e-12)
    # On the ray θ = 0 the border is at ρ = 0.12, half way down a ramp of width 1/25.
    ray = np.array([[0.0, 0.0], [0.1, 0.0], [0.12, 0.0], [0.13, 0.0], [0.14, 0.0], [-1, 1]])
    np.testing.assert_allclose(target("star2d", points=4).truth(ray), [1, 1, 0.5, 0.25, 0, 0], atol=1e-12)


def test_the_least_that_holds() -> None:
    case, full = waves.CASES["s=1"], Attempt()
    assert waves.falling("s=1", case, looks(0.3, 0.2, 0.1979), full).verdict == "holds"
    assert waves.falling("s=1", case, looks(0.3, 0.2, 0.1), Attempt(quick=True)).verdict == "not measured"
    assert star.nearer("Z25", star.TRAINED, star.CASE, looks(0.0999)[-1], 1.0, full).verdict == "holds"
    assert star.nearer("Z25", star.TRAINED, star.CASE, looks(0.01)[-1], 1.0, Attempt(quick=True)).verdict == (
        "not measured"
    )


def test_updates_are_as_many_as_is_said() -> None:
    for case, updates in ((star.CASE, "50,000"), (star.LARGE, "160,000")):
        assert f"{case.epochs[-1] * case.side**2 // case.batch:,}" == updates
        assert updates in star.SMALLER


def test_what_fails_says_why_only_where_that_is_the_reason() -> None:
    for attempt in (Attempt(), Attempt(large=True)):
        for name, case in attempt.choose(waves.CASES, waves.QUICK, waves.LARGE).items():
            why = waves.falling(name, case, looks(1, 1, 1), attempt).why
            is_small = not attempt.large
            assert (waves.SLOW in why, waves.NO_TALK in why) == (is_small and case.depth >= 15, is_small)
            assert not is_small or case.epochs[-1] * case.side**2 // case.batch <= 10_000


def test_deep_ones_begin_flat_to_the_rounding_of_their_precision() -> None:
    """The deviation of the outputs over the square, over that of waves of variance about 1/16."""
    x = np.stack(np.meshgrid(*[np.linspace(-1, 1, 9)] * 2), axis=-1).reshape(-1, 2)
    for name, flat in (("s=1", False), ("s=3", False), ("s=3 deep", True)):
        values = planar.network_of(waves.CASES[name], 0)(x)[:, :, 0].astype(np.float64)
        assert (np.median(values.std(axis=1)) < 2.0**-23) == flat


def test_a_smaller_preset_never_goes_for_the_talks_size() -> None:
    for large in (False, True):
        attempt = Attempt(large=large)
        cases = attempt.choose(waves.CASES, waves.QUICK, waves.LARGE)
        for name, case in cases.items():
            claim = waves.falling(name, case, looks(3, 2, 1), attempt)
            assert ("400 × 400 samples" in claim.statement, "smaller than the talk's" in claim.statement) == (
                large,
                not large,
            )


def test_elements_are_off_as_interpolation_theory_says() -> None:
    """Halving the step takes the error of a smooth function to a sixteenth, of its mean square."""
    case = waves.CASES["s=1"]._replace(side=257)
    coarse, fine = (planar.elements(case, nodes**2) for nodes in (65, 129))
    assert (coarse["nodes"], fine["nodes"]) == (65**2, 129**2)
    for of in ("loss", "between"):
        assert coarse[of] / fine[of] == pytest.approx(16, rel=0.25)


def test_looks_are_of_the_networks_and_at_the_samples_and_between_them() -> None:
    """A network that is not trained at all, beside its own values on the three grids."""
    case, name = waves.QUICK["s=1"]._replace(epochs=(1,), members=2, batch=1600), "s=1"
    attempt = Attempt()
    [look] = planar.moments(attempt, name, case)
    goal = target(case.target, points=case.side**2)
    assert goal.inputs.shape == (1600, 2)
    middles = np.unique(planar.between(case.side)[:, 0])
    np.testing.assert_allclose(middles, -1 + (2 * np.arange(39) + 1) / 39, atol=1e-12)
    from nnexpr.training.fit import fit

    trained = fit(
        planar.network_of(case, 0), goal, epochs=1, batch_size=1600, lr=planar.RATE, schedule=case.schedule
    )
    np.testing.assert_allclose(look.losses, trained.loss, rtol=1e-5)
    inner = planar.between(case.side)
    np.testing.assert_allclose(
        look.between, np.mean((trained.predict(inner) - goal.truth(inner)) ** 2, axis=1), rtol=1e-4
    )
    axis = np.linspace(-1, 1, planar.SHOWN)
    corner = np.array([[axis[7], axis[-3]]])  # in the row of x2, the column of x1
    assert look.error[-3][7] == pytest.approx(
        float((trained.predict(corner) - goal.truth(corner))[0, 0]), rel=1e-3
    )


def test_what_was_looked_at_is_kept_and_the_rest_is_trained_again(tmp_path: Path) -> None:
    case, path = waves.QUICK["s=1"]._replace(epochs=(2, 40)), tmp_path / "parts.json"

    def stop(share: float, note: str) -> None:
        if "epoch 7" in note:
            raise Cancelled

    with pytest.raises(Cancelled):
        planar.moments(Attempt(progress=stop, parts=Parts.read(path)), "s=1", case)
    kept = Parts.read(path)
    assert list(kept.values) == ["s=1, epoch 2"]
    first, last = planar.moments(Attempt(parts=kept), "s=1", case)
    alone = planar.moments(Attempt(), "s=1", case)
    assert (first.losses, last.losses) == (alone[0].losses, alone[1].losses)


@pytest.mark.parametrize("name", ["waves", "star"])
def test_error_maps_can_be_compared(name: str) -> None:
    """All of one target are on the same colours, which hold every error of at least one of them."""
    result, _ = quick(name)
    maps = [figure for figure in result.figures if isinstance(figure, Map)]
    errors = [each for each in maps if each.diverging]
    by_target: dict[str, set[tuple[float, ...]]] = {}
    for each in errors:
        found = re.match(r"s=\d( deep)?", each.title)
        by_target.setdefault(found.group() if found else name, set()).add(tuple(each.limits))
    assert all(len(limits) == 1 for limits in by_target.values())
    for each in errors:
        assert each.limits[0] == -each.limits[1]
    assert len(maps) == len(errors) + len(by_target)
    assert replace(errors[0], limits=[]).limits == []


def test_what_is_shown_is_no_error_but_fit_minus_target() -> None:
    """Where the fit is all zero the error is minus the target."""
    result, _ = quick("star")
    shown = next(each for each in result.figures if isinstance(each, Map) and not each.diverging)
    axis = np.linspace(-0.25, 0.25, planar.SHOWN)
    np.testing.assert_allclose(shown.x, axis)
    points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    expected = target("star2d", points=4).truth(points).reshape(planar.SHOWN, planar.SHOWN)
    np.testing.assert_allclose(shown.values, expected, rtol=1e-3)
    assert {0.0, 1.0} < set(expected.ravel().tolist())  # both of its plateaus and what is between them
