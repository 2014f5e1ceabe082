"""What a graph is made of, held to torch in float64 and to rational arithmetic on small integers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from adding import random_adding, random_layers
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from nnexpr import InputError
from nnexpr.activations import PiecewiseLinear
from nnexpr.networks.builders import mlp
from nnexpr.networks.graph.affine import (
    added,
    averaged,
    contracted,
    convolved,
    joined,
    multiplied,
    padded,
    scaled,
)
from nnexpr.networks.graph.bends import bent, clamped, larger, leaky, smaller
from nnexpr.networks.graph.chain import graph_of
from nnexpr.networks.graph.convolution import Convolution
from nnexpr.networks.graph.draft import Draft, Signal
from nnexpr.networks.graph.exact import exact_values
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.maps import Dense, Diagonal, LinearMap, Selection
from nnexpr.networks.graph.nodes import Affine, Input, Kinks, Maximum, Sum
from nnexpr.networks.graph.pooling import Windows, adaptive_max, adaptive_mean, pooled_max, pooled_mean

CLOSE = {"rtol": 1e-12, "atol": 1e-12}


def input_of(*shape: int) -> Signal:
    return Draft().input(shape)


def values_of(signal: Signal, x: np.ndarray) -> torch.Tensor:
    """What the graph of a signal gives at points ``(n, *input shape)``, in the signal's shape."""
    made = signal.draft.graph(signal)(x.reshape(len(x), -1))[0]
    return torch.from_numpy(made.reshape(len(x), *signal.shape[1:]))


def points(*shape: int, n: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, *shape))


def same(signal: Signal, x: np.ndarray, expected: torch.Tensor) -> None:
    found = values_of(signal, x)
    assert found.shape == expected.shape
    torch.testing.assert_close(found, expected, **CLOSE)


@st.composite
def geometries(draw: st.DrawFn) -> dict[str, object]:
    """A convolution that fits, in one or two dimensions."""
    dimensions = draw(st.integers(1, 2))
    each = st.tuples(*[st.integers(1, 3)] * dimensions)
    kernel, dilation, stride = draw(each), draw(each), draw(each)
    padding = draw(st.tuples(*[st.integers(0, 2)] * (2 * dimensions)))
    groups = draw(st.integers(1, 3))
    sizes = tuple(
        draw(st.integers(max(1, d * (k - 1) + 1 - before - behind), d * (k - 1) + 6))
        for k, d, before, behind in zip(
            kernel, dilation, padding[:dimensions], padding[dimensions:], strict=True
        )
    )
    return {
        "weights": (groups * draw(st.integers(1, 2)), draw(st.integers(1, 2)), *kernel),
        "sizes": sizes, "stride": stride, "padding": padding, "dilation": dilation, "groups": groups,
    }  # fmt: skip


def padded_by(x: torch.Tensor, padding: tuple[int, ...], value: float = 0.0) -> torch.Tensor:
    """``padding``: before each of the last axes, then behind each."""
    half = len(padding) // 2
    pairs = zip(padding[half - 1 :: -1], padding[: half - 1 : -1], strict=True)
    return functional.pad(x, [each for pair in pairs for each in pair], value=value)


@settings(deadline=None)
@given(geometries())
def test_a_convolution_is_that_of_torch(geometry: dict[str, object]) -> None:
    shape, groups, padding = geometry["weights"], geometry["groups"], geometry["padding"]
    weights, bias = points(*shape[1:], n=shape[0], seed=1), points(n=shape[0], seed=2)
    x = points(shape[1] * groups, *geometry["sizes"])
    options = {key: geometry[key] for key in ("stride", "dilation", "groups")}
    made = convolved(input_of(*x.shape[1:]), weights, bias, padding=padding, **options)
    convolve = functional.conv1d if len(shape) == 3 else functional.conv2d
    tensors = padded_by(torch.from_numpy(x), padding), torch.from_numpy(weights), torch.from_numpy(bias)
    same(made, x, convolve(*tensors, **options))


