"""Every operator of ONNX that is read: held to torch on random points, and to rational arithmetic on whole numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from exact_cells import Function, told_by
from onnx import helper, numpy_helper
from onnx_cases import BENDS, CASES, IMAGE, model, points, written
from whole_networks import Whole

import nnexpr
from nnexpr.networks.onnx.arrays import MOVING
from nnexpr.networks.onnx.operators import OPERATORS


@pytest.mark.parametrize("name", CASES)
def test_every_operator_is_that_of_torch(name: str, tmp_path: Path) -> None:
    made, of_torch = CASES[name]
    found = nnexpr.from_onnx(written(made, tmp_path))
    x = points()
    told = torch.cat([of_torch(point[None]).reshape(1, -1) for point in x])
    torch.testing.assert_close(found(x)[0], told, rtol=1e-12, atol=1e-12)
    assert found.inputs == 192


def test_every_operator_that_is_declared_is_a_case() -> None:
    tried = {node.op_type for made, _ in CASES.values() for node in made.graph.node}
    assert {*OPERATORS, *MOVING} - tried == set()


def within(whole: Whole, operator: onnx.ModelProto) -> onnx.ModelProto:
    """The operator's nodes between the layers of a network of whole numbers."""
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in operator.graph.initializer}
    for number, (weights, shifts) in enumerate(whole.layers):
        constants |= {f"layer{number}": weights.T.astype(float), f"shift{number}": shifts.astype(float)}
    constants |= {"image": np.array([1, *whole.shape]), "row": np.array([1, -1])}

    def layer(number: int, given: str, made: str) -> list[onnx.NodeProto]:
        product = helper.make_node("MatMul", [given, f"layer{number}"], [f"product{number}"])
        return [product, helper.make_node("Add", [f"product{number}", f"shift{number}"], [made])]

    renamed = {"x": "given", "y": "made"}
    inner = []
    for node in operator.graph.node:
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        copy.input[:] = [renamed.get(name, name) for name in node.input]
        copy.output[:] = [renamed.get(name, name) for name in node.output]
        inner.append(copy)
    nodes = [
        *layer(0, "x", "hidden"), helper.make_node("Relu", ["hidden"], ["bent"]),
        *layer(1, "bent", "numbers"), helper.make_node("Reshape", ["numbers", "image"], ["given"]),
        *inner, helper.make_node("Reshape", ["made", "row"], ["flat"]),
        *layer(2, "flat", "read"), helper.make_node("Relu", ["read"], ["heard"]), *layer(3, "heard", "y"),
    ]  # fmt: skip
    return model(nodes, constants, (1, 3), opset=operator.opset_import[0].version)


@pytest.mark.parametrize("name", CASES)
def test_every_operator_on_lines_and_in_a_plane_is_the_exact_one(name: str, tmp_path: Path) -> None:
    made, of_torch = CASES[name]
    function: Function = BENDS.get(name) or told_by(of_torch, IMAGE)
    whole = Whole(function, IMAGE, seed=0)
    network = nnexpr.from_onnx(written(within(whole, made), tmp_path))
    for _ in range(2):
        whole.assert_counted_on_a_line(network)
    whole.assert_counted_in_a_plane(network)
