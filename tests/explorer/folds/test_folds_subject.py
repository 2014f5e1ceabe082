"""What the folds of the Compose screen ask of the engine: curves against the definitions."""

from __future__ import annotations

from threading import Event

import numpy as np
import pytest
from steps import seated

from nnexpr.splines.tent import composed
from nnexpr_tui.folds.panes import wave_points
from nnexpr_tui.folds.subject import MOST_POINTS, WAIT, FoldQuestion, FoldsSubject, fold
from nnexpr_tui.parts.waves import shown_regions
from nnexpr_tui.worker.warming import compiling


@pytest.mark.parametrize("depth", [1, 2, 5, 9])
def test_a_fold_goes_from_the_wave_before_to_the_wave(depth: int) -> None:
    x, after = wave_points(depth, 2**depth)
    np.testing.assert_array_equal(after, composed(depth, x))
    np.testing.assert_array_equal(wave_points(depth, 2**depth, 0.0)[1], composed(depth - 1, x))
    half = wave_points(depth, 2**depth, 0.5)[1]
    np.testing.assert_allclose(half, (composed(depth - 1, x) + composed(depth, x)) / 2)


def test_nobody_waits_for_the_loops_that_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's thread answers keys and trains while another thread compiles them."""
    compiled = Event()
    monkeypatch.setattr("nnexpr_tui.folds.subject.compiling", {"line": compiled}.__getitem__)
    folds = seated(FoldsSubject())
    folds.fold(FoldQuestion(3, 7, 8))
    assert folds.wait == WAIT
    compiled.set()
    assert folds.wait == 0


def test_of_several_questions_the_newest_is_answered_and_its_answer_is_urgent_once() -> None:
    folds = seated(FoldsSubject())
    for depth in (3, 4, 5):
        folds.fold(FoldQuestion(depth, 7, 8))
    compiling("line").wait()
    assert folds.wait == 0
    assert folds.turn(0.0)
    answer = folds.moment()
    assert answer is not None
    assert answer.question.depth == 5
    assert folds.wait is None
    assert answer.is_urgent(None)
    assert not answer.is_urgent(folds.moment())


def test_the_fit_that_has_enough_knots_is_the_wave() -> None:
    answer = fold(FoldQuestion(5, 31, 32))
    assert answer.shallow.linear_regions == answer.wave.linear_regions == 32
    np.testing.assert_allclose(answer.fit[1], composed(5, answer.fit[0]), atol=1e-9)
    assert answer.shallow.mse < 1e-18


def test_a_window_holds_its_part_of_the_curves() -> None:
    question = FoldQuestion(8, 100, 16)
    answer = fold(question)
    whole = fold(FoldQuestion(8, 100, 256))
    assert question.until == 1 / 16
    x, fitted = answer.fit
    assert (x[0], x[-1]) == (0.0, question.until)
    np.testing.assert_allclose(fitted, np.interp(x, *whole.fit), atol=1e-12)
    assert answer.knots.tolist() == [knot for knot in whole.knots.tolist() if knot < question.until]
    assert answer.wave.linear_regions == whole.wave.linear_regions == 256


def test_curves_of_many_points_keep_their_extremes() -> None:
    answer = fold(FoldQuestion(14, 3, 2**14))
    x, error = answer.error
    assert len(x) <= 2 * MOST_POINTS
    corners = np.arange(2**14 + 1) / 2**14
    exact = np.interp(corners, *answer.fit) - composed(14, corners)
    assert error.max() == pytest.approx(exact.max(), abs=1e-6)
    assert error.min() == pytest.approx(exact.min(), abs=1e-6)


@pytest.mark.parametrize("markers", ["braille", "block", "ascii"])
@pytest.mark.parametrize("width", [1, 12, 30, 90, 300])
def test_no_more_regions_are_shown_than_there_are_cells(width: int, markers: str) -> None:
    for depth in range(1, 17):
        shown = shown_regions(depth, width, markers)
        assert shown in {2**power for power in range(1, depth + 1)}
        assert shown <= max(2, width - 8)