def maps() -> dict[str, LinearMap]:
    rng = np.random.default_rng(3)
    return {
        "dense": Dense(rng.standard_normal((7, 4))),
        "diagonal": Diagonal(rng.standard_normal(6)),
        "selection": Selection(np.array([3, -1, 0, 0, 2]), 4),
        "convolution": Convolution(
            rng.standard_normal((6, 2, 2, 3)), (4, 5, 6), (2, 1), (1, 0, 2, 1), (1, 2), 2
        ),
        "many channels": Convolution(
            rng.standard_normal((64, 32, 3, 3)), (64, 3, 4), (1, 2), (1, 0, 1, 2), (1, 1), 2
        ),
        "reach": Convolution(rng.standard_normal((1, 1, 3, 1)), (1, 9, 1), (4, 1)),
    }


@pytest.mark.parametrize("name", maps())
def test_a_map_its_entries_their_squares_and_sizes(name: str) -> None:
    linear = maps()[name]
    matrix = linear.apply(np.eye(linear.inputs))
    assert matrix.shape == (linear.inputs, linear.outputs)
    np.testing.assert_array_equal(linear.sparse().toarray(), matrix)
    np.testing.assert_array_equal(linear.squared.apply(np.eye(linear.inputs)), matrix**2)
    np.testing.assert_array_equal(linear.magnitudes.apply(np.eye(linear.inputs)), abs(matrix))
    many = np.random.default_rng(4).standard_normal((300, linear.inputs))
    np.testing.assert_allclose(linear.apply(many), many @ matrix, rtol=1e-12, atol=1e-12)


def test_a_convolution_in_many_blocks_of_rows() -> None:
    """More than are gathered at a time."""
    linear = Convolution(points(16, 3, 3, n=4), (16, 30, 30), (1, 1), (1, 1, 1, 1))
    x = points(linear.inputs, n=9)
    one_by_one = np.concatenate([linear.apply(row[None]) for row in x])
    np.testing.assert_allclose(linear.apply(x), one_by_one, rtol=1e-13, atol=1e-13)


POOLS = [
    Windows((3,), (2,), (1, 1), (1,)),
    Windows((2,), (3,), (0, 0), (2,)),
    Windows((3, 2), (2, 2), (1, 1, 1, 1), (1, 1)),
    Windows((3, 2), (2, 3), (1, 0, 1, 0), (1, 1), ceil=True),
    Windows((2, 2), (2, 2), (0, 0, 0, 0), (1, 1), ceil=True),
    Windows((2, 3), (1, 2), (1, 1, 1, 1), (2, 1), ceil=True),
    Windows((3, 3), (3, 3), (1, 1, 1, 1), (1, 1), ceil=True),
    Windows((1, 1), (2, 2), (0, 0, 0, 0), (1, 1)),
]


@pytest.mark.parametrize("windows", POOLS)
@pytest.mark.parametrize("size", [7, 8, 10])
def test_pooling_is_that_of_torch(windows: Windows, size: int) -> None:
    dimensions = len(windows.kernel)
    x = points(2, *(size, 9)[:dimensions])
    tensor, image = torch.from_numpy(x), input_of(*x.shape[1:])
    largest = functional.max_pool1d if dimensions == 1 else functional.max_pool2d
    means = functional.avg_pool1d if dimensions == 1 else functional.avg_pool2d
    options = {"stride": windows.stride, "padding": windows.padding[:dimensions], "ceil_mode": windows.ceil}
    kernel = windows.kernel
    same(pooled_max(image, windows), x, largest(tensor, kernel, dilation=windows.dilation, **options))
    if set(windows.dilation) == {1}:
        for with_padding in (True, False):
            expected = means(tensor, kernel, count_include_pad=with_padding, **options)
            same(pooled_mean(image, windows, with_padding), x, expected)


@pytest.mark.parametrize("other", [4, 3, 1])
@pytest.mark.parametrize(("size", "made"), [(12, 3), (10, 4), (7, 7), (3, 5), (9, 1)])
def test_adaptive_pooling_is_that_of_torch(size: int, made: int, other: int) -> None:
    """Windows of one size where both sizes are multiples, else of several."""
    x, sizes = points(2, size, 6), (made, other)
    tensor = torch.from_numpy(x)
    same(adaptive_mean(input_of(2, size, 6), sizes), x, functional.adaptive_avg_pool2d(tensor, sizes))
    same(adaptive_max(input_of(2, size, 6), sizes), x, functional.adaptive_max_pool2d(tensor, sizes))


def transposed(array: np.ndarray) -> np.ndarray:
    return array.swapaxes(-1, -2) if array.ndim > 1 else array


