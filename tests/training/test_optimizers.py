"""Adam and SGD against torch's own, and schedules against their definitions."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch

from nnexpr.specification import InputError, parse_schedule
from nnexpr.training.optimizers import make_optimizer
from nnexpr.training.schedules import learning_rate


@pytest.mark.parametrize("name", ["adam", "sgd"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_steps_are_those_of_torch(name: str, dtype: torch.dtype) -> None:
    torch.manual_seed(1)
    ours = torch.randn(50, dtype=dtype)
    theirs = ours.clone().requires_grad_()
    gradient = torch.empty_like(ours)
    optimizer = make_optimizer(name, ours, gradient, momentum=0.8)
    reference = (
        torch.optim.Adam([theirs], lr=1.0)
        if name == "adam"
        else torch.optim.SGD([theirs], lr=1.0, momentum=0.8)
    )
    for step in range(40):
        rate = 1e-2 / (1 + step)
        gradient.copy_(torch.sin(ours) + 0.1 * torch.randn(50, dtype=dtype))
        theirs.grad = gradient.clone()
        reference.param_groups[0]["lr"] = rate
        reference.step()
        optimizer.learning_rate.fill_(rate)
        optimizer.step()
    tolerance = 1e-5 if dtype == torch.float32 else 1e-12
    torch.testing.assert_close(ours, theirs.detach(), rtol=tolerance, atol=tolerance)


def test_schedules() -> None:
    assert learning_rate("constant", 0.3, 77, 100) == 0.3
    assert learning_rate("cosine", 0.3, 0, 100) == pytest.approx(0.3)
    assert learning_rate("cosine", 0.3, 50, 100) == pytest.approx(0.15)
    assert learning_rate("cosine", 0.3, 100, 100) == pytest.approx(0.0, abs=1e-16)
    assert learning_rate("step:10:0.5", 1.0, 9, 100) == 1.0
    assert learning_rate("step:10:0.5", 1.0, 35, 100) == pytest.approx(0.125)
    assert parse_schedule("step:4:0.1") == ("step", 4, 0.1)


@pytest.mark.parametrize(
    "text", ["", "linear", "step", "step:0:0.5", "step:3:-1", "step:3:inf", "step:3:nan", "cosine:1"]
)
def test_a_schedule_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="constant, cosine or step:EVERY:FACTOR"):
        parse_schedule(text)


def test_cosine_is_monotone() -> None:
    rates = [learning_rate("cosine", 1.0, epoch, 64) for epoch in range(65)]
    assert all(a > b for a, b in pairwise(rates))
    assert math.isclose(sum(rates) / 65, 0.5, rel_tol=1e-12)
