"""ONNX files made here, read, and held to torch; the reader holds each to the format's reference implementation."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from onnx_cases import CASES, IMAGE, W, array, model, one, points, written

import nnexpr
from nnexpr import InputError
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.network import Network
from nnexpr.networks.onnx.operators import OPERATORS


def perceptron(folder: Path, **options: Any) -> Path:
    """What an exported stack of three layers looks like, in single precision."""
    sizes = [5, 7, 7, 2]
    weights = {f"w{i}": array(b, a).astype(np.float32) for i, (a, b) in enumerate(pairwise(sizes))}
    biases = {f"b{i}": array(b).astype(np.float32) for i, b in enumerate(sizes[1:])}
    nodes = [helper.make_node("Sub", ["x", "mean"], ["h"]), helper.make_node("Flatten", ["h"], ["a0"])]
    for i in range(3):
        nodes.append(
            helper.make_node("Gemm", [f"a{i}", f"w{i}", f"b{i}"], ["y" if i == 2 else f"z{i}"], transB=1)
        )
        nodes += [helper.make_node("Relu", [f"z{i}"], [f"a{i + 1}"], name=f"relu{i}")] * (i < 2)
    mean = {"mean": array(1, 1, 1, 5).astype(np.float32)}
    made = model(nodes, weights | biases | mean, (1, 1, 1, 5), kind=TensorProto.FLOAT)
    path = folder / "perceptron.onnx"
    onnx.save(made, path, **options)
    return path


def test_a_plain_stack_is_a_network(tmp_path: Path) -> None:
    network = nnexpr.from_onnx(perceptron(tmp_path))
    assert isinstance(network, Network)
    assert [(layer.inputs, layer.outputs, layer.activation) for layer in network.layers] == [
        (5, 7, "relu"), (7, 7, "relu"), (7, 2, "identity"),
    ]  # fmt: skip


def test_weights_in_another_file_of_the_folder(tmp_path: Path) -> None:
    whole = nnexpr.from_onnx(perceptron(tmp_path))
    apart = perceptron(tmp_path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert isinstance(whole, Network)
    found = nnexpr.from_onnx(apart)
    assert isinstance(found, Network)
    assert torch.equal(found.parameters, whole.parameters)
    (tmp_path / "weights.bin").write_bytes(b"short")
    with pytest.raises(InputError, match="ends behind the file"):
        nnexpr.from_onnx(apart)


@pytest.mark.parametrize(
    "location", ["../weights.bin", "/etc/passwd", "", "inner/../../weights.bin", "link.bin"]
)
def test_no_file_outside_the_folder_is_read(location: str, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(bytes(10_000))
    folder = tmp_path / "inner"
    folder.mkdir()
    (folder / "link.bin").symlink_to(tmp_path / "weights.bin")
    made = one("Add", {"c": array(8)})
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location
    (folder / "net.onnx").write_bytes(made.SerializeToString())
    with pytest.raises(InputError, match="not in its folder"):
        nnexpr.from_onnx(folder / "net.onnx")


def test_a_place_that_is_not_piecewise_linear_is_named_or_cut_off(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["r"], name="layer1/act"),
        helper.make_node("Softmax", ["r"], ["s"], name="head/softmax", axis=1),
        helper.make_node("Gelu", ["s"], ["y"]),
    ]
    path = written(model(nodes, {}, opset=20), tmp_path)
    with pytest.raises(
        InputError, match=r"head/softmax \(Softmax\): it is not piecewise linear.*up_to='head/softmax'"
    ):
        nnexpr.from_onnx(path)
    x = points()
    for place in ("head/softmax", "s"):
        graph = nnexpr.from_onnx(path, up_to=place)
        assert isinstance(graph, Graph)
        torch.testing.assert_close(graph(x)[0], x.relu().flatten(1))
        assert graph.names == ("input", "layer1/act")
    with pytest.raises(InputError, match="up_to is nowhere: it must be one of layer1/act, head/softmax, y"):
        nnexpr.from_onnx(path, up_to="nowhere")


def two_inputs() -> onnx.ModelProto:
    made = one("Relu")
    made.graph.input.append(helper.make_tensor_value_info("z", TensorProto.DOUBLE, [1]))
    return made


def two_outputs() -> onnx.ModelProto:
    made = one("Relu")
    made.graph.output.append(helper.make_tensor_value_info("z", TensorProto.DOUBLE, [1]))
    return made


def doubled() -> onnx.ModelProto:
    """Which makes no numbers, but twice as many places each time."""
    names = ["x", *(f"c{k}" for k in range(40)), "y"]
    return model([helper.make_node("Concat", [a, a], [b], axis=1) for a, b in pairwise(names)], {})


def functions(calls: dict[str, list[str]]) -> onnx.ModelProto:
    """Each calls others, of which those that are not there are a ReLU; the first one is called."""
    words = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    made = model([helper.make_node(next(iter(calls)), ["x"], ["y"], domain="own")], {})
    made.opset_import.append(words[1])
    for name, called in calls.items():
        steps = ["in", *(f"s{k}" for k in range(len(called) - 1)), "out"]
        nodes = [
            helper.make_node(each, [a], [b], domain="own")
            if each in calls
            else helper.make_node("Relu", [a], [b])
            for each, (a, b) in zip(called, pairwise(steps), strict=True)
        ]
        made.functions.append(helper.make_function("own", name, ["in"], ["out"], nodes, words))
    return made


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (one("Mul", {}, opset=17), "Mul"),
        (model([helper.make_node("Mul", ["x", "x"], ["y"], name="gate")], {}), "gate (Mul): it is a product"),
        (model([helper.make_node("Div", ["c", "x"], ["y"])], {"c": array(8)}), "divides by what depends"),
        (model([helper.make_node("Relu", ["nothing"], ["y"])], {}), "which no node before it gives"),
        (model([helper.make_node("Cast", ["x"], ["y"], to=TensorProto.INT64)], {}), "whole numbers"),
        (model([helper.make_node("Identity", ["c"], ["y"])], {"c": array(8)}), "does not depend on its input"),
        (model([helper.make_node("Relu", ["x"], ["y"], domain="com.microsoft")], {}), "com.microsoft are not known"),
        (model([helper.make_node("Relu", ["x"], ["y"])], {}, shape=("n", 3, "height", "width")), "give input_shape"),
        (one("MaxPool", kernel_shape=[2, 2], strides=[0, 1]), "MaxPool"),
        (one("Shrink", lambd=0.5), "Shrink): it jumps"),
        (one("ThresholdedRelu"), "ThresholdedRelu): it jumps"),
        (one("Resize", {"roi": np.zeros(8), "scales": np.ones(4, dtype=np.float32)},
             coordinate_transformation_mode="tf_crop_and_resize"), "cuts out a region"),
        (one("Resize", {"roi": np.zeros(0), "scales": np.full(4, 2, dtype=np.float32)}, mode="cubic"), "it is cubic"),
        (one("Resize", {"roi": np.zeros(0), "scales": np.array([1, 1, 1e5, 1e5], dtype=np.float32)}), "at most"),
        (one("AveragePool", kernel_shape=[0, 2]), "AveragePool"),
        (one("AveragePool", kernel_shape=[9, 9]), "AveragePool"),
        (one("Conv", {"w": W}, group=2, dilations=[0, -1]), "Conv"),
        (one("Conv", {"w": W}, group=0), "Conv"),
        (one("Transpose", perm=[0, 0, 1, 2]), "Transpose"),
        (two_inputs(), "2 inputs (x, z)"),
        (two_outputs(), "2 outputs (y, z)"),
        (one("Tile", {"r": np.array([1, 10**6, 10**6, 1])}), "at most"),
        (one("Expand", {"r": np.array([10**9, 4, 6, 8])}), "at most"),
        (one("Pad", {"p": np.array([0, 0, 10**9, 0, 0, 0, 0, 0])}), "at most"),
        (one("Conv", {"w": W}, pads=[10**9] * 4, group=2), "at most"),
        (model([helper.make_node("ConstantOfShape", ["s"], ["c"]), helper.make_node("Add", ["x", "c"], ["y"])],
               {"s": np.array([10**6, 10**6])}), "at most"),
        (model([helper.make_node("Relu", ["x"], ["y"])], {}, shape=(1, 2**40, 2**40)), "at most"),
        (one("AveragePool", kernel_shape=[3000, 3000], pads=[2000] * 4, count_include_pad=1), "products a point"),
        (doubled(), "at most"),
        (one("Slice", {"from": np.array([3]), "to": np.array([3]), "axes": np.array([1])}), "its output is empty"),
        (one("LeakyRelu", alpha=np.nan), "slopes or limits that are no numbers"),
        (one("Add", {"c": array(8) * (1 + 1j)}), "complex numbers"),
        (model([helper.make_node("Identity", ["x"], ["y"])], {}, kind=TensorProto.STRING), "its input is text"),
        (model([helper.make_node("Gemm", ["x"], ["y"])], {}), "an input is missing"),
        (functions({"F": ["F"]}), "its function 'F' calls itself"),
        (functions({f"F{k}": [f"F{k + 1}"] * 2 for k in range(40)}), "its functions stand for"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_a_sentence(
    made: onnx.ModelProto, said: str, tmp_path: Path
) -> None:
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    with pytest.raises(InputError, match=re.escape(said)) as raised:
        nnexpr.from_onnx(tmp_path / "net.onnx")
    assert raised.value.option == "file"
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"not a model at all", "not an ONNX file"), (b"<html></html>", "a web page"),
     (b"PK\x03\x04....", "a zip archive"), (b"\x08\x08", "not an ONNX file")],
)  # fmt: skip
def test_other_files_are_called_what_they_are(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(content)
    with pytest.raises(InputError, match=said):
        nnexpr.from_onnx(tmp_path / "a.onnx")
    with pytest.raises(InputError, match="no such file"):
        nnexpr.from_onnx(tmp_path / "b.onnx")


def test_an_open_size_may_be_given(tmp_path: Path) -> None:
    path = written(model([helper.make_node("GlobalMaxPool", ["x"], ["y"])], {}, ("n", 3, "h", "w")), tmp_path)
    graph = nnexpr.from_onnx(path, input_shape=(3, 4, 5))
    assert isinstance(graph, Graph)
    assert graph.input_shape == (3, 4, 5)


def test_a_file_whose_graph_gives_other_values_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a reader with a mistake would make: here a slope of 0.2500001 in place of 0.25."""
    made, _ = CASES["LeakyRelu"]
    wrong = OPERATORS["LeakyRelu"]
    monkeypatch.setitem(
        OPERATORS,
        "LeakyRelu",
        lambda call: wrong(type(call)(call.draft, call.inputs, {"alpha": 0.2500001}, call.opset)),
    )
    with pytest.raises(InputError, match="gives other values than its operators do"):
        nnexpr.from_onnx(written(made, tmp_path))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_random_graphs(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nodes upon any earlier ones of a fitting shape; the file's own reference implementation is the oracle."""
    rng = np.random.default_rng(seed)
    nodes, constants, shapes = [], {}, {"x": IMAGE}
    for number in range(8):
        below = str(rng.choice(list(shapes)))
        channels, height, width = shapes[below]
        name, shape = f"n{number}", shapes[below]
        same = [other for other, its in shapes.items() if its == shape]
        match rng.integers(7):
            case 0:
                constants[f"w{number}"] = rng.standard_normal((3, channels, 2, 2))
                nodes.append(helper.make_node("Conv", [below, f"w{number}"], [name], pads=[0, 1, 1, 1]))
                shape = (3, height, width + 1)
            case 1:
                nodes.append(helper.make_node("Relu", [below], [name]))
            case 2:
                constants[f"s{number}"] = rng.standard_normal((channels, 1, 1))
                nodes.append(helper.make_node("PRelu", [below, f"s{number}"], [name]))
            case 3:
                nodes.append(helper.make_node("Add", [below, str(rng.choice(same))], [name]))
            case 4:
                nodes.append(helper.make_node("Max", [below, str(rng.choice(same))], [name]))
            case 5:
                nodes.append(helper.make_node("Concat", [below, str(rng.choice(same))], [name], axis=1))
                shape = (2 * channels, height, width)
            case 6:
                nodes.append(
                    helper.make_node("MaxPool", [below], [name], kernel_shape=[2, 2], pads=[1, 0, 0, 1])
                )
        shapes[name] = shape
    nodes.append(helper.make_node("Flatten", [f"n{number}"], ["y"]))
    made = model(nodes, constants)
    graph = nnexpr.from_onnx(written(made, tmp_path_factory.mktemp("random")))
    x = points(2)
    reference = onnx.reference.ReferenceEvaluator(made)
    told = np.concatenate([reference.run(None, {"x": point[None].numpy()})[0] for point in x])
    np.testing.assert_allclose(graph(x.numpy())[0], told, rtol=1e-11, atol=1e-11)


@settings(max_examples=60, deadline=None)
@given(places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_file_is_read_or_refused_in_a_sentence(
    places: list[tuple[float, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Bytes changed anywhere: what is not refused is still held to the reference implementation."""
    made, _ = CASES["shapes that are computed"]
    content = bytearray(made.SerializeToString())
    for place, byte in places:
        content[int(place * (len(content) - 1))] = byte
    path = tmp_path_factory.mktemp("damaged") / "net.onnx"
    path.write_bytes(content)
    with suppress(InputError):
        nnexpr.from_onnx(path)


@pytest.mark.parametrize("number", [np.nan, np.inf, 1e200])
def test_weights_that_are_not_finite_are_refused(number: float, tmp_path: Path) -> None:
    weights = array(3, 192)
    weights[1, 5] = number
    nodes = [helper.make_node("Flatten", ["x"], ["f"]), helper.make_node("Gemm", ["f", "w"], ["y"], transB=1)]
    path = written(model(nodes, {"w": weights}), tmp_path)
    if np.isfinite(number):
        assert nnexpr.from_onnx(path).inputs == 192
    else:
        with pytest.raises(InputError, match="y has weights that are not finite"):
            nnexpr.from_onnx(path)


def test_no_sentence_moves_the_cursor(tmp_path: Path) -> None:
    path = written(model([helper.make_node("Re\x1b[2Jlu", ["x"], ["y"], name="a\nb\x1b[0m")], {}), tmp_path)
    with pytest.raises(InputError) as raised:
        nnexpr.from_onnx(path)
    assert str(raised.value).isprintable()