@pytest.mark.parametrize("of", [(4,), (2, 4), (3, 2, 4), (1, 2, 4)])
@pytest.mark.parametrize("by", [(4,), (4, 5), (3, 4, 5), (1, 4, 5), (2, 1, 4, 5)])
@pytest.mark.parametrize("side", ["signal first", "array first"])
def test_products_with_arrays_are_those_of_numpy(of: tuple[int, ...], by: tuple[int, ...], side: str) -> None:
    """Vectors, matrices and stacks of them, with different matrices in a stack and with the same."""
    rng = np.random.default_rng(0)
    x, different = rng.standard_normal(of), rng.standard_normal(by)
    for array in (different, np.broadcast_to(different.reshape(-1, *by[-2:])[0], by)):
        flat = input_of(x.size)
        signal = flat.at(flat.places.reshape(of))
        if side == "signal first":
            made, expected = multiplied(signal, array), x @ array
        else:
            turn = signal.at(transposed(signal.places))
            made, expected = multiplied(transposed(array), turn), transposed(array) @ transposed(x)
        assert made.shape == expected.shape
        found = made.draft.graph(made)(x.reshape(1, -1))[0, 0]
        np.testing.assert_allclose(found, expected.ravel(), rtol=1e-12, atol=1e-12)


def turned(signal: Signal) -> Signal:
    """The last two axes the other way round."""
    return signal.at(signal.places.swapaxes(-1, -2))


def test_affine_steps_are_those_of_torch() -> None:
    x = points(2, 3, 4)
    tensor, image = torch.from_numpy(x), input_of(2, 3, 4)
    row, matrix = np.arange(1.0, 5.0), points(5, n=4, seed=7)
    same(scaled(image, row, 2.0), x, tensor * torch.from_numpy(row) + 2.0)
    same(scaled(turned(image), row[:3]), x, tensor.mT * torch.from_numpy(row[:3]))
    same(added(image, turned(turned(image))), x, 2 * tensor)
    first = image.at(image.places[:, :, :1])
    same(added(image, first), x, tensor + tensor[:, :, :1])
    same(added(turned(image), turned(scaled(image, 3.0))), x, 4 * tensor.mT)
    same(contracted(image, matrix, -1), x, tensor @ torch.from_numpy(matrix))
    same(
        contracted(image, matrix[:3], 2),
        x,
        torch.einsum("nchw,hk->nckw", tensor, torch.from_numpy(matrix[:3])),
    )
    flat = image.at(image.places.reshape(1, -1))
    wide = points(5, n=24, seed=8)
    same(contracted(flat, wide, 1), x, tensor.flatten(1) @ torch.from_numpy(wide))
    same(contracted(turned(image).at(turned(image).places.reshape(1, -1)), wide, 1), x,
         tensor.mT.flatten(1) @ torch.from_numpy(wide))  # fmt: skip
    same(averaged(image, (1, -1)), x, tensor.mean((1, -1)))
    same(averaged(image, (2,), keep=True), x, tensor.mean(2, keepdim=True))
    bent_too = leaky(image, 0.5)
    same(
        joined([image, bent_too, image], 2),
        x,
        torch.cat([tensor, functional.leaky_relu(tensor, 0.5), tensor], 2),
    )
    around = [(0, 0), (0, 0), (1, 2), (-1, 1)]
    for value in (0.0, 3.5):
        same(padded(image, around, value), x, functional.pad(tensor, (-1, 1, 1, 2), value=value))
    same(padded(image, [(0, 0), (0, 0), (1, 2), (2, 1)], mode="reflect"), x,
         functional.pad(tensor, (2, 1, 1, 2), mode="reflect"))  # fmt: skip
    same(
        added(image, image.draft.constant(points(3, 4, n=2))), x, tensor + torch.from_numpy(points(3, 4, n=2))
    )


