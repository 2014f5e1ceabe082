"""What follows a module, held to the module itself in double precision."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from traced_cases import IMAGE

from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.interchange import from_torch
from nnexpr.networks.network import Network


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
