"""Linear regions on the line: time for each region, beside what else could be done in that time.

    python benchmarks/regions.py

Every number is the best of several runs; the ratios are to what is measured beside it here, so they carry over to other
machines better than the microseconds do. "/forward": the count's time over that of one direct evaluation at as many
points as there are regions. "sampled/": the time of the counter by 20,000 cells over that of the exact count, and what
it finds for the first network, beside the truth.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

from nnexpr.networks.compositional import tent
from nnexpr.networks.network import AffineLayer, Network
from nnexpr.regions.line import LineRegions, linear_regions
from nnexpr.regions.sampled import sampled_regions

DOMAIN = (-10.0, 10.0)


def he_networks(widths: list[int], members: int) -> Network:
    """Weights N(0, 2 / inputs), biases N(0, 1), float64."""
    rng = np.random.default_rng(0)
    sizes = list(zip([1, *widths], [*widths, 1], strict=True))
    layers = [AffineLayer(a, b, "relu") for a, b in sizes[:-1]] + [AffineLayer(*sizes[-1])]
    scales = np.concatenate([np.tile([*[np.sqrt(2 / a)] * a, 1.0], b) for a, b in sizes])
    return Network(tuple(layers), torch.from_numpy(scales * rng.normal(size=(members, len(scales)))))


def best(action: Callable[[], object], seconds: float = 0.4) -> float:
    """The shortest of as many runs as fit into the time, at least two."""
    times: list[float] = []
    until = time.perf_counter() + seconds
    while len(times) < 2 or time.perf_counter() < until:
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def row(name: str, network: Network, domain: tuple[float, float]) -> None:
    """Count, count without certificate, forward and sampled, for one ensemble."""
    found: list[LineRegions] = linear_regions(network, domain)
    regions = sum(each.activation_regions for each in found)
    x = torch.linspace(*domain, regions // network.members, dtype=torch.float64)
    certified = best(lambda: linear_regions(network, domain))
    counted = best(lambda: linear_regions(network, domain, certify=False))
    forward = best(lambda: network(x))
    one = network.member(0)

    def values(points: np.ndarray) -> np.ndarray:
        return one(torch.from_numpy(points))[0, :, 0].numpy()

    sampled = best(lambda: sampled_regions(values, domain)) * network.members
    worst = max(each.check.max_residual or 0.0 for each in found)
    seen = f"{sampled_regions(values, domain):,} of {found[0].count:,}"
    print(
        f"{name:24} {regions:>9,} {certified:>9.4f} {counted:>8.4f} {1e6 * counted / regions:>9.2f}"
        f" {counted / forward:>8.1f} {sampled / counted:>8.2f} {seen:>19} {worst:>8.0e}"
    )


def main() -> None:
    """Print the table."""
    print(f"{torch.get_num_threads()} threads, float64; seconds")
    print(
        f"{'network':24} {'regions':>9} {'certified':>9} {'count':>8} {'µs/region':>9}"
        f" {'/forward':>8} {'sampled/':>8} {'sampled finds':>19} {'residual':>8}"
    )
    row("1-64-64-64-64-1", he_networks([64] * 4, 1), DOMAIN)
    row("1000 × 1-64-64-64-64-1", he_networks([64] * 4, 1000), DOMAIN)
    row("1000 × 1-4-4-4-4-4-1", he_networks([4] * 5, 1000), DOMAIN)
    row("tent of 20 folds", tent(20), (0.0, 1.0))


if __name__ == "__main__":
    main()