def test_bends_are_those_of_torch() -> None:
    x = 3 * points(2, 3, 4)
    tensor, image = torch.from_numpy(x), input_of(2, 3, 4)
    slopes = np.array([0.25, -1.5])
    same(leaky(image, slopes[:, None, None]), x, functional.prelu(tensor, torch.from_numpy(slopes)))
    moved = leaky(turned(image), slopes[:, None, None])
    same(moved, x, functional.prelu(tensor.mT, torch.from_numpy(slopes)))
    same(clamped(image, -1.0, 2.5), x, tensor.clamp(-1.0, 2.5))
    same(clamped(image, high=0.5), x, tensor.clamp(max=0.5))
    same(clamped(image, 1.0), x, tensor.clamp(min=1.0))
    same(clamped(image, 1.0, -1.0), x, tensor.clamp(1.0, -1.0))
    magnitude = PiecewiseLinear((0.0,), (-1.0, 1.0), (0.0, 0.0))
    same(bent(image, [magnitude]), x, tensor.abs())
    other = scaled(turned(turned(image)), -0.5, 1.0)
    same(larger(image, other), x, torch.maximum(tensor, 1.0 - tensor / 2))
    same(smaller(image, other), x, torch.minimum(tensor, 1.0 - tensor / 2))
    first = image.at(image.places[:, :1])
    same(larger(image, first), x, torch.maximum(tensor, tensor[:, :1]))
    same(
        larger(image, other, first), x, torch.maximum(torch.maximum(tensor, tensor[:, :1]), 1.0 - tensor / 2)
    )
    assert larger(image, image).node == image.node  # nothing bends


def test_affine_upon_affine_is_one() -> None:
    """Normalised inputs, padding, a convolution, its normalisation; flattening the other way and a dense layer."""
    image = input_of(2, 4, 5)
    whitened = scaled(image, np.array([2.0, 3.0])[:, None, None], 1.0)
    wider = padded(whitened, [(0, 0), (0, 0), (1, 0), (2, 1)])
    weights = points(2, 3, 3, n=4)
    made = convolved(wider, weights, points(n=4), stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1))
    normal = scaled(made, points(n=4)[:, None, None], points(n=4)[:, None, None])
    bends = leaky(normal, 0.0)
    flat = turned(bends)
    out = contracted(flat.at(flat.places.reshape(1, -1)), points(2, n=flat.places.size), 1)
    out = scaled(out, 2.0, [1.0, -1.0])
    graph = image.draft.graph(out)
    kinds = [type(getattr(node, "map", node)) for node in graph.nodes]
    assert kinds == [
        Input,
        Diagonal,
        Convolution,
        Kinks,
        Dense,
    ]  # padding lies between the shift and the convolution
    x = points(2, 4, 5)
    tensor = torch.from_numpy(x) * torch.tensor([[[2.0]], [[3.0]]], dtype=torch.float64) + 1.0
    tensor = functional.conv2d(functional.pad(tensor, (2, 1, 1, 0)), torch.from_numpy(weights))
    side = torch.from_numpy(points(n=4))[:, None, None]
    tensor = functional.relu((tensor + side) * side + side)
    expected = tensor.mT.flatten(1) @ torch.from_numpy(points(2, n=flat.places.size)) * 2 + torch.tensor(
        [1.0, -1.0]
    )
    same(out, x, expected)


def test_what_is_taken_twice_is_not_made_part_of_one() -> None:
    image = input_of(3)
    below = contracted(image, points(3, n=3), 1)
    graph = image.draft.graph(added(scaled(below, 2.0), leaky(below, 0.1)))
    kinds = [type(getattr(node, "map", node)) for node in graph.nodes]
    assert kinds == [Input, Dense, Diagonal, Kinks, Sum]


def integer_graph(seed: int) -> Graph:
    """A small network of whole numbers with every kind of node."""
    rng = np.random.default_rng(seed)

    def whole(*shape: int) -> np.ndarray:
        return rng.integers(-3, 4, shape).astype(np.float64)

    image = input_of(1, 4, 4)
    made = convolved(image, whole(2, 1, 2, 2), whole(2), stride=(1, 1), padding=(0, 1, 1, 0), dilation=(1, 1))
    bends = leaky(made, np.array([0.0, -0.5])[:, None, None])
    pooled = pooled_max(bends, Windows((2, 2), (2, 2), (0, 0, 0, 0), (1, 1)))
    branch = clamped(scaled(pooled, whole(2, 1, 1), 1.0), -2.0, 5.0)
    both = joined([added(pooled, branch), branch], 1)
    flat = both.at(both.places.reshape(1, -1))
    logits = [contracted(flat, whole(16, 3), 1) for _ in range(2)]
    return image.draft.graph(smaller(*logits), (1, 4, 4))


