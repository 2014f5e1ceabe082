"""Compiling the engine's loops before they are needed. On a machine where they never ran that takes seconds each.

What was compiled is kept on disk, so the next process only loads it. Imports torch when called.
"""

from __future__ import annotations

import threading
from functools import cache

from nnexpr.activations import ACTIVATIONS
from nnexpr.optimizers import OPTIMIZERS

__all__ = ["KINDS", "compile_loops", "compiling"]

KINDS = ("training", "line", "floor", "manifold", "plane", "slices", "float64", "activations", *OPTIMIZERS)
# What training waits for is compiled first.
BEFORE = {
    "line": ("training",),
    "plane": ("training",),
    "manifold": ("training", "line"),
    "slices": ("training", "plane"),
}
_BOX = ((-1.0, 1.0), (-1.0, 1.0))


def compile_loops(kind: str) -> None:
    """Run the loops of one kind once, on the smallest network: training, counting, stages 1 and 2."""
    import numpy as np

    import nnexpr
    from nnexpr.kernels.units import addresses

    if kind == "line":
        nnexpr.linear_regions(nnexpr.mlp(3, 3, dtype="float64"), (-1.0, 1.0))
    elif kind == "floor":
        x = np.linspace(-1.0, 1.0, 16)
        nnexpr.spline_floor(x, np.abs(x - 0.3) + np.sin(5 * x), 3)
    elif kind == "plane":
        cells = nnexpr.plane_regions(nnexpr.mlp(3, 3, inputs=2, dtype="float64"), _BOX)
        cells.locate(np.zeros((1, 2)))
    elif kind == "slices":
        _compile_slices()
    elif kind == "manifold":
        nnexpr.fit(nnexpr.compositional(2), nnexpr.target("cube", points=16), epochs=3, stages=(1, 2, 3))
    elif kind == "activations":
        for home in filter(None, (activation.compiled for activation in ACTIVATIONS.values())):
            for numbers in (np.zeros(1, np.float32), np.zeros(1)):
                addresses(home, numbers)
    else:
        network = nnexpr.mlp(3, 3, dtype="float64" if kind == "float64" else "float32")
        optimizer = kind if kind in OPTIMIZERS else "adam"
        nnexpr.fit(network, nnexpr.target("cube", points=16), epochs=1, optimizer=optimizer)


def _compile_slices() -> None:
    """Several outputs, and the largest of them, of a stack of layers and of a graph: in a plane and on a segment."""
    import numpy as np
    import torch

    import nnexpr

    stack = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))
    shaped = torch.nn.Sequential(
        torch.nn.Conv2d(1, 1, 2), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(1, 2)
    )
    pooled = torch.nn.Sequential(torch.nn.MaxPool2d(2), torch.nn.Flatten(), torch.nn.Linear(1, 2))
    place = np.eye(4)[0], np.eye(4)[1], np.eye(4)[2]
    of_images = (nnexpr.from_torch(module, input_shape=(1, 2, 2)) for module in (shaped, pooled))
    for network in (nnexpr.from_torch(stack), *of_images):
        for of in ("regions", "argmax", "margin:0"):
            cells = nnexpr.plane_regions(network, _BOX, plane=place, of=of)
        cells.zeros, cells.boundary  # noqa: B018 - made when they are asked for
        for of in ("regions", "margin:0"):
            [path] = nnexpr.path_regions(network, place[:2], of=of)
        path.zeros  # noqa: B018
        nnexpr.path_decisions(network, place[:2])


@cache
def compiling(kind: str) -> threading.Event:
    """Set once the loops of one kind are compiled; a thread of its own does that, so that training goes on.

    Numba compiles one thing at a time, so whoever calls a function that is not compiled yet waits for the other thread.
    """
    done = threading.Event()

    def work() -> None:
        try:
            for each in (*BEFORE.get(kind, ()), kind):
                compile_loops(each)
        finally:
            done.set()

    # No daemon: a process that is taken down while LLVM works aborts. The executable leaves without that (__main__).
    threading.Thread(target=work, name=f"compiling {kind}").start()
    return done
