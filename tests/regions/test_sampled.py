"""The concept page's sampled counter, and where it goes wrong."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nnexpr.regions.sampled import sampled_regions


def tent(x: np.ndarray, folds: int) -> np.ndarray:
    for _ in range(folds):
        x = 2 * np.maximum(x, 0) - 4 * np.maximum(x - 0.5, 0)
    return x


def printed(x: np.ndarray, folds: int) -> np.ndarray:
    for _ in range(folds):
        x = np.maximum(x, 0) - 2 * np.maximum(x - 0.5, 0) + np.maximum(x - 1, 0)
    return x


def test_right_to_five_folds_then_bends_inside_cells_count_twice() -> None:
    counts = [sampled_regions(lambda x, k=k: tent(x, k)) for k in range(1, 9)]
    assert counts == [2, 4, 8, 16, 32, 96, 224, 480]


def test_as_printed_the_map_peaks_at_one_half_and_folds_nothing() -> None:
    assert [sampled_regions(lambda x, k=k: printed(x, k)) for k in range(1, 9)] == [2] * 8


def test_cells_that_end_on_the_bends_count_right() -> None:
    assert [sampled_regions(lambda x, k=k: tent(x, k), cells=2**15) for k in range(1, 13)] == [
        2**k for k in range(1, 13)
    ]


def test_the_cells_of_a_loop() -> None:
    rng = np.random.default_rng(0)
    knots, heights = np.sort(rng.random(9)), rng.normal(size=9)
    low, high, cells = -0.25, 1.5, 137
    xs = [low + (high - low) * i / cells for i in range(cells + 1)]
    ys = [float(np.interp(x, knots, heights)) for x in xs]
    slopes = [(b - a) / ((high - low) / cells) for a, b in itertools.pairwise(ys)]
    pieces = 1 + sum(abs(b - a) > 1e-3 for a, b in itertools.pairwise(slopes))
    assert sampled_regions(lambda x: np.interp(x, knots, heights), (low, high), cells) == pieces


def test_there_must_be_cells() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        sampled_regions(lambda x: x, cells=0)