@pytest.mark.parametrize("seed", range(5))
def test_whole_numbers_go_through_exactly(seed: int) -> None:
    """Sums and products of small whole numbers and halves are exact in float64: not one bit may differ."""
    graph = integer_graph(seed)
    assert {type(node) for node in graph.nodes} >= {Affine, Kinks, Maximum, Sum}
    x = np.random.default_rng(seed).integers(-4, 5, (4, 16))
    for number, point in enumerate(x):
        exact = exact_values(graph, [Fraction(int(each)) for each in point])
        for found, told in zip(graph.values(x), exact, strict=True):
            assert [Fraction(float(each)) for each in found[number]] == told


@pytest.mark.parametrize("activations", [["relu", "hat"], ["leaky_relu", "hardtanh"], ["leaky_relu:-0.5"]])
def test_a_network_is_a_graph(activations: list[str]) -> None:
    for seed in range(4):
        network = random_adding(
            random_layers(np.random.default_rng(seed), activations, inputs=3), members=2, seed=seed
        )
        x = points(3, n=20)
        for member in range(2):
            graph = graph_of(network, member)
            np.testing.assert_allclose(graph(x)[0], network(x)[member], rtol=1e-12, atol=1e-12)
            assert (graph.inputs, graph.outputs, graph.tie_tolerance) == (3, 1, network.tie_tolerance)


@pytest.mark.parametrize(
    ("network", "member", "said"),
    [
        (mlp(depth=2, width=3, activation="tanh"), 0, "tanh"),
        (mlp(depth=2, width=3, encoding_bands=1), 0, "sines and cosines"),
        (mlp(depth=2, width=3), 1, "from 0 to 0"),
    ],
)
def test_what_is_no_graph_is_said(network: object, member: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        graph_of(network, member)


def test_a_graph_is_called_as_a_network() -> None:
    graph = integer_graph(0)
    x = points(1, 4, 4)
    flat = graph(x.reshape(3, 16))
    assert flat.shape == (1, 3, 3)
    np.testing.assert_array_equal(graph(x), flat)
    np.testing.assert_array_equal(graph(torch.from_numpy(x)).numpy(), flat)
    np.testing.assert_array_equal(graph.output(-1)(x), flat[:, :, 2:])
    assert graph.member(0) is graph
    assert graph.output(1).output_shape == (1,)
    assert repr(graph).startswith("<Graph 1×4×4 to 3, ")
    with pytest.raises(ValueError, match=r"expected \(points, 16\)"):
        graph(points(15))
    with pytest.raises(IndexError, match="member 0 alone"):
        graph.member(1)
    of_one = graph_of(mlp(depth=2, width=3))
    np.testing.assert_array_equal(of_one(np.linspace(0, 1, 5)), of_one(np.linspace(0, 1, 5)[:, None]))


def test_nodes_out_of_order_are_refused() -> None:
    sum_of_later = Sum(of=(0, 2), size=2)
    with pytest.raises(ValueError, match="each takes earlier nodes"):
        Graph((Input(size=2), sum_of_later, Input(size=2)), ("", "", ""), (2,), (2,))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31))
def test_the_maps_of_a_graph_may_be_joined_or_not(seed: int) -> None:
    """Random steps: the simplified graph has the values that torch computes step by step."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2, 2, 4, 4))
    signal, tensor = input_of(2, 4, 4), torch.from_numpy(x)
    for _ in range(6):
        c, h, w = signal.shape[1:]
        match rng.integers(7):
            case 0:
                f, s = rng.standard_normal((2, c, 1, 1))
                signal, tensor = scaled(signal, f, s), tensor * torch.from_numpy(f) + torch.from_numpy(s)
            case 1:
                signal, tensor = turned(signal), tensor.mT
            case 2:
                signal, tensor = (
                    padded(signal, [(0, 0), (0, 0), (0, 1), (1, 0)]),
                    functional.pad(tensor, (1, 0, 0, 1)),
                )
            case 3:
                weights = rng.standard_normal((2, c, min(h, 2), min(w, 2)))
                signal = convolved(signal, weights, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1))
                tensor = functional.conv2d(tensor, torch.from_numpy(weights))
            case 4:
                signal, tensor = leaky(signal, 0.1), functional.leaky_relu(tensor, 0.1)
            case 5:
                signal, tensor = added(signal, turned(turned(signal))), tensor + tensor
            case 6:
                matrix = rng.standard_normal((w, 3))
                signal, tensor = contracted(signal, matrix, 3), tensor @ torch.from_numpy(matrix)
    same(signal, x, tensor)
