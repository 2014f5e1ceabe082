"""Adam and SGD against torch's own, and schedules against their definitions."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch

from nnexpr.declarations import load
from nnexpr.specification import FitSpecification, InputError, parse_schedule
from nnexpr.training.schedules import learning_rates


@pytest.mark.parametrize("name", ["adam", "sgd"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_steps_are_those_of_torch(name: str, dtype: torch.dtype) -> None:
    torch.manual_seed(1)
    ours = torch.randn(50, dtype=dtype)
    theirs = ours.clone().requires_grad_()
    gradient = torch.empty_like(ours)
    spec = FitSpecification.make(optimizer=name, momentum=0.8)
    optimizer = load(spec.method.step)(ours, gradient, spec)
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
    assert learning_rates("constant", 0.3, 77, 3, 100) == [0.3, 0.3, 0.3]
    cosine = learning_rates("cosine", 0.3, 0, 102, 100)
    assert [cosine[0], cosine[50], cosine[100]] == pytest.approx([0.3, 0.15, 0.0], abs=1e-16)
    assert cosine[101] == cosine[100]
    steps = learning_rates("step:10:0.5", 1.0, 9, 27, 100)
    assert [steps[0], steps[1], steps[26]] == [1.0, 0.5, 0.125]
    assert parse_schedule("step:4:0.1") == ("step", 4, 0.1, ())


def test_rates_from_an_epoch_on() -> None:
    assert learning_rates("steps:2=0.5,4=0.25", 1.0, 1, 5, 9) == [1.0, 0.5, 0.5, 0.25, 0.25]
    assert learning_rates("step:2:0.1:3=5", 1.0, 1, 4, 9) == pytest.approx([1.0, 0.1, 0.5, 0.05])
    shape = learning_rates("cosine", 1.0, 0, 20, 20)
    assert learning_rates("cosine:7=0.3", 1.0, 0, 20, 20) == [
        *shape[:7],
        *(0.3 * 1.0 * part for part in shape[7:]),
    ]


@pytest.mark.parametrize(
    "text", ["constant", "cosine", "step:4:0.1", "steps:5=0.02", "step:4:1e-05:0=3.0,7=0.1", "cosine:3=1e-12"]
)
def test_a_schedule_is_spelled_as_it_is_read(text: str) -> None:
    assert str(parse_schedule(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "linear",
        "step",
        "step:0:0.5",
        "step:3:-1",
        "step:3:inf",
        "step:3:nan",
        "cosine:1",
        "steps",
        "steps:",
        "steps:5",
        "steps:5=",
        "steps:5=0",
        "steps:-1=1",
        "steps:5=1,5=2",
        "steps:9=1,5=2",
        "steps:5=inf",
        "step:5=1",
        "warm:5=1",
        "steps:1=2=3",
    ],
)
def test_a_schedule_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="constant, cosine or step:EVERY:FACTOR"):
        parse_schedule(text)


@pytest.mark.parametrize(
    "schedule", ["constant", "cosine", "step:3:0.7", "steps:4=0.3,6=1.0", "cosine:9=0.2"]
)
def test_a_rate_does_not_depend_on_the_turn_it_is_asked_in(schedule: str) -> None:
    whole = learning_rates(schedule, 0.1, 0, 20, 17)
    assert whole == [rate for epoch in range(20) for rate in learning_rates(schedule, 0.1, epoch, 1, 17)]


def test_cosine_is_monotone() -> None:
    rates = learning_rates("cosine", 1.0, 0, 65, 64)
    assert all(a > b for a, b in pairwise(rates))
    assert math.isclose(sum(rates) / 65, 0.5, rel_tol=1e-12)
