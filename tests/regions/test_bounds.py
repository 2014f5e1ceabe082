"""Bounds on the number of regions, against enumeration and against networks."""

from __future__ import annotations

from itertools import product
from math import comb, prod

import pytest

from nnexpr import mlp, plane_regions
from nnexpr.regions.bounds import hyperplanes, lower_bound, serra_bound, upper_bound
from nnexpr.runs.scene import scene_of
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import session_of


def cells_of_an_arrangement(units: int, inputs: int) -> int:
    """By deletion and restriction: one more hyperplane is itself cut into the cells of one dimension less."""
    if units == 0 or inputs == 0:
        return 1
    return cells_of_an_arrangement(units - 1, inputs) + cells_of_an_arrangement(units - 1, inputs - 1)


@pytest.mark.parametrize("inputs", [1, 2, 3, 5])
def test_hyperplanes_follow_the_recursion(inputs: int) -> None:
    assert all(hyperplanes(n, inputs) == cells_of_an_arrangement(n, inputs) for n in range(1, 9))


@pytest.mark.parametrize(
    ("widths", "inputs"), [([3, 4], 2), ([2, 5, 3], 2), ([4, 4, 4], 3), ([1, 6], 2), ([5, 2], 1)]
)
def test_serra_is_the_printed_sum(widths: list[int], inputs: int) -> None:
    total = 0
    for j in product(*(range(width + 1) for width in widths)):
        left = [inputs, *(width - used for width, used in zip(widths, j, strict=True))]
        if all(j[layer] <= min(left[: layer + 1]) for layer in range(len(widths))):
            total += prod(comb(width, used) for width, used in zip(widths, j, strict=True))
    assert serra_bound(widths, inputs) == total


def test_the_bounds_agree_where_they_must() -> None:
    for inputs in (1, 2, 3):
        assert serra_bound([7], inputs) == hyperplanes(7, inputs) == lower_bound([7], inputs)
    assert serra_bound([3, 4, 5], 1) == upper_bound([3, 4, 5]) == 4 * 5 * 6
    assert upper_bound([2, 2], kinks=3) == 49


@pytest.mark.parametrize("kinks", [1, 2, 3])
@pytest.mark.parametrize("inputs", [1, 2, 3])
def test_families_of_parallel_hyperplanes_follow_the_recursion(kinks: int, inputs: int) -> None:
    """One more hyperplane is cut by the other families into the cells that these make in one dimension less."""

    def cells(units: int, dimension: int) -> int:
        if units == 0 or dimension == 0:
            return 1
        return cells(units - 1, dimension) + kinks * cells(units - 1, dimension - 1)

    assert all(upper_bound([n], kinks, inputs) == cells(n, inputs) for n in range(1, 8))
    assert upper_bound([2, 5, 4], kinks, inputs) == cells(2, inputs) * cells(5, min(inputs, 2)) * cells(
        4, min(inputs, 2)
    )


def test_leaky_networks_are_held_to_a_bound_in_which_no_unit_is_off() -> None:
    """Serra's counts the dimensions that ReLU loses with every unit that is off; a leaky one loses none."""
    for activation, bound in (
        ("relu", serra_bound([16, 16], 2)),
        ("leaky_relu", upper_bound([16, 16], 1, 2)),
    ):
        options = FitSpecification(target="star2d", activation=activation, epochs=1)
        assert scene_of(session_of(options)).upper_bound == bound
    for seed in range(40):
        network = mlp(depth=3, width=(3, 8), inputs=2, activation="leaky_relu", dtype="float64", seed=seed)
        network.affine(0)[0, :, -1] *= 0.1
        assert plane_regions(network, ((-50.0, 50.0), (-50.0, 50.0))).count <= upper_bound([3, 8], 1, 2)
    assert serra_bound([3, 8], 2) < upper_bound([3, 8], 1, 2) == 7 * 37


@pytest.mark.parametrize("inputs", [1, 2, 3])
def test_the_lower_bound_is_below_and_deep_networks_pass_the_shallow_count(inputs: int) -> None:
    widths = [6] * 6
    assert lower_bound(widths, inputs) <= serra_bound(widths, inputs)
    assert lower_bound(widths, inputs) > hyperplanes(sum(widths), inputs)


def test_bounds_are_exact_integers_however_large() -> None:
    assert upper_bound([99] * 200) == 10**400
    assert lower_bound([10] * 50) == 10**49 * 11


def test_layers_are_needed() -> None:
    with pytest.raises(ValueError, match="at least 1 wide"):
        upper_bound([3, 0])
    with pytest.raises(ValueError, match="a bound needs layers"):
        serra_bound([])
