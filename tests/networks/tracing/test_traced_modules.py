"""Modules of torch followed through their forward: the module itself, in double precision, is the oracle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations

from nnexpr import InputError
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.nodes import Concatenate, Maximum
from nnexpr.networks.interchange import from_torch
from nnexpr.networks.network import Network

IMAGE = (4, 6, 8)


def randomised(module: nn.Module, seed: int = 0) -> nn.Module:
    """In evaluation mode and double precision, with weights and statistics of its own."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        if tensor.is_floating_point():
            drawn = torch.rand(tensor.shape, generator=generator) + 0.3
            tensor.data.copy_(drawn if "var" in name else 2 * drawn - 1.6)
    return module.double().eval()


def points(shape: tuple[int, ...], n: int = 5, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(n, *shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def assert_followed(module: nn.Module, shape: tuple[int, ...] = IMAGE, **options: object) -> Network | Graph:
    """Its graph has its values at points that the conversion did not see."""
    found = from_torch(module, shape, **options)
    for scale in (0.5, 5.0):
        x = points(shape, scale=scale)
        with torch.no_grad():
            told = module.eval()(x)
        made = found(x.flatten(1))[0]
        torch.testing.assert_close(made, told.flatten(1).double(), rtol=1e-12, atol=1e-12)
    if isinstance(found, Graph):
        assert found.output_shape == (tuple(told.shape[1:]) or (1,))
    return found


MODULES: dict[str, Callable[[], nn.Module]] = {
    "stride, dilation and groups": lambda: nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 2), (1, 2), groups=2),
    "padded to the same": lambda: nn.Conv2d(4, 2, (3, 4), padding="same"),
    "reflected": lambda: nn.Conv2d(4, 2, 3, padding=(2, 1), padding_mode="reflect"),
    "replicated": lambda: nn.Conv2d(4, 2, 3, padding=1, padding_mode="replicate"),
    "circular": lambda: nn.Conv2d(4, 2, 3, padding=(1, 2), padding_mode="circular"),
    "no bias": lambda: nn.Conv2d(4, 2, 3, bias=False),
    "transposed": lambda: nn.ConvTranspose2d(4, 3, 3, 2, 1, output_padding=1),
    "transposed by groups": lambda: nn.ConvTranspose2d(4, 4, (2, 3), 3, (2, 0), dilation=(3, 1), groups=2),
    "normalised": lambda: nn.BatchNorm2d(4, eps=1e-2),
    "normalised, no weights": lambda: nn.BatchNorm2d(4, affine=False),
    "means": lambda: nn.AvgPool2d((2, 3), padding=(1, 0)),
    "means without padding": lambda: nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False),
    "means over a divisor": lambda: nn.AvgPool2d(2, divisor_override=3),
    "global mean": lambda: nn.AdaptiveAvgPool2d(1),
    "adaptive means": lambda: nn.AdaptiveAvgPool2d((4, 3)),
    "largest": lambda: nn.MaxPool2d(3, 2, 1, ceil_mode=True),
    "largest, dilated": lambda: nn.MaxPool2d((2, 3), (1, 2), dilation=2),
    "adaptive largest": lambda: nn.AdaptiveMaxPool2d((4, 3)),
    "PReLU by channel": lambda: nn.PReLU(4),
    "ReLU6": lambda: nn.ReLU6(),
    "Hardtanh": lambda: nn.Hardtanh(-0.25, 1.5),
    "Hardsigmoid": lambda: nn.Hardsigmoid(),
    "Softshrink": lambda: nn.Softshrink(0.7),
    "RReLU": lambda: nn.RReLU(),
    "Threshold": lambda: nn.Threshold(0.5, 0.5),
    "Dropout": lambda: nn.Sequential(nn.Dropout(), nn.Dropout2d(), nn.AlphaDropout()),
    "Linear on the last axis": lambda: nn.Linear(8, 3),
    "Flatten, Unflatten": lambda: nn.Sequential(nn.Flatten(2), nn.Unflatten(2, (12, 4)), nn.ReLU()),
    "shuffled": lambda: nn.Sequential(nn.PixelShuffle(2), nn.PixelUnshuffle(2), nn.ChannelShuffle(2)),
    "nearest": lambda: nn.Upsample(scale_factor=2),
    "nearest, exactly": lambda: nn.Upsample((7, 11), mode="nearest-exact"),
    "bilinear": lambda: nn.Upsample(scale_factor=2, mode="bilinear"),
    "bicubic": lambda: nn.Upsample((9, 5), mode="bicubic"),
    "bicubic between corners": lambda: nn.Upsample(scale_factor=1.5, mode="bicubic", align_corners=True),
    "bilinear between corners": lambda: nn.Upsample((7, 11), mode="bilinear", align_corners=True),
    "padding of every kind": lambda: nn.Sequential(
        nn.ZeroPad2d((1, 0, 2, -1)), nn.ConstantPad2d(1, 2.5), nn.ReflectionPad2d(1), nn.ReplicationPad2d(2)
    ),
    "unfolded": lambda: nn.Unfold((2, 3), padding=1, stride=2),
    "normalised weights": lambda: parametrizations.weight_norm(nn.Conv2d(4, 3, 3)),
    "orthogonal weights": lambda: parametrizations.orthogonal(nn.Linear(8, 5)),
}


