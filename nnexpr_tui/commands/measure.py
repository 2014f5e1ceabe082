"""The measurements of ``bench``: each gives a way to go on with one thing for some seconds, and its speed then.

The other ways to train are what people write without this engine: ``torch.nn.Sequential`` with ``torch.optim.Adam``,
one network after another, and ``torch.func`` (vmap of grad over stacked parameters) with one Adam for all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
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

Array = NDArray[np.float64]

__all__ = ["cells", "engine", "frames", "functional", "one_after_another", "regions", "spread", "turn_about"]

SECONDS = 1.0  # of each measurement
ROUNDS = 7
POINTS = 512
CPU = torch.device("cpu")

Part = Callable[[float], float]  # how many things were done a second, in about so many seconds


def turn_about(parts: Mapping[str, Part]) -> dict[str, Array]:
    """``(rounds,)`` things done a second by each: one goes on after another, again and again.

    Whatever else the machine does comes and goes; it then slows neighbours alike, and shows as a spread.
    """
    found = [[part(SECONDS / ROUNDS) for part in parts.values()] for _ in range(ROUNDS)]
    return dict(zip(parts, np.array(found).T, strict=True))


def spread(values: Array) -> float:
    """The range of the middle half of the values, relative to their median."""
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    return float((high - low) / middle)


def _repeated(once: Callable[[], object], things: float, device: torch.device = CPU) -> Part:
    """``once`` does so many things; repeated, after a first time that is not counted."""

    def done() -> float:
        """The time once the device, which may work on its own, is done with all it was given."""
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter()

    def part(seconds: float) -> float:
        began, rounds = done(), 0
        while rounds == 0 or time.perf_counter() - began < seconds:
            once()
            rounds += 1
        return rounds * things / (done() - began)

    once()
    return part


def engine(depth: int, width: int, members: int, device: torch.device) -> Part:
    """Epochs of one network, trained by this engine with ``members`` at once."""
    specification = FitSpecification.make(depth=depth, width=(width,), members=members, epochs=10**9)
    network = mlp(depth, width, members=members).to(device=device)
    session = Session(network, target("fourier", points=POINTS), specification)

    def part(seconds: float) -> float:
        epoch, spent = session.epoch, session.seconds
        session.advance(seconds)
        return members * (session.epoch - epoch) / (session.seconds - spent)

    session.start()
    session.advance(SECONDS / 4)  # until the turns have their length
    return part


def _data(device: torch.device) -> tuple[Tensor, Tensor]:
    made = target("fourier", points=POINTS)
    x = torch.as_tensor(made.inputs, dtype=torch.float32, device=device)
    return x, torch.as_tensor(made.values, dtype=torch.float32, device=device)[:, None]


def one_after_another(depth: int, width: int, device: torch.device) -> Part:
    """Epochs of one ``nn.Sequential`` with ``torch.optim.Adam``."""
    x, y = _data(device)
    module = to_torch(mlp(depth, width)).to(device)
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)

    def epoch() -> None:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(module(x), y)
        loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
        optimizer.step()

    return _repeated(epoch, 1, device)


def functional(depth: int, width: int, members: int, device: torch.device) -> Part:
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

    return _repeated(epoch, members, device)


def regions() -> Part:
    """Linear regions counted, of 50 freshly drawn networks."""
    network = mlp(5, 64, members=50)
    found = sum(lines.count for lines in linear_regions(network, (-1.0, 1.0)))
    return _repeated(lambda: linear_regions(network, (-1.0, 1.0)), found)


def cells() -> Part:
    """Linear regions in the plane counted, of a freshly drawn network."""
    network = mlp(4, 32, inputs=2)
    box = ((-1.0, 1.0), (-1.0, 1.0))
    return _repeated(lambda: plane_regions(network, box), plane_regions(network, box).count)


def frames() -> Part:
    """Frames of a chart drawn: two curves, the second one moving."""
    x = np.linspace(0.0, 1.0, POINTS)
    keeper, frame = LimitKeeper(), Frame(100, 30)
    phase = iter(np.linspace(0.0, 100.0, 1_000_000))

    def once() -> None:
        curves = (
            Series(x, np.sin(6 * x), label="target"),
            Series(x, np.sin(6 * x + next(phase)), label="fit"),
        )
        rasterise(ChartData(curves), frame, keeper)

    return _repeated(once, 1)
