"""Constructed networks: counted exactly, they have the regions that the bounds allow."""

from __future__ import annotations

from math import prod

import pytest

from nnexpr import linear_regions, plane_regions
from nnexpr.regions.bounds import hyperplanes, lower_bound, serra_bound, upper_bound
from nnexpr.theory.folding import folded_regions, folding_network


@pytest.mark.parametrize("widths", [[3], [4], [3, 3, 3], [3, 4, 5], [8, 7], [5, 3, 6, 4], [31, 17]])
def test_on_the_line_the_upper_bound_is_attained(widths: list[int]) -> None:
    count = linear_regions(folding_network(widths))[0].count
    assert count == folded_regions(widths) == upper_bound(widths) == prod(width + 1 for width in widths)


@pytest.mark.parametrize("widths", [[1], [2, 2], [1, 3], [4, 2, 3], [2, 2, 2, 2]])
def test_narrow_layers_fold_the_interval_as_montufar_does(widths: list[int]) -> None:
    count = linear_regions(folding_network(widths))[0].count
    assert count == folded_regions(widths) == prod(widths)


@pytest.mark.parametrize("widths", [[3], [4], [7], [8], [2, 3], [4, 4], [6, 5], [7, 6], [3, 4, 5], [6, 6, 4]])
def test_in_the_plane_the_count_is_between_the_bounds(widths: list[int]) -> None:
    cells = plane_regions(folding_network(widths, 2))
    assert cells.count == folded_regions(widths, 2)
    assert cells.check.euler == 1
    assert lower_bound(widths, 2) <= cells.count <= serra_bound(widths, 2)


@pytest.mark.parametrize("units", [3, 4, 5, 8, 11])
def test_one_layer_in_the_plane_is_a_simple_arrangement(units: int) -> None:
    assert (
        plane_regions(folding_network([units], 2)).count == hyperplanes(units, 2) == serra_bound([units], 2)
    )


def test_deep_ones_pass_the_hyperplane_count() -> None:
    assert folded_regions([6, 6, 6], 2) > hyperplanes(18, 2)
    assert folded_regions([3, 3, 3], 1) > hyperplanes(9, 1)


@pytest.mark.parametrize(("widths", "inputs"), [([3], 3), ([1, 3], 2), ([3, 2], 2), ([], 1)])
def test_what_cannot_be_made_is_refused(widths: list[int], inputs: int) -> None:
    with pytest.raises(ValueError, match=r"inputs is 3|widths are"):
        folding_network(widths, inputs)