IN_DEPTH: dict[str, Callable[[], nn.Module]] = {
    "stride, dilation and groups": lambda: nn.Conv3d(
        4, 6, (2, 3, 1), (2, 1, 2), (1, 0, 1), (2, 1, 1), groups=2
    ),
    "padded to the same": lambda: nn.Conv3d(4, 2, 3, padding="same", bias=False),
    "transposed": lambda: nn.ConvTranspose3d(4, 2, (2, 3, 2), (2, 1, 2), 1, output_padding=(1, 0, 0)),
    "normalised": lambda: nn.Sequential(nn.BatchNorm3d(4), nn.Dropout3d(), nn.PReLU(4)),
    "means": lambda: nn.AvgPool3d((2, 1, 3), 2, (1, 0, 1), count_include_pad=False),
    "largest": lambda: nn.MaxPool3d((3, 2, 2), (1, 2, 2), (1, 0, 1), ceil_mode=True),
    "adaptive means": lambda: nn.AdaptiveAvgPool3d((2, 1, 3)),
    "adaptive largest": lambda: nn.AdaptiveMaxPool3d((2, 3, 1)),
    "nearest": lambda: nn.Upsample(scale_factor=2),
    "trilinear": lambda: nn.Upsample((4, 3, 7), mode="trilinear"),
    "padding of every kind": lambda: nn.Sequential(
        nn.ZeroPad3d(1), nn.ReflectionPad3d(1), nn.ReplicationPad3d((1, 0, 0, 2, 1, 1))
    ),
}


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("name", IN_DEPTH)
def test_every_module_in_three_dimensions_is_that_of_torch(name: str) -> None:
    assert_followed(randomised(IN_DEPTH[name]()), (4, 3, 4, 5))


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # of torch's own
@pytest.mark.parametrize("name", MODULES)
def test_every_module_is_that_of_torch(name: str) -> None:
    assert_followed(randomised(MODULES[name]()))


class Of(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def written(x: Tensor) -> Tensor:
    """Into views of a tensor, which all who look at it see."""
    y = x.clone()
    above = y[:, :2]
    y[:, 0] = 1.0
    above[..., 1] += 2.0
    y[:, 1:, 2] = x[:, 1:, 3].relu()
    above.mul_(-2.0)
    z = x.new_zeros(x.shape)
    z[:, 1] = above[:, 0]
    functional.relu(y, inplace=True)
    return torch.cat([y, z, above], dim=1)


DOUBLE = torch.float64
FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "view, size": lambda x: x.view(x.size(0), x.shape[1], -1).relu(),
    "permute, transpose, swapaxes": lambda x: x.permute(0, 2, 3, 1).transpose(1, 2).swapaxes(-1, -2).abs(),
    "squeeze, unsqueeze, expand": lambda x: x.unsqueeze(2).expand(-1, -1, 3, -1, -1).squeeze(2),
    "chunk, split, unbind, stack": lambda x: torch.stack([x.chunk(2, 1)[1], *x.split(2, 1)]).unbind(0)[2],
    "index, slice, flip, roll": lambda x: x[:, [2, 0], 1:, ::2].flip(-1).roll(1, 2)[..., None, 0],
    "repeat, tile, narrow": lambda x: x.repeat(1, 2, 1, 1).narrow(1, 3, 3).tile(1, 1, 2, 1),
    "gather, index_select": lambda x: x.index_select(1, torch.tensor([1, 1, 3])).triu(),
    "add, sub, neg, mul, div": lambda x: (2 - x * 3 / 4 + torch.arange(8)) - (-x).sub(1, alpha=0.5) + (1 - x),
    "matrix products": lambda x: (x @ weights(8, 3)) + (weights(5, 6) @ x)[:, :, :1, :3],
    "products in stacks": lambda x: torch.matmul(weights(4, 5, 6), x) @ weights(4, 8, 2),
    "a product with a vector": lambda x: x @ weights(8),
    "einsum": lambda x: torch.einsum("bchw,kc->bwkh", x, weights(3, 4)),
    "means and sums": lambda x: x.mean((2, 3), keepdim=True) + x.sum(1, keepdim=True) + x.mean(-1)[..., None],
    "running sums": lambda x: x.cumsum(2),
    "largest and least": lambda x: x.amax((1, 3)) + x.max(1)[0].min(-1).values + x.amin((1, 3)),
    "maximum, minimum": lambda x: torch.max(x, x.flip(1)) - torch.minimum(x, 0.5 * x - 1),
    "maximum with numbers": lambda x: x.maximum(torch.arange(8.0)) + x.clamp(max=torch.arange(6.0)[:, None]),
    "clamp of every kind": lambda x: x.clamp(-1, 2) + x.clamp_min(0.5) + x.clamp(max=torch.tensor(0.1)) + x.clip(1, -1),
    "activations": lambda x: functional.relu6(functional.leaky_relu(x, 0.3)) + functional.hardtanh(x) + x.relu(),
    "a PReLU of one slope": lambda x: functional.prelu(x, torch.tensor([-0.7], dtype=DOUBLE)),
    "concatenated with numbers": lambda x: torch.cat([x, x.new_ones(len(x), 1, *x.shape[2:]), torch.zeros_like(x)], 1),
    "chosen by numbers": lambda x: torch.where(torch.arange(8) > 3, x, -x).masked_fill(torch.arange(8) == 6, 9.0),
    "largest in one dimension": lambda x: functional.max_pool1d(x.flatten(2), 3, 2) + x.flatten(2)[:, :, :23],
    "means in one dimension": lambda x: functional.avg_pool1d(x.flatten(2), 3, 2, 1),
    "adaptive means in one dimension": lambda x: functional.adaptive_avg_pool1d(x.flatten(2), 7),
    "convolved in one dimension": lambda x: functional.conv1d(x.flatten(2), weights(2, 2, 5), None, 2, 1, 2, 2),
    "written": written,
    "added in place": lambda x: x.clone().add_(x).relu_().neg_(),
    "a branch on the shape": lambda x: x.relu() if x.shape[1] == 4 and x.ndim == 4 else x.abs(),
}  # fmt: skip


