"""Every operator of torch that is followed, once: a module or a function, and how it bends by its definition.

Where no definition stands the operator is affine: the matrix that it is is told by torch itself, column by column.
Weights of functions are eighths, so that sums of them are exact in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import by_definition as definition
import numpy as np
import torch
from by_definition import clamp, largest, leaky, least, relu
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations

IMAGE, DEPTH = (4, 6, 8), (4, 3, 4, 5)
DOUBLE = torch.float64
Numbers = np.ndarray


@dataclass(frozen=True)
class Case:
    """``module`` as people make it; ``bends``: what it gives of ``(1, *shape)`` numbers, by its definition."""

    module: Callable[[], nn.Module]
    bends: Callable[[Numbers], Numbers] | None = None
    shape: tuple[int, ...] = IMAGE


class Of(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def of(
    function: Callable[[Tensor], Tensor],
    bends: Callable[[Numbers], Numbers] | None = None,
    shape: tuple[int, ...] = IMAGE,
) -> Case:
    return Case(lambda: Of(function), bends, shape)


def each(
    function: Callable[[Tensor], Tensor],
    bends: Callable[[Numbers], Numbers] | None = None,
    shape: tuple[int, ...] = IMAGE,
) -> Case:
    """Of one point at a time, without a batch."""
    return of(lambda x: torch.stack([function(one) for one in x]), bends, shape)


def filled(x: Tensor) -> Tensor:
    """Into a tensor of numbers that was there before, by number too."""
    y = torch.ones(len(x), 5, 6, 9, dtype=DOUBLE)
    below = y[:, 4]
    y[:, :4, :, 1:] = x.relu()
    y[:, [0, 2], :, 0] = x[:, 1:3, :, 5]
    below += x[:, 0, :, :1]
    return below.neg().unsqueeze(1) + y


def filled_by_definition(x: Numbers) -> Numbers:
    y = np.ones((1, 5, 6, 9), dtype=object)
    y[:, :4, :, 1:] = relu(x)
    y[:, 0, :, 0], y[:, 2, :, 0] = x[:, 1, :, 5], x[:, 2, :, 5]
    y[:, 4] = y[:, 4] + x[:, 0, :, :1]
    return y - y[:, 4:]


def in_order(x: Numbers, axis: int) -> Numbers:
    """Rising along an axis: neighbours changed as long as one is larger than the next."""
    rows = [np.array(row, dtype=object) for row in np.moveaxis(x, axis, 0)]
    for last in range(len(rows) - 1, 0, -1):
        for at in range(last):
            rows[at], rows[at + 1] = np.minimum(rows[at], rows[at + 1]), np.maximum(rows[at], rows[at + 1])
    return np.moveaxis(np.stack(rows), 0, axis)


def sorted_by_definition(x: Numbers) -> Numbers:
    return in_order(x.reshape(1, 4, 6, 4, 2), -1) - np.flip(in_order(x[..., 3:5], 2), 2)[..., None, :]


def weights(*shape: int) -> Tensor:
    drawn = torch.randint(-16, 17, shape, generator=torch.Generator().manual_seed(sum(shape)))
    return drawn.to(DOUBLE) / 8


def with_slopes(module: nn.Module, slopes: Tensor) -> nn.Module:
    module.register_parameter("weight", nn.Parameter(slopes, requires_grad=False))
    return module


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


def written_by_definition(x: Numbers) -> Numbers:
    y = x.copy()
    y[:, 0] = 1
    y[:, :2, :, 1] = y[:, :2, :, 1] + 2
    y[:, 1:, 2] = relu(x[:, 1:, 3])
    y[:, :2] = y[:, :2] * -2
    z = np.zeros_like(y)
    z[:, 1] = y[:, 0]
    y = relu(y)
    return np.concatenate([y, z, y[:, :2]], axis=1)


# fmt: off
AFFINE: dict[str, Case] = {
    "stride, dilation and groups": Case(lambda: nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 2), (1, 2), groups=2)),
    "padded to the same": Case(lambda: nn.Conv2d(4, 2, (3, 4), padding="same")),
    "reflected": Case(lambda: nn.Conv2d(4, 2, 3, padding=(2, 1), padding_mode="reflect")),
    "replicated": Case(lambda: nn.Conv2d(4, 2, 3, padding=1, padding_mode="replicate")),
    "circular": Case(lambda: nn.Conv2d(4, 2, 3, padding=(1, 2), padding_mode="circular")),
    "no bias": Case(lambda: nn.Conv2d(4, 2, 3, bias=False)),
    "transposed": Case(lambda: nn.ConvTranspose2d(4, 3, 3, 2, 1, output_padding=1)),
    "transposed by groups": Case(lambda: nn.ConvTranspose2d(4, 4, (2, 3), 3, (2, 0), dilation=(3, 1), groups=2)),
    "transposed in one dimension": Case(lambda: nn.ConvTranspose1d(6, 2, 3, 2, 1, output_padding=1), shape=(6, 5)),
    "convolved in one dimension": Case(lambda: nn.Conv1d(6, 4, 3, 2, 2, 2, 2), shape=(6, 9)),
    "convolved in depth": Case(lambda: nn.Conv3d(4, 6, (2, 3, 1), (2, 1, 2), (1, 0, 1), (2, 1, 1), groups=2),
                               shape=DEPTH),
    "padded to the same in depth": Case(lambda: nn.Conv3d(4, 2, 3, padding="same", bias=False), shape=DEPTH),
    "transposed in depth": Case(lambda: nn.ConvTranspose3d(4, 2, (2, 3, 2), (2, 1, 2), 1, output_padding=(1, 0, 0)),
                                shape=DEPTH),
    "normalised": Case(lambda: nn.BatchNorm2d(4, eps=1e-2)),
    "normalised, no weights": Case(lambda: nn.BatchNorm2d(4, affine=False)),
    "normalised in one dimension": Case(lambda: nn.Sequential(nn.BatchNorm1d(6), nn.Flatten(), nn.BatchNorm1d(30)),
                                        shape=(6, 5)),
    "normalised in depth": Case(lambda: nn.Sequential(nn.BatchNorm3d(4), nn.Dropout3d()), shape=DEPTH),
    "means": Case(lambda: nn.AvgPool2d((2, 3), padding=(1, 0))),
    "means without padding": Case(lambda: nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False)),
    "means over a divisor": Case(lambda: nn.AvgPool2d(2, divisor_override=3)),
    "means in one dimension": Case(lambda: nn.AvgPool1d(3, 2, 1), shape=(4, 9)),
    "means in depth": Case(lambda: nn.AvgPool3d((2, 1, 3), 2, (1, 0, 1), count_include_pad=False), shape=DEPTH),
    "global mean": Case(lambda: nn.AdaptiveAvgPool2d(1)),
    "adaptive means": Case(lambda: nn.AdaptiveAvgPool2d((4, 3))),
    "adaptive means in one dimension": Case(lambda: nn.AdaptiveAvgPool1d(5), shape=(4, 12)),
    "adaptive means in depth": Case(lambda: nn.AdaptiveAvgPool3d((2, 1, 3)), shape=DEPTH),
    "Dropout": Case(lambda: nn.Sequential(nn.Dropout(), nn.Dropout2d(), nn.AlphaDropout())),
    "Linear on the last axis": Case(lambda: nn.Linear(8, 3)),
    "Linear without a bias": Case(lambda: nn.Sequential(nn.Flatten(), nn.Linear(192, 5, bias=False), nn.Identity())),
    "shuffled": Case(lambda: nn.Sequential(nn.PixelShuffle(2), nn.PixelUnshuffle(2), nn.ChannelShuffle(2))),
    "nearest": Case(lambda: nn.Upsample(scale_factor=2)),
    "nearest, exactly": Case(lambda: nn.Upsample((7, 11), mode="nearest-exact")),
    "nearest in one dimension": Case(lambda: nn.Sequential(nn.Upsample(7), nn.Upsample(9, mode="nearest-exact")),
                                     shape=(4, 12)),
    "nearest in depth": Case(
        lambda: nn.Sequential(nn.Upsample((4, 2, 3)), nn.Upsample((2, 3, 5), mode="nearest-exact")), shape=DEPTH),
    "linear": Case(lambda: nn.Upsample(7, mode="linear"), shape=(4, 12)),
    "bilinear": Case(lambda: nn.Upsample(scale_factor=2, mode="bilinear")),
    "bilinear between corners": Case(lambda: nn.Upsample((7, 11), mode="bilinear", align_corners=True)),
    "bicubic": Case(lambda: nn.Upsample((9, 5), mode="bicubic")),
    "bicubic between corners": Case(lambda: nn.Upsample(scale_factor=1.5, mode="bicubic", align_corners=True)),
    "trilinear": Case(lambda: nn.Upsample((4, 3, 7), mode="trilinear"), shape=DEPTH),
    "padding of every kind": Case(lambda: nn.Sequential(
        nn.ZeroPad2d((1, 0, 2, -1)), nn.ConstantPad2d(1, 2.5), nn.ReflectionPad2d(1), nn.ReplicationPad2d(2),
        nn.CircularPad2d(1))),
    "padding in one dimension": Case(lambda: nn.Sequential(
        nn.ConstantPad1d((1, -1), 2.0), nn.ReflectionPad1d((2, 1)), nn.ReplicationPad1d(1), nn.CircularPad1d((0, 2))),
        shape=(4, 9)),
    "padding in depth": Case(lambda: nn.Sequential(
        nn.ZeroPad3d(1), nn.ReflectionPad3d(1), nn.ReplicationPad3d((1, 0, 0, 2, 1, 1))), shape=DEPTH),
    "unfolded": Case(lambda: nn.Unfold((2, 3), padding=1, stride=2)),
    "normalised weights": Case(lambda: parametrizations.weight_norm(nn.Conv2d(4, 3, 3))),
    "orthogonal weights": Case(lambda: parametrizations.orthogonal(nn.Linear(8, 5))),
    "spectral weights": Case(lambda: parametrizations.spectral_norm(nn.Linear(8, 5))),
    "view, size": of(lambda x: x.view(x.size(0), x.shape[1], -1)),
    "permute, transpose, swapaxes": of(lambda x: x.permute(0, 2, 3, 1).transpose(1, 2).swapaxes(-1, -2)),
    "squeeze, unsqueeze, expand": of(lambda x: x.unsqueeze(2).expand(-1, -1, 3, -1, -1)[:, :, :1].squeeze(2)),
    "chunk, split, unbind, stack": of(lambda x: torch.stack([x.chunk(2, 1)[1], *x.split(2, 1)]).unbind(0)[2]),
    "split in parts": of(lambda x: torch.cat(x.split([1, 3], 1)[::-1], 1) + torch.cat(x.tensor_split(3, -1)[::-1], -1)),
    "index, slice, flip, roll": of(lambda x: x[:, [2, 0], 1:, ::2].flip(-1).roll(1, 2)[..., None, 0]),
    "repeat, tile, narrow": of(lambda x: x.repeat(1, 2, 1, 1).narrow(1, 3, 3).tile(1, 1, 2, 1)),
    "gather, index_select": of(lambda x: x.index_select(1, torch.tensor([1, 1, 3, 0])).triu()
                               + x.gather(1, (torch.arange(48).reshape(6, 8) % 4).expand(len(x), 1, 6, 8)).tril()),
    "take": each(lambda x: x.take(torch.arange(0, 192, 5)), shape=IMAGE),
    "diagonals": of(lambda x: x.diagonal(0, 2, 3) + x[..., :6].mT.diagonal(dim1=-2, dim2=-1)),
    "windows by hand": of(lambda x: x.unfold(2, 3, 2).unfold(3, 2, 1)),
    "the other way round": each(lambda x: x[0].t() @ weights(6, 2)),
    "add, sub, neg, mul, div": of(lambda x: (2 - x * 3 / 4 + torch.arange(8)) - (-x).sub(1, alpha=0.5) + (1 - x)),
    "matrix products": of(lambda x: (x @ weights(8, 3)) + (weights(5, 6) @ x)[:, :, :1, :3]),
    "products in stacks": of(lambda x: torch.matmul(weights(4, 5, 6), x) @ weights(4, 8, 2)),
    "products and sums": each(
        lambda x: torch.baddbmm(weights(4, 6, 3), x, weights(4, 8, 3), beta=2, alpha=0.5)
        + torch.addmm(x[0, :, :3], x[1], weights(8, 3), alpha=-1) + torch.addmv(weights(6), x[2], weights(8))[:, None]),
    "a product with a vector": of(lambda x: x @ weights(8)),
    "a product with a vector in front": each(lambda x: torch.mv(weights(8, 6), x[0, :, 0])),
    "einsum": of(lambda x: torch.einsum("bchw,kc->bwkh", x, weights(3, 4))),
    "means and sums": of(lambda x: x.mean((2, 3), keepdim=True) + x.sum(1, keepdim=True) + x.mean(-1)[..., None]),
    "the mean of all": each(lambda x: x - x.mean() + x.sum()),
    "running sums": of(lambda x: x.cumsum(2)),
    "concatenated with numbers": of(
        lambda x: torch.cat([x, x.new_ones(len(x), 1, *x.shape[2:]), torch.zeros_like(x)], 1)),
    "new tensors": of(lambda x: x + x.new_full((8,), 2.0) + torch.ones_like(x) - torch.full_like(x, 0.5)
                      + x.new_zeros(6, 8) + torch.empty_like(x).fill_(3.0) + x.new_empty(8).copy_(torch.arange(8.0))
                      + x.new_ones(1) + torch.zeros_like(x).copy_(x)),
    "sums of products with numbers": of(lambda x: torch.addcmul(weights(8), x, weights(8), value=2)
                                        + torch.addcmul(x, weights(8), weights(6, 1)) + torch.lerp(x, -x, 0.25)
                                        + torch.lerp(torch.ones(8, dtype=DOUBLE), x, weights(8))),
    "into numbers": of(lambda x: torch.zeros(x.shape, dtype=DOUBLE).copy_(x)),
    "chosen by numbers": of(lambda x: torch.where(torch.arange(8) > 3, x, -x).masked_fill(torch.arange(8) == 6, 9.0)),
    "written over": of(
        lambda x: torch.cat([x.clone().zero_()[:, :1], x.clone().fill_(2.0)[:, :1], x.detach().double()], 1)),
}

BENT: dict[str, Case] = {
    "ReLU": Case(nn.ReLU, relu),
    "ReLU6": Case(nn.ReLU6, lambda x: clamp(x, 0, 6)),
    "LeakyReLU": Case(lambda: nn.LeakyReLU(0.25), lambda x: leaky(x, Fraction(1, 4))),
    "PReLU by channel": Case(lambda: with_slopes(nn.PReLU(4), torch.tensor([0.5, -1.0, 2.0, 0.0])),
                             lambda x: leaky(x, np.array([0.5, -1.0, 2.0, 0.0])[:, None, None])),
    "a PReLU of one slope": of(lambda x: functional.prelu(x, torch.tensor([-0.75], dtype=DOUBLE)),
                               lambda x: leaky(x, -0.75)),
    "RReLU": Case(lambda: nn.RReLU(0.25, 0.75), lambda x: leaky(x, 0.5)),
    "Hardtanh": Case(lambda: nn.Hardtanh(-0.25, 1.5), lambda x: clamp(x, -0.25, 1.5)),
    "Hardsigmoid": Case(nn.Hardsigmoid, lambda x: clamp(x, -3, 3) * Fraction(1, 6) + Fraction(1, 2)),
    "Softshrink": Case(lambda: nn.Softshrink(0.75), lambda x: definition.soft_shrink(x, 0.75)),
    "Threshold": Case(lambda: nn.Threshold(0.5, 0.5), lambda x: np.maximum(x, 0.5)),
    "Hardtanh, Threshold in place": Case(
        lambda: nn.Sequential(nn.Hardtanh(inplace=True), nn.Threshold(0.5, 0.5, True), nn.LeakyReLU(0.5, True)),
        lambda x: np.maximum(clamp(x, -1, 1), 0.5)),
    "largest": Case(lambda: nn.MaxPool2d(3, 2, 1, ceil_mode=True),
                    lambda x: definition.pooled(x, (4, 5), (3, 3), (2, 2), (1, 1))),
    "largest, dilated": Case(lambda: nn.MaxPool2d((2, 3), (1, 2), dilation=2),
                             lambda x: definition.pooled(x, (4, 2), (2, 3), (1, 2), (0, 0), (2, 2))),
    "largest in one dimension": Case(lambda: nn.MaxPool1d(3, 2, 1),
                                     lambda x: definition.pooled(x, (5,), (3,), (2,), (1,)), (4, 9)),
    "largest in depth": Case(lambda: nn.MaxPool3d((3, 2, 2), (1, 2, 2), (1, 0, 1), ceil_mode=True),
                             lambda x: definition.pooled(x, (3, 2, 3), (3, 2, 2), (1, 2, 2), (1, 0, 1)), DEPTH),
    "adaptive largest": Case(lambda: nn.AdaptiveMaxPool2d((4, 3)), lambda x: definition.pooled_adaptively(x, (4, 3))),
    "adaptive largest in one dimension": Case(lambda: nn.AdaptiveMaxPool1d(5),
                                              lambda x: definition.pooled_adaptively(x, (5,)), (4, 12)),
    "adaptive largest in depth": Case(lambda: nn.AdaptiveMaxPool3d((2, 3, 1)),
                                      lambda x: definition.pooled_adaptively(x, (2, 3, 1)), DEPTH),
    "abs": of(lambda x: x.permute(0, 2, 3, 1).abs(), lambda x: abs(x.transpose(0, 2, 3, 1))),
    "Flatten, Unflatten": Case(lambda: nn.Sequential(nn.Flatten(2), nn.Unflatten(2, (12, 4)), nn.ReLU()),
                               lambda x: relu(x.reshape(1, 4, 12, 4))),
    "largest and least": of(
        lambda x: x.amax((1, 3)) + x.max(1)[0].min(-1).values + x.amin((1, 3)),
        lambda x: largest(x, (1, 3)) + least(largest(x, (1,)), (2,)) + least(x, (1, 3))),
    "largest and least of all": each(lambda x: x.max() - x.min() + x,
                                     lambda x: x + largest(x.ravel(), (0,)) - least(x.ravel(), (0,))),
    "maximum, minimum": of(lambda x: torch.max(x, x.flip(1)) - torch.minimum(x, 0.5 * x - 1),
                           lambda x: np.maximum(x, np.flip(x, 1)) - np.minimum(x, x * Fraction(1, 2) - 1)),
    "maximum with numbers": of(
        lambda x: x.maximum(torch.arange(8.0)) + x.clamp(max=torch.arange(6.0)[:, None]),
        lambda x: np.maximum(x, np.arange(8)) + np.minimum(x, np.arange(6)[:, None])),
    "fmax, fmin": of(lambda x: torch.fmax(x, -x) + torch.fmin(torch.tensor(1.0), x),
                     lambda x: np.maximum(x, -x) + np.minimum(x, 1)),
    "clamp of every kind": of(
        lambda x: x.clamp(-1, 2) + x.clamp_min(0.5) + x.clamp(max=torch.tensor(0.25)) + x.clip(1, -1) + x.clamp_max(3),
        lambda x: clamp(x, -1, 2) + np.maximum(x, 0.5) + np.minimum(x, 0.25) - 1 + np.minimum(x, 3)),
    "clamp between signals": of(lambda x: x.clamp(x.flip(1) - 1, x.flip(2)),
                                lambda x: clamp(x, np.flip(x, 1) - 1, np.flip(x, 2))),
    "filled": of(filled, filled_by_definition),
    "sorted": of(
        lambda x: x.reshape(-1, 4, 6, 4, 2).sort(-1)[0] - x[..., 3:5].sort(2, descending=True)[0][..., None, :],
        sorted_by_definition),
    "of a place in the order": of(
        lambda x: torch.cat([x.topk(2, 1)[0], x.topk(1, 1, largest=False)[0], x.median(1, keepdim=True)[0],
                             x.kthvalue(3, 1, keepdim=True)[0]], 1),
        lambda x: in_order(x, 1)[:, [3, 2, 0, 1, 2]]),
    "norms": of(lambda x: torch.cat([x.norm(p, 1, keepdim=True) for p in (1, float("inf"), -float("inf"))], 1),
                lambda x: np.stack([abs(x).sum(1), largest(abs(x), (1,)), least(abs(x), (1,))], axis=1)),
    "written": of(written, written_by_definition),
    "added in place": of(lambda x: x.clone().add_(x).relu_().neg_(), lambda x: -relu(x * 2)),
    "a branch on the shape": of(lambda x: x.relu() if x.shape[1] == 4 and x.ndim == 4 else x.abs(), relu),
    "a residual sum": of(lambda x: x + functional.leaky_relu(x, 0.5) * 2 - functional.relu6(x),
                         lambda x: x + leaky(x, 0.5) * 2 - clamp(x, 0, 6)),
}
# fmt: on

CASES = AFFINE | BENT
