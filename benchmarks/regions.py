"""Linear regions on the line and along paths: time for each region, beside what else could be done in that time.

    python benchmarks/regions.py

Every number is the best of several runs; the ratios are to what is measured beside it here, so they carry over to other
machines better than the microseconds do. "certified": with the comparison that vouches for the count; "budget": what
the certified count may take. "/forward": the certified count's time over that of one direct evaluation by torch at as
many points as there are regions. "sampled/": the time of the counter by 20,000 cells over that of the certified count,
and what it finds for the first network, beside the truth.
"""

from __future__ import annotations

import numpy as np
import torch
from measuring import best, he_networks

from nnexpr.networks.compositional import tent
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


def main() -> None:
    """Print the table."""
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


if __name__ == "__main__":
    main()