def weights(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=DOUBLE)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_that_of_torch(name: str) -> None:
    assert_followed(Of(FUNCTIONS[name]))


class Block(nn.Module):
    """Residual, as in a ResNet."""

    def __init__(self, channels: int, made: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, made, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(made)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(made, made, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(made)
        same = stride == 1 and channels == made
        self.side = (
            nn.Sequential()
            if same
            else nn.Sequential(nn.Conv2d(channels, made, 1, stride), nn.BatchNorm2d(made))
        )

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        out += self.side(x)
        return self.relu(out)


class Classifier(nn.Module):
    """A small ResNet that ends in what is not piecewise linear."""

    def __init__(self, last: nn.Module) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, 4, 3, 1, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        )
        self.layer1 = Block(4, 4, 1)
        self.layer2 = Block(4, 6, 2)
        self.pool, self.fc, self.last = nn.AdaptiveAvgPool2d(1), nn.Linear(6, 3), last

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.fc(torch.flatten(self.pool(self.layer2(self.layer1(self.stem(x)))), 1)))


def test_a_residual_network_as_people_have_them() -> None:
    module = randomised(Classifier(nn.Identity()))
    graph = assert_followed(module, (1, 12, 12))
    assert isinstance(graph, Graph)
    assert graph.input_shape == (1, 12, 12)
    assert {"stem.0", "layer2.relu", "layer2.side.0", "fc", "stem.3"} <= set(graph.names)
    assert sum(isinstance(node, Maximum) for node in graph.nodes) == 1
    affine = [name for name in graph.names if "bn" in name]
    assert not affine  # each is part of the convolution below it


@pytest.mark.parametrize(
    ("last", "kind"), [(nn.Softmax(1), "Softmax"), (nn.LogSoftmax(1), "LogSoftmax"), (nn.GELU(), "GELU")]
)
def test_what_is_not_piecewise_linear_is_named_with_its_place_or_cut_off(last: nn.Module, kind: str) -> None:
    module = randomised(Classifier(last))
    with pytest.raises(InputError, match=rf"^module is last \({kind}\): .*up_to='last' takes") as raised:
        from_torch(module, (1, 12, 12))
    assert raised.value.option == "module"
    cut = from_torch(module, (1, 12, 12), up_to="last")
    module.last = nn.Identity()
    x = points((1, 12, 12))
    torch.testing.assert_close(cut(x)[0], module(x), rtol=1e-12, atol=1e-12)


def test_a_function_is_cut_off_by_the_name_that_its_refusal_says() -> None:
    module = Of(lambda x: functional.log_softmax(functional.softmax(x.flatten(1).relu(), 1), 1)).double()
    with pytest.raises(InputError, match=r"^module is softmax \(in Of\): .*up_to='softmax'"):
        from_torch(module, (2, 3))
    found = from_torch(module, (2, 3), up_to="softmax")
    x = points((2, 3))
    torch.testing.assert_close(found(x)[0], x.flatten(1).relu())
    module.function = lambda x: 2 * functional.relu(x.flatten(1))
    with pytest.raises(InputError, match=r"^up_to is nowhere: it must be one of .*relu, mul$") as raised:
        from_torch(module, (2, 3), up_to="nowhere")
    assert raised.value.option == "up_to"


