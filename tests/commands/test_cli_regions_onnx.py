"""``regions`` of an ONNX file with a convolution and a maximum: what is told of a segment or a plane is the module."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pytest
import torch

import nnexpr

SIDE, CLASSES = 6, 3


@pytest.fixture
def module():
    torch.manual_seed(1)
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(8, CLASSES),
    ).double()


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(-2, 2, (3, 1, SIDE, SIDE))


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch, module, images):
    monkeypatch.chdir(tmp_path)
    nnexpr.to_onnx(nnexpr.from_torch(module, input_shape=(1, SIDE, SIDE)), "net.onnx")
    np.save("images.npy", images)


def document(done):
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_the_segment_between_two_images_bends_where_the_module_does(run, module, images):
    found = document(run("regions", "net.onnx", "--between", "images.npy:0", "images.npy:1", "--json"))
    [member] = found["members"]
    t = np.linspace(0, 1, 20_001)
    with torch.no_grad():
        y = module(torch.from_numpy(images[0] + t[:, None, None, None] * (images[1] - images[0]))).numpy()
    turns = np.flatnonzero(np.abs(np.diff(y, 2, axis=0)).max(axis=1) > 1e-10)
    expected = [
        t[group.mean().astype(int) + 1] for group in np.split(turns, np.flatnonzero(np.diff(turns) > 1) + 1)
    ]
    np.testing.assert_allclose(member["positions"], expected, atol=2e-4)
    assert member["certified"] is True


def test_the_plane_of_three_images_has_every_class_and_a_certificate(run, module, images):
    place = ("--plane", "images.npy:0", "images.npy:1", "images.npy:2", "--domain", 0, 1)
    [member] = document(run("regions", "net.onnx", *place, "--of", "argmax", "--json"))["members"]
    s, t = (each[..., None, None, None] for each in np.meshgrid(*[np.linspace(0, 1, 101)] * 2))
    with torch.no_grad():
        inputs = images[0] + s * (images[1] - images[0]) + t * (images[2] - images[0])
        largest = module(torch.from_numpy(inputs.reshape(-1, 1, SIDE, SIDE))).argmax(-1).numpy()
    assert set(np.unique(largest).tolist()) <= set(member["classes"])
    assert member["decision_regions"] >= len(np.unique(largest))
    assert member["certified"] is True
    assert member["euler"] == 1
    [cells] = document(run("regions", "net.onnx", *place, "--json"))["members"]
    assert member["cells"] >= cells["cells"] >= cells["linear_regions"] > 5


def test_up_to_a_node_the_outputs_are_what_it_is_given(run):
    product = [node for node in onnx.load("net.onnx").graph.node if node.op_type in ("Gemm", "MatMul")][-1]
    place = ("--between", "images.npy:0", "images.npy:1", "--json")
    assert run("regions", "net.onnx", *place, "--of", f"output:{CLASSES}").exit_code == 2
    cut = ("--up-to", product.name or product.output[0])
    [member] = document(run("regions", "net.onnx", *place, *cut, "--of", f"output:{CLASSES}"))["members"]
    assert member["linear_regions"] >= 1
    assert run("regions", "net.onnx", *place, "--up-to", "nowhere").exit_code == 2


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ((), "--between"),
        (("--domain", "0", "1"), "--plane"),
        (("--activation", "relu", "--between", "images.npy:0", "images.npy:1"), "--activation"),
        (("--between", "images.npy:0", "1,2,3"), "36 inputs"),
    ],
)
def test_what_an_onnx_file_does_not_take_is_refused(run, options, named):
    done = run("regions", "net.onnx", *options)
    assert done.exit_code == 2
    assert named in done.stderr
