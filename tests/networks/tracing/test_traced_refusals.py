"""What cannot be followed through a module's forward is refused, with the reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from following import randomised
from test_traced_modules import Classifier
from torch import Tensor, nn
from torch.nn import functional
from traced_cases import IMAGE, Of

from nnexpr import InputError
from nnexpr.networks.interchange import from_torch


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: x * x, "product of two things"),
        (lambda x: x @ x.mT, "product of two things"),
        (lambda x: 1 / x, "not piecewise linear, or not known|divides by"),
        (lambda x: x / x.sum(), "divides by what depends"),
        (lambda x: x if x.sum() > 0 else -x, "not piecewise linear"),
        (lambda x: x * (x > 0), "not piecewise linear"),
        (lambda x: x.long(), "makes int64 of real numbers"),
        (lambda x: torch.where(x > 0, x, 0.0), "not piecewise linear"),
        (lambda x: functional.threshold(x, 0.0, 1.0), "jumps"),
        (lambda x: torch.div(x, 2, rounding_mode="floor"), "rounds"),
        (lambda x: (x, x), "a tuple of 2"),
        (lambda x: {"logits": x}, "a dict of 1"),
        (lambda _: torch.ones(1, 2), "does not depend on its input"),
        (lambda x: x + torch.rand(()), "other values"),
        (lambda x: x - x.mean(0, keepdim=True), "several points together"),
        (lambda x: functional.dropout(x, 0.5, training=True), "not piecewise linear"),
        (lambda x: torch.zeros(x.shape, dtype=torch.int64).copy_(x), "whole numbers"),
        (lambda x: x.clone().transpose_(2, 3), "turns a tensor in place"),
        (lambda x: x.flatten(1).sort()[0], "it sorts 192 numbers; at most 32"),
        (lambda x: x.norm(dim=1), "sum and the largest of the absolute values"),
        (lambda x: torch.lerp(x, -x, x), "its weights depend"),
        (lambda x: x[5], "cannot be run on inputs of shape"),
        (lambda x: x.detach().numpy(), "cannot be run|does not depend"),
        (lambda x: functional.lp_pool2d(x, 2, 2), "not piecewise linear"),
    ],
)
def test_what_cannot_be_followed_is_refused(function: Callable[[Tensor], Tensor], said: str) -> None:
    with pytest.raises(InputError, match=said) as raised:
        from_torch(Of(function), IMAGE)
    assert raised.value.option == "module"


def test_the_shape_of_an_input_is_asked_for_where_nothing_tells_it() -> None:
    with pytest.raises(InputError, match=r"stem\.0 \(Conv2d\): .* give input_shape"):
        from_torch(Classifier(nn.Identity()))
    with pytest.raises(InputError, match="nothing tells the shape"):
        from_torch(nn.ReLU())
    with pytest.raises(InputError, match="takes 1 channels; given are 2"):
        from_torch(Classifier(nn.Identity()), (2, 12, 12))
    with pytest.raises(InputError, match="without the batch"):
        from_torch(nn.ReLU(), (0,))


class Counting(nn.Module):
    """Gives other values the second time, as a step that cannot be seen would."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.times = nn.Linear(2, 2), 0

    def forward(self, x: Tensor) -> Tensor:
        self.times += 1
        return self.fc(x) * (1.0 if self.times == 1 else 1.0 + 1e-6)


def test_a_module_whose_values_are_not_those_of_its_steps_is_refused() -> None:
    with pytest.raises(InputError, match="gives other values than its steps do"):
        from_torch(randomised(Counting()))
