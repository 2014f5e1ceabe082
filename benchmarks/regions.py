"""Linear regions on the line and along paths: time for each region, beside what else could be done in that time.

    python benchmarks/regions.py
    python benchmarks/regions.py --networks FOLDER     # the .onnx files of a folder, in place of random convolutions

Every number is the best of several runs; the ratios are to what is measured beside it here, so they carry over to other
machines better than the microseconds do. "certified": with the comparison that vouches for the count; "budget": what
the certified count may take. "/forward": the certified count's time over that of one direct evaluation by torch at as
many points as there are regions. "sampled/": the time of the counter by 20,000 cells over that of the certified count,
and what it finds for the first network, beside the truth. Of lines between two pictures: the memory is the most that
the process grew by (Linux). Growth: the time of a region, of ever more of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import torch
from common import best, he_networks
from torch import nn

from nnexpr import from_onnx, from_torch
from nnexpr.networks.compositional import tent
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.network import Network
from nnexpr.regions.line import LineRegions, linear_regions
from nnexpr.regions.path import circle, path_regions, trajectory_length
from nnexpr.regions.rational import rational_count
from nnexpr.regions.sampled import sampled_regions

DOMAIN = (-10.0, 10.0)


def direct(network: Network, x: torch.Tensor) -> float:
    """One direct evaluation; a single network's on one thread, as it is counted."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1 if network.members == 1 else threads)
    seconds = best(lambda: network(x))
    torch.set_num_threads(threads)
    return seconds


