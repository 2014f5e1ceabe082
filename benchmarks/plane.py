"""Cells in the plane: time for each, beside direct evaluation at as many points; growth to a million; memory.

    python benchmarks/plane.py            # to a million cells: a few minutes
    python benchmarks/plane.py --quick    # to 80,000

Every time is the best of several runs, certificates included; "/forward" is that time over one direct evaluation of the
network in float64 at as many points as there are cells, by torch on one thread, measured beside it, so it carries over
to other machines better than the seconds do. "MB" is how far the process' peak has risen for the network: each is
counted once in a process of its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys

import numpy as np
import torch
from common import best, he_networks

from nnexpr.regions.plane import PlaneRegions, plane_regions

BOX = ((-1.0, 1.0), (-1.0, 1.0))
BIAS = 0.3  # standard deviation
Row = tuple[list[int], str]
ROWS: list[Row] = [
    ([64], "relu"),
    ([16] * 4, "relu"),
    ([32] * 4, "relu"),
    ([64] * 4, "relu"),
    ([128] * 4, "relu"),
    ([32] * 16, "relu"),
    ([64] * 4, "hat"),
]
MILLION: list[Row] = [([128] * 8, "relu"), ([64] * 12, "hat"), ([64] * 16, "hat")]


def peak() -> float:
    """The most memory that this process has held, in MB."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def measured(row: Row) -> tuple[int, float, float, float, float]:
    """Cells, seconds, seconds of the forward pass, memory and residual of one network."""
    widths, activation = row
    plane_regions(he_networks([8, 8], 1, 2, activation, BIAS), BOX)  # loads what was compiled
    network = he_networks(widths, 1, 2, activation, BIAS)
    before = peak()
    cells: PlaneRegions = plane_regions(network, BOX)
    memory = peak() - before
    assert cells.check.euler == 1
    assert cells.check.sampled_mismatches == cells.check.twice_crossed == 0
    torch.set_num_threads(1)
    x = torch.from_numpy(np.random.default_rng(1).uniform(-1, 1, (cells.activation_regions, 2)))
    forward = best(lambda: network(x), 1.0)
    seconds = best(lambda: plane_regions(network, BOX), 2.0)
    return cells.activation_regions, seconds, forward, memory, cells.check.max_residual


def growth(most: float) -> None:
    """The largest network on boxes that grow: microseconds a cell where only the number of cells changes."""
    network = he_networks([64] * 16, 1, 2, "hat", BIAS)
    for side in (0.2, 0.4, 0.7, 1.0):
        if side <= most:
            box = ((-side, side), (-side, side))
            cells = plane_regions(network, box).activation_regions
            seconds = best(lambda box=box: plane_regions(network, box), 0.0)
            print(
                f"16 × 64 hat on [-{side}, {side}]²: {cells:,} cells, {1e6 * seconds / cells:.2f} µs a cell"
            )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    rows = ROWS if quick else ROWS + MILLION
    print(
        f"{'network':>16} {'cells':>10} {'seconds':>9} {'µs/cell':>8} {'/forward':>9} {'MB':>7} {'B/cell':>7}"
        f" {'residual':>9}"
    )
    for row in rows:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            cells, seconds, forward, memory, residual = pool.apply(measured, (row,))
        widths, activation = row
        name = f"{len(widths)} × {widths[0]} {activation}"
        print(
            f"{name:>16} {cells:>10,} {seconds:>9.4f} {1e6 * seconds / cells:>8.2f} {seconds / forward:>9.1f}"
            f" {memory:>7.0f} {memory * 2**20 / cells:>7.0f} {residual:>9.0e}",
            flush=True,
        )
    growth(0.2 if quick else 1.0)


if __name__ == "__main__":
    main()
