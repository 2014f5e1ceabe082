"""Regions between images of 3 × 32 × 32 numbers, held to rational arithmetic."""

from __future__ import annotations

import numpy as np
import torch
from by_definition import pooled, relu
from exact_cells import Affine, Function, Numbers, in_plane, on_segment, told_by
from torch import nn
from whole_networks import assert_the_line_is, assert_the_plane_is

from nnexpr import from_torch, path_regions, plane_regions

SHAPE = (3, 32, 32)


def of_whole_numbers() -> nn.Sequential:
    module = nn.Sequential(
        nn.Conv2d(3, 3, 5, 4, 1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(48, 4),
        nn.ReLU(),
        nn.Linear(4, 3),
    ).double()
    generator = torch.Generator().manual_seed(3)
    for parameter in module.parameters():
        parameter.data.copy_(torch.randint(-2, 3, parameter.shape, generator=generator))
    return module


def test_of_whole_numbers_they_are_the_exact_ones() -> None:
    """On the segment between two images of grey levels, and in a plane that changes a corner of one."""
    module = of_whole_numbers()
    convolution, _, _, _, linear, _, last = module
    rng = np.random.default_rng(5)
    image, other = 2 * rng.integers(0, 128, (2, *SHAPE))
    middle = (image + other) // 2
    with torch.no_grad():
        convolution.bias -= convolution(torch.from_numpy(middle.astype(float))).mean((1, 2)).round()
        linear.bias -= module[:5](torch.from_numpy(middle.astype(float))[None])[0].round()
    first, second = told_by(convolution, SHAPE), told_by(nn.Sequential(linear), (48,))
    third = told_by(nn.Sequential(last), (4,))

    def pool(x: Numbers) -> Numbers:
        return pooled(relu(x.reshape(first.shape)), (4, 4), (2, 2), (2, 2), (0, 0)).ravel()

    def on(origin: np.ndarray, *directions: np.ndarray) -> tuple[Function, ...]:
        """The network of the coordinates alone."""
        laid = first.after(Affine.of(np.stack([each.ravel() for each in directions], axis=1), origin.ravel()))
        return laid, pool, second, relu, third

    graph = from_torch(module, SHAPE)
    [line] = path_regions(graph, np.stack([image, other]).reshape(2, -1).astype(float))
    assert_the_line_is(line, on_segment(on(image, other - image), [0], [1]))
    assert line.count > 30
    u, v = np.zeros((2, *SHAPE), dtype=int)
    u[:, 4:16, 4:12], v[:, 8:20, 4:16] = rng.integers(-9, 10, (3, 12, 8)), rng.integers(-9, 10, (3, 12, 12))
    box, plane = ((-3, 3), (-2, 3)), [part.ravel().astype(float) for part in (middle, u, v)]
    cells = plane_regions(graph, box, plane=plane)
    assert_the_plane_is(cells, in_plane(on(middle, u, v), [[0, 0], [1, 0], [0, 1]], box))
    assert cells.count > 10