def row(name: str, network: Network, domain: tuple[float, float], budget: float | None) -> None:
    """Certified and bare counts, forward and sampled, for one ensemble; ``budget`` in seconds."""
    found: list[LineRegions] = linear_regions(network, domain)
    regions = sum(each.activation_regions for each in found)
    x = torch.linspace(*domain, regions // network.members, dtype=torch.float64)
    certified = best(lambda: linear_regions(network, domain))
    counted = best(lambda: linear_regions(network, domain, certify=False))
    forward = direct(network, x)
    one = network.member(0)

    def values(points: np.ndarray) -> np.ndarray:
        return one(torch.from_numpy(points))[0, :, 0].numpy()

    sampled = best(lambda: sampled_regions(values, domain)) * network.members
    worst = max(each.check.max_residual or 0.0 for each in found)
    seen = f"{sampled_regions(values, domain):,} of {found[0].count:,}"
    allowed = "" if budget is None else f"{budget:.4f}"
    print(
        f"{name:24} {regions:>9,} {certified:>9.4f} {allowed:>7} {counted:>7.4f} {1e6 * certified / regions:>9.2f}"
        f" {certified / forward:>8.2f} {sampled / certified:>8.2f} {seen:>19} {worst:>8.0e}"
    )


def around(vertices: int) -> None:
    """Regions around a circle and the lengths of its images, beside the same number of direct evaluations."""
    network = he_networks([64] * 3, 1, inputs=2)
    corners = circle((0.0, 0.0), 3.0, vertices)
    [found] = path_regions(network, corners, closed=True)
    x = torch.from_numpy(corners).repeat(1 + found.pieces // vertices, 1)[: found.pieces]
    forward = direct(network, x)
    counted = best(lambda: path_regions(network, corners, closed=True))
    measured = best(lambda: trajectory_length(network, corners, closed=True))
    print(
        f"2-64-64-64-1 around a circle of {vertices:,} vertices: {found.count:,} regions in {found.pieces:,} pieces, "
        f"{1e6 * counted / found.pieces:.2f} µs a piece, {counted / forward:.2f} times a forward pass; lengths of all "
        f"layers {measured / forward:.2f} times"
    )


def by_kind(folds: int) -> None:
    """The tent's regions in rational arithmetic."""
    count = rational_count(tent(folds)).linear_regions
    seconds = best(lambda: rational_count(tent(folds)))
    print(f"tent of {folds} folds in exact arithmetic: {count:,} regions in {1e3 * seconds:.1f} ms")


class Residual(nn.Module):
    """Two convolutions, and what they take added."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """relu(x + second(relu(first(x))))."""
        return torch.relu(x + self.second(torch.relu(self.first(x))))


def convolutions() -> dict[str, Network | Graph]:
    """Of the shapes of networks that are verified: MNIST with average and with maximum pooling, a CIFAR ResNet."""
    torch.manual_seed(0)

    def digits(pool: nn.Module) -> nn.Module:
        return nn.Sequential(nn.Conv2d(1, 32, 2), nn.ReLU(), pool, nn.Flatten(), nn.Linear(1152, 10))

    down = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU())
    ends = nn.Flatten(), nn.Linear(1024, 100), nn.ReLU(), nn.Linear(100, 10)
    residual = nn.Sequential(*down, Residual(16), Residual(16), *ends)
    return {
        "1×28×28, average of 4×4": from_torch(digits(nn.AvgPool2d(4)).double(), input_shape=(1, 28, 28)),
        "1×28×28, maximum of 4×4": from_torch(digits(nn.MaxPool2d(4)).double(), input_shape=(1, 28, 28)),
        "3×32×32, residual": from_torch(residual.double(), input_shape=(3, 32, 32)),
    }


def grown_by(action: Callable[[], object]) -> float:
    """Bytes that the process holds more, at the most, while it runs; NaN where Linux does not tell."""
    peak, before = Path("/proc/self/clear_refs"), psutil.Process().memory_info().rss
    try:
        peak.write_text("5")
    except OSError:
        return float("nan")
    action()
    told = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
    return 1024.0 * int(told) - before


def pictures(network: Network | Graph, seed: int = 0, count: int = 2) -> np.ndarray:
    """Smooth pictures, uniform in [0, 1]: noise on a grid of 7, made larger."""
    shape = getattr(network, "input_shape", (1, network.inputs))
    noise = torch.rand((count, shape[0], 7, 7), generator=torch.Generator().manual_seed(seed))
    sized = nn.functional.interpolate(noise, size=shape[1:], mode="bilinear") if len(shape) == 3 else noise
    return sized.reshape(count, -1).double().numpy()


def between(name: str, network: Network | Graph) -> None:
    """A network between two pictures: regions, time, memory."""
    ends = pictures(network)
    [found] = path_regions(network, ends)
    grown = grown_by(lambda: path_regions(network, ends))
    bare = best(lambda: path_regions(network, ends, certify=False), 1.0)
    certified = best(lambda: path_regions(network, ends), 2.0)
    print(
        f"{name:>26} {found.count:>9,} {certified:>9.4f} {bare:>9.4f} {1e6 * certified / found.count:>9.2f}"
        f" {grown / 1e6:>9.0f} {found.check.certified!s:>9}",
        flush=True,
    )


def growth() -> None:
    """The time of a region of ever deeper tents, and of ever longer paths through one network's inputs."""
    print("growth: regions and µs of each, certified")
    told = []
    for folds in (8, 11, 14, 17, 20):
        wave = tent(folds)
        seconds = best(lambda wave=wave: linear_regions(wave, (0.0, 1.0)))
        told.append(f"{2**folds:,}: {1e6 * seconds / 2**folds:.2f}")
    print("  tents           ", ", ".join(told))
    network, told = he_networks([128] * 3, inputs=64), []
    for points in (2, 11, 101, 1001):
        path = np.random.default_rng(0).normal(size=(points, 64))
        [found] = path_regions(network, path)
        seconds = best(lambda path=path: path_regions(network, path))
        told.append(f"{found.count:,}: {1e6 * seconds / found.count:.2f}")
    print("  64→128×3→1, paths", ", ".join(told))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--networks", type=Path)
    asked = parser.parse_args()
    print(f"{torch.get_num_threads()} threads, float64; seconds")
    print(
        f"{'network':24} {'regions':>9} {'certified':>9} {'budget':>7} {'count':>7} {'µs/region':>9}"
        f" {'/forward':>8} {'sampled/':>8} {'sampled finds':>19} {'residual':>8}"
    )
    row("1-64-64-64-64-1", he_networks([64] * 4, 1), DOMAIN, 203e-6)  # 1 µs a region
    row("1000 × 1-64-64-64-64-1", he_networks([64] * 4, 1000), DOMAIN, 0.5)
    row("1000 × 1-4-4-4-4-4-1", he_networks([4] * 5, 1000), DOMAIN, None)
    row("tent of 20 folds", tent(20), (0.0, 1.0), 1.0)
    around(1000)
    by_kind(40)
    growth()
    print(
        f"\n{'between two pictures':>26} {'regions':>9} {'certified':>9} {'count':>9} {'µs/region':>9} {'MB':>9}"
    )
    given = convolutions()
    if asked.networks:
        given = {path.stem: from_onnx(path) for path in sorted(asked.networks.glob("*.onnx"))}
    for name, network in given.items():
        between(name, network)


if __name__ == "__main__":
    main()
