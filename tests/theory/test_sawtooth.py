"""Depth against width on the line: the formulas against counted networks."""

from __future__ import annotations

import numpy as np
import pytest

from nnexpr import linear_regions, tent
from nnexpr.theory.sawtooth import alternation_error, least_width, most_pieces, telgarsky_pieces


@pytest.mark.parametrize("folds", [1, 2, 5, 9])
def test_the_tent_has_as_many_units_and_parameters_and_pieces(folds: int) -> None:
    network = tent(folds)
    assert network.parameter_count == 4 + 6 * (folds - 1) + 3
    assert network.architecture.hidden_widths == (2,) * folds
    assert linear_regions(network)[0].count == 2**folds <= most_pieces(2, folds)


@pytest.mark.parametrize("layers", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("pieces", [1, 2, 3, 64, 65, 2**20, 10**30])
def test_the_least_width_is_enough_and_one_less_is_not(pieces: int, layers: int) -> None:
    width = least_width(pieces, layers)
    assert most_pieces(width, layers) >= pieces
    assert width == 1 or most_pieces(width - 1, layers) < pieces
    assert telgarsky_pieces(width, layers) >= most_pieces(width, layers)


@pytest.mark.parametrize(("points", "pieces"), [(16, 1), (32, 3), (64, 6), (64, 15)])
def test_no_function_of_few_pieces_is_wrong_on_fewer_points(points: int, pieces: int) -> None:
    """A linear piece crosses 1/2 once, so rounding leaves at most 2 runs a piece: the best such labels, exactly."""
    runs = 2 * pieces
    least = np.full((2, runs + 1), points)  # the fewest errors so far: label now, runs begun
    least[:, 1] = 0
    for label in np.arange(points) % 2:
        switched = np.roll(least[::-1], 1, axis=1)
        switched[:, 0] = points
        least = np.minimum(least, switched) + np.array([[label != 0], [label != 1]])
    assert least.min() / points >= alternation_error(points, pieces)
    assert alternation_error(64, 15) > 0 == alternation_error(8, 8)


def test_numbers_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="layers is 0"):
        least_width(4, 0)


def test_the_formulas_of_print() -> None:
    assert [telgarsky_pieces(5, 3), telgarsky_pieces(5, 3, kinks=2)] == [10**3, 15**3]
    assert [alternation_error(16, 1), alternation_error(100, 10), alternation_error(4, 1)] == [0.25, 0.2, 0.0]
