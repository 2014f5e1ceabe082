"""Tables 1 and 2 of "A trainable manifold": 960 networks with their regions and floors, beside PyTorch in this process.

    python benchmarks/reproduce.py            about a minute
    python benchmarks/reproduce.py --quick    six members and 300 epochs instead of 30 and 1000

First the time of the whole experiment, as ``nnexpr-tui reproduce manifold-tables`` does it. Then a row of it, the
default networks on x³, by both ways: nnexpr, all members at once, and ``nn.Sequential`` with ``torch.optim.Adam``, one
network after another on one thread, of which some epochs are timed. Last, what all trainings of the tables would take
at that speed: every row trained from its start, and no more for an epoch on the manifold, which PyTorch would have to
build, than for one of all weights. That is an extrapolation, and without regions and floors, so it favours PyTorch.
"""

from __future__ import annotations

import argparse
import time

import torch
from common import best, torch_epoch

import nnexpr
from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.discovery import find
from nnexpr.experiments.manifold.rows import floor_of
from nnexpr.experiments.manifold.setup import CURVES, DEFAULT_RATE, ROWS, Setting, start, train

TIMED = 100  # epochs of the sequential way


def whole(quick: bool) -> float:
    """Seconds of the experiment, the second time: the first one loads the compiled loops."""
    [tables] = find("manifold-tables")
    tables.run(Attempt(quick=True))
    began = time.perf_counter()
    tables.run(Attempt(quick=quick))
    return time.perf_counter() - began


def one_row(setting: Setting) -> tuple[float, float, float]:
    """Microseconds for an epoch of a default network, by nnexpr and by torch; milliseconds for the best one's floor."""
    goal = setting.target(CURVES[0])
    network = start("default", CURVES[0].sign, setting)
    epochs = setting.members * setting.epochs
    ours = best(lambda: train(network, goal, (3,), setting, DEFAULT_RATE), 2.0) / epochs
    x, y = (torch.from_numpy(part.astype("float32")) for part in (goal.inputs, goal.values))
    epoch = torch_epoch(nnexpr.to_torch(network), x, y, DEFAULT_RATE)

    def some() -> None:
        for _ in range(TIMED):
            epoch()

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the fastest for networks as small as these
    theirs = best(some, 2.0) / TIMED
    torch.set_num_threads(threads)
    result = train(network, goal, (3,), setting, DEFAULT_RATE)
    return 1e6 * ours, 1e6 * theirs, 1e3 * best(lambda: floor_of(result, 0))


def main() -> None:
    """Print the three parts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    setting = Setting.of(Attempt(quick))
    networks = len(ROWS) * len(CURVES) * setting.members
    seconds = whole(quick)
    print(f"{torch.get_num_threads()} threads; {networks} networks, {setting.epochs} epochs a stage")
    print(f"tables with regions and floors       {seconds:8.1f} s")
    ours, theirs, floor = one_row(setting)
    print(f"an epoch of a network, nnexpr        {ours:8.1f} µs")
    print(f"the same, nn.Sequential and Adam     {theirs:8.1f} µs   × {theirs / ours:.0f}")
    print(f"regions and floor of a network       {floor:8.1f} ms")
    stages = sum(len(row.stages) for row in ROWS) * len(CURVES) * setting.members
    sequential = 1e-6 * theirs * stages * setting.epochs
    print(
        f"{stages} trainings, one by one        ≈ {sequential:8.0f} s    × {sequential / seconds:.0f} (extrapolated)"
    )


if __name__ == "__main__":
    main()
