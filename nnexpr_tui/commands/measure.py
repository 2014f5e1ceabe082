"""The measurements of ``bench``: each runs one thing for about a second and gives its speed.

That is the speed of the best third: whatever else the machine does can only make one slower.

The other ways to train are what people write without this engine: ``torch.nn.Sequential`` with ``torch.optim.Adam``,
one network after another, and ``torch.func`` (vmap of grad over stacked parameters) with one Adam for all.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from nnexpr.networks.builders import mlp
from nnexpr.networks.interchange import to_torch
from nnexpr.regions.line import linear_regions
from nnexpr.regions.plane import plane_regions
from nnexpr.specification import FitSpecification
from nnexpr.targets import target
from nnexpr.training.session import Session
from nnexpr_tui.charts.limits import LimitKeeper
from nnexpr_tui.charts.raster import rasterise
from nnexpr_tui.charts.series import ChartData, Frame, Series

__all__ = ["Speed", "cells", "engine", "frames", "functional", "one_after_another", "regions"]

SECONDS = 0.9  # of each measurement
PARTS = 3
POINTS = 512


@dataclass(frozen=True)
class Speed:
    """How many things were done in how many seconds."""

    things: float
    seconds: float

    @property
    def per_second(self) -> float:
        return self.things / self.seconds

    @property
    def microseconds(self) -> float:
        """For one."""
        return 1e6 * self.seconds / self.things


CPU = torch.device("cpu")


def _repeat(once: Callable[[], object], things: float, device: torch.device = CPU) -> Speed:
    """``once`` does so many things; repeated, after a first time that is not counted."""

    def done() -> float:
        """The time once the device, which may work on its own, is done with all it was given."""
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter()

    once()

    def part(seconds: float) -> Speed:
        began, rounds = done(), 0
        while rounds == 0 or time.perf_counter() - began < seconds:
            once()
            rounds += 1
        ended = done()
        return Speed(rounds * things, ended - began)

    return _best(part)


def _best(measure: Callable[[float], Speed]) -> Speed:
    """The fastest of the parts of a measurement."""
    return max((measure(SECONDS / PARTS) for _ in range(PARTS)), key=lambda speed: speed.per_second)


def engine(depth: int, width: int, members: int, device: torch.device = CPU) -> Speed:
    """Epochs of one network, trained by this engine with ``members`` at once."""
    specification = FitSpecification.make(depth=depth, width=(width,), members=members, epochs=10**9)
    network = mlp(depth, width, members=members).to(device=device)
    session = Session(network, target("fourier", points=POINTS), specification)
    session.start()
    session.advance(SECONDS / 4)  # until the turns have their length

    def part(seconds: float) -> Speed:
        epoch, spent = session.epoch, session.seconds
        session.advance(seconds)
        return Speed(members * (session.epoch - epoch), session.seconds - spent)

    return _best(part)


def _data(device: torch.device) -> tuple[Tensor, Tensor]:
    made = target("fourier", points=POINTS)
    x = torch.as_tensor(made.inputs, dtype=torch.float32, device=device)
    return x, torch.as_tensor(made.values, dtype=torch.float32, device=device)[:, None]


def one_after_another(depth: int, width: int, device: torch.device = CPU) -> Speed:
    """Epochs of one ``nn.Sequential`` with ``torch.optim.Adam``."""
    x, y = _data(device)
    module = to_torch(mlp(depth, width)).to(device)
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)

    def epoch() -> None:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(module(x), y)
        loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
        optimizer.step()

    return _repeat(epoch, 1, device)


def functional(depth: int, width: int, members: int, device: torch.device = CPU) -> Speed:
    """Epochs of one network, trained by ``torch.func`` with ``members`` at once."""
    x, y = _data(device)
    network = mlp(depth, width, members=members)
    modules = [to_torch(network, member).to(device) for member in range(members)]
    parameters, buffers = torch.func.stack_module_state(modules)  # type: ignore[arg-type, unused-ignore]
    skeleton = modules[0]

    def loss(own: dict[str, Tensor]) -> Tensor:
        return nn.functional.mse_loss(torch.func.functional_call(skeleton, (own, buffers), (x,)), y)

    gradients = torch.func.vmap(torch.func.grad(loss))
    optimizer = torch.optim.Adam(list(parameters.values()), lr=1e-3, foreach=True)

    def epoch() -> None:
        with torch.no_grad():
            found = gradients({name: value.detach() for name, value in parameters.items()})
        for name, value in parameters.items():
            value.grad = found[name]
        optimizer.step()

    return _repeat(epoch, members, device)


def regions(depth: int = 5, width: int = 64, members: int = 50) -> Speed:
    """Linear regions counted, of freshly drawn networks."""
    network = mlp(depth, width, members=members)
    found = sum(lines.count for lines in linear_regions(network, (-1.0, 1.0)))
    return _repeat(lambda: linear_regions(network, (-1.0, 1.0)), found)


def cells(depth: int = 4, width: int = 32) -> Speed:
    """Linear regions in the plane counted, of a freshly drawn network."""
    network = mlp(depth, width, inputs=2)
    box = ((-1.0, 1.0), (-1.0, 1.0))
    found = plane_regions(network, box).count
    return _repeat(lambda: plane_regions(network, box), found)


def frames(width: int = 100, height: int = 30) -> Speed:
    """Frames of a chart drawn: two curves, the second one moving."""
    x = np.linspace(0.0, 1.0, POINTS)
    keeper, frame = LimitKeeper(), Frame(width, height)
    phase = iter(np.linspace(0.0, 100.0, 1_000_000))

    def once() -> None:
        curves = (
            Series(x, np.sin(6 * x), label="target"),
            Series(x, np.sin(6 * x + next(phase)), label="fit"),
        )
        rasterise(ChartData(curves), frame, keeper)

    return _repeat(once, 1)
