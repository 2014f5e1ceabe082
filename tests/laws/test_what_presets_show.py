"""What presets tell people to look for is there: measured on the fits that they begin."""

from __future__ import annotations

import numpy as np
import pytest

from nnexpr.experiments.dynamics import settings
from nnexpr.training.fit import result_of, session_of
from nnexpr.training.session import Session
from nnexpr_tui.presets import PRESETS
from nnexpr_tui.replay.variants import changed


def beside(name: str) -> list[Session]:
    """The fit of a preset and what stands beside it, each trained to its end."""
    preset = PRESETS[name]
    fit = preset.specification()
    sessions = [session_of(changed(fit, options)) for options in ({}, *preset.begin["beside"])]
    for session in sessions:
        session.step(fit.epochs)
    return sessions


def distance(session: Session) -> float:
    """The mean squared error on the plotting grid, between the points too."""
    return float(np.mean((session.snapshot(0).prediction - session.target.truth(session.grid)) ** 2))


def test_low_frequencies_are_learned_first() -> None:
    specification = PRESETS["low-first"].specification()
    session = session_of(specification, modes=True)
    session.step(specification.epochs)
    assert session.modes is not None
    epochs, amplitudes = session.modes.epochs, session.modes.member(0)
    tones = [1, 3, 5, 7]
    np.testing.assert_allclose(session.modes.target[tones], 1.0, atol=0.01)  # equally large
    halved = [int(epochs[np.argmax(amplitudes[:, mode] < 0.5 * amplitudes[0, mode])]) for mode in tones]
    assert 0 < halved[0] < halved[1] < halved[2] < halved[3] < specification.epochs


def test_deep_and_narrow_networks_collapse_and_stay() -> None:
    specification = PRESETS["collapse"].specification(epochs=200)
    session = session_of(specification)
    session.step(specification.epochs)
    result = result_of(session)
    assert sum(lines.collapsed for lines in result.regions()) >= 27
    assert np.median(result.loss) > 0.9 * session.target.values.var()


def test_an_encoding_changes_everything() -> None:
    early = session_of(PRESETS["encoding"].specification())
    early.step(300)
    assert float(early.losses()[0]) < 0.05 * early.target.values.var()
    encoded, plain = beside("encoding")
    assert float(encoded.losses()[0]) < 1e-3
    assert float(plain.losses()[0]) > 0.5 * plain.target.values.var()


def test_deep_beats_wide_with_as_many_parameters() -> None:
    deep, wide, called_equal = beside("width-depth")
    assert [each.network.parameter_count for each in (deep, wide, called_equal)] == [457, 529, 49]
    losses = [float(each.losses()[0]) for each in (deep, wide, called_equal)]
    assert losses[0] < 0.75 * losses[1] < 0.3 * losses[2]


def test_on_the_manifold_the_curve_is_met_between_the_points() -> None:
    waves, plain = beside("sparse-data")
    assert waves.network.parameter_count == plain.network.parameter_count
    assert distance(waves) < 0.2 * distance(plain)


def off_line(session: Session) -> float:
    """How far the fit is from its own best straight line, anywhere."""
    x, fit = session.grid[:, 0], session.snapshot(0).prediction.astype(np.float64)
    return float(np.abs(fit - np.polyval(np.polyfit(x, fit, 1), x)).max())


@pytest.mark.parametrize(
    ("name", "straight", "least"), [("hu-report", {20: 0.1, 400: 0.1}, 0.5), ("hu-code", {500: 0.01}, 0)]
)
def test_a_straight_line_bends_late(name: str, straight: dict[int, float], least: float) -> None:
    session = session_of(PRESETS[name].specification())
    for epoch, most in straight.items():
        session.step(epoch - session.epoch)
        assert off_line(session) < most
        assert abs(float(session.snapshot(0).prediction.mean()) - session.target.values.mean()) < 0.03
    session.step(1000 - session.epoch)
    assert least <= off_line(session) < np.ptp(session.target.values) / 2


@pytest.mark.parametrize("name", ["hu-report", "hu-code"])
def test_they_are_those_by_which_the_claims_are_judged(name: str) -> None:
    reading, fit = settings.PRESETS[name], PRESETS[name].specification()
    judged = {
        "terms": settings.TERMS,
        "points": settings.POINTS,
        "epochs": settings.EPOCHS,
        "lr": settings.RATE,
    }
    assert {option: getattr(fit, option) for option in judged} == judged
    network = reading.network(3, 16)
    assert (fit.depth, fit.width, fit.activation) == (
        network["depth"],
        (network["width"],),
        network["activation"],
    )
