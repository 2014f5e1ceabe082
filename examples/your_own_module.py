"""Count the linear regions of a torch module of your own.

Run: python examples/your_own_module.py
"""

import torch
from torch import nn

import nnexpr

torch.manual_seed(0)
module = nn.Sequential(nn.Linear(1, 32), nn.ReLU(), nn.Linear(32, 32), nn.LeakyReLU(), nn.Linear(32, 1))
[line] = nnexpr.linear_regions(nnexpr.from_torch(module), (-1.0, 1.0))
print(f"{line.count} linear regions, {line.bends_by_layer} bends by layer, dead units {line.dead_units}")
print(f"largest difference from the module's own output: {line.check.max_residual:.1e}")
