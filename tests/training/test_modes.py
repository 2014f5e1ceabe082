"""Fourier modes of the error: closed forms, and the same history however the epochs are chopped into turns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnexpr
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import session_of
from nnexpr.training.modes import (
    MOST_ENTRIES,
    MOST_MODES,
    MOST_NUMBERS,
    ModeHistory,
    mode_amplitudes,
    shell_amplitudes,
)
from nnexpr.training.session import Session

GRID = np.linspace(0.0, 1.0, 513)


@pytest.mark.parametrize("mode", [0, 1, 7, 40])
@pytest.mark.parametrize("phase", [0.0, 1.0])
def test_a_wave_has_its_own_mode_and_no_other(mode: int, phase: float) -> None:
    amplitudes = mode_amplitudes(3.0 * np.cos(2 * np.pi * mode * GRID + phase * bool(mode)))
    expected = np.zeros(64)
    expected[mode] = 3.0
    np.testing.assert_allclose(amplitudes, expected, atol=1e-13)


def test_the_line_has_the_modes_of_the_sawtooth() -> None:
    """x - 1/2 = -sum_k sin(2 pi k x) / (pi k), up to what the grid of n points folds in: about (k / n)² of it."""
    amplitudes = mode_amplitudes(GRID)
    modes = np.arange(1, 20)
    np.testing.assert_allclose(amplitudes[1:20], 1 / (np.pi * modes), rtol=(20 / 512) ** 2 * 4)
    assert amplitudes[0] == pytest.approx(0.5, abs=1 / 512)


@pytest.mark.parametrize("turns", [(0, 0), (3, 0), (0, 4), (3, -4), (2, 1)])
def test_a_wave_in_the_plane_has_the_shell_of_its_turns_and_no_other(turns: tuple[int, int]) -> None:
    first, second = np.linspace(0, 1, 65)[:, None], np.linspace(0, 1, 49)
    phase = 2 * np.pi * (turns[0] * first + turns[1] * second)
    expected = np.zeros(12)
    expected[round(np.hypot(*turns))] = 3.0
    np.testing.assert_allclose(shell_amplitudes(3.0 * np.cos(phase + any(turns))), expected, atol=1e-13)


def begun(**options: object) -> Session:
    options = {"width": (5,), "points": 32, "epochs": 60, "members": 2} | options
    return session_of(FitSpecification.make(**options), modes=True)


def finished(session: Session, seconds: float) -> ModeHistory:
    session.start()
    while session.advance(seconds):
        pass
    assert session.modes is not None
    return session.modes


@pytest.mark.parametrize("seconds", [0.0, 1.0])
def test_the_epochs_are_the_same_however_long_the_turns_are(seconds: float) -> None:
    """Dense early, then a tenth apart, the last one too; the losses are those without a record, to the bits."""
    session = begun()
    modes = finished(session, seconds)
    assert modes.epochs.tolist() == [*range(12), 13, 15, 17, 19, 21, 24, 27, 30, 33, 37, 41, 46, 51, 57, 60]
    plain = session_of(session.specification)
    plain.step(60)
    assert np.array_equal(session.losses(), plain.losses())


def test_an_entry_is_the_error_of_its_epoch() -> None:
    session = begun(target="cube")
    modes = finished(session, 1.0)
    stepped = session_of(session.specification)
    stepped.step(33)
    errors = stepped.predictions() - session.grid[:, 0] ** 3
    at = modes.epochs.tolist().index(33)
    expected = mode_amplitudes(errors)[:, :MOST_MODES]
    np.testing.assert_allclose(modes.amplitudes[at], expected, rtol=1e-5, atol=1e-7)
    assert np.array_equal(modes.member(1), modes.amplitudes[:, 1])
    np.testing.assert_allclose(modes.target, mode_amplitudes(session.grid[:, 0] ** 3)[:MOST_MODES])


def test_a_run_that_is_stopped_ends_with_its_last_epoch() -> None:
    session = begun()
    session.step(16)
    session.stop()
    assert session.modes is not None
    assert session.modes.epochs.tolist() == [*range(12), 13, 15, 16]


@settings(deadline=None, max_examples=30, database=None)
@given(st.integers(1, 20_000), st.integers(1, 10**9))
def test_memory_is_bounded_and_the_epochs_stay_even_in_their_logarithm(members: int, last: int) -> None:
    history = ModeHistory(GRID[:65] - 0.5, members)
    predictions = np.broadcast_to(np.float64(1.0), (members, 65))
    while history.next <= last:
        history.record(history.next, predictions)
    epochs = history.epochs
    assert len(epochs) <= MOST_ENTRIES
    assert history.amplitudes.size <= max(MOST_NUMBERS, 32 * members * 8)
    assert epochs[0] == 0
    late = epochs[epochs > 1000]
    if len(late) > 2:
        ratios = late[1:] / late[:-1]
        assert ratios.max() / ratios.min() < 1.01


def test_epochs_that_were_not_due_do_no_harm() -> None:
    history = ModeHistory(GRID[:65], 1)
    for epoch in range(5000):
        history.record(epoch, np.zeros((1, 65)))
    assert len(history) <= MOST_ENTRIES
    assert history.epochs[0] == 0
    assert history.next <= 10 * 5000


def test_who_has_diverged_is_not_in_the_median() -> None:
    history = ModeHistory(np.zeros(65), 3)
    waves = np.array([1.0, 3.0, np.nan])[:, None] * np.cos(2 * np.pi * np.linspace(0, 1, 65))
    history.record(0, waves)
    history.record(1, np.full((3, 65), np.nan))
    assert history.median[0, 1] == pytest.approx(2.0)
    assert np.isnan(history.amplitudes[0, 2]).all()
    assert np.isnan(history.median[1]).all()


def test_a_fit_gives_them_where_they_are_asked_for() -> None:
    target, network = nnexpr.target("cube", points=20), nnexpr.mlp(depth=2, width=3)
    result = nnexpr.fit(network, target, epochs=5, modes=True)
    assert result.modes is not None
    assert result.modes.epochs.tolist() == [0, 1, 2, 3, 4, 5]
    assert nnexpr.fit(network, target, epochs=5).modes is None
    assert begun(target="waves2d").modes is None
