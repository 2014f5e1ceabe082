"""Every operator of torch that is followed: held to torch on random weights, to rational arithmetic on whole ones."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from exact_cells import told_by
from following import assert_followed, randomised
from torch import Tensor, nn
from traced_cases import BENT, CASES, Case
from whole_networks import Whole

from nnexpr.networks.interchange import from_torch
from nnexpr.networks.tracing.moving import MOVING, NEW
from nnexpr.networks.tracing.operators import OPERATORS
from nnexpr.networks.tracing.tensor import Tracer

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # of torch's own


@cache
def met(name: str) -> set[str]:
    """The operators of torch that a case comes down to, held to torch on random weights."""
    found: set[str] = set()
    step = Tracer.step

    def noted(tracer: Tracer, operator: str, given: object) -> str:
        found.add(operator)
        return step(tracer, operator, given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tracer, "step", noted)
        case = CASES[name]
        assert_followed(randomised(case.module()), case.shape)
    return found


@pytest.mark.parametrize("name", CASES)
def test_every_operator_is_that_of_torch(name: str) -> None:
    met(name)


class Within(nn.Module):
    """An operator between the layers of a network of whole numbers."""

    def __init__(self, whole: Whole, operator: nn.Module) -> None:
        super().__init__()
        self.operator, self.shape = operator, whole.shape
        self.layers = nn.ModuleList(_linear(*layer) for layer in whole.layers)

    def forward(self, x: Tensor) -> Tensor:
        first, second, third, fourth = self.layers
        given = second(first(x).relu()).reshape(-1, *self.shape)
        return fourth(third(self.operator(given).reshape(len(given), -1)).relu())


def _linear(weights: np.ndarray, shifts: np.ndarray) -> nn.Linear:
    made = nn.Linear(*weights.shape[::-1], dtype=torch.float64)
    for parameter, numbers in zip(made.parameters(), (weights, shifts), strict=True):
        parameter.data.copy_(torch.from_numpy(numbers))
    return made


def with_whole_weights(module: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        if tensor.is_floating_point():
            low = 1 if "var" in name else -2
            tensor.data.copy_(torch.randint(low, 3, tensor.shape, generator=generator))
    return module.double().eval()


def around(case: Case, seed: int) -> tuple[Whole, nn.Module]:
    if case.bends is not None:
        module = case.module().double().eval()
        whole = Whole(case.bends, case.shape, seed)
    else:
        module = with_whole_weights(case.module())
        whole = Whole(told_by(module, case.shape), case.shape, seed)
    return whole, Within(whole, module)


@pytest.mark.parametrize("name", CASES)
def test_every_operator_on_lines_and_in_a_plane_is_the_exact_one(name: str) -> None:
    for seed in range(2):
        whole, module = around(CASES[name], seed)
        network = from_torch(module, (3,))
        for _ in range(2):
            whole.assert_counted_on_a_line(network)
        if seed == 0:
            whole.assert_counted_in_a_plane(network)


@pytest.mark.parametrize("name", BENT)
def test_the_definitions_that_bends_are_held_to_are_those_of_torch(name: str) -> None:
    case = BENT[name]
    x = np.random.default_rng(0).integers(-16, 17, (1, *case.shape)) / 4
    told = case.module().double().eval()(torch.from_numpy(x)).detach().numpy()
    found = np.vectorize(float)(case.bends(x.astype(object)))
    np.testing.assert_allclose(found, told.reshape(found.shape), rtol=1e-15, atol=1e-15)


# Names that other versions of torch come down to, or that are met by torch.ops alone.
ELSEWHERE = {
    "_native_batch_norm_legit", "_native_batch_norm_legit_no_training", "_reshape_alias", "_to_copy", "alias",
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "avg_pool1d",
    "lift_fresh", "linear", "matmul", "max_pool1d", "max_pool2d", "max_pool3d", "new_empty_strided", "relu6",
    "unsafe_split",
}  # fmt: skip


def test_every_operator_that_is_declared_is_a_case() -> None:
    assert {*OPERATORS, *MOVING, *NEW}.difference(*map(met, CASES)) <= ELSEWHERE
