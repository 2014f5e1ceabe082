"""A sweep by two Dask workers on this machine, beside the same sweep without Dask.

    python benchmarks/cluster.py            cells a second both ways, turn and turn about, and what a job costs more
    python benchmarks/cluster.py --quick    fewer and shorter jobs

Both train two jobs at once with one thread each. The ratios are of the best of three rounds: of jobs of a second or
two, and of jobs of one epoch, where nearly all is overhead. Scheduler and workers are processes of this machine,
started and warmed before the clock is; connecting and looking at the workers is in the time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from dask_processes import Cluster

from nnexpr.runs.cluster.carrying import Listener
from nnexpr.runs.cluster.run import run_on
from nnexpr.runs.store import Store
from nnexpr.runs.sweeps.file import read_text
from nnexpr.runs.sweeps.local import run_here
from nnexpr.runs.sweeps.plan import Job
from nnexpr.runs.sweeps.sweep import Sweep

ROUNDS = 3
WORKERS = 2


def begun(jobs: int, epochs: int) -> tuple[Sweep, Sequence[Job]]:
    """A sweep in a store of its own, of so many jobs: each differs in its points."""
    points = [64 + number for number in range(jobs)]
    text = f"seeds = 4\n[base]\ntarget = 'chirp'\nwidth = 16\nepochs = {epochs}\n[grid]\npoints = {points}\n"
    sweep = Sweep.begin(Store(Path(tempfile.mkdtemp())), read_text(text, "benchmark.toml"))
    return sweep, sweep.left()


def seconds(jobs: int, epochs: int, address: str | None) -> float:
    """Of a sweep, here or at a scheduler; raises where a job failed."""
    sweep, left = begun(jobs, epochs)
    with sweep.held():
        began = time.perf_counter()
        if address is None:
            done = run_here(sweep, left, workers=WORKERS)
        else:
            done = run_on(sweep, left, address, Listener(print, lambda _: None, lambda: False))
        spent = time.perf_counter() - began
    if len(done.done) != jobs:
        raise RuntimeError(f"{done.failed}")
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer and shorter jobs")
    quick = parser.parse_args().quick
    cluster = Cluster(Path(tempfile.mkdtemp()))
    try:
        cluster.start()
        for _ in range(WORKERS):
            cluster.worker()
        seconds(2 * WORKERS, 1, None), seconds(4 * WORKERS, 1, cluster.address)  # loaded and compiled
        for what, jobs, epochs in (
            ("long", 8 if quick else 24, 2000 if quick else 20_000),
            ("of one epoch", 40 if quick else 200, 1),
        ):
            rounds = [
                (seconds(jobs, epochs, None), seconds(jobs, epochs, cluster.address)) for _ in range(ROUNDS)
            ]
            here, there = (min(times) for times in zip(*rounds, strict=True))
            speeds = f"{4 * jobs / here:.1f} cells/s here, {4 * jobs / there:.1f} by Dask"
            more = 1000 * (there - here) / jobs * WORKERS
            print(
                f"{jobs} jobs {what}, 4 cells each: {speeds}, ratio {here / there:.2f}; {more:+.0f} ms a job"
            )
    finally:
        cluster.end()


if __name__ == "__main__":
    main()
