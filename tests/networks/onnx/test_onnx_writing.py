"""Networks and graphs written as ONNX files: run by the format's reference implementation, and read again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from adding import random_adding, random_layers
from onnx.reference import ReferenceEvaluator
from torch import nn

import nnexpr
from nnexpr import InputError
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.network import Network

SMOOTH = ["sigmoid", "tanh", "sine", "elu", "relu2", "gelu"]
BENT = ["relu", "leaky_relu", "leaky_relu:-0.3", "hat", "hardtanh"]


def run(path: Path, x: np.ndarray) -> np.ndarray:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    (made,) = ReferenceEvaluator(model).run(None, {"x": x})
    return np.asarray(made)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", [*SMOOTH, *BENT])
def test_a_network_is_written_as_it_is(activation: str, dtype: str, tmp_path: Path) -> None:
    network = random_adding(
        random_layers(np.random.default_rng(1), [activation], inputs=3), members=2, seed=4
    )
    network = network.to(dtype=getattr(torch, dtype))
    nnexpr.to_onnx(network, tmp_path / "net.onnx", member=1)
    x = np.random.default_rng(0).standard_normal((40, 3)).astype(dtype)
    made = run(tmp_path / "net.onnx", x)
    assert made.dtype == dtype
    close = 1e-4 if dtype == "float32" else 1e-12
    if activation == "gelu":
        close = max(close, 1e-5)  # the reference implementation's erf is of single precision
    np.testing.assert_allclose(made, network(x)[1], rtol=close, atol=close)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu:0.25"])
def test_a_network_comes_back(activation: str, tmp_path: Path) -> None:
    network = nnexpr.mlp(
        depth=4, width=(5, 6, 7), inputs=2, outputs=3, activation=activation, dtype="float64"
    )
    nnexpr.to_onnx(network, tmp_path / "net.onnx")
    again = nnexpr.from_onnx(tmp_path / "net.onnx")
    assert isinstance(again, Network)
    assert torch.equal(again.parameters, network.parameters)
    assert [layer.activation for layer in again.layers] == [layer.activation for layer in network.layers]


def test_a_graph_is_written_and_comes_back(tmp_path: Path) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.ZeroPad2d((1, 0, 2, 0)), nn.Conv2d(2, 4, 3, 2, groups=2), nn.PReLU(4), nn.MaxPool2d(2, 1, 1),
        nn.Hardtanh(-0.5, 2.0), nn.Conv2d(4, 4, 1), nn.AvgPool2d(3, 2, 1, count_include_pad=False), nn.Softshrink(0.1),
    ).double()  # fmt: skip
    graph = nnexpr.from_torch(module, (2, 7, 6))
    assert isinstance(graph, Graph)
    nnexpr.to_onnx(graph, tmp_path / "net.onnx")
    x = np.random.default_rng(0).standard_normal((10, 2, 7, 6))
    told = module(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(run(tmp_path / "net.onnx", x), told, rtol=1e-12, atol=1e-12)
    again = nnexpr.from_onnx(tmp_path / "net.onnx")
    assert isinstance(again, Graph)
    assert (again.input_shape, again.output_shape) == (graph.input_shape, graph.output_shape)
    np.testing.assert_allclose(again(x)[0], told.reshape(10, -1), rtol=1e-12, atol=1e-12)


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="only networks of x itself"):
        nnexpr.to_onnx(nnexpr.mlp(encoding_bands=2), tmp_path / "net.onnx")
    with pytest.raises(InputError, match="from 0 to 0"):
        nnexpr.to_onnx(nnexpr.mlp(), tmp_path / "net.onnx", member=1)
    assert not (tmp_path / "net.onnx").exists()