class Plain(nn.Module):
    """What people write: attributes, and functions between them."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2, self.out = nn.Linear(3, 5), nn.Linear(5, 5), nn.Linear(5, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(functional.leaky_relu(self.fc2(functional.relu(self.fc1(x))), 0.2))


def test_a_plain_stack_of_any_spelling_is_a_network() -> None:
    network = assert_followed(randomised(Plain()), (3,))
    assert isinstance(network, Network)
    assert [layer.activation for layer in network.layers] == ["relu", "leaky_relu:0.2", "identity"]
    as_image = from_torch(nn.Sequential(nn.Flatten(), nn.Linear(6, 2)), (2, 3))
    assert isinstance(as_image, Graph)
    assert as_image.input_shape == (2, 3)


def test_hooks_and_methods_of_its_own_are_followed() -> None:
    module = randomised(Classifier(nn.Identity()))
    module.fc.register_forward_hook(lambda _, __, out: 2 * out + 1)
    module.stem.register_forward_pre_hook(lambda _, inputs: (inputs[0].abs(),))
    module.pool.forward = lambda x: x.amax((2, 3), keepdim=True)  # type: ignore[method-assign]
    assert_followed(module, (1, 12, 12))


def test_the_module_stays_as_it_was() -> None:
    module = Classifier(nn.Softmax(1)).half().train()
    module.layer1.eval()
    module.fc.requires_grad_(False)
    modes = [part.training for part in module.modules()]
    state = {name: (tensor, tensor.clone()) for name, tensor in module.state_dict(keep_vars=True).items()}
    generator = torch.random.get_rng_state()
    from_torch(module, (1, 12, 12), up_to="last")
    with pytest.raises(InputError):
        from_torch(module, (1, 12, 12))
    assert [part.training for part in module.modules()] == modes
    assert torch.equal(torch.random.get_rng_state(), generator)
    for name, tensor in module.state_dict(keep_vars=True).items():
        assert tensor is state[name][0]
        assert torch.equal(tensor, state[name][1])
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())
    import torch.nn.modules.module as hooks

    assert not hooks._global_forward_hooks
    assert not hooks._global_forward_pre_hooks


def test_tensors_that_are_no_parameters_may_stay_in_single_precision() -> None:
    module = Plain().eval()
    module.scale = torch.rand(5, 5)  # type: ignore[assignment]
    module.fc2.forward = lambda x: x @ module.scale.T  # type: ignore[method-assign]
    found = from_torch(module)
    x = points((3,)).float()
    torch.testing.assert_close(found(x)[0].float(), module(x), rtol=1e-5, atol=1e-5)


def test_values_that_are_narrowed_on_the_way_are_compared_as_such() -> None:
    found = from_torch(Of(lambda x: 2 * x.float().relu()), (3,))
    x = points((3,))
    torch.testing.assert_close(found(x)[0], 2 * x.relu())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31))
def test_random_architectures(seed: int) -> None:
    """Of the modules and functions above, one upon another, with branches that come together again."""
    rng = np.random.default_rng(seed)
    names = [
        "padded to the same",
        "normalised",
        "PReLU by channel",
        "Hardtanh",
        "largest",
        "means",
        "reflected",
    ]
    functions = [
        "maximum, minimum",
        "clamp of every kind",
        "add, sub, neg, mul, div",
        "activations",
        "matrix products",
    ]

    class Random(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.steps = nn.ModuleList()
            self.branches: list[bool] = []
            shape = IMAGE
            for _ in range(4):
                module = (
                    Of(FUNCTIONS[str(rng.choice(functions))])
                    if rng.random() < 0.4
                    else MODULES[str(rng.choice(names))]()
                )
                try:
                    made = tuple(module(torch.zeros(2, *shape)).shape[1:])
                except (RuntimeError, ValueError):
                    continue
                self.branches.append(made == shape and rng.random() < 0.5)
                shape = made
                self.steps.append(module)

        def forward(self, x: Tensor) -> Tensor:
            for step, branch in zip(self.steps, self.branches, strict=True):
                x = torch.cat([step(x), x], 1)[:, : x.shape[1]] + x if branch else step(x)
            return x

    assert_followed(randomised(Random(), seed % 1000))


def test_what_is_written_whole_needs_nothing_of_before() -> None:
    graph = from_torch(Of(lambda x: x.clone().add_(x).relu_()), (3, 2))
    assert isinstance(graph, Graph)
    assert not any(isinstance(node, Concatenate) for node in graph.nodes)
