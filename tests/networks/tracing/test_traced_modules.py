"""Modules of torch followed through their forward: the module itself, in double precision, is the oracle."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from following import assert_followed, points, randomised
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional
from traced_cases import CASES, IMAGE, Of

from nnexpr import InputError
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.nodes import Concatenate, Maximum
from nnexpr.networks.interchange import from_torch
from nnexpr.networks.network import Network


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


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # of torch's own
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
    names += [
        "maximum, minimum",
        "clamp of every kind",
        "add, sub, neg, mul, div",
        "a residual sum",
        "matrix products",
    ]

    class Random(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.steps = nn.ModuleList()
            self.branches: list[bool] = []
            shape = IMAGE
            for _ in range(4):
                module = CASES[str(rng.choice(names))].module()
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
