"""Counting formulas, against torch's modules and by enumeration."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from torch import nn

from nnexpr.theory.cost import equal_shapes, forward_operations, parameter_count


@pytest.mark.parametrize("widths", [[1, 1], [3, 5, 2], [2, 8, 8, 8, 1], [784, 30, 10]])
def test_parameters_are_those_of_torch(widths: list[int]) -> None:
    layers = [nn.Linear(below, above) for below, above in pairwise(widths)]
    assert parameter_count(widths) == sum(p.numel() for layer in layers for p in layer.parameters())
    assert forward_operations(widths) == 2 * sum(layer.weight.numel() for layer in layers)


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize(("inputs", "outputs"), [(1, 1), (2, 3)])
def test_equal_shapes_are_all_of_them(layers: int, inputs: int, outputs: int) -> None:
    parameters = 62
    every = [
        widths
        for widths in product(range(1, 25), repeat=layers)
        if parameter_count([inputs, *widths, outputs]) == parameters
    ]
    assert sorted(equal_shapes(parameters, layers, inputs, outputs)) == every


def test_bad_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="each at least 1"):
        parameter_count([3, 0, 1])
    with pytest.raises(ValueError, match="must be 1, 2 or 3"):
        list(equal_shapes(97, 4))
