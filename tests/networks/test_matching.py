"""Networks of as many parameters: by the closed count, against their neighbours in width."""

from __future__ import annotations

import pytest
import torch

import nnexpr
from nnexpr import InputError
from nnexpr.networks.matching import matching_mlp, nearest_width
from nnexpr.theory.cost import parameter_count


@pytest.mark.parametrize("depth", [2, 3, 6])
@pytest.mark.parametrize(("inputs", "outputs"), [(1, 1), (2, 3)])
def test_no_other_width_is_nearer(depth: int, inputs: int, outputs: int) -> None:
    for parameters in (1, 5, 97, 4816, 10_816, 142_236):
        width = nearest_width(parameters, depth, inputs, outputs)
        assert width >= 1
        off = {
            w: abs(parameter_count([inputs, *[w] * (depth - 1), outputs]) - parameters)
            for w in range(max(1, width - 2), width + 3)
        }
        assert min(off, key=lambda w: (off[w], w)) == width


def test_an_exact_count_is_met() -> None:
    for width in (1, 2, 17, 300):
        assert nearest_width(parameter_count([2, width, width, width, 1]), 4, inputs=2) == width


@pytest.mark.parametrize(("count", "wanted"), [("trained", 4816), ("total", 10_816)])
def test_an_mmnn_has_a_fully_connected_counterpart(count: str, wanted: int) -> None:
    beside = nnexpr.mmnn(300, 5, 4, activation="sine", members=3, seed=7, dtype="float64")
    alike = nnexpr.matching_mlp(beside, count)
    assert [layer.activation for layer in alike.layers] == ["sine"] * 4 + ["identity"]
    assert alike.trained_parameter_count == alike.parameter_count == pytest.approx(wanted, rel=0.03)
    assert (alike.seeds, alike.parameters.dtype) == ((7, 8, 9), torch.float64)


def test_what_is_given_goes_before_and_an_encoding_is_kept() -> None:
    beside = nnexpr.mmnn(20, 3, 2, inputs=2, encoding_bands=2, encoding_raw=True, domain=(-1.0, 2.0))
    alike = matching_mlp(beside, depth=4, activation="tanh", members=2, seed=5)
    assert alike.encoding == beside.encoding
    assert (len(alike.layers), alike.layers[0].activation, alike.seeds) == (4, "tanh", (5, 6))
    assert abs(alike.parameter_count / beside.parameter_count - 1) < 0.1


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="depth is 1: a network without hidden layers has no width"):
        nearest_width(10, 1)
    with pytest.raises(InputError, match="hidden layers of 65,536 units have 196,609; give a greater depth"):
        nearest_width(196_610, 2)
    assert nearest_width(196_609, 2) == 65_536
    with pytest.raises(InputError, match="count is all: it must be trained or total"):
        matching_mlp(nnexpr.mmnn(5, 2, 2), "all")  # type: ignore[arg-type]


def test_residual_channels_are_no_parameters_to_be_matched() -> None:
    plain, residual = (nnexpr.mmnn(40, 6, 15, residual=flag) for flag in (False, True))
    for count in ("trained", "total"):
        assert matching_mlp(residual, count).layers == matching_mlp(plain, count).layers
        assert not any(layer.adds for layer in matching_mlp(residual, count).layers)
