"""Modes over epochs as cells: every value at its place, nothing before it was learned, any numbers and any size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnexpr_tui.charts import palettes
from nnexpr_tui.charts.heat import OWN, PIXELS, Picture
from nnexpr_tui.charts.maps import GREY, Ground
from nnexpr_tui.charts.modes import DECADES, MARGIN, amplitude_limits, mode_maps

EPOCHS = np.array([0, 1, 2, 4, 8, 16, 32, 64, 100])
COLORS = palettes.sequential(True)


def mode_map(epochs: np.ndarray, amplitudes: np.ndarray, ground: Ground, shown: int | None = None) -> Picture:
    return mode_maps("", epochs, amplitudes, shown=shown).drawn(ground)


def under(picture: np.ndarray, row: int) -> str:
    return "".join(chr(code) for code in picture["code"][row])


def test_each_mode_has_its_row_and_each_epoch_its_column() -> None:
    """Mode k is 10^-k from epoch 8 on and 1 before: one colour up to there, then one for each mode."""
    amplitudes = np.ones((9, 4))
    amplitudes[4:] = 10.0 ** -np.arange(4)
    ground = Ground(MARGIN + 80, 3)  # without a legend: six pixels high, so a mode is one of them
    drawn = mode_map(EPOCHS, amplitudes, ground)[:, MARGIN:]
    assert set(drawn["code"][:2].ravel().tolist()) == {PIXELS}
    colors = np.empty((6, 80), dtype=np.int32)
    colors[::2], colors[1::2] = drawn["ink"], drawn["paper"]
    at = 10.0 ** ((np.arange(80) + 0.5) * 2 / 80)  # the axis ends at 100
    before, after = colors[:, at < 8], colors[:, at > 8]
    top = COLORS[-1]
    assert (before[:4] == top).all()
    levels = [palettes.LEVELS * (DECADES - k) // DECADES for k in range(1, 4)]
    assert [after[k, 0] for k in range(4)] == [top, *COLORS[levels].tolist()]
    assert (after[:4] == after[:4, :1]).all()
    assert (colors[4:] == OWN).all(), "no mode has these rows"


def test_what_is_not_reached_yet_stays_empty_and_what_is_drawn_stays() -> None:
    """The axis ends at a round number: from epoch 60 to 100 only new columns are filled."""
    amplitudes = np.linspace(1, 0.1, 9 * 4).reshape(9, 4)
    ground = Ground(MARGIN + 60, 6)
    first, second = (mode_map(EPOCHS[:n], amplitudes[:n], ground) for n in (8, 9))
    changed = np.flatnonzero((first != second).any(axis=0)) - MARGIN
    reached = np.floor(np.log10(64) * 60 / 2)
    assert changed.min() >= reached
    assert (first[:4, MARGIN + changed]["paper"] == OWN).all()


def test_the_numbers_under_it_stand_at_their_epochs_and_so_does_the_mark() -> None:
    ground = Ground(MARGIN + 80, 8)
    picture = mode_map(EPOCHS, np.ones((9, 4)), ground, shown=32)
    line = under(picture, 7)
    assert line.index("▲") == MARGIN + int(np.log10(32) / 2 * 80)
    assert line.index(" 1 ") == MARGIN - 1
    assert line.rstrip().endswith("100")
    for shown in range(1, 101):  # the mark is never on a number
        line = under(mode_map(EPOCHS, np.ones((9, 4)), ground, shown=shown), 7)
        assert set(line.replace("▲", " ").split()) <= {"1", "2", "5", "10", "20", "50", "100"}
        assert line.count("▲") == 1
    plain = mode_map(EPOCHS, np.ones((9, 4)), Ground(MARGIN + 80, 8, "ascii", plain=True), shown=32)
    assert "^" in under(plain, 7)
    assert under(plain, 7).isascii()


@pytest.mark.parametrize(("height", "numbers"), [(5, [0, 2, 4, 6]), (9, list(range(8))), (3, [0, 2, 4])])
def test_the_modes_are_numbered_at_their_rows(height: int, numbers: list[int]) -> None:
    picture = mode_map(EPOCHS, np.ones((9, 8)), Ground(40, height))
    rows = [under(picture, row)[:MARGIN].strip() for row in range(height - (height >= 4))]
    assert [int(text) for text in rows if text] == numbers


def test_a_value_that_is_not_finite_is_grey_and_zero_is_the_least() -> None:
    amplitudes = np.ones((9, 2))
    amplitudes[:, 0], amplitudes[:, 1] = np.nan, 0.0
    amplitudes[0, 1] = 1.0
    drawn = mode_map(EPOCHS, amplitudes, Ground(40, 1))[0, MARGIN:]
    assert set(drawn["ink"].tolist()) == {GREY}
    assert set(drawn["paper"].tolist()) == {int(COLORS[0])}


@given(
    arrays(np.float64, st.tuples(st.just(9), st.integers(1, 32)), elements=st.floats(width=64)),
    st.integers(0, 60), st.integers(0, 20), st.sampled_from(("braille", "block", "ascii")), st.booleans(),
    st.integers(1, 9),
)  # fmt: skip
def test_any_numbers_fill_exactly_the_ground(
    amplitudes: np.ndarray, width: int, height: int, markers: str, plain: bool, entries: int
) -> None:
    ground = Ground(width, height, markers, plain=plain)
    picture = mode_map(EPOCHS[:entries], np.abs(amplitudes[:entries]), ground, shown=3)
    assert picture.shape == (height, width)
    low, top = amplitude_limits(np.abs(amplitudes))
    assert top - low == DECADES
